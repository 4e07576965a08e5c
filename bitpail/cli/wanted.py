"""The options that say what an app password shall be: the same wherever one is made."""

from typing import Any

import click

from bitpail.cli import credentials
from bitpail.errors import Invalid
from bitpail.policy.presets import PRESETS
from bitpail.wire.own_api import Wanted

_OPTIONS: list[credentials.Option] = [
    click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is."),
    credentials.label,
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
    credentials.places,
    credentials.limits,
]


options = credentials.together(*_OPTIONS)
"""All of them; the command gets ``username`` and the rest, which ``wanted`` takes."""


def wanted(*, preset: str | None, expires: str | None, permissions: tuple[str, ...], **same: Any) -> Wanted:
    """What the options say; raises Invalid."""
    if preset is not None:
        if preset not in PRESETS:
            raise Invalid(f"no preset {preset!r} (one of: {', '.join(PRESETS)})")
        permissions = (*permissions, *PRESETS[preset].permissions)
    if not permissions:
        raise click.UsageError("Missing option '--permission' or '--preset'.")
    return Wanted(permissions=permissions, expires=expires or None, **same)
