"""Whether an actor may do what is asked: the one place where that is judged.

The caller has looked up what is held. Nothing here looks anything up or knows
which door the request came through.
"""

from enum import Enum

from bitpail.model.access import Actor, Need
from bitpail.model.permissions import Permission
from bitpail.policy.api_scopes import asked
from bitpail.policy.scopes import covers


class Decision(Enum):
    """UNSEEN must sound to the client exactly like "does not exist"."""

    ALLOW = "allow"
    LIMIT = "limit"
    KIND = "kind of credential"
    SIGN_IN = "sign in"
    UNSEEN = "unseen"
    PERMISSION = "permission"
    SCOPE = "scope"


def decide(
    actor: Actor, need: Need, held: Permission, limit: str | None = None, *, granted: bool = True
) -> Decision:
    """Judge one actor against one need.

    ``limit`` is what ``policy/limits.py`` refused, if it did. It comes first: a
    limited credential must not learn what else its user can see. ``granted`` is
    False for who holds only what everybody holds on what is public.
    """
    if limit is not None:
        return Decision.LIMIT
    if held is Permission.NONE:
        return Decision.UNSEEN
    if actor.user is None and (need.signed_in or held < need.permission):
        return Decision.SIGN_IN
    if need.people and actor.is_robot:
        return Decision.KIND
    if held < need.permission:
        return Decision.PERMISSION
    if need.granted and not granted:
        return Decision.PERMISSION
    if actor.user is not None and not covers(actor.scopes, asked(need, actor.kind)):
        return Decision.SCOPE
    return Decision.ALLOW
