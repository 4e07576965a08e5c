"""The commands that use a new app password, ready to be pasted."""

from shlex import quote
from urllib.parse import quote as percent
from urllib.parse import urlsplit

from msgspec import Struct

from bitpail.model.app_passwords import AppPassword
from bitpail.model.scopes import Scope
from bitpail.model.users import User
from bitpail.policy.scopes import expand
from bitpail.policy.secrets import Secret


class Command(Struct, frozen=True):
    """One block to copy, with what it is for."""

    title: str
    text: str


class Commands(Struct, frozen=True):
    """Those that use a new one, and those that have it stored; ``place`` is the one repository it is for, if it is."""

    use: list[Command]
    keep: list[Command] = []
    place: str = ""


def to_use(base: str, user: User, made: AppPassword, secret: Secret, repository: str) -> list[Command]:
    """Clone, change of the remote, wiki, API: those that its permissions allow."""
    parts = urlsplit(base)
    name, word = percent(user.username, safe=""), percent(secret.reveal(), safe="")
    address = f"{parts.scheme}://{name}:{word}@{parts.netloc}/{repository}.git"
    covered = expand(made.scopes)
    listed = []
    if Scope.REPOSITORY in covered:
        listed.append(Command("Clone", f"git clone {address}"))
        listed.append(Command("Use it in a clone you have", f"git remote set-url origin {address}"))
    if Scope.WIKI in covered:
        listed.append(Command("Clone the wiki", f"git clone {address}/wiki"))
    if Scope.ACCOUNT in covered:
        listed.append(Command("Ask the API", _curl(user, secret, f"{base}/2.0/user")))
    elif Scope.REPOSITORY in covered:
        listed.append(Command("Ask the API", _curl(user, secret, f"{base}/2.0/repositories/{repository}")))
    return listed


def to_keep(base: str, user: User, secret: Secret, repository: str) -> list[Command]:
    """How to have it stored instead of writing it into an address."""
    parts = urlsplit(base)
    described = (
        f"protocol={parts.scheme}\\nhost={parts.netloc}\\nusername={user.username}\\npassword=%s\\n\\n"
    )
    helper = f'!f() {{ echo username={user.username}; echo "password=$APP_PASSWORD"; }}; f'
    return [
        Command(
            "Give it to git's credential helper",
            f"printf {quote(described)} {quote(secret.reveal())} | git credential approve\n"
            f"git clone {parts.scheme}://{percent(user.username, safe='')}@{parts.netloc}/{repository}.git",
        ),
        Command(
            "In CI: store it there as the secret APP_PASSWORD, then",
            f"git -c credential.helper={quote(helper)} clone {base}/{repository}.git",
        ),
    ]


def _curl(user: User, secret: Secret, address: str) -> str:
    return f"curl --user {quote(f'{user.username}:{secret.reveal()}')} {address}"
