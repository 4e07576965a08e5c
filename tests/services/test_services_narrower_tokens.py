"""The narrower one that follows advice, for every kind of credential: one implementation, one table."""

import asyncio

import msgspec
import pytest
from support.narrower import API, DAY, KINDS, aged, held, place_of

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.audit import Filter, Kind
from bitpail.model.credentials import CredentialKind, Year
from bitpail.model.scopes import ApiScope, Scope
from bitpail.model.site_policy import SitePolicy
from bitpail.policy.advice import Verdict
from bitpail.policy.kinds import GRANTABLE
from bitpail.policy.scopes import expand
from bitpail.services import (
    access_tokens,
    advice,
    app_passwords,
    audit,
    replacements,
    repositories,
    site_policy,
    years,
)
from bitpail.services.app_passwords import LONGEST_GRACE, Wanted
from bitpail.services.clock import now
from bitpail.services.managing import Managing
from bitpail.store import app_passwords as store
from bitpail.store import policies

pytestmark = pytest.mark.anyio

GRACES = [0, 3600, 7 * DAY, LONGEST_GRACE]
ROBOTS = [kind for kind in KINDS if kind.is_robot]


@pytest.fixture
async def team(server, ada):
    made = await server.workspace("team", ada)
    await server.repository("team", "code")
    return made


@pytest.fixture(params=KINDS)
async def ci(request, server, team, ada):
    return await held(server, ada, request.param)


async def following(server, ci, grace=7 * DAY, by=None, **more):
    how = Managing(kind=ci.one.kind, by=by)
    return await advice.replace_as_advised(server.site, *ci.which, grace, how, **more)


@pytest.mark.parametrize("grace", GRACES)
async def test_for_the_grace_both_work_and_after_it_the_narrower_one_alone(server, ci, grace):
    done = await following(server, ci, grace)

    assert done.new.label == "ci (narrowed)"
    assert done.new.scopes == ci.enough
    assert (done.new.kind, done.new.limits, done.new.user_id) == (ci.one.kind, ci.one.limits, ci.user.id)
    assert done.new.expires_on == ci.one.expires_on
    assert done.old.expires_on == done.new.created_on + grace * 1_000_000
    assert await ci.asks(server) == (200 if grace else 401)
    assert await ci.asks(server, done.secret.reveal()) == 200


@pytest.mark.parametrize("grace", [-1, LONGEST_GRACE + 1])
async def test_a_grace_has_bounds(server, ci, grace):
    with pytest.raises(Invalid, match="the grace must be"):
        await following(server, ci, grace)

    assert await untouched(server, ci)


async def untouched(server, ci):
    """Whether there is this one alone, as it was."""
    (kept,) = await app_passwords.of_user(server.site, ci.user, ci.one.kind)
    return msgspec.structs.replace(kept, last_used_on=None) == msgspec.structs.replace(
        ci.one, last_used_on=None
    )


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_advised_is_not_done(server, team, ada, kind, verdict):
    ci = await held(server, ada, kind, days=2 if verdict is Verdict.WAIT else 40)
    scope = ApiScope if kind is API else Scope
    if verdict is Verdict.KEEP:
        narrow = msgspec.structs.replace(ci.one, scopes=tuple(scope(name) for name in ci.enough))
        await store.change(server.site.db, ci.one, narrow)
        ci = ci._replace(one=narrow)
    if verdict is Verdict.REVOKE:
        ended = msgspec.structs.replace(ci.one, expires_on=now() - 1)
        await store.change(server.site.db, ci.one, ended)
        ci = ci._replace(one=ended)

    assert (await advice.of(server.site, ci.user, ci.one)).verdict is verdict
    if verdict is Verdict.NARROW:
        assert (await following(server, ci)).new.scopes == ci.enough
        return
    with pytest.raises(Invalid, match="nothing narrower is advised"):
        await following(server, ci)
    assert await untouched(server, ci)


async def test_a_replacement_is_finished_and_the_robot_stays_the_same(server, ci):
    done = await following(server, ci)
    assert await ci.asks(server, agent="forgotten-job/1.0") == 200
    await server.application._site.behind.flush()

    found = await replacements.labelled(server.site, *ci.which, Managing(kind=ci.one.kind))
    await replacements.finish(server.site, *ci.which, Managing(kind=ci.one.kind))

    assert (found.old.last_used_client, found.new.id) == ("forgotten-job/1.0", done.new.id)
    assert await ci.asks(server) == 401
    assert await ci.asks(server, done.secret.reveal()) == 200
    if ci.place is not None:
        ((robot, left),) = await access_tokens.of_place(server.site, ci.place)
        assert (robot.id, left.label) == (ci.user.id, "ci (narrowed)")
        assert robot.display_name == "ci"
    with pytest.raises(NotFound):
        await replacements.finish(server.site, *ci.which, Managing(kind=ci.one.kind))


