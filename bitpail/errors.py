"""What can go wrong, said once, in the words of the thing that went wrong.

Each door has one table that turns these into its own tongue: a status and an
envelope, a line for git, an exit status. Nothing here knows of a door, and no
message ever holds a secret.
"""


class BitpailError(Exception):
    """The base of everything that Bitpail raises on purpose."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(BitpailError):
    """The request itself is wrong: a malformed name, value or body.

    ``fields`` maps a member of the body to what is wrong with it.
    """

    def __init__(self, message: str, fields: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.fields = fields or {}


class NotFound(BitpailError):
    """It is not there, or it is not yours: the two must sound the same."""


class NoSuchPath(NotFound):
    """The commit is there, and has nothing at this path."""


class Conflict(BitpailError):
    """The request met something that already exists or has moved meanwhile."""


class TooLarge(BitpailError):
    """A body or an answer passed the limit that a setting gives."""


class Unavailable(BitpailError):
    """A part that Bitpail needs (a database, a directory) does not answer."""


class ConfigurationError(BitpailError):
    """A setting, a key file or the data directory is wrong; the server must not start."""


class GitError(BitpailError):
    """Git failed although the request was right.

    ``status`` is git's exit status, negative for a signal; ``stderr`` its last
    words, for the log only: they may name directories.
    """

    def __init__(self, message: str, status: int = -1, stderr: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.stderr = stderr

    def __repr__(self) -> str:
        return f"GitError({self.message!r}, status={self.status}, stderr={self.stderr!r})"


class TookTooLong(GitError):
    """What was asked for is more work than one request may be."""
