"""The routes of a door, and how a path finds its row.

A tree of path segments, so that a look-up costs the depth of the path and not
the number of routes. A row states its need; one without cannot be made. What a
request *is* was decided by the row it matched; nothing reads the path again.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from enum import Enum
from typing import Any
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.model.access import Need

REST = "..."
REST_OR_NOTHING = "...?"


class Opens(Enum):
    """What a route acts on: it decides which access is asked for."""

    REPOSITORY = "repository"
    REPOSITORY_OR_NEW = "repository, or the workspace in which it is to be made"
    WORKSPACE = "workspace"
    NEW_REPOSITORY = "workspace in which a repository is to be made"
    PROJECT = "project"
    PROJECT_OR_NEW = "project, or the workspace in which it is to be made"
    TEAM = "workspace, by its old name"
    PERSONAL_WORKSPACE = "personal workspace of a user"
    OWN_ACCOUNT = "own account"
    SITE = "site"
    ANYWHERE = "repositories, wherever they are"
    ADMINISTRATION = "site, as its administrator"


class Route(Struct, frozen=True):
    """One row: ``template`` has ``{name}`` segments, the last of which may be ``{name...}``.

    ``{name...?}`` may be empty as well.
    """

    method: str
    template: str
    opens: Opens
    need: Need
    handler: Callable[..., Awaitable[Any]]


class Match(Struct, frozen=True):
    """The row that a request matched, and the words of its path, decoded."""

    route: Route
    parameters: dict[str, str]


class MethodNotAllowed(Invalid):
    """The path exists, the method doesn't; ``allowed`` are those that do."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self.allowed = sorted(allowed)
        super().__init__(f"the methods of this address are {', '.join(self.allowed)}")


_ANY_BYTES = frozenset({"path", "name", "revision", "spec", "revspec"})


class _Node:
    __slots__ = ("children", "may_be_empty", "parameter", "rest", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.parameter: _Node | None = None
        self.rest: _Node | None = None
        self.may_be_empty = False
        self.routes: dict[str, tuple[Route, tuple[str, ...]]] = {}


class Router:
    """All routes of one door."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def find(self, method: str, raw_path: bytes) -> Match | None:
        """The row for a method and an undecoded path, None if the path has none.

        Raises MethodNotAllowed, and Invalid if a segment is not UTF-8 or holds a NUL;
        the names of files and refs in Git may be any bytes. A HEAD finds the row of GET.
        """
        segments = [_decode(segment) for segment in raw_path.strip(b"/").split(b"/")]
        plain = all(segment.isascii() or _is_text(segment) for segment in segments)
        for node, values in _candidates(self._root, segments, 0, ()):
            found = node.routes.get("GET" if method == "HEAD" else method)
            if found is None:
                raise MethodNotAllowed(node.routes)
            route, names = found
            parameters = dict(zip(names, values, strict=True))
            if not plain and not all(
                name in _ANY_BYTES or _is_text(value) for name, value in parameters.items()
            ):
                break
            return Match(route, parameters)
        if not plain:
            raise Invalid("the path is not UTF-8")
        return None

    def _add(self, route: Route) -> None:
        node, names = self._root, []
        for segment in route.template.strip("/").split("/"):
            if segment.endswith((f"{REST}}}", f"{REST_OR_NOTHING}}}")):
                names.append(segment[1:].partition(REST)[0])
                node.may_be_empty = segment.endswith(f"{REST_OR_NOTHING}}}")
                node.rest = node.rest or _Node()
                node = node.rest
            elif segment.startswith("{"):
                names.append(segment[1:-1])
                node.parameter = node.parameter or _Node()
                node = node.parameter
            else:
                node = node.children.setdefault(segment, _Node())
        if route.method in node.routes:
            raise ValueError(f"two routes for {route.method} {route.template}")
        node.routes[route.method] = (route, tuple(names))


def _candidates(
    node: _Node, segments: list[str], depth: int, values: tuple[str, ...]
) -> Iterator[tuple[_Node, tuple[str, ...]]]:
    """Nodes for the path, a literal segment before a parameter, a parameter before a rest."""
    if depth == len(segments):
        if node.routes:
            yield node, values
        elif node.rest and node.may_be_empty:
            yield node.rest, (*values, "")
        return
    segment = segments[depth]
    if segment in node.children:
        yield from _candidates(node.children[segment], segments, depth + 1, values)
    if node.parameter and segment:
        yield from _candidates(node.parameter, segments, depth + 1, (*values, segment))
    if node.rest:
        yield node.rest, (*values, "/".join(segments[depth:]))


def _decode(segment: bytes) -> str:
    if b"%" in segment:
        segment = unquote_to_bytes(segment)
    text = segment.decode("utf-8", "surrogateescape")
    if "\0" in text:
        raise Invalid("the path holds a NUL")
    return text


def _is_text(segment: str) -> bool:
    try:
        segment.encode()
    except UnicodeEncodeError:
        return False
    return True