async def test_a_replacement_that_is_rolled_back_leaves_the_old_one_as_it_was(server, ci):
    done = await following(server, ci)
    with pytest.raises(Conflict, match="is being replaced"):
        await following(server, ci)

    await replacements.roll_back(server.site, *ci.which, Managing(kind=ci.one.kind))

    assert await untouched(server, ci)
    assert await ci.asks(server) == 200
    assert await ci.asks(server, done.secret.reveal()) == 401
    with pytest.raises(NotFound, match="no replacement"):
        await replacements.roll_back(server.site, *ci.which, Managing(kind=ci.one.kind))


async def test_of_two_who_follow_it_at_once_one_does(server, ci):
    done = await asyncio.gather(following(server, ci), following(server, ci), return_exceptions=True)

    refused = [one for one in done if isinstance(one, BitpailError)]
    assert [type(one) in {Conflict, NotFound} for one in refused] == [True]
    labels = [one.label for one in await app_passwords.of_user(server.site, ci.user, ci.one.kind)]
    assert labels == ["ci", "ci (narrowed)"]


async def test_the_narrower_one_is_watched_by_itself_and_can_be_rotated_and_narrowed_again(server, ci):
    made = await following(server, ci)
    user, kind = ci.user, ci.one.kind
    _, rotated = await app_passwords.rotate(server.site, user, made.new.label, 60, Managing(kind=kind))

    assert await ci.asks(server, rotated.reveal()) == 200
    await server.application._site.behind.flush()
    await aged(server, made.new, 40)
    narrow = await app_passwords.labelled(server.site, user, made.new.label, Managing(kind=kind))
    assert (await advice.of(server.site, user, narrow)).verdict is Verdict.KEEP
    with pytest.raises(Invalid, match="fewer permissions"):
        await advice.replace(server.site, user, made.new.label, ci.enough, 60, Managing(kind=kind))


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_never_wider_and_has_only_what_its_kind_can_have(server, team, ada, kind):
    ci = await held(server, ada, kind)
    every = [scope.value for scope in (*Scope, *ApiScope)]
    granted = []
    for name in every:
        try:
            await advice.replace(server.site, *ci.which, (name,), 60, Managing(kind=kind))
        except Invalid:
            continue
        granted.append(name)
        await replacements.roll_back(server.site, *ci.which, Managing(kind=kind))

    assert await untouched(server, ci)
    # Of what an API token has none implies another, of the others nothing implied is left over here.
    assert set(granted) == {scope.value for scope in expand(ci.one.scopes)}
    assert set(granted) <= {scope.value for scope in GRANTABLE[kind]}


@pytest.mark.parametrize(
    ("permissions", "told"),
    [
        ((), "at least one"),
        (("nonsense",), "not a permission"),
        (("",), "not a permission"),
        (("repository",), "not a permission"),
        (("read:project:bitbucket",), "fewer permissions"),
        (("read:repository:bitbucket", "read:project:bitbucket"), "fewer permissions"),
    ],
)
async def test_the_words_of_api_tokens_are_their_own(server, team, ada, permissions, told):
    ci = await held(server, ada, API)

    with pytest.raises(Invalid, match=told):
        await advice.replace(server.site, *ci.which, permissions, 60, Managing(kind=API))

    assert await untouched(server, ci)


async def test_to_write_is_narrower_than_to_write_and_read_and_does_not_read(server, team, ada):
    ci = await held(server, ada, API)

    done = await advice.replace(
        server.site, *ci.which, ("write:repository:bitbucket",), 60, Managing(kind=API)
    )

    assert await ci.asks(server) == 200
    assert await ci.asks(server, done.secret.reveal()) == 403


async def test_a_label_is_one_kind_s_and_one_place_s(server, team, ada):
    found = {kind: await held(server, ada, kind) for kind in KINDS}

    for kind, ci in found.items():
        assert (await following(server, ci)).new.kind is kind

    for kind, ci in found.items():
        labels = [one.label for one in await app_passwords.of_user(server.site, ci.user, kind)]
        assert labels == ["ci", "ci (narrowed)"]


@pytest.mark.parametrize("kind", ROBOTS)
async def test_a_label_that_another_robot_of_the_place_has_is_not_taken(server, team, ada, kind):
    ci = await held(server, ada, kind)
    wanted = Wanted(label="ci (narrowed)", permissions=("repository",))
    await access_tokens.create(server.site, ci.place, wanted, ada)

    assert (await following(server, ci)).new.label == "ci (narrowed 2)"


