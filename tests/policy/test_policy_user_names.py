"""Which credential is taken under which user name: the table of ``support/credential_table.py``, cell by cell."""

import pytest
from support.credential_table import CELLS, NAMES

from bitpail.model.credentials import CredentialKind, Door, Presented, UserName, Year
from bitpail.policy import user_names


@pytest.mark.parametrize(("kind", "name", "year", "door", "verdict"), CELLS)
def test_each_kind_is_taken_under_its_names_at_the_doors_of_its_years(kind, name, year, door, verdict):
    given, form = NAMES[name]

    assert user_names.form(given) is form
    assert user_names.judge(Presented(kind, form, door), year) is verdict


def test_the_table_has_every_kind_every_name_every_door_and_every_year():
    assert len(CELLS) == len(CredentialKind) * len(UserName) * len(Door) * len(Year) == 210
    assert len({cell[:4] for cell in CELLS}) == len(CELLS)


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("", UserName.USERNAME),
        ("X-Token-Auth", UserName.USERNAME),
        ("x-token-auth ", UserName.USERNAME),
        ("x-token-auth@example.com", UserName.EMAIL),
        ("ada@", UserName.EMAIL),
        ("@", UserName.EMAIL),
    ],
)
def test_what_is_not_exactly_one_of_the_two_words_is_somebodys_name(name, form):
    assert user_names.form(name) is form


@pytest.mark.parametrize("kind", CredentialKind)
@pytest.mark.parametrize("door", Door)
def test_whoever_is_refused_for_a_name_can_be_told_a_right_one(kind, door):
    told = user_names.names_in_words(Presented(kind, UserName.USERNAME, door))

    assert told
    assert all(user_names.in_words(name) for name in UserName)
