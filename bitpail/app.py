"""The ASGI application: which door a request goes to, its id, its line in the log, its last resort.

Knows every door and no rule.
"""

import asyncio
import gc
import os
import secrets
import time
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote_to_bytes

import structlog
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from bitpail import git_login, health, leaks, metrics, oauth, storage, token_exchange
from bitpail.api import contract
from bitpail.api.contract import Contract
from bitpail.api.door import Api
from bitpail.api.request import PREFIX
from bitpail.errors import ConfigurationError
from bitpail.git_login import GitLogins
from bitpail.health import Health
from bitpail.http import logs
from bitpail.http.addresses import Addresses, networks_of
from bitpail.http.bodies import ClientGone
from bitpail.http.call import Call, Door, make_call, raw_path
from bitpail.leaks import Leaks
from bitpail.metrics import Metrics
from bitpail.oauth import OAuth
from bitpail.own_api import door as own_api
from bitpail.own_api.door import OwnApi
from bitpail.policy.secrets import scrub
from bitpail.services import chores, denials
from bitpail.services.metrics import Publisher
from bitpail.services.origin import Origin, coming_from
from bitpail.services.site import Site, open_site
from bitpail.settings import Settings
from bitpail.smart_http.door import SmartHttp
from bitpail.smart_http.routes import is_archive, is_git
from bitpail.storage import Storage
from bitpail.token_exchange import TokenExchange
from bitpail.web.door import Web, is_by_browser

log = structlog.get_logger()


class Application:
    """One per worker. ``open`` and ``close`` are called by the server's lifespan."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses = Addresses(settings.public_url, settings.trusted_proxies)
        self._api = Api()
        self._git = SmartHttp()
        self._health = Health()
        self._metrics = Metrics(networks_of(settings.metrics_networks))
        self._oauth = OAuth()
        self._own_api = OwnApi()
        self._storage = Storage()
        self._web = Web()
        self._at: dict[bytes, tuple[str, Door]] = {
            contract.PATH: ("api", Contract()),
            leaks.PATH: ("leaks", Leaks()),
            token_exchange.PATH: ("token_exchange", TokenExchange()),
            **dict.fromkeys(git_login.PATHS, ("git_login", GitLogins())),
            metrics.PATH: ("metrics", self._metrics),
        }
        self._site: Site | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI's entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    def _door(self, path: bytes, call: Call) -> tuple[str, Door]:
        """The name that the metrics have for it, and itself."""
        if path.removeprefix(PREFIX).startswith(b"/2.0/") or path.removeprefix(PREFIX) == b"/2.0":
            return "api", self._api
        if path in self._at:
            return self._at[path]
        if path in health.PATHS:
            return "health", self._health
        if oauth.is_oauth(path):
            return "oauth", self._oauth
        if path.startswith(storage.PREFIX):
            return "storage", self._storage
        if path.startswith(own_api.PREFIX):
            return "own_api", self._own_api
        if is_git(path):
            # An archive is a link on a page, too: who follows it is logged in, and git asks for no archive.
            by_browser = is_archive(path) and is_by_browser(call)
            return ("web", self._web) if by_browser else ("git", self._git)
        return "web", self._web

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._site is None:
            raise ConfigurationError("the lifespan has not started: run this under 'bitpail serve'")
        began = time.perf_counter()
        request_id = secrets.token_hex(8)
        answer = _Answer(send, request_id)
        call = make_call(self._site, scope, receive, request_id, self._addresses)
        name, door = self._door(raw_path(scope), call)
        origin = Origin(request_id, call.client, call.method, _path(call), name)
        try:
            with coming_from(origin):
                await self._answer(call, door, scope, receive, answer)
        finally:
            seconds = time.perf_counter() - began
            call.site.counts.request(name, call.method, answer.status, seconds)
        _log(call, origin.path, answer, seconds)

    async def _answer(
        self, call: Call, door: Door, scope: Scope, receive: Receive, answer: "_Answer"
    ) -> None:
        try:
            response = await door.answer(call)
            if call.refusal is not None:
                denials.note(call.site, call.refusal)
            await response(scope, receive, answer.send)
        except ClientGone:
            call.noted["client"] = "gone"
        except Exception as error:
            log.exception("request.failed", request=call.request_id, exc_info=error)
            await _apologise(scope, receive, answer)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        working: list[asyncio.Task[None]] = []
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._site = await open_site(self._settings)
                self._metrics.publisher = Publisher(self._site)
                working = [
                    asyncio.create_task(chores.run(self._site)),
                    asyncio.create_task(self._metrics.publisher.run()),
                ]
                await send({"type": "lifespan.startup.complete"})
            else:
                for task in working:
                    task.cancel()
                await asyncio.gather(*working, return_exceptions=True)
                if self._site is not None:
                    await self._site.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


class _Answer:
    """Sends, remembers the status, and names the request in the headers."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], (b"x-request-id", self.request_id.encode())]
            message = {**message, "headers": headers}
        await self._send(message)


async def _apologise(scope: Scope, receive: Receive, answer: _Answer) -> None:
    if answer.status:
        # Half an answer is out. Ending it without its last piece would look whole to a
        # client that doesn't count, so the server has to cut the connection.
        raise ConnectionAbortedError("the answer could not be finished")
    text = f"Something went wrong on the server; its log has it as {answer.request_id}.\n"
    await PlainTextResponse(text, 500)(scope, receive, answer.send)


def _path(call: Call) -> str:
    # Decoded, blotted out and cut in this order, or parts of a secret would stay.
    return scrub(unquote_to_bytes(storage.blotted(call.raw_path)).decode("utf-8", "replace"))[:300]


def _log(call: Call, path: str, answer: _Answer, seconds: float) -> None:
    fields: MutableMapping[str, Any] = {
        "request": call.request_id,
        "method": call.method,
        "path": path,
        "status": answer.status,
        "milliseconds": round(seconds * 1000, 1),
        "address": call.client.address,
        "agent": call.client.agent,
        **call.noted,
    }
    if call.actor.user is not None:
        fields["user"] = call.actor.user.username
    if call.actor.app_password is not None:
        fields["app_password"] = call.actor.app_password.label
    log.info("request", **fields)


def create(settings: Settings) -> Application:
    """The application of one worker; called in the worker's own process."""
    logs.configure(settings.log_level)
    _keep_descriptors()
    return Application(settings)


def work(settings: Settings) -> Application:
    """The same in a process that does nothing else."""
    application = create(settings)
    # A hundred thousand objects of modules stay for good. To look at them again and again for
    # garbage stops every request for tens of milliseconds.
    gc.collect()
    gc.freeze()
    return application


def _keep_descriptors() -> None:
    # A worker is handed its listening socket as one that is inherited. In the hands of git,
    # or of a hook of an adopted repository, it would take connections after we have closed it.
    for number in [int(name) for name in os.listdir("/proc/self/fd")]:  # noqa: PTH208 - names, not paths
        if number > 2:
            with suppress(OSError):  # the one that listed them
                os.set_inheritable(number, False)  # noqa: FBT003 - os has it so
