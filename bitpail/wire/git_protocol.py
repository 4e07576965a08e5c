"""Which version of git's protocol a client asks for, in the ``Git-Protocol`` header or in GIT_PROTOCOL.

Read as git reads it: the highest version of those it knows, whatever stands around it.
"""


def version(protocol: str | None) -> int:
    """0, 1 or 2."""
    if not protocol:
        return 0
    return max((_KNOWN.get(item, 0) for item in protocol.split(":")), default=0)


_KNOWN = {"version=0": 0, "version=1": 1, "version=2": 2}
