from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.model.users import User, UserId
from bitpail.policy.avatars import drawn, initials, of_place

ADA = User(UserId("00000000-0000-4000-8000-000000000001"), "ada", "Ada", "ada", "a1", False, True, 1)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("ada", "A"),
        ("Ada Lovelace", "AL"),
        ("Ada King, Countess of Lovelace", "AL"),
        ("  (grace)  -  hopper ", "GH"),
        ("ßeta", "S"),
        ("李 明", "李明"),
        ("<&>", ""),
        ("", ""),
    ],
)
def test_initials_are_the_first_letters_of_the_first_and_the_last_word(name, letters):
    assert initials(name) == letters


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=255))
def test_every_name_makes_a_drawing_of_two_letters_at_most_and_nothing_else(name):
    root = ET.fromstring(drawn(msgspec.structs.replace(ADA, display_name=name)))

    assert [child.tag.rpartition("}")[2] for child in root] == ["rect", "text"]
    assert 1 <= len(root[1].text) <= 2


def test_the_colour_is_the_persons_and_not_the_names():
    renamed = msgspec.structs.replace(ADA, display_name="Countess")
    other = msgspec.structs.replace(ADA, id=UserId("00000000-0000-4000-8000-000000000002"))

    colours = [ET.fromstring(drawn(user))[0].get("fill") for user in (ADA, renamed, other)]

    assert colours[0] == colours[1] != colours[2]


def test_a_place_has_the_letters_of_its_own_name_and_a_colour_of_all_names():
    one, other = (ET.fromstring(of_place(workspace, "my_great-code")) for workspace in ("ada", "grace"))

    assert [one[1].text, other[1].text] == ["MC", "MC"]
    assert one[0].get("fill") != other[0].get("fill")
    assert of_place("ada", "my_great-code") == of_place("ada", "my_great-code")
