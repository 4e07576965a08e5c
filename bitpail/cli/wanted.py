"""The options that say what an app password shall be: the same wherever one is made."""

from collections.abc import Callable
from typing import Any

import click

from bitpail.errors import Invalid
from bitpail.policy.presets import PRESETS
from bitpail.wire.own_api import Wanted

_OPTIONS = [
    click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is."),
    click.option("--label", required=True, help="What it is for; never part of a credential."),
    click.option(
        "--permission",
        "permissions",
        multiple=True,
        metavar="SCOPE",
        help="May be given more than once; 'bitpail app-password permissions' lists them.",
    ),
    click.option(
        "--preset",
        metavar="NAME",
        help="The permissions of a common tool; 'bitpail app-password presets' lists them.",
    ),
    click.option("--expires", metavar="30d|DATE", help="Until when it works; default: until it is revoked."),
    click.option(
        "--repository", "repositories", multiple=True, metavar="WS/SLUG", help="Only there; repeatable."
    ),
    click.option(
        "--project", "projects", multiple=True, metavar="WS/KEY", help="Only in its repositories; repeatable."
    ),
    click.option("--workspace", "workspaces", multiple=True, metavar="WS", help="Only there; repeatable."),
    click.option("--network", "networks", multiple=True, metavar="CIDR", help="Only from there; repeatable."),
    click.option(
        "--branch",
        "branches",
        multiple=True,
        metavar="PATTERN",
        help="Pushes only to these, like 'bot/*' or 'refs/tags/v*'; repeatable.",
    ),
    click.option("--no-force", is_flag=True, help="No push that drops commits."),
    click.option("--no-delete", is_flag=True, help="No push that deletes a branch or tag."),
]


def options(command: Callable[..., None]) -> Callable[..., None]:
    """All of them; the command gets ``username`` and the rest, which ``wanted`` takes."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def wanted(*, preset: str | None, expires: str | None, permissions: tuple[str, ...], **same: Any) -> Wanted:
    """What the options say; raises Invalid."""
    if preset is not None:
        if preset not in PRESETS:
            raise Invalid(f"no preset {preset!r} (one of: {', '.join(PRESETS)})")
        permissions = (*permissions, *PRESETS[preset].permissions)
    if not permissions:
        raise click.UsageError("Missing option '--permission' or '--preset'.")
    return Wanted(permissions=permissions, expires=expires or None, **same)
