"""The envelopes of collections, in the two styles of the API.

``next`` and ``previous`` are whole addresses, made by whoever knows the
request; a page that has none of them lacks the member.
"""

from typing import Any

Values = list[dict[str, Any]]


def listed(
    values: Values, *, size: int, page: int, pagelen: int, following: str | None, previous: str | None
) -> dict[str, Any]:
    """One page of a list that is counted and numbered."""
    envelope: dict[str, Any] = {"size": size, "page": page, "pagelen": pagelen}
    if following is not None:
        envelope["next"] = following
    if previous is not None:
        envelope["previous"] = previous
    envelope["values"] = values
    return envelope


def iterated(values: Values, *, pagelen: int, following: str | None) -> dict[str, Any]:
    """One page of something that is only walked forward: commits."""
    envelope: dict[str, Any] = {"pagelen": pagelen, "values": values}
    if following is not None:
        envelope["next"] = following
    return envelope
