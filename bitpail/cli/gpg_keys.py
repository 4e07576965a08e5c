"""``bitpail gpg-key``: the OpenPGP keys of a user."""

from typing import BinaryIO

import click

from bitpail.cli.context import Context, Group, answer, as_json, date
from bitpail.errors import Invalid
from bitpail.model.gpg_keys import GpgKey
from bitpail.policy.gpg_keys import LONGEST
from bitpail.services import gpg_keys as service
from bitpail.services import users
from bitpail.services.site import Site

_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose they are.")


@click.group("gpg-key", cls=Group)
def gpg_key() -> None:
    """Add, list and remove the GPG keys with which users sign."""


@gpg_key.command()
@click.argument("file", type=click.File("rb"))
@_user
@click.option("--name", default="", help="What the list calls it; default: its first user ID.")
@as_json
@click.pass_obj
def add(context: Context, file: BinaryIO, username: str, name: str, as_json: bool) -> None:
    """Add the public key of a file, or of standard input (-), as 'gpg --armor --export' prints it."""
    try:
        # A little more than is taken: the message is for what is too long.
        text = file.read(2 * LONGEST).decode()
    except UnicodeDecodeError:
        raise Invalid("this is not an armored key of OpenPGP: it is not text (gpg --armor)") from None

    async def work(site: Site) -> GpgKey:
        return await service.add(site, await users.named(site, username), text, name=name)

    made = context.run(work)
    if as_json:
        answer(_shown(made))
    else:
        click.echo(f"added {made.fingerprint} {made.name!r} to {username}")


@gpg_key.command("list")
@_user
@as_json
@click.pass_obj
def list_(context: Context, username: str, as_json: bool) -> None:
    """List a user's keys, oldest first."""

    async def work(site: Site) -> list[GpgKey]:
        return await service.of_user(site, await users.named(site, username))

    found = context.run(work)
    if as_json:
        answer([_shown(one) for one in found])
        return
    for one in found:
        ends = date(one.certificate.primary.expires_on)
        click.echo(f"{one.fingerprint}  {one.name!r}  {f'ends: {ends}' if ends else 'has no end'}")


@gpg_key.command()
@click.argument("fingerprint")
@_user
@as_json
@click.pass_obj
def remove(context: Context, fingerprint: str, username: str, as_json: bool) -> None:
    """Remove the key of a fingerprint, as 'list' and gpg print it."""

    async def work(site: Site) -> GpgKey:
        return await service.remove(site, await users.named(site, username), fingerprint)

    gone = context.run(work)
    if as_json:
        answer(_shown(gone))
    else:
        click.echo(f"removed {gone.fingerprint} {gone.name!r} from {username}")


def _shown(one: GpgKey) -> dict[str, object]:
    found = one.certificate
    return {
        "fingerprint": one.fingerprint,
        "key_id": found.primary.key_id,
        "name": one.name,
        "user_ids": list(found.user_ids),
        "created_on": date(found.primary.created_on),
        "expires_on": date(found.primary.expires_on),
        "added_on": date(one.added_on),
        "subkeys": [
            {
                "fingerprint": subkey.fingerprint,
                "key_id": subkey.key_id,
                "created_on": date(subkey.created_on),
                "expires_on": date(subkey.expires_on),
            }
            for subkey in found.subkeys
        ],
        "key": found.text,
    }
