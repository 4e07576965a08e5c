"""The command ``bitpail`` and its groups. Each group has a file of its own."""

import sys

import click

from bitpail import __version__
from bitpail.cli import (
    access_keys,
    advice,
    app_passwords,
    audit,
    ensure,
    leaks,
    mail,
    policy,
    repositories,
    server,
    ssh,
    ssh_keys,
    upkeep,
    users,
    workspaces,
)
from bitpail.cli.context import Context, Group
from bitpail.errors import BitpailError


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--data", metavar="DIR", help="Directory of the database, keys and repositories [BITPAIL_DATA]."
)
@click.option("--config", metavar="FILE", help="TOML file with settings [BITPAIL_CONFIG].")
@click.version_option(__version__, prog_name="bitpail")
@click.pass_context
def bitpail(context: click.Context, data: str | None, config: str | None) -> None:
    r"""A Git server that speaks Bitbucket Cloud's dialect.

    \b
    First steps:
      export BITPAIL_DATA=~/bitpail
      bitpail init
      bitpail user create ada --email ada@example.org --admin
      bitpail repo create ada/notes
      bitpail app-password create --user ada --label laptop --permission repository:write
      bitpail serve

    \b
    Exit status: 0 done; 1 refused or failed, with the reason on standard error;
    2 the command line itself is wrong.
    """
    context.obj = Context(data=data, config=config)


bitpail.add_command(server.serve)
bitpail.add_command(server.init)
bitpail.add_command(server.set_up_link)
bitpail.add_command(server.migrate)
bitpail.add_command(server.config)
bitpail.add_command(server.doctor)
bitpail.add_command(users.user)
bitpail.add_command(workspaces.workspace)
bitpail.add_command(workspaces.project)
bitpail.add_command(repositories.repo)
repositories.repo.add_command(upkeep.maintain)
bitpail.add_command(app_passwords.app_password)
app_passwords.app_password.add_command(ensure.ensure)
app_passwords.app_password.add_command(ensure.presets)
app_passwords.app_password.add_command(leaks.scan)
bitpail.add_command(access_keys.access_key)
bitpail.add_command(ssh.ssh)
bitpail.add_command(ssh_keys.ssh_key)
bitpail.add_command(policy.policy)
app_passwords.app_password.add_command(advice.advise)
app_passwords.app_password.add_command(advice.replace)
bitpail.add_command(audit.audit)
bitpail.add_command(audit.why)
bitpail.add_command(mail.mail)


def main() -> None:
    """Run the command and exit with its status."""
    try:
        bitpail()
    except BitpailError as error:
        click.echo(f"bitpail: {error.message}", err=True)
        sys.exit(1)
