"""What went wrong, in lines that git shows its user. The first one is what Bitbucket says where that is recorded.

Client libraries look for some of them at the start of the first line.
"""

from bitpail.errors import BitpailError, GitError, NotFound
from bitpail.policy.decide import Decision
from bitpail.policy.secrets import scrub
from bitpail.services.access import Refused
from bitpail.services.git_slots import Busy
from bitpail.ssh.commands import NoCommand
from bitpail.wire.errors import NOT_YOURS

GREETING = "{how}\n\nYou can use git to connect to Bitbucket. Shell access is disabled\n"
BY_KEY = "authenticated via ssh key."
BY_ACCESS_KEY = "authenticated via a deploy key."

_NO_REPOSITORY = f"conq: repository does not exist.\n{NOT_YOURS}\n"
_READ_ONLY = "repository access denied. access via a deployment key is read-only.\n"


def words(error: BitpailError, request_id: str) -> str:
    """The refusal or failure as the user should read it."""
    if isinstance(error, Refused):
        return _refused(error, request_id)
    if isinstance(error, NoCommand):
        return "Shell access is disabled: only git's own commands are served here.\n"
    if isinstance(error, NotFound):
        return _NO_REPOSITORY
    if isinstance(error, Busy):
        return f"{error.message}; try again in {error.wait} seconds\n"
    if isinstance(error, GitError):
        return failure(request_id)
    return f"{scrub(error.message)}\n"


def failure(request_id: str) -> str:
    """Our own fault."""
    return f"Something went wrong on the server; its log has it as {request_id}.\n"


def _refused(error: Refused, request_id: str) -> str:
    if error.decision is Decision.UNSEEN:
        return _NO_REPOSITORY
    if error.actor.access_key is not None:
        return _READ_ONLY
    needed = error.need.permission.name.lower()
    return (
        "repository access denied.\n"
        f"You can see this repository, but this needs {needed} permission on it.\nRequest: {request_id}\n"
    )
