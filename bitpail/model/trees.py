"""Files and directories of a commit."""

from msgspec import Struct


class Entry(Struct, frozen=True, gc=False):
    """``path`` is whole and may hold surrogates for odd bytes; ``mode`` is git's, six octal digits."""

    path: str
    mode: str
    hash: str

    @property
    def is_directory(self) -> bool:
        """Whether more is inside."""
        return self.mode == "040000"

    @property
    def is_submodule(self) -> bool:
        """Whether it is a commit of another repository."""
        return self.mode == "160000"


class Blob(Struct, frozen=True, gc=False):
    """What is known of the content of a file, whatever its name is; see File."""

    size: int | None
    is_binary: bool = False
    pointer: tuple[str, int] | None = None


class File(Struct, frozen=True):
    """``attributes`` are link, executable, subrepository, binary, lfs. ``size`` is bytes, None of a submodule."""

    entry: Entry
    size: int | None
    attributes: tuple[str, ...]
    lfs: tuple[str, int] | None = None
    """The name and size of what a pointer of Git LFS stands for."""
