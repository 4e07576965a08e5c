"""What git prints of differences: taken apart, put together again, and laid out in rows."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bitpail.wire import diff_rows
from bitpail.wire.diff_rows import Budget, Piece
from bitpail.wire.unified_diffs import leaves_out, parse, written

LINES = st.lists(
    st.sampled_from(
        [
            b"same",
            b"other",
            b"",
            b"-- a/x",
            b"++ b/x",
            b"@@ -1 +1 @@",
            b"diff --git a/x b/x",
            b"\\",
            b"\r",
            b"\xff",
        ]
    ),
    max_size=12,
)


def compared(tmp_path, old, new, *flags):
    before, after = tmp_path / "before", tmp_path / "after"
    before.write_bytes(old)
    after.write_bytes(new)
    command = ["git", "diff", "--no-index", "--no-color", "--text", *flags, str(before), str(after)]
    return subprocess.run(command, capture_output=True, check=False, cwd=tmp_path).stdout


@settings(max_examples=60)
@given(old=LINES, new=LINES, ends=st.tuples(st.booleans(), st.booleans()), context=st.integers(0, 4))
def test_what_was_parsed_can_be_written_again_and_holds_both_files(tmp_path_factory, old, new, ends, context):
    before, after = (
        b"\n".join(lines) + (b"\n" if end else b"") for lines, end in zip((old, new), ends, strict=True)
    )
    text = compared(tmp_path_factory.mktemp("files"), before, after, "-U999")

    sections = parse(text)

    assert written(sections) == text
    assert len(sections) == (before != after)
    for section in sections:
        assert _side(section, b" -") == before
        assert _side(section, b" +") == after
    narrow = compared(tmp_path_factory.mktemp("narrow"), before, after, f"-U{context}")
    assert written(parse(narrow)) == narrow
    for section in parse(narrow):
        if _side(section, b" -") != before or _side(section, b" +") != after:
            assert leaves_out(section.hunks, context)


def test_of_a_file_that_is_there_as_a_whole_nothing_is_left_out(tmp_path):
    lines = b"".join(b"%d\n" % number for number in range(20))
    cases = ((lines, b"", 3), (b"", lines, 3), (lines, lines.replace(b"17", b"x"), 17), (b"1\n2", b"1\n3", 3))

    for old, new, context in cases:
        (section,) = parse(compared(tmp_path, old, new, f"-U{context}"))
        assert not leaves_out(section.hunks, context), (old, new)
    (section,) = parse(compared(tmp_path, lines, lines.replace(b"17", b"x"), "-U16"))
    assert leaves_out(section.hunks, 16)
    assert not leaves_out([], 3)


def _side(section, signs):
    made, lines = b"", [line for hunk in section.hunks for line in hunk.lines]
    for line, following in zip(lines, [*lines[1:], b""], strict=True):
        if line[:1] in [signs[:1], signs[1:]]:
            made += line[1:] + (b"" if following.startswith(b"\\") else b"\n")
    return made


@given(st.binary(max_size=300))
def test_any_bytes_are_parsed_and_written_as_they_were(text):
    assert written(parse(text)) == (text if text.endswith(b"\n") or not text else text + b"\n")


@given(text=st.binary(max_size=200), cut=st.integers(0, 400))
def test_a_difference_may_end_anywhere(text, cut):
    whole = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n-b\n+c\n d\n" + text

    sections = parse(whole[:cut])

    assert diff_rows.rows(sections, Budget(100, 10_000)) is not None
    assert b"".join(written(sections).split(b"\n")) == b"".join(whole[:cut].split(b"\n"))


@pytest.mark.parametrize(
    ("header", "paths"),
    [
        ([b"diff --git a/x b/x"], ("x", "x")),
        ([b"diff --git a/a b/c b/a b/c"], ("a b/c", "a b/c")),
        ([b'diff --git "a/\\303\\251\\t\\"" "b/\\303\\251\\t\\""'], ('é\t"', 'é\t"')),
        ([b'diff --git "a/\\377" "b/\\377"'], ("\udcff", "\udcff")),
        ([b"diff --git a/x b/y", b"rename from x", b"rename to y"], ("x", "y")),
        ([b'diff --git a/x "b/\\303\\251"', b"rename from x", b'rename to "\\303\\251"'], ("x", "é")),
    ],
)
def test_the_paths_of_a_file_are_those_that_git_means(header, paths):
    assert parse(b"\n".join(header) + b"\n")[0].paths == paths


def test_the_words_that_differ_are_marked_and_no_others():
    old, new = diff_rows.marked("return old_name(value)", "return new_name(value)")

    assert old == [Piece("return "), Piece("old_name", is_marked=True), Piece("(value)")]
    assert new == [Piece("return "), Piece("new_name", is_marked=True), Piece("(value)")]
    assert diff_rows.marked("all of it", "nothing=1;") == ([Piece("all of it")], [Piece("nothing=1;")])


@given(st.text(max_size=60), st.text(max_size=60))
def test_marking_changes_no_text(old, new):
    left, right = diff_rows.marked(old, new)

    assert "".join(piece.text for piece in left) == old
    assert "".join(piece.text for piece in right) == new


def test_side_by_side_shows_each_line_once_on_its_side():
    text = b"diff --git a/x b/x\n@@ -1,4 +1,3 @@\n a\n-b\n-c\n+d\n e\n"
    rows, _ = diff_rows.rows(parse(text), Budget(100, 10_000))

    pairs = diff_rows.side_by_side(rows)

    assert [(left and left.old, right and right.new) for left, right in pairs[1:]] == [
        (1, 1),
        (2, 2),
        (3, None),
        (4, 3),
    ]


def test_what_there_is_no_room_for_is_counted_and_can_be_gone_on_with():
    lines = b"".join(b"+%d\n" % number for number in range(50))
    sections = parse(b"diff --git a/x b/x\n@@ -0,0 +1,50 @@\n" + lines)

    first, left = diff_rows.rows(sections, Budget(20, 10_000))
    rest, none = diff_rows.rows(sections, Budget(100, 10_000), skip=20)

    assert (len(first), left, len(rest), none) == (20, 31, 31, 0)
    assert [row.new for row in [*first, *rest]][1:] == [*range(1, 51)]


def test_a_line_is_cut_and_what_is_unseen_or_turns_text_is_written_out():
    assert len(diff_rows.visible(b"x" * 10_000_000)) == 501
    assert diff_rows.visible("a\u202eb\0\x1b[31m\tc\r".encode()) == "a[U+202E]b[U+0000][U+001B][31m\tc␍"
