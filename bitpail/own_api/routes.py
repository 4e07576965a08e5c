"""Every operation of our own API with its address, its need and its types: one table, of which the document is made."""

from typing import Any

from msgspec import Struct

from bitpail.http.routing import Opens, Route
from bitpail.model.access import Need
from bitpail.model.permissions import Permission
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.own_api import account, administration, app_passwords, insight, tokens, trust_rules
from bitpail.wire import own_api as wire
from bitpail.wire import trust_rules as rules

ROOT = "/bitpail/1"
PUBLIC = Need()
SIGNED_IN = Need(signed_in=True)
MANAGE = Need((frozenset({Scope.APP_PASSWORD_WRITE}),), signed_in=True)
ADMINISTER = Need((frozenset({Scope.SITE_ADMIN}),), Permission.ADMIN, signed_in=True)

_ALL = f"{ROOT}/app-passwords"
_ONE = f"{_ALL}/{{app_password}}"
_ROTATION = f"{_ONE}/rotation"
_RULES = f"{ROOT}/trust-rules"
_RULE = f"{_RULES}/{{app_password}}"
_USER = f"{ROOT}/users/{{username}}"


class Operation(Struct, frozen=True):
    """One row. ``answer`` is the type of its JSON, None for 204; ``query`` are its parameters, with what they do."""

    route: Route
    summary: str
    answer: Any = None
    body: type[Struct] | None = None
    status: int = 200
    query: dict[str, str] = {}


def _own(method: str, template: str, handler: Any, *rest: Any, **more: Any) -> Operation:
    return Operation(Route(method, template, Opens.OWN_ACCOUNT, MANAGE, handler), *rest, **more)


def _site(method: str, template: str, handler: Any, *rest: Any, **more: Any) -> Operation:
    return Operation(Route(method, template, Opens.ADMINISTRATION, ADMINISTER, handler), *rest, **more)


def _replacement(row: Any, one: str, of: Any) -> list[Operation]:
    """What is done with the narrower one that follows advice; ``of`` makes of a handler one of this kind's."""
    at, narrower = f"{one}/replacement", "Replace by a narrower one"
    return [
        row("POST", at, of(insight.replace), narrower, wire.Replacement, wire.ToReplace, status=201),
        row("GET", at, of(insight.replacing), "The replacement that is under way", wire.Replacing),
        row("POST", f"{at}/finish", of(insight.finish), "Revoke the old one now", status=204),
        row("POST", f"{at}/roll-back", of(insight.roll_back), "Revoke the narrower one", status=204),
    ]


_AFTER = {"after": "For how long one must have been watched, like 30d."}
_REVOKED = {"revoked": "true: revoked ones too."}
_PAGE = {"page": "Which page, from 1.", "pagelen": "How many on a page, at most 100."}

_API_TOKENS = f"{ROOT}/api-tokens"
_OF_API_TOKENS = [
    _own(
        "GET",
        _API_TOKENS,
        tokens.of_person(app_passwords.listed),
        "List API tokens",
        wire.AppPasswords,
        query={**_PAGE, **_REVOKED},
    ),
    *_replacement(_own, f"{_API_TOKENS}/{{app_password}}", tokens.of_person),
    _own(
        "GET",
        f"{ROOT}/api-token-advice",
        tokens.of_person(insight.advised),
        "Whether fewer permissions of API tokens would be enough",
        list[wire.Advice],
        query=_AFTER,
    ),
]
_WORKSPACE = f"{ROOT}/workspaces/{{workspace}}"


def _at(what: str, opens: Opens, scope: Scope, place: str) -> list[Operation]:
    """The operations on access tokens of a place, for who administers it."""
    need = Need(
        (frozenset({Scope.APP_PASSWORD_WRITE, scope}),), Permission.ADMIN, signed_in=True, people=True
    )

    def row(method: str, template: str, handler: Any, *rest: Any, **more: Any) -> Operation:
        return Operation(Route(method, template, opens, need, handler), *rest, **more)

    every = f"{place}/access-tokens"
    about = f"access tokens of a {what}"
    return [
        row(
            "GET",
            every,
            tokens.at(what, tokens.listed),
            f"List {about}",
            wire.AppPasswords,
            query={**_PAGE, **_REVOKED},
        ),
        *_replacement(
            row, f"{every}/{{app_password}}", lambda handler: tokens.at(what, tokens.of_robot(handler))
        ),
        row(
            "GET",
            f"{place}/access-token-advice",
            tokens.at(what, tokens.advised),
            f"Whether fewer permissions of {about} would be enough",
            list[wire.Advice],
            query=_AFTER,
        ),
    ]


