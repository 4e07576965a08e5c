import msgspec
import pytest

from bitpail.errors import Conflict, Invalid, NotFound
from bitpail.model.scopes import Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.policy.advice import Verdict
from bitpail.services import advice, app_passwords, replacements
from bitpail.services.app_passwords import LONGEST_GRACE, Wanted
from bitpail.store import app_passwords as store
from bitpail.store import policies

pytestmark = pytest.mark.anyio
DAY = 86_400


@pytest.fixture
async def ci(server, ada):
    """One that has needed ``repository`` alone."""
    await server.repository("ada", "notes")
    wanted = Wanted(
        label="ci",
        permissions=("repository:write", "wiki", "issue"),
        lifetime=300 * DAY,
        networks=("192.0.2.0/24",),
        no_force=True,
    )
    made, secret = await app_passwords.create(server.site, ada, wanted)
    answer = await server.client.get("/2.0/repositories/ada/notes", auth=("ada", secret.reveal()))
    assert answer.status == 200
    await server.application._site.behind.flush()
    return made, ("ada", secret.reveal())


async def test_advice_follows_from_what_was_used(server, ada, ci):
    now, later = [(await advice.of_user(server.site, ada, enough=days))[0].advice for days in (0, 30)]

    assert (now.verdict, now.narrower) == (Verdict.NARROW, (Scope.REPOSITORY,))
    assert (later.verdict, later.narrower) == (Verdict.WAIT, (Scope.REPOSITORY,))


async def test_the_advised_one_has_the_same_limits_and_the_old_one_an_end(server, ada, ci):
    old, auth = ci

    done = await advice.replace_as_advised(server.site, ada, "ci", 7 * DAY, enough=0)

    assert done.new.label == "ci (narrowed)"
    assert done.new.scopes == (Scope.REPOSITORY,)
    assert (done.new.limits, done.new.expires_on) == (old.limits, old.expires_on)
    kept = await app_passwords.labelled(server.site, ada, "ci")
    assert kept.expires_on == done.old.expires_on
    assert 0 <= kept.expires_on - done.new.created_on - 7 * DAY * 1_000_000 < 10**6
    for one in (auth, ("ada", done.secret.reveal())):
        assert (await server.client.get("/2.0/repositories/ada/notes", auth=one)).status == 200


async def test_the_old_one_ends_with_its_grace_and_never_lives_longer(server, ada, ci):
    _, auth = ci
    at_once = await advice.replace(server.site, ada, "ci", (Scope.WIKI,), 0)
    short = Wanted(label="short", permissions=("wiki", "issue"), lifetime=60)
    made, _ = await app_passwords.create(server.site, ada, short)

    second = await advice.replace(server.site, ada, "short", (Scope.WIKI,), DAY)

    assert (await server.client.get("/2.0/repositories/ada/notes", auth=auth)).status == 401
    assert at_once.new.scopes == (Scope.WIKI,)
    assert second.old.expires_on == second.new.expires_on == made.expires_on
    with pytest.raises(Invalid, match="has expired"):
        await advice.replace(server.site, ada, "ci", (Scope.ISSUE,), DAY)


async def test_a_replacement_is_narrower_or_none(server, ada, ci):
    for permissions in (
        (), (Scope.REPOSITORY_ADMIN,), (Scope.REPOSITORY_WRITE, Scope.WIKI, Scope.ISSUE),
        (Scope.REPOSITORY, Scope.PROJECT_ADMIN), (Scope.PULLREQUEST_WRITE,),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await advice.replace(server.site, ada, "ci", permissions, DAY)
    with pytest.raises(Invalid, match="nothing narrower is advised"):
        await advice.replace_as_advised(server.site, ada, "ci", DAY)
    with pytest.raises(Invalid, match="grace"):
        await advice.replace(server.site, ada, "ci", (Scope.WIKI,), LONGEST_GRACE + 1)
    with pytest.raises(NotFound):
        await advice.replace(server.site, ada, "laptop", (Scope.WIKI,), DAY)

    assert len(await app_passwords.of_user(server.site, ada)) == 1


async def test_a_label_is_found_however_often_and_however_long(server, ada, ci):
    long = "x" * 255
    for label in (long, "ci (narrowed)"):
        await app_passwords.create(server.site, ada, Wanted(label=label, permissions=("wiki", "issue")))

    labels = [
        (await advice.replace(server.site, ada, label, (Scope.WIKI,), DAY)).new.label
        for label in ("ci", long)
    ]

    assert labels == ["ci (narrowed 2)", "x" * 244 + " (narrowed)"]


async def test_a_replacement_tells_who_still_uses_the_old_one_until_it_is_finished(server, ada, ci):
    old, auth = ci
    done = await advice.replace(server.site, ada, "ci", (Scope.REPOSITORY,), DAY)
    headers = [("user-agent", "forgotten-job/1.0")]
    await server.client.get("/2.0/repositories/ada/notes", auth=auth, headers=headers)
    await server.application._site.behind.flush()

    found = await replacements.labelled(server.site, ada, "ci")

    assert (found.old.last_used_client, found.new.last_used_on) == ("forgotten-job/1.0", None)
    assert (found.new.id, found.before) == (done.new.id, old.expires_on)
    await replacements.finish(server.site, ada, "ci")
    answers = [
        (await server.client.get("/2.0/repositories/ada/notes", auth=one)).status
        for one in (auth, ("ada", done.secret.reveal()))
    ]
    assert answers == [401, 200]
    with pytest.raises(NotFound):
        await replacements.finish(server.site, ada, "ci")


async def test_a_replacement_that_is_rolled_back_leaves_the_old_one_as_it_was(server, ada, ci):
    old, auth = ci
    done = await advice.replace(server.site, ada, "ci", (Scope.REPOSITORY,), DAY)
    with pytest.raises(Conflict, match="is being replaced"):
        await advice.replace(server.site, ada, "ci", (Scope.WIKI,), DAY)

    await replacements.roll_back(server.site, ada, "ci")

    assert (await app_passwords.labelled(server.site, ada, "ci")).expires_on == old.expires_on
    answers = [
        (await server.client.get("/2.0/repositories/ada/notes", auth=one)).status
        for one in (auth, ("ada", done.secret.reveal()))
    ]
    assert answers == [200, 401]
    for end in (replacements.roll_back, replacements.finish):
        with pytest.raises(NotFound, match="no replacement"):
            await end(server.site, ada, "ci")
    assert (await advice.replace(server.site, ada, "ci", (Scope.WIKI,), DAY)).new.label == "ci (narrowed)"


async def test_rolling_back_does_not_undo_an_end_that_somebody_else_has_set(server, ada, ci):
    old, _ = ci
    ended = (await advice.replace(server.site, ada, "ci", (Scope.REPOSITORY,), DAY)).old
    sooner = msgspec.structs.replace(ended, expires_on=old.created_on + 3600 * 10**6)
    await store.change(server.site.db, ended, sooner)

    with pytest.raises(NotFound):
        await replacements.roll_back(server.site, ada, "ci")


async def test_rolling_back_does_not_undo_the_policy(server, ada, ci):
    _, auth = ci
    await advice.replace(server.site, ada, "ci", (Scope.REPOSITORY,), 3600)
    policy = SitePolicy(longest_lifetime=DAY, existing_from=1)
    await policies.put(server.site.db, "app_passwords", msgspec.json.encode(policy).decode(), 1)

    with pytest.raises(Invalid, match="policy of this server"):
        await replacements.roll_back(server.site, ada, "ci")

    await replacements.finish(server.site, ada, "ci")
    assert (await server.client.get("/2.0/repositories/ada/notes", auth=auth)).status == 401
