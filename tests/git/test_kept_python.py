"""A process that is asked one thing after the other, and replaced when it fails."""

import asyncio
import os

import pytest
from support.processes import becomes

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
    made = KeptPython("worker_of_test", slowest=60, longest_wait=60, idle=60, largest=1 << 20)
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

    kept._slowest = 1 if head == b"sleep" else 60
    with pytest.raises(error):
        await kept.ask(head, b"x")

    kept._slowest = 60
    assert await kept.ask(b"echo", b"again") == b"again"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_an_answer_that_is_too_large_is_refused(kept):
    with pytest.raises(TooLarge):
        await kept.ask(b"echo", b"x" * (2 << 20))
    assert await kept.ask(b"echo", b"") == b""


async def test_who_waits_for_others_too_long_is_told_so(kept):
    slow = asyncio.create_task(kept.ask(b"sleep", b""))
    await asyncio.sleep(0)
    kept._longest_wait = 0.1

    with pytest.raises(Unavailable, match="busy"):
        await kept.ask(b"echo", b"")

    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    kept._longest_wait = 60
    assert await kept.ask(b"echo", b"now") == b"now"


async def test_it_ends_when_nobody_asks(kept):
    running = PROCESSES.running
    await kept.ask(b"echo", b"")
    assert PROCESSES.running == running + 1
    kept._idle = 0.1
    await kept.ask(b"echo", b"")

    assert await becomes(lambda: PROCESSES.running == running)
    assert await kept.ask(b"echo", b"woken") == b"woken"
