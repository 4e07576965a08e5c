"""What whoever holds a narrowed secret may do, by every door: the same as the app password, and less."""

import pytest

from bitpail.api.routes import ROUTES as API
from bitpail.model.audit import Filter, Kind
from bitpail.model.limits import Limits
from bitpail.own_api.routes import OPERATIONS
from bitpail.policy.attenuation import Narrowing, narrow, parse
from bitpail.policy.limits import refuse_change
from bitpail.policy.secrets import Secret
from bitpail.services import audit, denials
from bitpail.smart_http.routes import ROUTES as GIT

pytestmark = pytest.mark.anyio

READS_BY_POST = {
    "/2.0/repositories/{workspace}/{repo_slug}/commits",
    "/2.0/repositories/{workspace}/{repo_slug}/commits/{revision...}",
    "/{workspace}/{repo_slug}/git-upload-pack",
    "/{workspace}/{repo_slug}/wiki/git-upload-pack",
    "/{workspace}/{repo_slug}/info/lfs/objects/batch",
    "/{workspace}/{repo_slug}/wiki/info/lfs/{path...}",
}
"""A POST that changes nothing; a batch of LFS is judged once more by what it wants."""


@pytest.mark.parametrize(
    "route", [*API, *GIT, *(one.route for one in OPERATIONS)], ids=lambda r: f"{r.method} {r.template}"
)
def test_a_read_only_secret_is_refused_whatever_changes_anything(route):
    refusal = refuse_change(Limits(read_only=True), route.need, route.method)

    if "git-receive-pack" in route.template:
        assert refusal
    elif route.method in {"GET", "HEAD"} or route.template in READS_BY_POST:
        assert refusal is None
    else:
        assert refusal == "it is read-only"
    assert refuse_change(Limits(), route.need, route.method) is None


class Ada:
    """Her app password with what was narrowed of it."""

    def __init__(self, server, secret):
        self.server, self.secret = server, secret

    async def asks(self, method, path, to, body=None, username="ada"):
        secret = narrow(Secret(self.secret), to).reveal()
        sent = (
            {"auth": (username, secret)} if username else {"headers": [("authorization", f"Bearer {secret}")]}
        )
        if body is not None:
            return await self.server.client.send_json(method, path, body, **sent)
        return await self.server.client.request(method, path, **sent)


@pytest.fixture
async def holder(server, ada):
    await server.repository("ada", "notes")
    await server.repository("ada", "other")
    scopes = ("repository:write", "repository:admin", "account:write", "bitpail:app-password:write")
    return Ada(server, (await server.auth(ada, *scopes))[1])


NOTES, OTHER = "/2.0/repositories/ada/notes", "/2.0/repositories/ada/other"


@pytest.mark.parametrize("username", ["ada", None])
async def test_as_a_password_and_as_a_bearer_token(holder, username):
    to = Narrowing(repositories=("ada/notes",))

    assert (await holder.asks("GET", NOTES, to, username=username)).status == 200
    assert (await holder.asks("GET", OTHER, to, username=username)).status == 403


async def test_a_repository_that_is_there_and_one_that_is_not_sound_alike_outside(holder):
    to = Narrowing(repositories=("ada/notes",))

    there = await holder.asks("GET", OTHER, to)
    missing = await holder.asks("GET", "/2.0/repositories/ada/missing", to)

    assert there.status == missing.status == 403
    assert there.message == missing.message


async def test_lists_over_all_places_are_not_for_one_that_is_limited_to_some(holder):
    to = Narrowing(repositories=("ada/notes",))

    assert (await holder.asks("GET", "/2.0/repositories/ada", to)).status == 403
    assert (await holder.asks("GET", "/2.0/repositories", to)).status == 403


async def test_read_only_reads(holder):
    to = Narrowing(read_only=True)

    assert (await holder.asks("GET", NOTES, to)).status == 200
    assert (await holder.asks("GET", f"{NOTES}/deploy-keys", to)).status == 200
    refused = await holder.asks("DELETE", f"{NOTES}/refs/branches/main", to)
    assert refused.status == 403
    assert "it is read-only" in refused.text


