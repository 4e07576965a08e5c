"""Refusals that explain themselves: each is kept for a while under the id of its request.

Kept is only what was refused to somebody known: who signed in, or showed a
secret that is right but works no more. A wrong secret leaves nothing here.
"""

import re
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from bitpail.errors import BitpailError, NotFound
from bitpail.model.access import Access
from bitpail.model.app_passwords import AppPassword
from bitpail.model.audit import Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.denials import Denial, DenialReason, KnownDenial
from bitpail.model.permissions import Permission
from bitpail.model.scopes import NAMED
from bitpail.model.users import User, UserId
from bitpail.policy import kinds
from bitpail.policy.api_scopes import asked
from bitpail.policy.decide import Decision
from bitpail.policy.scopes import in_form_order, minimal
from bitpail.policy.secrets import scrub
from bitpail.services import audit, notices, origin
from bitpail.services.access import Refused
from bitpail.services.authentication import Reason, Unauthenticated
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import denials as store
from bitpail.store import robots

_HOUR = 3_600_000_000
_DETAIL_LENGTH = 1000
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
_DECISIONS = {
    Decision.SCOPE: DenialReason.SCOPE,
    Decision.PERMISSION: DenialReason.PERMISSION,
    Decision.LIMIT: DenialReason.LIMIT,
    Decision.UNSEEN: DenialReason.UNSEEN,
    Decision.KIND: DenialReason.KIND,
}
_ENDED = {
    Reason.EXPIRED: DenialReason.EXPIRED,
    Reason.REVOKED: DenialReason.REVOKED,
    Reason.ROTATED: DenialReason.ROTATED,
    Reason.GONE: DenialReason.YEAR,
    Reason.UNKNOWN_KIND: DenialReason.YEAR,
    Reason.WRONG_NAME: DenialReason.YEAR,
}
_BY_YEAR = {Reason.GONE, Reason.UNKNOWN_KIND, Reason.WRONG_NAME}

_PERMISSIONS = {one.name.lower(): one for one in Permission}

_ANOTHER_IS_NO_HELP = {
    *(DenialReason.PERMISSION, DenialReason.UNSEEN, DenialReason.ROTATED),
    *(DenialReason.KIND, DenialReason.YEAR),
}


class Explanation(Struct, frozen=True):
    """A denial in words: ``why`` it was refused, and the ``remedy``.

    ``form`` is the path of the page that makes a better one, filled in; empty if
    another app password would not help. ``to_do`` is all of it for a terminal.
    """

    known: KnownDenial
    why: str
    remedy: str
    form: str
    to_do: str


def note(site: Site, refusal: BitpailError) -> None:
    """Count a refusal, and keep why, if it was refused to somebody known; it costs no database."""
    site.counts.add("refusals", origin.current().door, _reason(refusal))
    if isinstance(refusal, Unauthenticated) and refusal.user is not None and refusal.reason in _ENDED:
        detail = refusal.told or "" if refusal.reason in _BY_YEAR else ""
        _keep(
            site,
            refusal.user,
            refusal.app_password,
            _ENDED[refusal.reason],
            detail=detail,
            narrowed=refusal.narrowed,
        )
    elif isinstance(refusal, Refused) and refusal.actor.user is not None and refusal.decision in _DECISIONS:
        required, granted = _required_and_granted(refusal)
        reason, actor = _DECISIONS[refusal.decision], refusal.actor
        _keep(
            site,
            refusal.actor.user,
            actor.app_password,
            reason,
            required,
            granted,
            refusal.limit or "",
            actor.narrowed,
        )


def note_push(site: Site, access: Access, refusals: Sequence[str]) -> None:
    """Keep the refs of a push that a limit of the app password kept from moving."""
    if access.actor.user is not None:
        detail = "; ".join(refusals)
        actor = access.actor
        _keep(
            site,
            access.actor.user,
            actor.app_password,
            DenialReason.LIMIT,
            detail=detail,
            narrowed=actor.narrowed,
        )


def _reason(refusal: BitpailError) -> str:
    """In a word, for the metrics."""
    if isinstance(refusal, Unauthenticated):
        return refusal.reason.value
    if isinstance(refusal, Refused):
        return refusal.decision.value
    return _CAPITAL.sub(" ", type(refusal).__name__).lower()


def _required_and_granted(refused: Refused) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if refused.decision is Decision.SCOPE:
        granted = refused.actor.app_password.scopes if refused.actor.app_password else ()
        return in_form_order(asked(refused.need, refused.actor.kind)[0]), granted
    if refused.decision is Decision.PERMISSION:
        return (refused.need.permission.name.lower(),), (refused.held.name.lower(),)
    return (), ()


def _keep(
    site: Site,
    user: User,
    app_password: AppPassword | None,
    reason: DenialReason,
    required: tuple[str, ...] = (),
    granted: tuple[str, ...] = (),
    detail: str = "",
    narrowed: str | None = None,
) -> None:
    here, at = origin.current(), now()
    denial = Denial(
        request_id=here.request_id,
        at=at,
        user_id=user.id,
        app_password_id=app_password.id if app_password else None,
        method=here.method,
        path=here.path,
        address=here.client.address,
        client=here.client.agent,
        reason=reason,
        required=required,
        granted=granted,
        detail=scrub(detail)[:_DETAIL_LENGTH],
        narrowed=narrowed or "",
    )
    site.denials.put(denial.request_id, denial)
    if app_password is not None:
        # A job that goes on being refused is one line an hour, not one a second.
        once = f"{app_password.id} {reason} {required} {denial.detail} {denial.narrowed} {at // _HOUR}"
        audit.note(
            site,
            Kind.APP_PASSWORD_DENIED,
            user=user,
            app_password=app_password,
            once=once,
            reason=reason,
            required=required,
            path=denial.path,
            limit=denial.detail,
            **({"narrowed": narrowed} if narrowed else {}),
        )


