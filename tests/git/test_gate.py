"""What a push asks for comes to whoever judges it whole, or the push is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.pushes import ZERO, accept, push, push_request, refs
from support.repositories import Repository

from bitpail.errors import Invalid
from bitpail.git.gate import pushed_refs
from bitpail.git.hooks import write_hooks

A, B = "a" * 40, "b" * 40


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def hooks(tmp_path):
    write_hooks(tmp_path / "hooks")
    return tmp_path / "hooks"


@pytest.fixture
def client(tmp_path):
    made = Repository(tmp_path / "client.git")
    made.commit("first")
    return made


@pytest.fixture
def empty(tmp_path):
    return Repository(tmp_path / "server.git")


@pytest.mark.anyio
@pytest.mark.parametrize("filler", range(4))
async def test_a_ref_that_spells_the_end_of_the_question_hides_no_other_ref(empty, hooks, client, filler):
    """git checks the names of refs only after the hook: one with line ends came to the server as several lines.

    A piece that ended in ``\\nend\\n`` was taken for all of the push, though more came behind it.
    And a line that is no ref got no verdict at all: the push hung until the idle limit.
    """
    tip = client.git("rev-parse", "main")
    ends = "\nend" * (3000 + filler) + "\n"
    judged = []

    async def judge(pushed):
        judged.extend(update.name for update in pushed.updates)
        return ["refused"] if b"refs/heads/protected" in judged else []

    request = push_request(
        client, (ZERO, tip, "refs/heads/x" + ends + "x"), (ZERO, tip, "refs/heads/protected")
    )
    answer = await push(empty, hooks, request, judge)

    assert "refs/heads/protected" not in refs(empty)
    assert "ng refs/heads/protected pre-receive hook declined" in answer


@pytest.mark.anyio
async def test_a_ref_with_a_line_end_in_its_name_is_refused_with_a_reason(empty, hooks, client):
    tip = client.git("rev-parse", "main")

    answer = await push(empty, hooks, push_request(client, (ZERO, tip, "refs/heads/a\nb")), accept)

    assert "the name of a ref holds a line end" in answer
    assert refs(empty) == ""


@given(
    st.binary(max_size=60)
    | st.lists(st.sampled_from([A, B, " ", "\n", "refs/heads/é", "/"])).map("".join).map(str.encode)
)
def test_whatever_is_said_of_a_push_is_understood_or_refused(lines):
    try:
        pushed = pushed_refs(b"/objects/incoming\n" + lines)
    except Invalid:
        return
    said = [f"{u.old} {u.new} ".encode() + u.name for u in pushed.updates]
    assert said == [line for line in lines.split(b"\n") if line]
