"""``bitpail ssh-key``: the SSH keys of a user."""

from typing import BinaryIO

import click

from bitpail.cli.context import Context, Group, answer, as_json, date
from bitpail.errors import Invalid
from bitpail.model.ssh_keys import SshKey
from bitpail.policy.durations import seconds_until
from bitpail.policy.ssh_keys import LONGEST
from bitpail.services import ssh_keys as service
from bitpail.services import users
from bitpail.services.clock import now
from bitpail.services.site import Site

_SECOND = 1_000_000

_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose they are.")


@click.group("ssh-key", cls=Group)
def ssh_key() -> None:
    """Add, list and remove the SSH keys of users."""


@ssh_key.command()
@click.argument("file", type=click.File("rb"))
@_user
@click.option("--label", default="", help="What the list calls it; default: the comment of the key.")
@click.option("--expires", metavar="30d|DATE", help="Until when it lets in; default: until it is removed.")
@as_json
@click.pass_obj
def add(
    context: Context, file: BinaryIO, username: str, label: str, expires: str | None, as_json: bool
) -> None:
    """Add the public key of a file like ~/.ssh/id_ed25519.pub, or of standard input: -."""
    line = _line(file)

    async def work(site: Site) -> SshKey:
        ends = None
        if expires is not None:
            at = now() // _SECOND
            ends = (at + seconds_until(expires, at)) * _SECOND
        return await service.add(site, await users.named(site, username), line, label=label, expires_on=ends)

    made = context.run(work)
    if as_json:
        answer(_shown(made))
    else:
        click.echo(f"added {service.shown_fingerprint(made)} {made.label!r} to {username}")


def _line(file: BinaryIO) -> str:
    try:
        # A little more than is taken: the message is for what is too long.
        return file.read(2 * LONGEST).decode()
    except UnicodeDecodeError:
        raise Invalid("this is not a public key of OpenSSH: it is not text") from None


@ssh_key.command("list")
@_user
@as_json
@click.pass_obj
def list_(context: Context, username: str, as_json: bool) -> None:
    """List a user's keys, oldest first."""

    async def work(site: Site) -> list[SshKey]:
        return await service.of_user(site, await users.named(site, username))

    found = context.run(work)
    if as_json:
        answer([_shown(one) for one in found])
        return
    for one in found:
        click.echo(
            f"{service.shown_fingerprint(one)}  {one.type:20} {one.label!r}  "
            f"last used: {date(one.last_used_on) or 'never'}{_end(one)}"
        )


@ssh_key.command()
@click.argument("fingerprint")
@_user
@as_json
@click.pass_obj
def remove(context: Context, fingerprint: str, username: str, as_json: bool) -> None:
    """Remove the key of a fingerprint, as 'list' prints it."""

    async def work(site: Site) -> SshKey:
        return await service.remove(site, await users.named(site, username), fingerprint)

    gone = context.run(work)
    if as_json:
        answer(_shown(gone))
    else:
        click.echo(f"removed {service.shown_fingerprint(gone)} {gone.label!r} from {username}")


def _end(one: SshKey) -> str:
    if one.expires_on is None:
        return ""
    return f"  {'EXPIRED' if one.has_expired(now()) else 'expires'}: {date(one.expires_on)}"


def _shown(one: SshKey) -> dict[str, object]:
    return {
        "uuid": f"{{{one.id}}}",
        "label": one.label,
        "fingerprint": service.shown_fingerprint(one),
        "type": one.type,
        "key": one.key,
        "comment": one.comment,
        "created_on": date(one.created_on),
        "expires_on": date(one.expires_on),
        "last_used_on": date(one.last_used_on),
        "last_used_address": one.last_used_address,
        "last_used_client": one.last_used_client,
    }