def _of_permission(known: KnownDenial, required: str, granted: str) -> tuple[str, str]:
    """What is missing; where the permission itself would do, it is somebody else's, or wants a grant."""
    who = _subject(known, "The")
    held, needed = (_PERMISSIONS.get(name, Permission.NONE) for name in (granted, required))
    if held >= needed > Permission.NONE:
        return (
            f"{who} has {granted} permission there; but this is somebody else's, or wants access that was granted.",
            "Ask whoever it belongs to, or whoever administers it; another app password would not help.",
        )
    return (
        f"{who} has {granted} permission there, and this needs {required}.",
        f"Ask whoever administers it for {required} permission; another app password would not help.",
    )


def _subject(known: KnownDenial, article: str = "the") -> str:
    """Who was refused, in a sentence."""
    return f"{article} {known.user}" if known.is_robots else known.user


async def explain(site: Site, request_id: str, user: User | None = None) -> Explanation:
    """Why that request was refused; ``user`` sees only their own. Raises NotFound."""
    await site.denials.flush()
    known = await store.by_request(site.db, request_id)
    if known is None or (user is not None and known.denial.user_id != user.id):
        raise NotFound(
            f"no refusal is kept of a request {scrub(request_id)!r}: they are written within seconds and "
            "kept for 30 days, and a wrong secret leaves none"
        )
    if known.is_robots:
        found = await robots.by_ids(site.db, [UserId(known.denial.user_id)])
        known = msgspec.structs.replace(known, place="".join(one.place for one in found.values()))
    return _explained(site, known)


async def of_user(site: Site, user: User, limit: int = 100) -> list[Explanation]:
    """What was refused to a user of late, the newest first."""
    await site.denials.flush()
    return [_explained(site, known) for known in await store.of_user(site.db, user.id, limit)]


def _explained(site: Site, known: KnownDenial) -> Explanation:
    denial = known.denial
    kind = known.kind or CredentialKind.APP_PASSWORD
    one = f'The {kind.words} "{known.label}"' if known.label else "The credential"
    if denial.narrowed:
        one = f"The narrowed secret {denial.narrowed} of {one[0].lower()}{one[1:]}"
    is_app = kind is CredentialKind.OAUTH_ACCESS_TOKEN
    required, granted = ", ".join(denial.required), ", ".join(denial.granted) or "nothing"
    words = {
        DenialReason.SCOPE: (
            f"{one} lacks a permission: this needs {required}, it has {granted}.",
            "Its app asks for what it needs, as far as its OAuth consumer has it: whoever runs the app decides."
            if is_app
            else f"The permissions of {kinds.a(kind)} cannot be changed.",
        ),
        DenialReason.PERMISSION: _of_permission(known, required, granted),
        DenialReason.LIMIT: (
            f"{one} has a limit: {denial.detail}.",
            "Use it within its limits, which cannot be changed.",
        ),
        DenialReason.UNSEEN: (
            f"It does not exist, or {_subject(known)} may not see it.",
            "Look at the spelling of the address; then ask whoever owns it for access.",
        ),
        DenialReason.EXPIRED: (
            f"{one} has expired.",
            "The app gets another one for its refresh token." if is_app else "It works no more.",
        ),
        DenialReason.REVOKED: (
            f"{one} was revoked.",
            "The app has to ask again." if is_app else "It works no more.",
        ),
        DenialReason.KIND: (
            f"{one} acts as a robot, and this is for people only.",
            "Use a credential of a person for it: an API token or an app password.",
        ),
        DenialReason.YEAR: (
            denial.detail or f"{one} is of a kind that the rules in force there have removed.",
            "docs/credentials.md says which kinds are taken, and under which user names, in which year.",
        ),
        DenialReason.ROTATED: (
            f"This secret of it was replaced by another one: {one[0].lower()}{one[1:]} was rotated.",
            "Put the new secret where the old one still is; if it is lost, rotate once more.",
        ),
    }
    why, remedy = words[denial.reason]
    form = _form(known)
    another = f" Create another one: {site.settings.public_url.rstrip('/')}{form}" if form else ""
    return Explanation(known, why, remedy, form, remedy + another)


def _form(known: KnownDenial) -> str:
    """The page that creates one, with the right boxes ticked, if that would help."""
    kind = known.kind or CredentialKind.APP_PASSWORD
    if known.denial.reason in _ANOTHER_IS_NO_HELP or kind.is_robot:
        return ""
    if kind is CredentialKind.OAUTH_ACCESS_TOKEN:
        # Nobody makes one by hand.
        return ""
    page = f"{notices.page(kind)}new"
    if known.denial.reason is not DenialReason.SCOPE:
        return page
    wanted = minimal(NAMED[name] for name in (*known.denial.required, *known.denial.granted))
    return f"{page}?{urlencode({'scopes': ','.join(wanted), 'label': known.label or ''}, safe=':,')}"