OPERATIONS = [
    Operation(
        Route("GET", f"{ROOT}/account", Opens.OWN_ACCOUNT, SIGNED_IN, account.me),
        "Who asks, and what the credential may do",
        wire.Account,
    ),
    Operation(
        Route("GET", f"{ROOT}/presets", Opens.SITE, PUBLIC, account.presets),
        "Permissions for common tools",
        list[wire.Preset],
    ),
    _own(
        "GET",
        _ALL,
        app_passwords.listed,
        "List app passwords",
        wire.AppPasswords,
        query={**_PAGE, **_REVOKED},
    ),
    _own("POST", _ALL, app_passwords.create, "Make an app password", wire.NewSecret, wire.Wanted, status=201),
    _own("GET", _ONE, app_passwords.one, "One app password", wire.AppPassword),
    _own(
        "PUT",
        _ONE,
        app_passwords.ensure,
        "Bring one about, if it is not there",
        wire.Ensured,
        wire.Described,
        query={"replace": "true: replace one that is different."},
    ),
    _own("DELETE", _ONE, app_passwords.revoke, "Revoke", status=204),
    _own("GET", _ROTATION, app_passwords.rotation, "The rotation that is under way", wire.Rotation),
    _own("POST", _ROTATION, app_passwords.rotate, "Rotate", wire.NewSecret, wire.ToRotate, status=201),
    _own("POST", f"{_ROTATION}/finish", app_passwords.finish, "End the old secret now", status=204),
    _own("POST", f"{_ROTATION}/roll-back", app_passwords.roll_back, "Forget the new secret", status=204),
    _own("GET", f"{_ONE}/usage", insight.used, "What it was needed for in the last 90 days", list[wire.Use]),
    *_replacement(_own, _ONE, lambda handler: handler),
    _own(
        "GET",
        f"{ROOT}/advice",
        insight.advised,
        "Whether fewer permissions would be enough",
        list[wire.Advice],
        query=_AFTER,
    ),
    *_OF_API_TOKENS,
    *_at(
        "repository",
        Opens.REPOSITORY,
        Scope.REPOSITORY_ADMIN,
        f"{ROOT}/repositories/{{workspace}}/{{repo_slug}}",
    ),
    *_at("project", Opens.PROJECT, Scope.PROJECT_ADMIN, f"{_WORKSPACE}/projects/{{project_key}}"),
    *_at("workspace", Opens.WORKSPACE, Scope.TEAM_WRITE, _WORKSPACE),
    _own("GET", _RULES, trust_rules.listed, "List trust rules", list[rules.TrustRule]),
    _own(
        "POST", _RULES, trust_rules.create, "Trust jobs of a CI", rules.TrustRule, rules.ToTrust, status=201
    ),
    _own("DELETE", _RULE, trust_rules.remove, "End a trust rule", status=204),
    _own("GET", f"{_RULE}/uses", trust_rules.uses, "The latest exchanges by it", list[rules.TrustUse]),
    _own(
        "POST",
        f"{ROOT}/id-tokens/try",
        trust_rules.tried,
        "Which trust rules an ID token fits",
        list[rules.Tried],
        rules.IdToken,
    ),
    _own("GET", f"{ROOT}/denials", insight.refused, "What was refused of late", list[wire.Denial]),
    _own("GET", f"{ROOT}/denials/{{request_id}}", insight.why, "Why a request was refused", wire.Denial),
    _own(
        "POST",
        f"{ROOT}/leaks/check",
        app_passwords.live,
        "Which secrets are live",
        wire.FoundSecrets,
        wire.Secrets,
    ),
    _site("GET", f"{ROOT}/users", administration.listed, "List accounts", list[wire.User]),
    _site(
        "POST", f"{ROOT}/users", administration.create, "Make an account", wire.User, wire.NewUser, status=201
    ),
    _site("POST", f"{_USER}/disable", administration.disable, "Switch an account off", status=204),
    _site("POST", f"{_USER}/enable", administration.enable, "Switch it on again", status=204),
    _site("GET", f"{ROOT}/policy", administration.policy, "The policy for app passwords", SitePolicy),
    _site("PUT", f"{ROOT}/policy", administration.put_policy, "Replace it", SitePolicy, wire.Policy),
    _site(
        "POST",
        f"{ROOT}/policy/check",
        administration.check_policy,
        "What would break a policy",
        list[wire.Breach],
        wire.Policy,
    ),
    _site(
        "GET",
        f"{ROOT}/audit",
        administration.events,
        "The audit log, as JSON lines",
        wire.Event,
        query={
            "user": "Only what concerns this username.",
            "kind": "Only this, like app_password.created.",
            "since": "Only since then: a span like 7d, or a date.",
            "place": "Only what was done to this workspace/repository or workspace/KEY, or to a workspace and what is in it.",
        },
    ),
]
