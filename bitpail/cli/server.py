"""``bitpail init``, ``migrate``, ``serve``, ``config`` and ``doctor``: the server itself."""

import asyncio
import sys
from functools import partial
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOL_SOCKET, socket

import click
import msgspec
import uvicorn
from uvicorn.supervisors import Multiprocess

from bitpail import settings as bitpail_settings
from bitpail.app import work
from bitpail.cli.context import Context, answer, as_json
from bitpail.cli.ssh_process import beside
from bitpail.errors import ConfigurationError, Conflict
from bitpail.policy.secrets import Secret
from bitpail.services import administration, check_up, host_keys, metrics, set_up
from bitpail.services.check_up import Finding
from bitpail.services.site import open_site
from bitpail.settings import Settings

_BACKLOG = 2048


@click.command()
@click.pass_obj
def init(context: Context) -> None:
    """Make the data directory with its keys and database. Safe to repeat."""
    done = set_up.initialise(context.settings())
    click.echo(f"data directory: {done.data}")
    click.echo(
        "keys: made now; keep a copy apart from the database" if done.keys_made else "keys: kept as they are"
    )
    click.echo("next: bitpail user create NAME --email ADDRESS --admin")


@click.command()
@click.pass_obj
def migrate(context: Context) -> None:
    """Bring the database to the revision that this version needs."""
    set_up.migrate(context.settings())
    click.echo("the database is up to date")


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="Default: 127.0.0.1:7990; port 0 takes a free one.")
@click.option("--workers", type=int, metavar="N", help="Worker processes; default: 1.")
@click.option("--tls-certificate", metavar="FILE", help="Speak HTTPS with this certificate (PEM).")
@click.option("--tls-key", metavar="FILE", help="Its key (PEM).")
@click.pass_obj
def serve(
    context: Context,
    listen: str | None,
    workers: int | None,
    tls_certificate: str | None,
    tls_key: str | None,
) -> None:
    """Serve git and the API until Ctrl-C. Logs go to standard error, one JSON object a line."""
    settings = context.settings(
        listen=listen, workers=workers, tls_certificate=tls_certificate, tls_key=tls_key
    )
    set_up_path = asyncio.run(_try_to_open(settings))
    metrics.forget(settings)
    ssh_listening, settings = _ssh(settings)
    host, port = settings.address
    config = uvicorn.Config(
        partial(work, settings),
        factory=True,
        host=host,
        port=port,
        workers=settings.workers,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.graceful_stop,
        # A worker that says nothing for so long is replaced. After five seconds, on a machine that is busy, each
        # was while it was still being started, and the server never came up.
        timeout_worker_healthcheck=60,
        ssl_certfile=settings.tls_certificate or None,
        ssl_keyfile=settings.tls_key or None,
    )
    listening = _bind(host, port)
    scheme = "https" if settings.tls_certificate else "http"
    own = f"{scheme}://{host}:{listening.getsockname()[1]}"
    click.echo(f"bitpail: serving {own}", err=True)
    _tell_how_to_set_up(settings.public_url.rstrip("/") or own, set_up_path)
    with beside(settings, ssh_listening):
        if settings.workers > 1:
            Multiprocess(config, sockets=[listening]).run()
        else:
            uvicorn.Server(config).run(sockets=[listening])


def _ssh(settings: Settings) -> tuple[socket | None, Settings]:
    """The socket of SSH, None if there is none, and the settings with its port."""
    if settings.ssh_address is None:
        return None, settings
    host_keys.create(settings.data_path)
    keys = host_keys.public(settings.data_path)
    host, port = settings.ssh_address
    listening = _bind(host, port)
    port = listening.getsockname()[1]
    click.echo(f"bitpail: serving ssh://git@{host}:{port}", err=True)
    for key in keys:
        click.echo(f"bitpail: host key {key.type} SHA256:{key.fingerprint}", err=True)
    return listening, msgspec.structs.replace(settings, ssh_listen=f"{host}:{port}")


def _bind(host: str, port: int) -> socket:
    # Not uvicorn's own: that one is inheritable, and ends the process with a status of its own.
    try:
        bound = socket(AF_INET6 if ":" in host else AF_INET)
        bound.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        bound.bind((host, port))
        # At once, so that who connects as soon as the address is told waits and is not refused.
        bound.listen(_BACKLOG)
    except OSError as error:
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return bound


async def _try_to_open(settings: Settings) -> Secret | None:
    """An old git, a wrong key file or database is said in a line before any worker starts.

    Where there is no user yet, return the path of the page that makes the first one.
    """
    await check_up.check_git()
    site = await open_site(settings)
    try:
        return await administration.set_up_path(site)
    finally:
        await site.close()


def _tell_how_to_set_up(base: str, path: Secret | None) -> None:
    # Not through the log. And where standard error is no terminal it is a log: whoever may
    # read logs must not become the administrator.
    if path is None:
        return
    if sys.stderr.isatty():
        click.echo(
            "bitpail: there is no user yet. Make the first one here (once, within 24 hours):", err=True
        )
        click.echo(f"bitpail: {base}{path.reveal()}", err=True)
    else:
        click.echo("bitpail: there is no user yet: 'bitpail set-up-link' prints a link to make one", err=True)


@click.command("set-up-link")
@click.pass_obj
def set_up_link(context: Context) -> None:
    """Print a link to the page that makes the first administrator. It works once, for 24 hours."""
    path = context.run(administration.set_up_path)
    if path is None:
        raise Conflict("there is a user already: 'bitpail user reset-link' makes a link for one")
    base = context.settings().public_url.rstrip("/")
    click.echo(f"{base}{path.reveal()}")
    if not base:
        click.echo("put the address of this server before it: public_url is not set", err=True)


@click.command()
@as_json
@click.pass_obj
def config(context: Context, as_json: bool) -> None:
    """Print the settings in force, secrets masked."""
    shown = bitpail_settings.masked(context.settings())
    if as_json:
        answer(shown)
        return
    for key, value in shown.items():
        click.echo(f"{key} = {msgspec.json.encode(value).decode()}")


@click.command()
@as_json
@click.pass_obj
def doctor(context: Context, as_json: bool) -> None:
    """Look at everything that the server needs; exit status 1 if something is wrong."""

    async def examine() -> list[Finding]:
        return [finding async for finding in check_up.examine(context.settings())]

    findings = asyncio.run(examine())
    if as_json:
        answer(findings)
    else:
        for finding in findings:
            click.echo(f"ok    {finding.what}" if finding.well else f"WRONG {finding.what}: {finding.advice}")
    if not all(finding.well for finding in findings):
        sys.exit(1)
