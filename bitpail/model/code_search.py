"""What a search of code finds: a file with the places in it."""

from msgspec import Struct

from bitpail.model.repositories import RepositoryId


class Segment(Struct, frozen=True, gc=False):
    """A piece of a line or path; ``is_match`` if it is what was looked for."""

    text: str
    is_match: bool


class Line(Struct, frozen=True, gc=False):
    """A line, counted from 1, or the part of a long one that holds what was found."""

    number: int
    segments: list[Segment]


class FoundFile(Struct, frozen=True):
    """``places`` is how often its content holds what was looked for; ``blocks`` shows some, with what is around."""

    repository_id: RepositoryId
    commit: str
    path: str
    path_segments: list[Segment]
    places: int
    blocks: list[list[Line]]


class FoundFiles(Struct, frozen=True):
    """One page of files, and how many there are."""

    files: list[FoundFile]
    size: int
