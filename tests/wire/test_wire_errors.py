"""The recorded error bodies, word for word, and the envelopes of pages."""

import msgspec
import pytest

from bitpail.model.scopes import Scope
from bitpail.wire import errors, pages

NOT_YOURS = (
    "You may not have access to this repository or it no longer exists in this workspace. "
    "If you think this repository exists and you have access, make sure you are authenticated."
)


def body(**members):
    return {"type": "error", "error": members}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            errors.unknown_path(),
            body(message="Resource not found", detail="There is no API hosted at this URL"),
        ),
        (errors.not_yours(), body(message=NOT_YOURS)),
        (errors.no_workspace("acme"), body(message="No workspace with identifier 'acme'.")),
        (errors.invalid_credentials(), body(message="Invalid credentials.")),
        (
            errors.bad_token(),
            body(message="Token is invalid, expired, or not supported for this endpoint."),
        ),
        (errors.forbidden(), body(message="Forbidden")),
        (errors.error("x", error_id="7"), body(message="x", id="7")),
        (errors.error("x", fields={}), body(message="x")),
    ],
)
def test_an_error_has_the_recorded_words(made, expected):
    assert msgspec.json.encode(made) == msgspec.json.encode(expected)


def test_missing_scopes_are_told_with_what_was_granted():
    made = errors.missing_scopes([Scope.PROJECT], (Scope.RUNNER_WRITE, Scope.ACCOUNT))

    assert made == body(
        message="Your credentials lack one or more required privilege scopes.",
        detail={"required": ["project"], "granted": ["runner:write", "account"]},
    )
    assert all(type(scope) is str for scope in made["error"]["detail"]["granted"])


def test_one_wrong_field_is_the_message():
    made = errors.validation({"source": ["branch not found: dummy"]})

    fields = {"source": ["branch not found: dummy"]}
    assert made == body(message="source: branch not found: dummy", fields=fields)


def test_several_wrong_fields_are_a_bad_request():
    fields = {"name": ["required key not provided"], "key": ["too long", "not upper case"]}

    assert errors.validation(fields) == body(message="Bad request", fields=fields)


def test_the_answer_to_an_account_password_is_plain_text_with_our_page_in_it():
    text = errors.account_password("https://git.example.org")

    assert text.startswith("Account passwords are no longer supported for API authentication")
    assert "https://git.example.org/account/settings/app-passwords/\n" in text


def test_a_list_is_counted_and_numbered():
    made = pages.listed([], size=12, page=2, pagelen=5, following="https://h/3", previous="https://h/1")

    assert list(made) == ["size", "page", "pagelen", "next", "previous", "values"]


def test_the_only_page_of_a_list_leads_nowhere():
    made = pages.listed([{"a": 1}], size=1, page=1, pagelen=5, following=None, previous=None)

    assert made == {"size": 1, "page": 1, "pagelen": 5, "values": [{"a": 1}]}
    assert list(made) == ["size", "page", "pagelen", "values"]


def test_an_iterator_knows_no_size():
    assert list(pages.iterated([], pagelen=5, following="https://h/x")) == ["pagelen", "values", "next"]
    assert list(pages.iterated([], pagelen=5, following=None)) == ["pagelen", "values"]
