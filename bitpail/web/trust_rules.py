"""The pages of trust rules: which jobs of a CI get secrets for some minutes, a new rule, what one was used for."""

import re

from msgspec import Struct
from starlette.datastructures import ImmutableMultiDict
from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.trust_rules import Trusted
from bitpail.model.users import User
from bitpail.policy import durations
from bitpail.policy.trust_rules import ISSUERS, known
from bitpail.services import trust_rules as service
from bitpail.services.clock import now
from bitpail.services.trust_rules import WantedRule
from bitpail.web import boxes, wanted
from bitpail.web.commands import Command
from bitpail.web.errors import status_of
from bitpail.web.holders import limits_in_words
from bitpail.web.pages import render
from bitpail.web.request import WebRequest, see_other

PAGE = "/account/settings/trust-rules/"
TOKEN = "/bitpail/1/token"  # noqa: S105 - an address

_LONGEST = 4000
_LIFETIMES = (("5m", "5 minutes"), ("15m", "15 minutes"), ("30m", "30 minutes"), ("60m", "an hour"))


class Shown(Struct, frozen=True):
    """A rule as a page has it; ``ci`` is what its issuer is called, empty if it has no name here."""

    trusted: Trusted
    ci: str
    limits: list[str]
    has_ended: bool


class Typed(Struct, frozen=True):
    """What a form says beside the fields of an app password."""

    issuer: str = ""
    claims: str = ""
    audience: str = ""
    lives: str = "15m"


async def listed(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/trust-rules/``."""
    found = await service.of_user(request.site, user)
    return render(request, "trust_rules.html", listed=[await _shown(request, user, one) for one in found])


async def new(request: WebRequest, user: User) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /account/settings/trust-rules/new``, filled in by its query."""
    return _form(request, request.query, 200, None)


async def create(request: WebRequest, user: User) -> Response:
    """``POST /account/settings/trust-rules/new``."""
    typed = _typed(request.form)
    try:
        rule = WantedRule(
            app_password=wanted.filled(request.form).wanted(),
            issuer=typed.issuer,
            claims=_claims(typed.claims),
            audience=typed.audience or request.call.base,
            lifetime=durations.seconds(typed.lives),
        )
        made = await service.create(request.site, user, rule)
    except (Invalid, NotFound, Conflict) as error:
        return _form(request, request.form, 422 if isinstance(error, NotFound) else status_of(error), error)
    return see_other(f"{PAGE}{made.rule.id}/")


async def one(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/trust-rules/{id}/``: what it trusts, how a job uses it, which have. Raises NotFound."""
    listed = await service.of_user(request.site, user)
    found = next((one for one in listed if one.rule.id == request.parameters["id"]), None)
    if found is None:
        raise NotFound("there is no such trust rule")
    return render(
        request,
        "trust_rule.html",
        shown=await _shown(request, user, found),
        uses=await service.uses(request.site, found.rule),
        job=Command("In a job", _job(found, request.call.base)),
    )


def _form(
    request: WebRequest, fields: ImmutableMultiDict[str, str], status: int, error: BitpailError | None
) -> Response:
    form = wanted.filled(fields)
    return render(
        request,
        "new_trust_rule.html",
        status,
        form=form,
        typed=_typed(fields),
        columns=boxes.columns(form.scopes),
        lifetimes=_LIFETIMES,
        issuers=ISSUERS,
        audience=request.call.base,
        error=error.message if error else None,
    )


def _typed(fields: ImmutableMultiDict[str, str]) -> Typed:
    return Typed(
        issuer=fields.get("issuer", "")[:_LONGEST].strip(),
        claims=fields.get("claims", "")[:_LONGEST].strip(),
        audience=fields.get("audience", "")[:_LONGEST].strip(),
        lives=fields.get("lives", "") if fields.get("lives") in dict(_LIFETIMES) else "15m",
    )


def _claims(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, re.split(r"[\r\n]+", text))):
        name, equals, pattern = line.partition("=")
        if not equals or name.strip() in found:
            raise Invalid(f"give each claim once, as NAME=PATTERN in a line of its own, not {line[:100]!r}")
        found[name.strip()] = pattern.strip()
    return found


async def _shown(request: WebRequest, user: User, one: Trusted) -> Shown:
    issuer = known(one.rule.issuer)
    password = one.app_password
    return Shown(
        one,
        issuer.title if issuer else "",
        await limits_in_words(request, user, password),
        password.expires_on is not None and password.expires_on <= now(),
    )


def _job(one: Trusted, base: str) -> str:
    """What a job does to get a secret, in the words of its CI."""
    rule = one.rule
    exchange = (
        f'secret=$(printf %s "$ID_TOKEN" | curl -sSf {base}{TOKEN} \\\n'
        "  -d grant_type=urn:ietf:params:oauth:grant-type:token-exchange \\\n"
        "  -d subject_token_type=urn:ietf:params:oauth:token-type:id_token \\\n"
        f"  -d rule={rule.id} \\\n"
        "  --data-urlencode subject_token@- | jq -r .access_token)\n"
        f"# user name {one.user.username}, password $secret, for {rule.lifetime // 60} minutes"
    )
    if rule.issuer == ISSUERS["github"].url:
        return (
            "# the job needs   permissions: { id-token: write }\n"
            'ID_TOKEN=$(curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \\\n'
            f'  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience={rule.audience}" | jq -r .value)\n{exchange}'
        )
    if rule.issuer.startswith(ISSUERS["bitbucket"].url):
        return f'# the step needs   oidc: true\nID_TOKEN="$BITBUCKET_STEP_OIDC_TOKEN"\n{exchange}'
    if known(rule.issuer) is ISSUERS["gitlab"] or "gitlab" in rule.issuer:
        return f"# the job needs   id_tokens: {{ ID_TOKEN: {{ aud: {rule.audience} }} }}\n{exchange}"
    return f"# ID_TOKEN is what your CI gives the job, for the audience {rule.audience}\n{exchange}"
