"""What administrators have decided about the app passwords of their server."""

from msgspec import Struct

from bitpail.model.scopes import Scope


class SitePolicy(Struct, frozen=True, omit_defaults=True):
    """An empty rule rules nothing out.

    ``longest_lifetime`` is seconds from its creation. A password has to be limited
    to networks inside ``networks``, and with ``places_required`` to some places.
    ``existing_from`` is the moment from which those that were made before are held
    to it too; None: they go on as they are.
    """

    longest_lifetime: int | None = None
    forbidden: tuple[Scope, ...] = ()
    networks: tuple[str, ...] = ()
    places_required: bool = False
    existing_from: int | None = None


NO_POLICY = SitePolicy()
