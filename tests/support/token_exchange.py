"""A CI's job at the door of the token exchange, in a test: who trusts its issuer, and what it asks."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from support.asgi import Answer
from support.issuer import Issuer
from support.site import Server, settings_in

from bitpail.model.users import User
from bitpail.policy import trust_rules as policy
from bitpail.services import trust_rules
from bitpail.services.app_passwords import Wanted
from bitpail.services.trust_rules import WantedRule
from bitpail.settings import Settings

TOKEN = "/bitpail/1/token"
NOTES = "/2.0/repositories/ada/notes"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"
FORM = [("content-type", "application/x-www-form-urlencoded")]


def trusting(data: Path, database: Path, issuer: Issuer) -> Settings:
    """The settings of a server that may ask this issuer, and lets a test guess as often as it likes."""
    return settings_in(
        data,
        database,
        private_issuers=(issuer.url,),
        public_url="https://git.example.org",
        free_guesses=1000,
    )


async def with_repositories(server: Server) -> User:
    """Ada, with the repository that her rules are about, and another one."""
    made = await server.user("ada")
    await server.repository("ada", "notes")
    await server.repository("ada", "other")
    return made


async def make(server: Server, user: User, issuer: Any, label: str = "ci", **more: Any) -> Any:
    """A rule, with members of its app password and of itself as given."""
    wanted = {"permissions": ("repository:write",), "repositories": ("ada/notes",), "branches": ("bot/*",)}
    given = {name: more.pop(name) for name in list(more) if name in Wanted.__struct_fields__}
    more["lifetime"] = more.pop("lives", policy.DEFAULT_LIFETIME)
    claims = more.pop("claims", {"repository": "acme/site", "ref": "refs/heads/*"})
    return await trust_rules.create(
        server.site,
        user,
        WantedRule(
            app_password=Wanted(label=label, **{**wanted, **given}), issuer=issuer.url, claims=claims, **more
        ),
    )


async def exchange(server: Server, token: str, **more: str | None) -> Answer:
    """The answer to a job with this ID token; a field that is None is left out."""
    fields = {"grant_type": EXCHANGE, "subject_token_type": ID_TOKEN, "subject_token": token, **more}
    body = urlencode({name: value for name, value in fields.items() if value is not None}).encode()
    return await server.client.request("POST", TOKEN, headers=FORM, body=body)


def wrong(answer: Answer, code: str = "invalid_request", status: int = 400) -> str:
    """What a refusal in OAuth's words tells."""
    assert answer.status == status, answer
    assert answer.json()["error"] == code
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()["error_description"]
