import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.http import forms

KIND = "multipart/form-data; boundary=edge"


def part(name, value, *, file=None):
    named = f'form-data; name="{name}"' + (f'; filename="{file}"' if file is not None else "")
    return f"--edge\r\nContent-Disposition: {named}\r\n\r\n".encode() + value + b"\r\n"


def test_a_form_brings_fields_and_files_and_no_name_of_a_file_is_kept():
    body = (
        part("a", b"1")
        + part("f", b"\r\n\0\xff--edg", file="../../x")
        + part("a", "é".encode())
        + b"--edge--\r\n"
    )

    assert forms.parts(body, KIND) == ([("a", "1"), ("a", "é")], {"f": b"\r\n\0\xff--edg"})


def test_a_file_field_that_was_left_empty_is_an_empty_file():
    assert forms.parts(part("f", b"", file="") + b"--edge--\r\n", KIND) == ([], {"f": b""})


@given(st.binary(max_size=300))
def test_whatever_stands_in_a_file_comes_out_as_it_was(content):
    if b"\r\n--edge" not in b"\r\n" + content:
        assert forms.parts(part("f", content, file="x") + b"--edge--", KIND)[1] == {"f": content}


@given(st.binary(), st.text())
def test_nothing_breaks_it(body, kind):
    for content_type in (KIND, kind, f"multipart/form-data; boundary={kind}"):
        for each in (body, part("f", body), b"--edge\r\n" + body, b"--edge\r\nContent-Disposition: " + body):
            with contextlib.suppress(Invalid):
                forms.parts(each, content_type)


@pytest.mark.parametrize("end", [0, 10, 60, -1, -4, -8])
def test_a_form_that_is_cut_short_is_refused(end):
    body = part("f", b"content", file="x") + b"--edge--"

    with pytest.raises(Invalid):
        forms.parts(body[:end], KIND)