@pytest.mark.parametrize("kind", KINDS)
async def test_it_never_outlives_what_it_replaces(server, team, ada, kind):
    ci = await held(server, ada, kind, lifetime=2 * DAY)

    done = await following(server, ci, 30 * DAY)

    assert done.old.expires_on == done.new.expires_on == ci.one.expires_on


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not API])
async def test_what_never_expires_is_replaced_by_what_never_expires(server, team, ada, kind):
    ci = await held(server, ada, kind, lifetime=None)

    assert (await following(server, ci)).new.expires_on is None
    await replacements.roll_back(server.site, *ci.which, Managing(kind=kind))
    assert await untouched(server, ci)


async def test_an_expired_one_and_a_revoked_one_are_not_replaced(server, ci):
    ended = msgspec.structs.replace(ci.one, expires_on=now() - 1)
    await store.change(server.site.db, ci.one, ended)
    with pytest.raises(Invalid, match="has expired"):
        await advice.replace(server.site, *ci.which, ci.enough, 60, Managing(kind=ci.one.kind))
    await app_passwords.revoke(server.site, *ci.which, Managing(kind=ci.one.kind))
    with pytest.raises(NotFound):
        await advice.replace(server.site, *ci.which, ci.enough, 60, Managing(kind=ci.one.kind))

    assert await app_passwords.of_user(server.site, ci.user, ci.one.kind) == []


async def test_the_policy_holds_for_the_narrower_one_and_is_not_undone(server, ci):
    which, kind = ci.which, ci.one.kind
    await site_policy.put(server.site, SitePolicy(forbidden=(Scope.REPOSITORY,)))
    with pytest.raises(Invalid, match="may not be granted"):
        await following(server, ci)
    await site_policy.put(server.site, SitePolicy())

    await following(server, ci, 3600)
    policy = SitePolicy(longest_lifetime=DAY, existing_from=1)
    await policies.put(server.site.db, "app_passwords", msgspec.json.encode(policy).decode(), 1)
    with pytest.raises(Invalid, match="policy of this server"):
        await replacements.roll_back(server.site, *which, Managing(kind=kind))
    await replacements.finish(server.site, *which, Managing(kind=kind))
    assert await ci.asks(server) == 401


@pytest.mark.parametrize("year", Year)
async def test_the_year_is_kept_by_what_replaces_as_by_what_was_replaced(server, ci, year):
    done = await following(server, ci)

    await years.put(server.site, year)

    gone = {
        Year.TOLERANT: set(),
        Year.STRICT_2022: {API},
        Year.STRICT_2026: {CredentialKind.APP_PASSWORD},
    }[year]
    expected = 401 if ci.one.kind in gone else 200
    assert [await ci.asks(server), await ci.asks(server, done.secret.reveal())] == [expected, expected]


@pytest.mark.parametrize("kind", ROBOTS)
async def test_who_makes_a_robot_s_is_told_of_it_and_stands_in_the_audit_log(server, team, ada, kind):
    grace = await server.user("grace")
    ci = await held(server, ada, kind)

    done = await following(server, ci, by=grace)
    await replacements.roll_back(server.site, *ci.which, Managing(kind=kind, by=grace))
    await following(server, ci, by=grace)
    await replacements.finish(server.site, *ci.which, Managing(kind=kind, by=ada))

    assert (ci.one.created_by, done.new.created_by) == (ada.id, grace.id)
    told = [audit.shown(one) for one in await audit.newest(server.site, Filter())]
    old = [one for one in told if one["label"] == "ci" and one["kind"] != Kind.APP_PASSWORD_USED_FIRST]
    assert [(one["kind"], one["detail"]["by"]) for one in old] == [
        (Kind.APP_PASSWORD_REVOKED, "ada"),
        (Kind.APP_PASSWORD_REPLACED, "grace"),
        (Kind.APP_PASSWORD_REPLACEMENT_ROLLED_BACK, "grace"),
        (Kind.APP_PASSWORD_REPLACED, "grace"),
        (Kind.APP_PASSWORD_CREATED, "ada"),
    ]
    assert {one["detail"]["credential"] for one in old} == {kind.words}
    assert all(one["detail"]["replaced_by"] == "ci (narrowed)" for one in old[:4])
    assert done.secret.reveal() not in str(told)


async def test_what_was_replaced_from_the_command_line_is_told_to_who_made_the_first(server, team, ada):
    ci = await held(server, ada, CredentialKind.REPOSITORY_ACCESS_TOKEN)

    assert (await following(server, ci)).new.created_by == ada.id


async def test_a_robot_s_narrower_one_ends_with_the_place(server, team, ada):
    ci = await held(server, ada, CredentialKind.REPOSITORY_ACCESS_TOKEN)
    done = await following(server, ci)
    await repositories.delete(server.site, await place_of(server, ci.one.kind))
    await server.repository("team", "code")

    assert await ci.asks(server, done.secret.reveal()) == 401
