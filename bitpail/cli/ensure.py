"""``bitpail app-password ensure`` and ``presets``: for whoever describes app passwords instead of making them."""

import sys
from typing import Any

import click
import msgspec

from bitpail.cli import wanted
from bitpail.cli.backend import asked
from bitpail.cli.context import Context, answer, as_json, on_a_server
from bitpail.own_api import app_passwords as api
from bitpail.policy.presets import PRESETS
from bitpail.wire.own_api import Described, Ensured


@click.command()
@wanted.options
@click.option(
    "--replace", is_flag=True, help="Revoke one that is different, and make another with a new secret."
)
@on_a_server
@as_json
@click.pass_obj
def ensure(context: Context, /, username: str, replace: bool, as_json: bool, **given: Any) -> None:
    """Make an app password unless it is there already with the same permissions and limits.

    Exit status: 0 if it is as wanted now; 1 if it is different and --replace isn't given.
    A secret is printed only if one was made.
    """
    described = msgspec.structs.asdict(wanted.wanted(**given))
    label = described.pop("label")
    done: Ensured = context.ask(
        asked(api.ensure, username, label, Described(**described), replace="true" if replace else "false")
    )
    if as_json:
        answer(
            {
                "state": done.state,
                "username": username,
                "label": done.app_password.label,
                "permissions": done.app_password.permissions,
                "differences": done.differences,
                "secret": done.secret,
            }
        )
    else:
        _tell(done)
    if done.state == "different":
        sys.exit(1)


def _tell(done: Ensured) -> None:
    if done.secret is not None:
        click.echo(done.secret)
    click.echo(f"{done.app_password.label}: {done.state}", err=True)
    for difference in done.differences:
        click.echo(f"  {'was: ' if done.state == 'replaced' else ''}{difference}", err=True)


@click.command()
@as_json
def presets(as_json: bool) -> None:
    """List sets of permissions for common tools, with the reason for every permission."""
    if as_json:
        answer(
            {
                preset.name: {
                    "title": preset.title,
                    "permissions": {reason.permission: reason.why for reason in preset.reasons},
                }
                for preset in PRESETS.values()
            }
        )
        return
    for preset in PRESETS.values():
        click.echo(f"{preset.name}: {preset.title}")
        for reason in preset.reasons:
            click.echo(f"  {reason.permission:20} {reason.why}")
