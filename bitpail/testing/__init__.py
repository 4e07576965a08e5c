"""A real Bitpail for tests: real ports, real repositories, scopes really enforced, offline.

With pytest, ask for the ``bitpail`` fixture. Anywhere else::

    with Bitpail.started() as bitpail:
        ada = bitpail.user("ada")
        bitpail.repository("ada/notes", files={"README.md": "# Notes"})
        secret = bitpail.app_password(ada, "repository:write")
"""

from bitpail.testing.server import Bitpail, Person

__all__ = ["Bitpail", "Person"]
