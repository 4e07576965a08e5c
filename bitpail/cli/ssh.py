"""``bitpail ssh``: the server's host keys, and the two commands by which an sshd lets people in."""

import click

from bitpail.cli import sshd
from bitpail.cli.context import Context, Group


@click.group(cls=Group)
def ssh() -> None:
    """Git over SSH."""


@ssh.command("host-keys")
@click.pass_obj
def show(context: Context) -> None:
    """Print the server's public host keys, each with its fingerprint. Makes those that are missing."""
    # A tenth of a second to import, which the commands below should not pay.
    from bitpail.services import host_keys  # noqa: PLC0415 - see above

    data = context.settings().data_path
    host_keys.create(data)
    for key in host_keys.public(data):
        click.echo(f"{key.text} SHA256:{key.fingerprint}")


@ssh.command("authorized-keys")
@click.argument("key_type", metavar="TYPE")
@click.argument("key", metavar="KEY")
@click.pass_obj
def authorized_keys(context: Context, key_type: str, key: str) -> None:
    """For sshd's AuthorizedKeysCommand, with %t and %k: a line if the key opens anything, else none.

    The server has to run, with the setting ssh_sshd; see docs/ssh.md.
    """
    fingerprint = sshd.fingerprint_of(key_type, key)
    if sshd.opens(context.settings(), fingerprint):
        click.echo(sshd.authorized_keys_line(context.started_as, key_type, key, fingerprint))


@ssh.command("command")
@click.argument("fingerprint", metavar="FINGERPRINT")
@click.pass_obj
def command(context: Context, fingerprint: str) -> None:
    """What sshd runs for whoever has proved the key of that SHA-256. Not for people.

    Takes SSH_ORIGINAL_COMMAND, SSH_CONNECTION and GIT_PROTOCOL from sshd.
    """
    raise SystemExit(sshd.command(context.settings(), fingerprint.removeprefix(sshd.PREFIX)))
