"""``bitpail trust-rule``: which jobs of a CI get an app password for some minutes, without a secret kept there."""

import sys
from typing import Any

import click
import msgspec

from bitpail.cli import wanted
from bitpail.cli.backend import asked
from bitpail.cli.context import Context, Group, answer, as_json, moment, on_a_server
from bitpail.errors import Invalid
from bitpail.own_api import trust_rules as api
from bitpail.wire.trust_rules import IdToken, ToTrust, Tried, TrustRule, TrustUse

_LONGEST_TOKEN = 64 * 1024

_user = click.option("--user", "username", required=True, metavar="USERNAME", help="Whose it is.")
_label = click.option("--label", required=True, help="What it is for, as it was made.")


@click.group(cls=Group, name="trust-rule")
@on_a_server
def trust_rule() -> None:
    """Trust jobs of a CI by their ID token (OpenID Connect): they get a secret for some minutes."""


@trust_rule.command()
@wanted.options
@click.option(
    "--issuer",
    required=True,
    metavar="URL|NAME",
    help="Who signs the ID tokens: github, gitlab, bitbucket:WORKSPACE, or an address.",
)
@click.option(
    "--claim",
    "claims",
    multiple=True,
    required=True,
    metavar="NAME=PATTERN",
    help="What a token must say, like repository=acme/site; * stands for anything; repeatable.",
)
@click.option("--audience", default="", metavar="TEXT", help="For whom the token is; default: public_url.")
@click.option(
    "--lifetime", default="15m", show_default=True, metavar="SPAN", help="Of each secret, 60m at most."
)
@on_a_server
@as_json
@click.pass_obj
def create(
    context: Context,
    /,
    username: str,
    issuer: str,
    claims: tuple[str, ...],
    audience: str,
    lifetime: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Trust the jobs whose ID token has these claims.

    Their secrets have the permissions and limits that are given here; --expires is the end of the rule.
    """
    body = ToTrust(
        issuer=issuer,
        claims=dict(_pair(text) for text in claims),
        audience=audience,
        lifetime=lifetime,
        **msgspec.structs.asdict(wanted.wanted(**given)),
    )
    made: TrustRule = context.ask(asked(api.create, username, body=body))
    if as_json:
        answer(made)
        return
    click.echo(f"jobs of {made.issuer} with {_claims(made)} get {', '.join(made.app_password.permissions)}")
    click.echo(f"for {made.lifetime // 60} minutes; the audience of their ID tokens is {made.audience}")


@trust_rule.command("list")
@_user
@on_a_server
@as_json
@click.pass_obj
def list_(context: Context, username: str, as_json: bool) -> None:
    """List the trust rules of a user."""
    found: list[TrustRule] = context.ask(asked(api.listed, username))
    if as_json:
        answer(found)
        return
    for one in found:
        used = f"last used {moment(one.last_used_on)}" if one.last_used_on else "never used"
        click.echo(f"{one.label:30} {one.issuer}  {_claims(one)}  ({used})")


@trust_rule.command()
@_user
@_label
@on_a_server
@as_json
@click.pass_obj
def uses(context: Context, username: str, label: str, as_json: bool) -> None:
    """List the latest exchanges by a rule: when, by whom, from where."""
    found: list[TrustUse] = context.ask(asked(api.uses, username, label))
    if as_json:
        answer(found)
        return
    for one in found:
        click.echo(f"{moment(one.used_on)}  {one.address:20} {one.subject}")


@trust_rule.command("try")
@_user
@on_a_server
@as_json
@click.pass_obj
def try_(context: Context, username: str, as_json: bool) -> None:
    """Say which rules an ID token fits, and why not the others. The token is read from standard input.

    It stays as good as it was. Exit status: 1 if it fits none.
    """
    token = sys.stdin.buffer.read(_LONGEST_TOKEN).decode("ascii", "replace").strip()
    found: list[Tried] = context.ask(asked(api.tried, username, body=IdToken(token=token)))
    if as_json:
        answer(found)
    for one in found if not as_json else ():
        click.echo(f"{one.label:30} {one.misfit or 'fits'}")
    if not any(one.misfit is None for one in found):
        sys.exit(1)


@trust_rule.command()
@_user
@_label
@on_a_server
@click.pass_obj
def remove(context: Context, username: str, label: str) -> None:
    """End a rule: its app password is revoked, and the secrets that were handed out end at once."""
    context.ask(asked(api.remove, username, label))
    click.echo(f"removed {label}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, pattern = text.partition("=")
    if not equals or not name:
        raise Invalid(f"give a claim as NAME=PATTERN, not {text!r}")
    return name, pattern


def _claims(one: TrustRule) -> str:
    return ", ".join(f"{name}={pattern}" for name, pattern in one.claims.items())
