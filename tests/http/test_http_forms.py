import asyncio
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


async def _streamed(body, step):
    async def pieces():
        for start in range(0, len(body), step):
            yield body[start : start + step]

    return [one async for one in forms.streamed(pieces(), KIND)]


def streamed(body, step=7):
    """Heads with what came behind each, however it was cut."""
    found = []
    for one in asyncio.run(_streamed(body, step)):
        if isinstance(one, bytes):
            found[-1][1] += one
        else:
            found.append([one, b""])
    return [(one.name, one.filename, content) for one, content in found]


@given(st.binary(max_size=200), st.integers(1, 80))
def test_streamed_it_is_the_same_however_it_is_cut(content, step):
    if b"\r\n--edge" not in b"\r\n" + content:
        body = part("files", content, file="ä.bin") + part("a", b"1") + b"--edge--\r\n"

        assert streamed(body, step) == [("files", "ä.bin", content), ("a", None, b"1")]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing of the kind",
        part("files", b"x", file="a"),
        part("files", b"x", file="a") + b"--edge",
        b"--edge\r\nX: y\r\n\r\nx\r\n--edge--\r\n",
        b"--edge\r\nX: " + b"y" * 20_000 + b"\r\n\r\nx\r\n--edge--\r\n",
        b'--edge\r\nContent-Disposition: form-data; name="files"; filename="\xff"\r\n\r\nx\r\n--edge--\r\n',
    ],
)
def test_what_is_no_whole_form_is_refused_by_its_end(body):
    with pytest.raises(Invalid):
        streamed(body)


@given(st.binary(), st.integers(1, 80))
def test_nothing_breaks_what_is_streamed(body, step):
    with contextlib.suppress(Invalid):
        streamed(body, step)
