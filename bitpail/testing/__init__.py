"""A real Bitpail for tests: real ports, real repositories, scopes really enforced, offline.

With pytest, ask for the ``bitpail`` fixture. Anywhere else::

    with Bitpail.started() as bitpail:
        ada = bitpail.user("ada")
        bitpail.repository("ada/notes", files={"README.md": "# Notes"})
        secret = bitpail.app_password(ada, "repository:write")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bitpail.testing.server import Bitpail, Person

__all__ = ["Bitpail", "Person"]


def __getattr__(name: str) -> Any:
    # Pytest imports this package in every run, for its plugin; the server's half second
    # is for those who ask for it.
    if name in __all__:
        from bitpail.testing import server  # noqa: PLC0415 - see above

        return getattr(server, name)
    raise AttributeError(name)
