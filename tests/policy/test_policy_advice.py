import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.model.app_passwords import AppPassword, AppPasswordId
from bitpail.model.credentials import CredentialKind
from bitpail.model.limits import NO_LIMITS
from bitpail.model.scopes import ApiScope, Scope
from bitpail.model.users import UserId
from bitpail.policy.advice import DAY, UNUSED, WATCHED, Verdict, Watched, advise, needed
from bitpail.policy.kinds import GRANTABLE
from bitpail.policy.scopes import covers, expand, minimal

TODAY = 20_000
NOW = TODAY * DAY + 5


def app_password(*scopes, age=200, unused=0, expires_in=None):
    return AppPassword(
        id=AppPasswordId("1"),
        user_id=UserId("2"),
        label="ci",
        scopes=minimal(scopes),
        limits=NO_LIMITS,
        created_on=NOW - age * DAY,
        expires_on=None if expires_in is None else NOW + expires_in * DAY,
        revoked_on=None,
        last_used_on=None if unused is None else NOW - unused * DAY,
        last_used_address="192.0.2.1",
        last_used_client="git",
    )


def watched(*scopes, days=200):
    return Watched(frozenset(scopes), TODAY - days)


SIX = (Scope.REPOSITORY, Scope.WIKI, Scope.ISSUE, Scope.SNIPPET, Scope.WEBHOOK, Scope.EMAIL)


def test_what_was_never_needed_is_advised_away():
    found = advise(app_password(*SIX), watched(Scope.REPOSITORY), NOW)

    assert found.verdict is Verdict.NARROW
    assert found.narrower == (Scope.REPOSITORY,)
    assert found.sentence == ("it has 6 permissions and has needed 1 in 90 days: repository would be enough")


def test_an_implied_permission_alone_is_narrower_than_the_one_that_implies_it():
    found = advise(app_password(Scope.PULLREQUEST_WRITE), watched(Scope.REPOSITORY), NOW)

    assert (found.verdict, found.narrower) == (Verdict.NARROW, (Scope.REPOSITORY,))
    assert found.sentence.startswith("it has 4 permissions and has needed 1")


def test_a_young_one_is_not_judged_yet_but_what_it_needed_is_told():
    found = advise(app_password(*SIX, age=WATCHED - 1), watched(Scope.WIKI), NOW)

    assert (found.verdict, found.narrower, found.days) == (Verdict.WAIT, (Scope.WIKI,), WATCHED - 1)


def test_an_old_one_whose_use_was_counted_only_lately_is_not_judged_yet():
    found = advise(app_password(*SIX), watched(Scope.WIKI, days=2), NOW)

    assert found.verdict is Verdict.WAIT


def test_the_span_that_is_enough_can_be_chosen():
    found = advise(app_password(*SIX, age=0), watched(Scope.WIKI, days=0), NOW, enough=0)

    assert found.verdict is Verdict.NARROW


def test_the_unused_is_rather_revoked_than_narrowed():
    for one in (app_password(*SIX, unused=None, age=UNUSED), app_password(*SIX, unused=UNUSED)):
        found = advise(one, watched(Scope.WIKI), NOW)

        assert (found.verdict, found.narrower) == (Verdict.REVOKE, ())
        assert found.sentence == f"unused for {UNUSED} days: revoke it"


@pytest.mark.parametrize(("expires_in", "when"), [(-3, "3 days ago"), (-1, "1 day ago"), (0, "today")])
def test_the_expired_is_to_be_revoked(expires_in, when):
    found = advise(app_password(*SIX, expires_in=expires_in), watched(), NOW)

    assert (found.verdict, found.sentence) == (Verdict.REVOKE, f"it has expired {when}: revoke it")


def test_nothing_is_advised_where_nothing_was_counted():
    assert advise(app_password(*SIX), Watched(), NOW).verdict is Verdict.WAIT


def test_use_that_needs_no_permission_gives_no_empty_app_password():
    assert advise(app_password(*SIX), watched(), NOW).verdict is Verdict.KEEP


@pytest.mark.parametrize("scope", Scope)
def test_what_needs_all_it_has_is_kept(scope):
    assert advise(app_password(scope), watched(scope), NOW).verdict is Verdict.KEEP


scope_sets = st.frozensets(st.sampled_from(list(Scope)), min_size=1)


@given(
    granted=scope_sets,
    needs=st.lists(st.lists(scope_sets, max_size=3).map(tuple), max_size=8),
    age=st.integers(0, 400),
    unused=st.none() | st.integers(0, 400),
    counted=st.integers(0, 400),
    enough=st.integers(0, 90),
)
def test_advice_only_narrows_and_never_takes_what_was_needed(granted, needs, age, unused, counted, enough):
    one = app_password(*granted, age=age, unused=unused)
    held = expand(one.scopes)
    passed = [need for need in needs if covers(held, need)]
    used = frozenset(scope for need in passed for scope in needed(held, need))

    found = advise(one, Watched(used, TODAY - counted), NOW, enough=enough)

    assert expand(found.narrower) <= held
    assert found.narrower == minimal(found.narrower)
    if found.verdict is Verdict.NARROW:
        assert found.narrower
        assert expand(found.narrower) < held
        assert all(covers(expand(found.narrower), need) for need in passed)
        assert found.days >= enough
        assert min(age if unused is None else unused, 400) < UNUSED


@given(held=scope_sets, alternatives=st.lists(scope_sets, max_size=4).map(tuple))
def test_what_was_needed_is_one_of_the_alternatives_and_was_held(held, alternatives):
    found = needed(expand(minimal(held)), alternatives)

    assert frozenset(found) <= expand(minimal(held))
    assert covers(expand(found), alternatives) == covers(expand(minimal(held)), alternatives)


@pytest.mark.parametrize("kind", GRANTABLE)
def test_what_none_of_its_kind_can_be_made_with_is_never_advised(kind):
    can = GRANTABLE[kind]
    for wide in can:
        for needs in expand((wide,)):
            one = msgspec.structs.replace(app_password(wide, can[0], can[-1]), kind=kind)
            found = advise(one, watched(needs), NOW)

            assert set(found.narrower) <= set(can)
            assert needs in expand(found.narrower), "what was granted would be refused"
            assert expand(found.narrower) <= expand(one.scopes)


def test_an_e_mail_address_is_read_by_a_workspace_s_token_with_account():
    one = msgspec.structs.replace(
        app_password(Scope.ACCOUNT, Scope.WEBHOOK), kind=CredentialKind.WORKSPACE_ACCESS_TOKEN
    )

    found = advise(one, watched(Scope.EMAIL), NOW)

    assert (found.verdict, found.narrower) == (Verdict.NARROW, (Scope.ACCOUNT,))


def test_what_a_policy_has_taken_since_is_not_advised():
    found = advise(app_password(Scope.WIKI, Scope.ISSUE), watched(Scope.WIKI, Scope.REPOSITORY), NOW)

    assert (found.verdict, found.narrower) == (Verdict.NARROW, (Scope.WIKI,))


def test_an_api_token_that_has_written_only_is_told_that_to_read_is_too_much():
    one = msgspec.structs.replace(
        app_password(ApiScope.READ_REPOSITORY, ApiScope.WRITE_REPOSITORY), kind=CredentialKind.API_TOKEN
    )

    found = advise(one, watched(ApiScope.WRITE_REPOSITORY), NOW)

    assert (found.verdict, found.narrower) == (Verdict.NARROW, (ApiScope.WRITE_REPOSITORY,))
