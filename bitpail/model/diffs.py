"""What differs between two commits, file by file, and where two of them cannot be merged."""

from msgspec import Struct


class FileSide(Struct, frozen=True):
    """A file before or after. ``mode`` is git's, six octal digits; the path may hold surrogates for odd bytes."""

    path: str
    mode: str
    is_binary: bool


class ChangedFile(Struct, frozen=True):
    """``status`` is added, removed, modified or renamed; ``added`` and ``removed`` count lines."""

    status: str
    added: int
    removed: int
    old: FileSide | None
    new: FileSide | None


class FileConflict(Struct, frozen=True):
    """``scenario`` is a word of the API for what git calls it; ``message`` is git's own."""

    path: str
    scenario: str
    message: str
