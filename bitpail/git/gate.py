"""Between the pre-receive hook and whoever judges a push.

Bytes of two pipes on one side, one question with its answer on the other. What
is not clearly accepted is refused.
"""

import os
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from msgspec import Struct

from bitpail.errors import Invalid
from bitpail.git.hooks import QUESTION, QUESTION_END, VERDICT
from bitpail.git.pipes import ReadEnd, WriteEnd

_ERROR = ["the server could not judge this push"]
_LINE = re.compile(rb"([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.+)")


class RefUpdate(Struct, frozen=True, gc=False):
    """What a push wants of one ref; the hash of zeros means that it is not there."""

    old: str
    new: str
    name: bytes


class PushedRefs(Struct, frozen=True):
    """All of one push. The new objects are in ``quarantine`` until it is accepted."""

    updates: tuple[RefUpdate, ...]
    quarantine: Path


Judge = Callable[[PushedRefs], Awaitable[list[str]]]
"""Gives the lines of a refusal, for the person who pushes; none accepts."""


class Gate:
    """The pipes of one push. ``child_ends`` are to be closed when git has started."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        # Git checks names only after the hook, so one may look like any line but this one.
        self._end = secrets.token_hex(16)
        question, self._childs_question = os.pipe()
        self._childs_verdict, verdict = os.pipe()
        self._question = ReadEnd(question)
        self._verdict = WriteEnd(verdict)

    @property
    def descriptors(self) -> Mapping[int, int]:
        """What git inherits for its hook."""
        return {QUESTION: self._childs_question, VERDICT: self._childs_verdict}

    @property
    def environment(self) -> Mapping[str, str]:
        """What the hook needs to know."""
        return {QUESTION_END: self._end}

    def started(self) -> None:
        """Git has its ends now; ours must not keep them open."""
        os.close(self._childs_question)
        os.close(self._childs_verdict)

    def close(self) -> None:
        """A hook that still waits refuses."""
        self._question.close()
        self._verdict.close()

    async def answer(self) -> None:
        """Wait for the question and answer it; a push without changes asks none."""
        question = await self._read()
        if question is None:
            return
        refusal = _ERROR
        try:
            refusal = await self._judge(pushed_refs(question))
        except Invalid as error:
            refusal = [error.message]
        finally:
            await self._verdict.write(_words(refusal))

    async def _read(self) -> bytes | None:
        end = f"\n{self._end}\n".encode()
        text = bytearray()
        while not text.endswith(end):
            piece = await self._question.read()
            if not piece:
                return None
            text += piece
        return bytes(text[: -len(end)])


def pushed_refs(question: bytes) -> PushedRefs:
    """The first line is the quarantine, each other one a ref as pre-receive hooks are told; raises Invalid."""
    quarantine, *lines = question.split(b"\n")
    updates = []
    for line in filter(None, lines):
        found = _LINE.fullmatch(line)
        if found is None:
            raise Invalid("the name of a ref holds a line end")
        updates.append(RefUpdate(found[1].decode(), found[2].decode(), found[3]))
    return PushedRefs(tuple(updates), Path(os.fsdecode(quarantine)))


def _words(refusal: list[str]) -> bytes:
    if not refusal:
        return b"ok\n"
    lines = (" ".join(part for part in line.split() if part) for line in refusal)
    printable = ("".join(c if c.isprintable() else "?" for c in line) for line in lines)
    return "".join(f"- {line}\n" for line in printable).encode() + b"end\n"
