"""A process that is asked one thing after the other, and replaced when it fails."""

import asyncio
import os

import pytest

from bitpail.errors import GitError, TookTooLong, TooLarge, Unavailable
from bitpail.git.command import PROCESSES
from bitpail.git.kept_python import KeptPython

pytestmark = pytest.mark.anyio

_WORKER = """
import os, sys, time
def read(): return sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(4), "big"))
while True:
    head = sys.stdin.buffer.read(4)
    if not head: break
    head = sys.stdin.buffer.read(int.from_bytes(head, "big"))
    data = read()
    if head == b"sleep": time.sleep(60)
    if head == b"die": os._exit(3)
    if head == b"half": sys.stdout.buffer.write(b"\\0\\0\\0\\xffxx"); sys.stdout.buffer.flush(); os._exit(0)
    made = str(os.getpid()).encode() if head == b"pid" else data
    sys.stdout.buffer.write(len(made).to_bytes(4, "big") + made)
    sys.stdout.buffer.flush()
"""


@pytest.fixture
async def kept(tmp_path, monkeypatch):
    (tmp_path / "worker_of_test.py").write_text(_WORKER)
    monkeypatch.syspath_prepend(str(tmp_path))
    made = KeptPython("worker_of_test", slowest=2, longest_wait=0.3, idle=0.2, largest=1 << 20)
    yield made
    await made.close()


async def test_one_process_answers_all_questions_each_its_own(kept):
    first = await kept.ask(b"pid", b"")
    answers = await asyncio.gather(*(kept.ask(b"echo", b"%d" % number * 50_000) for number in range(5)))

    assert answers == [b"%d" % number * 50_000 for number in range(5)]
    assert await kept.ask(b"pid", b"") == first


@pytest.mark.parametrize(
    ("head", "error"), [(b"sleep", TookTooLong), (b"die", GitError), (b"half", GitError)]
)
async def test_what_fails_or_takes_too_long_is_an_error_and_the_next_question_is_answered(kept, head, error):
    pid = int(await kept.ask(b"pid", b""))

    with pytest.raises(error):
        await kept.ask(head, b"x")

    assert await kept.ask(b"echo", b"again") == b"again"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_an_answer_that_is_too_large_is_refused(kept):
    with pytest.raises(TooLarge):
        await kept.ask(b"echo", b"x" * (2 << 20))
    assert await kept.ask(b"echo", b"") == b""


async def test_who_waits_for_others_too_long_is_told_so(kept):
    slow = asyncio.create_task(kept.ask(b"sleep", b""))
    await asyncio.sleep(0.05)

    with pytest.raises(Unavailable, match="busy"):
        await kept.ask(b"echo", b"")

    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    assert await kept.ask(b"echo", b"now") == b"now"


async def test_it_ends_when_nobody_asks(kept):
    running = PROCESSES.running
    await kept.ask(b"echo", b"")
    assert PROCESSES.running == running + 1

    for _ in range(50):
        await asyncio.sleep(0.05)
        if PROCESSES.running == running:
            break

    assert PROCESSES.running == running
    assert await kept.ask(b"echo", b"woken") == b"woken"
