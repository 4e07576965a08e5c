"""OAuth consumers: apps that act for people, registered in a workspace. Their secrets are not kept."""

from typing import NewType

from msgspec import Struct

from bitpail.model.scopes import Scope
from bitpail.model.users import UserId
from bitpail.model.workspaces import WorkspaceId

ConsumerId = NewType("ConsumerId", str)


class Consumer(Struct, frozen=True):
    """``key`` is its ``client_id``; its secret is computed from ``nonce`` with a key outside the database.

    ``scopes`` is in minimal form. ``is_public``: it can keep no secret. ``owner_id`` is who was
    shown the secret, and whom it stands for when it acts for nobody else; None if that account is gone.
    ``secret_ended_on`` is when its secret was found elsewhere and ended; None if it has one that works.
    ``acts_until`` is until when it may act for its owner by this secret, as a policy says; None: for ever.
    """

    id: ConsumerId
    workspace_id: WorkspaceId
    key: str
    nonce: str
    name: str
    description: str
    callback_url: str
    url: str
    scopes: tuple[Scope, ...]
    is_public: bool
    owner_id: UserId | None
    created_on: int
    secret_ended_on: int | None = None
    acts_until: int | None = None
