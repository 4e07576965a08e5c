import msgspec
import pytest

from bitpail.errors import NotFound
from bitpail.model.denials import DenialReason
from bitpail.policy import secrets
from bitpail.services import app_passwords, denials
from bitpail.services.app_passwords import Wanted

pytestmark = pytest.mark.anyio
NOTES = "/2.0/repositories/ada/notes"
CLONE = "/ada/notes.git/info/refs?service=git-upload-pack"


@pytest.fixture
async def notes(server, ada):
    return await server.repository("ada", "notes")


async def why(server, answer, user=None):
    await server.application._site.behind.flush()
    return await denials.explain(server.site, answer.headers["x-request-id"], user)


@pytest.mark.parametrize("path", [NOTES, CLONE])
async def test_a_missing_scope_is_explained_at_either_door(server, ada, notes, path):
    one, auth = await server.app_password(ada, "wiki")

    found = await why(server, await server.client.get(path, auth=auth), ada)

    denial = found.known.denial
    assert (found.known.username, found.known.label) == ("ada", one.label)
    assert (denial.reason, denial.required, denial.granted) == (
        DenialReason.SCOPE, ("repository",), ("wiki",),
    )  # fmt: skip
    assert (denial.method, denial.path) == ("GET", path.partition("?")[0])
    assert "needs repository, it has wiki" in found.why
    assert "/new?scopes=repository,wiki&label=number+1" in found.to_do


async def test_permissions_limits_and_what_is_not_to_be_seen_are_explained(server, ada, notes):
    bob = await server.user("bob")
    await server.grant(notes, bob, "read")
    auth = await server.auth(bob, "repository:admin", "repository")
    wanted = Wanted(label="home", permissions=("repository",), networks=("198.51.100.0/24",))
    _, limited = await app_passwords.create(server.site, bob, wanted)

    weak = await why(server, await server.client.send_json("PUT", NOTES, {}, auth=auth))
    away = await why(server, await server.client.get(NOTES, auth=("bob", limited.reveal())))
    unseen = await why(server, await server.client.get("/2.0/repositories/ada/none", auth=auth))

    assert weak.why == "bob has read permission there, and this needs admin."
    assert "limited to the networks 198.51.100.0/24" in away.why
    assert unseen.why == "It does not exist, or bob may not see it."


async def test_where_the_permission_would_do_something_else_is_named(server, ada, git):
    git.commit("first")
    await server.adopted("ada", "code", git, public=True)
    his, hers = (
        await server.auth(ada, "repository:write"),
        await server.auth(await server.user("bob"), "repository:write"),
    )
    commit = "/2.0/repositories/ada/code/commit/main"
    said = {"content": {"raw": "hm"}}
    await server.client.send_json("POST", f"{commit}/comments", said, auth=his)

    approved = await why(server, await server.client.request("POST", f"{commit}/approve", auth=hers))
    changed = await why(server, await server.client.send_json("PUT", f"{commit}/comments/1", said, auth=hers))

    for found in (approved, changed):
        assert found.known.denial.reason is DenialReason.PERMISSION
        assert found.why.startswith(
            "bob has read permission there; but this is somebody else's, or wants access"
        )
        assert "needs read" not in found.why


async def test_ended_secrets_are_explained(server, ada):
    site, answers = server.site, {}
    for label in ("revoked", "expired", "rotated"):
        wanted = Wanted(label=label, permissions=("account",))
        made, secret = await app_passwords.create(site, ada, wanted)
        if label == "revoked":
            await app_passwords.revoke(site, ada, label)
        elif label == "rotated":
            await app_passwords.rotate(site, ada, label, 0)
        else:
            from bitpail.store import app_passwords as store

            await store.change(site.db, made, msgspec.structs.replace(made, expires_on=1))
        answers[label] = await server.client.get("/2.0/user", auth=("ada", secret.reveal()))

    for label, answer in answers.items():
        found = await why(server, answer)
        assert found.known.denial.reason == label
        assert label in found.why


async def test_nothing_is_kept_of_strangers_of_what_works_and_for_others(server, ada, notes):
    bob = await server.user("bob")
    auth = await server.auth(ada, "repository")
    stranger = await server.client.get(NOTES)
    guesser = await server.client.get(NOTES, auth=("ada", secrets.generate().reveal()))
    allowed = await server.client.get(NOTES, auth=auth)
    refused = await server.client.get("/2.0/user", auth=auth)

    for answer in (stranger, guesser, allowed):
        with pytest.raises(NotFound):
            await why(server, answer)
    assert (await why(server, refused, ada)).known.username == "ada"
    with pytest.raises(NotFound):
        await why(server, refused, bob)
    assert len(await denials.of_user(server.site, ada)) == 1
    assert await denials.of_user(server.site, bob) == []
