"""Rows of a difference as rows of a table. A page has hundreds, so they are written here and not by a template.

Whatever a file holds is escaped.
"""

from html import escape

from bitpail.wire.diff_rows import ADDED, CONTEXT, HEAD, NOTE, REMOVED, Row

_SIGNS = {ADDED: "+", REMOVED: "-", CONTEXT: " ", NOTE: "\\", HEAD: ""}
_CLASSES = {ADDED: "a", REMOVED: "r", CONTEXT: "c", NOTE: "n", HEAD: "h"}
_ALONE = frozenset({HEAD, NOTE})
_NOTHING = "<td colspan=2 class=v>"


def one_below_the_other(row: Row) -> str:
    """A row with its numbers before and after."""
    # HTML lets the ends of rows and cells be left out, which is a fifth of a page.
    if row.kind == HEAD:
        return f"<tr class=h><td colspan=3>{_text(row)}"
    kind, old, new = _CLASSES[row.kind], row.old or "", row.new or ""
    return f"<tr class={kind}><td>{old}<td>{new}<td class=t>{_SIGNS[row.kind]}{_text(row)}"


def side_by_side(left: Row | None, right: Row | None) -> str:
    """Two rows beside each other, or one and nothing; what is a remark stands over both."""
    if left is not None and left.kind in _ALONE:
        return f"<tr class={_CLASSES[left.kind]}><td colspan=4>{_text(left)}"
    before = _side(left, left.old) if left is not None else _NOTHING
    after = _side(right, right.new) if right is not None else _NOTHING
    return f"<tr>{before}{after}"


def _side(row: Row, number: int | None) -> str:
    kind = _CLASSES[row.kind]
    return f'<td class={kind}>{number or ""}<td class="{kind} t">{_SIGNS[row.kind]}{_text(row)}'


def _text(row: Row) -> str:
    pieces = row.pieces
    if len(pieces) == 1 and not pieces[0].is_marked:
        return escape(pieces[0].text, quote=False)
    return "".join(
        f"<mark>{escape(piece.text, quote=False)}</mark>"
        if piece.is_marked
        else escape(piece.text, quote=False)
        for piece in pieces
    )