async def test_permissions_are_those_of_both(holder):
    assert (await holder.asks("GET", NOTES, Narrowing(permissions=("repository",)))).status == 200
    assert (await holder.asks("GET", NOTES, Narrowing(permissions=("wiki",)))).status == 403
    assert (await holder.asks("GET", "/2.0/user", Narrowing(permissions=("repository",)))).status == 403
    # What the app password has not, no narrowing gives.
    assert (await holder.asks("GET", "/2.0/user/emails", Narrowing(permissions=("email",)))).status == 200
    assert (await holder.asks("DELETE", NOTES, Narrowing(permissions=("repository:delete",)))).status == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/bitpail/1/app-passwords", {"label": "x", "permissions": ["repository"]}),
        ("PUT", "/bitpail/1/app-passwords/x", {"permissions": ["repository"]}),
        ("POST", "/bitpail/1/app-passwords/number%201/rotation", {}),
        ("DELETE", "/bitpail/1/app-passwords/number%201", None),
        (
            "POST",
            "/bitpail/1/trust-rules",
            {"label": "x", "permissions": ["repository"], "issuer": "github", "claims": {}},
        ),
        ("POST", "/2.0/users/{account}/ssh-keys", {"key": "ssh-ed25519 x"}),
        ("DELETE", "/2.0/users/{account}/ssh-keys/1", None),
        ("POST", "/2.0/users/{account}/gpg-keys", {"key": "x"}),
    ],
)
async def test_it_makes_no_credential_that_would_outlive_it(holder, ada, method, path, body):
    path = path.replace("{account}", ada.account_id)

    refused = await holder.asks(method, path, Narrowing(until=4_000_000_000), body)

    assert refused.status == 403
    assert "it is a narrowed secret" in refused.text
    # It is the narrowing that is refused, not the permissions: the app password itself gets further.
    parent = {"auth": ("ada", holder.secret)}
    if body is None:
        answer = await holder.server.client.request(method, path, **parent)
    else:
        answer = await holder.server.client.send_json(method, path, body, **parent)
    assert answer.status != 403


async def test_it_reads_of_its_account_what_the_app_password_may(holder, ada):
    to = Narrowing(until=4_000_000_000)

    assert (await holder.asks("GET", f"/2.0/users/{ada.account_id}/ssh-keys", to)).status == 200
    assert (await holder.asks("GET", "/2.0/user", to)).status == 200


async def test_it_lists_no_app_passwords(holder):
    listed = await holder.asks("GET", "/bitpail/1/app-passwords", Narrowing(until=4_000_000_000))

    assert listed.json()["values"] == []
    assert (
        await holder.asks("GET", "/bitpail/1/app-passwords/number%201", Narrowing(read_only=True))
    ).status == 403


async def test_it_is_told_what_it_is(holder):
    to = Narrowing(repositories=("ada/notes",), branches=("refs/heads/bot/*",), read_only=True)

    told = (await holder.asks("GET", "/bitpail/1/account", to)).json()

    assert told["narrowed"]["to"] == [
        {"repositories": ["ada/notes"], "branches": ["refs/heads/bot/*"], "read_only": True}
    ]
    assert told["app_password"]["label"] == "number 1"


async def test_a_refusal_says_which_secret_it_was(holder, server, ada):
    refused = await holder.asks("GET", OTHER, Narrowing(repositories=("ada/notes",)))
    await server.application._site.behind.flush()

    found = await denials.explain(server.site, refused.headers["x-request-id"], ada)

    assert found.why.startswith(f"The narrowed secret {found.known.denial.narrowed} of the app password")
    (event,) = [one async for one in audit.every(server.site, Filter(kind=Kind.APP_PASSWORD_DENIED))]
    assert found.known.denial.narrowed in event.detail


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t[:60] + "A" + t[61:], lambda t: t[:4]]
)
async def test_a_broken_one_is_refused_as_a_wrong_secret_is(holder, server, change):
    text = change(narrow(Secret(holder.secret), Narrowing(read_only=True)).reveal())

    assert parse(Secret(text)) is None
    for sent in ({"auth": ("ada", text)}, {"headers": [("authorization", f"Bearer {text}")]}):
        assert (await server.client.get(NOTES, **sent)).status == 401
