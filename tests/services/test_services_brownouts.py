"""While a brownout runs app passwords are refused as if they had been removed; before and after it is known whom that breaks."""

import pytest

from bitpail.errors import Invalid, NotFound
from bitpail.model.access import Client
from bitpail.model.audit import Filter, Kind
from bitpail.model.brownouts import Brownout
from bitpail.model.credentials import CredentialKind, Year
from bitpail.policy.attenuation import Narrowing, narrow
from bitpail.policy.secrets import Secret
from bitpail.services import app_passwords, audit, brownouts, users, years
from bitpail.services.authentication import Credential, Reason, Unauthenticated, authenticate
from bitpail.services.clock import now
from bitpail.services.managing import Managing

pytestmark = pytest.mark.anyio

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
NOTES = "/2.0/repositories/ada/notes"
GIT = "/ada/notes.git/info/refs?service=git-upload-pack"


@pytest.fixture
async def site(server):
    return server.site


@pytest.fixture
async def auth(server, ada):
    await server.repository("ada", "notes")
    return await server.auth(ada, "repository:write")


def window(start=-HOUR, end=HOUR, note=""):
    return Brownout(now() + start, now() + end, note)


async def asks(server, auth, path=NOTES, agent="curl/8.5.0"):
    return await server.client.get(path, auth=auth, headers=[("user-agent", agent)])


async def test_in_the_window_app_passwords_answer_as_removed_and_afterwards_they_work(server, site, auth):
    running = window()
    await brownouts.add(site, [running])

    rest, git = await asks(server, auth), await asks(server, auth, GIT)

    assert rest.status == 401
    assert "App passwords are deprecated" in rest.text
    assert git.status == 410
    assert git.text.splitlines()[0] == "CHANGE-3222 - Functionality has been deprecated"
    await brownouts.remove(site, running.starts_on)
    assert (await asks(server, auth)).status == (await asks(server, auth, GIT)).status == 200


@pytest.mark.parametrize("at", [(HOUR, 2 * HOUR), (10 * SECOND, DAY)])
async def test_one_that_is_announced_changes_nothing_yet(server, site, auth, at):
    await brownouts.add(site, [window(*at)])

    assert (await asks(server, auth)).status == 200


async def test_what_was_narrowed_of_one_goes_with_it(server, site, auth):
    child = narrow(Secret(auth[1]), Narrowing(read_only=True))
    assert (await asks(server, (auth[0], child.reveal()))).status == 200

    await brownouts.add(site, [window()])

    for name in (auth[0], None):
        with pytest.raises(Unauthenticated) as error:
            await authenticate(site, Credential(name, child), Client("192.0.2.1", "x"))
        assert error.value.reason is Reason.GONE


async def test_other_kinds_go_on_and_so_does_whoever_has_a_wrong_secret(server, site, ada, auth):
    _, token = await app_passwords.create(
        site,
        ada,
        app_passwords.Wanted(label="token", permissions=("read:repository:bitbucket",), lifetime=3600),
        Managing(kind=CredentialKind.API_TOKEN),
    )
    await brownouts.add(site, [window()])

    assert (await asks(server, ("ada", token.reveal()))).status == 200
    wrong = await asks(server, (auth[0], auth[1][:-1]))
    assert wrong.status == 401
    assert "deprecated" not in wrong.text
    # Somebody else's name beside a right secret hears nothing of brownouts.
    assert "deprecated" not in (await asks(server, ("eve", auth[1]))).text


async def test_the_calendar_and_the_year_do_not_disturb_each_other(site):
    await years.put(site, Year.STRICT_2022)
    await brownouts.add(site, [window(HOUR, 2 * HOUR, "first")])
    await years.put(site, None)

    (one,) = await brownouts.listed(site)
    assert one.note == "first"
    assert await years.current(site) is Year.TOLERANT
    await brownouts.remove(site, None)
    assert await brownouts.listed(site) == ()


async def test_what_is_changed_is_in_the_audit_log_once(site):
    running, later = window(), window(DAY, 2 * DAY)
    await brownouts.add(site, [running, later], by="ada")
    await brownouts.add(site, [running, later], by="ada")
    await brownouts.remove(site, later.starts_on, by="ada")

    events = [one async for one in audit.every(site, Filter(kind=Kind.BROWNOUTS_CHANGED))]

    assert len(events) == 2
    with pytest.raises(NotFound):
        await brownouts.remove(site, later.starts_on)
    with pytest.raises(Invalid, match="past"):
        await brownouts.add(site, [window(-2 * HOUR, -HOUR)])


async def test_all_are_taken_back_at_once_and_what_is_over_stays_for_a_while(site):
    over = Brownout(now() - 2 * DAY, now() - DAY)
    old = Brownout(now() - 60 * DAY, now() - 59 * DAY)
    await years.change_brownouts(site, lambda _before: (old, over))
    await brownouts.add(site, [window(), window(DAY, 2 * DAY)])
    assert next(iter(await brownouts.listed(site))) == over

    await brownouts.remove(site, None)

    assert await brownouts.listed(site) == (over,)


async def test_who_would_break_is_listed_by_password_and_client_before_it_happens(server, site, ada, auth):
    began = now()
    for agent, times in (("git/2.47.1 (Linux)", 3), ("git/2.39.5", 2), ("curl/8.5.0", 1)):
        for _ in range(times):
            await asks(server, auth, agent=agent)
    unused, _ = await server.app_password(ada, "account")
    revoked, gone = await server.app_password(ada, "repository")
    await asks(server, gone)
    await app_passwords.revoke(site, ada, revoked.label)
    await server.application._site.behind.flush()

    found = await brownouts.would_break(site)

    assert [(one.username, one.label, one.client, one.count) for one in found] == [
        ("ada", "number 1", "git", 5),
        ("ada", "number 1", "curl", 1),
    ]
    assert unused.label not in {one.label for one in found}
    # It may be the night.
    assert began // DAY <= found[0].last_on // DAY <= now() // DAY


async def test_of_who_has_counting_switched_off_the_last_use_is_told(server, site, ada, auth):
    await users.set_records_usage(site, ada, records=False)
    await asks(server, auth, agent="git/2.47.1")
    await server.application._site.behind.flush()

    (one,) = await brownouts.would_break(site)

    assert (one.label, one.client, one.count) == ("number 1", "git", 1)


async def test_owners_see_their_own_alone(server, site, ada, auth):
    grace = await server.user("grace")
    await asks(server, auth)
    await asks(server, await server.auth(grace, "account"), "/2.0/user", "python-requests/2.31")
    await server.application._site.behind.flush()

    assert {one.username for one in await brownouts.would_break(site)} == {"ada", "grace"}
    assert [one.client for one in await brownouts.would_break(site, user=grace)] == ["python-requests"]
    assert await brownouts.would_break(site, user=await server.user("eve")) == []


async def test_whom_a_window_has_refused_is_listed_too(server, site, ada, auth):
    running = window()
    await brownouts.add(site, [running])
    await asks(server, auth, GIT, "git/2.47.1")
    await asks(server, auth, NOTES, "git/2.39.5")
    await asks(server, (auth[0], auth[1][:-1]))
    await server.application._site.behind.flush()

    found = await brownouts.broke(site, running)

    assert [(one.label, one.client, one.count) for one in found] == [("number 1", "git", 2)]
    assert await brownouts.broke(site, running, await server.user("grace")) == []
    assert await brownouts.broke(site, window(DAY, 2 * DAY)) == []
