"""An app that asks for what OAuth gives, in a test: its consumer, a person at a browser, and the endpoints."""

import json
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.asgi import HOST, Answer
from support.browser import Browser
from support.site import Server

from bitpail.model.oauth_consumers import Consumer
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.services import oauth_consumers

CALLBACK = "https://app.example.org/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
ISSUER = f"https://{HOST}"
AUTHORIZE = "/site/oauth2/authorize"
TOKEN = "/site/oauth2/access_token"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
JWT_GRANT = "urn:bitbucket:oauth2:jwt"


def challenge(verifier: str = VERIFIER) -> dict[str, str]:
    """The parameters of a request that the verifier will prove."""
    text = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return {"code_challenge": text, "code_challenge_method": "S256"}


class App:
    """A registered consumer with its secret, which asks at the server's front door."""

    def __init__(self, server: Server, consumer: Consumer, secret: str) -> None:
        self.server = server
        self.consumer = consumer
        self.secret = secret

    @classmethod
    async def registered(
        cls, server: Server, workspace: Workspace, owner: User, *scopes: str, **wanted: Any
    ) -> "App":
        values = {
            "name": "Deploy bot",
            "callback_url": CALLBACK,
            "permissions": scopes or ("account", "repository:write"),
        }
        made, secret = await oauth_consumers.create(
            server.site, workspace, oauth_consumers.Wanted(**{**values, **wanted}), by=owner
        )
        return cls(server, made, secret.reveal())

    @property
    def key(self) -> str:
        return self.consumer.key

    def basic(self, secret: str | None = None) -> tuple[str, str]:
        proof = b64encode(f"{self.key}:{self.secret if secret is None else secret}".encode()).decode()
        return "authorization", f"Basic {proof}"

    async def post(self, path: str, *, proved: bool = True, headers: Any = (), **fields: Any) -> Answer:
        """A form, with the app's key and secret unless it is not to be ``proved``."""
        sent = [*headers, *([self.basic()] if proved else [])]
        return await self.server.client.send_form("POST", path, fields, headers=sent)

    async def token(self, grant_type: str, **more: Any) -> Answer:
        return await self.post(TOKEN, grant_type=grant_type, **more)

    def address(self, **parameters: str) -> str:
        """Where the app sends somebody's browser."""
        values = {"response_type": "code", "client_id": self.key, "state": "st4te", **parameters}
        return f"{AUTHORIZE}?{urlencode({name: value for name, value in values.items() if value})}"

    async def allowed(self, browser: Browser, **parameters: str) -> dict[str, str]:
        """What the app is told after somebody, who is logged in, has allowed it."""
        answer = await browser.get(self.address(**parameters))
        if answer.status == 200:
            answer = await browser.submit(AUTHORIZE, page=answer, decision="allow")
        return told(answer)

    async def tokens(self, browser: Browser, **parameters: str) -> dict[str, Any]:
        """The tokens after somebody has allowed it."""
        found = await self.allowed(browser, **parameters)
        proof = {"code_verifier": VERIFIER} if "code_challenge" in parameters else {}
        again = {"redirect_uri": parameters["redirect_uri"]} if "redirect_uri" in parameters else {}
        answer = await self.token("authorization_code", code=found["code"], **proof, **again)
        assert answer.status == 200, answer
        return answer.json()

    async def refresh(self, token: str, **more: Any) -> Answer:
        return await self.token("refresh_token", refresh_token=token, **more)

    async def user(self, access_token: str) -> Answer:
        """``GET /2.0/user`` with a token."""
        return await bearer(self.server, access_token)


async def bearer(server: Server, token: str, path: str = "/2.0/user") -> Answer:
    return await server.client.get(path, headers=[("authorization", f"Bearer {token}")])


async def ended(server: Server, token: str) -> bool:
    """Whether the token opens nothing."""
    return (await bearer(server, token)).status == 401


def told(answer: Answer, callback: str = CALLBACK) -> dict[str, str]:
    """What an answer sends to the app; it must be sent there."""
    assert answer.status == 303, answer
    where, _, query = answer.headers["location"].partition("?")
    assert where == callback, answer.headers["location"]
    return dict(parse_qsl(query))


def refused(answer: Answer) -> str:
    """The error of the token endpoint, which must be one."""
    assert answer.status == 400, answer
    assert set(answer.json()) == {"error", "error_description"}, answer
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["error"]


def host_of(answer: Answer) -> str:
    return urlsplit(answer.headers["location"]).netloc


def decoded(answer: Answer) -> Any:
    return json.loads(answer.body)
