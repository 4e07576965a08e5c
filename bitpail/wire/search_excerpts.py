"""Where terms stand in a text, and the lines around: pure.

Few lines of each file, and of a long line a part: a page of answers stays small whatever it is about.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from bitpail.model.code_search import Line, Segment
from bitpail.wire.folding import folded

_MOST_PLACES = 10_000
_MOST_LINES = 10
_AROUND = 1
_LONGEST_LINE = 400
_BEFORE = 100

Span = tuple[int, int]


def spans(text: str, terms: Iterable[str]) -> list[Span]:
    """Where folded terms stand in a folded text: in order, those that touch as one."""
    found: list[Span] = []
    for term in dict.fromkeys(terms):
        at = text.find(term)
        while at >= 0 and len(found) < _MOST_PLACES:
            found.append((at, at + len(term)))
            at = text.find(term, at + 1)
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def segments(text: str, found: Sequence[Span], start: int = 0) -> list[Segment]:
    """A text that begins at ``start`` of a whole, cut where something was found in the whole."""
    end, at, cut = start + len(text), start, list[Segment]()
    for whole_first, whole_last in found:
        first, last = max(whole_first, at), min(whole_last, end)
        if first >= last:
            continue
        if first > at:
            cut.append(Segment(text[at - start : first - start], is_match=False))
        cut.append(Segment(text[first - start : last - start], is_match=True))
        at = last
    if at < end:
        cut.append(Segment(text[at - start :], is_match=False))
    return cut


def path(text: str, terms: Iterable[str]) -> list[Segment]:
    """A path cut where terms stand in it; nothing if none does."""
    found = spans(folded(text), terms)
    return segments(text, found) if found else []


def excerpts(text: str, terms: Iterable[str]) -> tuple[int, list[list[Line]]]:
    """How many places there are, and the lines of the first ones with their neighbours, in blocks."""
    found = spans(folded(text), terms)
    if not found:
        return 0, []
    starts = [0, *(at + 1 for at, letter in enumerate(text) if letter == "\n")]
    if starts[-1] == len(text):
        starts.pop()
    holding: dict[int, None] = {}
    for first, last in found:
        for number in range(_line_at(starts, first), _line_at(starts, last - 1) + 1):
            holding[number] = None
        if len(holding) >= _MOST_LINES:
            break
    shown = sorted(
        {
            near
            for number in list(holding)[:_MOST_LINES]
            for near in range(number - _AROUND, number + _AROUND + 1)
            if 0 <= near < len(starts)
        }
    )
    blocks: list[list[Line]] = []
    for number in shown:
        if not blocks or blocks[-1][-1].number != number:
            blocks.append([])
        blocks[-1].append(_line(text, starts, number, found))
    return len(found), blocks


def _line_at(starts: list[int], at: int) -> int:
    return bisect_right(starts, at) - 1


def _line(text: str, starts: list[int], number: int, found: list[Span]) -> Line:
    start = starts[number]
    end = starts[number + 1] if number + 1 < len(starts) else len(text)
    line = text[start:end].rstrip("\r\n")
    near = bisect_right(found, (start, len(text) + 1)) - 1
    inside = [span for span in found[max(near, 0) :] if span[0] < end and span[1] > start]
    if len(line) > _LONGEST_LINE:
        first = max(inside[0][0] - start, 0) if inside else 0
        cut = min(max(0, first - _BEFORE), len(line) - _LONGEST_LINE)
        line, start = line[cut : cut + _LONGEST_LINE], start + cut
    return Line(number + 1, segments(line, inside, start))
