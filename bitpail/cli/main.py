"""The command ``bitpail`` and its groups. Each group has a file of its own."""

import sys
from importlib import import_module

import click

from bitpail import __version__
from bitpail.cli.context import Context, Group
from bitpail.errors import BitpailError

# In the order of use: each command with its file here and its name in there.
_COMMANDS = {
    "serve": ("server", "serve"),
    "init": ("server", "init"),
    "set-up-link": ("server", "set_up_link"),
    "migrate": ("server", "migrate"),
    "config": ("server", "config"),
    "doctor": ("server", "doctor"),
    "user": ("users", "user"),
    "workspace": ("workspaces", "workspace"),
    "project": ("projects", "project"),
    "group": ("groups", "group"),
    "repo": ("repositories", "repo"),
    "deployment": ("deployments", "deployment"),
    "app-password": ("app_passwords", "app_password"),
    "api-token": ("api_tokens", "api_token"),
    "access-token": ("access_tokens", "access_token"),
    "oauth-consumer": ("oauth_consumers", "oauth_consumer"),
    "trust-rule": ("trust_rules", "trust_rule"),
    "access-key": ("access_keys", "access_key"),
    "ssh": ("ssh", "ssh"),
    "ssh-key": ("ssh_keys", "ssh_key"),
    "gpg-key": ("gpg_keys", "gpg_key"),
    "policy": ("policy", "policy"),
    "brownout": ("brownouts", "brownout"),
    "audit": ("audit", "audit"),
    "why": ("audit", "why"),
    "mail": ("mail", "mail"),
}
# Commands of a group that have files of their own.
_WITHIN = {
    "workspace": [("years", "of_workspace")],
    "policy": [("years", "of_server")],
    "project": [("override_settings", "of_project")],
    "repo": [
        *[("forks", "fork"), ("watchers", "watch"), ("watchers", "unwatch"), ("upkeep", "maintain")],
        ("override_settings", "of_repository"),
    ],
    "app-password": [
        *[("ensure", "ensure"), ("ensure", "presets"), ("leaks", "scan"), ("narrow", "narrow")],
        *[("advice", "advise"), ("advice", "replace")],
    ],
}


class _Commands(Group):
    """Imports only what was asked for: sshd starts ``bitpail ssh`` twice for each connection."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """All of them, without importing one."""
        return list(_COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        """The command of that name, with what belongs to it."""
        if name not in _COMMANDS:
            return None
        command = _in_file(*_COMMANDS[name])
        if isinstance(command, click.Group):
            for place in _WITHIN.get(name, ()):
                command.add_command(_in_file(*place))
        return command


def _in_file(file: str, name: str) -> click.Command:
    command: click.Command = getattr(import_module(f"bitpail.cli.{file}"), name)
    return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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


def main() -> None:
    """Run the command and exit with its status."""
    try:
        bitpail()
    except BitpailError as error:
        click.echo(f"bitpail: {error.message}", err=True)
        sys.exit(1)
