"""The language of code search: what is a query, and what one finds in a file."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bitpail.errors import Invalid
from bitpail.wire.folding import folded
from bitpail.wire.search_query import All, Any, File, Modifier, Not, Term, matches, may_match, parse, terms

FOO, BAR, BAZ = Term("foo"), Term("bar"), Term("baz")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("foo", FOO),
        ("  FOO  ", FOO),
        ("foo bar", All((FOO, BAR))),
        ("foo AND bar", All((FOO, BAR))),
        ("foo and bar", All((FOO, Term("and"), BAR))),
        ("foo OR bar", Any((FOO, BAR))),
        ("foo bar OR baz", Any((All((FOO, BAR)), BAZ))),
        ("foo (bar OR baz)", All((FOO, Any((BAR, BAZ))))),
        ("(foo)", FOO),
        ("foo NOT bar", All((FOO, Not(BAR)))),
        ("foo -bar", All((FOO, Not(BAR)))),
        ("foo AND NOT (bar OR baz)", All((FOO, Not(Any((BAR, BAZ)))))),
        ("foo --bar", All((FOO, Not(Not(BAR))))),
        ("foo - bar", All((FOO, Term("-"), BAR))),
        ('"foo bar"', Term("foo bar")),
        ('"a \\"quoted\\" \\\\ word"', Term('a "quoted" \\ word')),
        ('"-bar" foo', All((Term("-bar"), FOO))),
        ('"OR" foo', All((Term("or"), FOO))),
        ("main()", Term("main()")),
        ("(main() OR foo)", Any((Term("main()"), FOO))),
        ("(foo OR main())", Any((FOO, Term("main()")))),
        ("std::string", Term("std::string")),
        ("http://foo", Term("http://foo")),
        ("foo repo:Code", All((FOO, Modifier("repo", "code")))),
        ("foo repository:ada/code", All((FOO, Modifier("repo", "ada/code")))),
        ('foo project:"My Tools"', All((FOO, Modifier("project", "my tools")))),
        ("foo ext:.PY", All((FOO, Modifier("ext", "py")))),
        ("foo extension:py", All((FOO, Modifier("ext", "py")))),
        ("foo lang:Python", All((FOO, Modifier("lang", "python")))),
        ("foo language:golang", All((FOO, Modifier("lang", "go")))),
        ("foo path:/src/", All((FOO, Modifier("path", "/src/")))),
        ("foo ext:js ext:ts", All((FOO, Any((Modifier("ext", "js"), Modifier("ext", "ts")))))),
        ("foo -ext:js", All((FOO, Not(Modifier("ext", "js"))))),
    ],
)
def test_a_query_is_taken_apart(text, node):
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("x" * 1001, "longer than 1000"),
        ("foo\0", "NUL"),
        ('"foo', "quotation mark is not closed, at character 1"),
        ('"" foo', "phrase is empty"),
        ("foo OR", "missing, at character 7"),
        ("OR foo", "OR stands where a term should, at character 1"),
        ("foo AND OR bar", "OR stands"),
        ("foo NOT", "missing"),
        ("(foo", "not closed"),
        ("()", "missing"),
        ("foo ext:", "ext: has no value"),
        ("foo ext:.", "ext: has no value"),
        ("foo path:/", "path: has no value"),
        ("foo lang:nonsense", "no such language"),
        ("ab", "at least 3 characters"),
        ("ext:py", "at least 3 characters"),
        ("NOT foo", "at least 3 characters"),
        ("foo OR ab", "at least 3 characters"),
        ("foo OR ext:py", "at least 3 characters"),
        ("foo " * 31, "more than 30 parts"),
        ("(" * 11 + "foo" + ")" * 11, "more than 10 levels"),
        ("-" * 200 + "foo", "more than"),
    ],
)
def test_what_is_no_query_is_refused_with_the_place(text, reason):
    with pytest.raises(Invalid, match=reason) as refused:
        parse(text)
    assert refused.value.message.startswith("search_query: ")
    assert list(refused.value.fields) == ["search_query"]


@given(st.text(max_size=60) | st.text('ab "()-:/ORANDTexp\\', max_size=40))
def test_any_text_is_a_query_or_refused(text):
    try:
        node = parse(text)
    except Invalid:
        return
    matches(node, File("some/path.py", (), lambda: "some text"))
    assert all(term == folded(term) for term in terms(node))


@pytest.mark.parametrize(
    ("query", "path", "found"),
    [
        ("the path:src", "src/a.py", True),
        ("the path:src", "x/src/a.py", True),
        ("the path:/src", "x/src/a.py", False),
        ("the path:src", "mysrc/a.py", False),
        ("the path:SRC/Main", "src/main/a.py", True),
        ("the path:src/ma", "src/main/a.py", False),
        ("the path:/a.py", "a.py", True),
        ("the path:a.py", "src/a.py", True),
        ("the ext:py", "src/a.PY", True),
        ("the ext:py", "src/py", False),
        ("the ext:tar.gz", "a.tar.gz", True),
        ("the ext:js ext:py", "a.py", True),
        ("the -ext:py", "a.py", False),
        ("the lang:python", "a.pyi", True),
        ("the lang:python", "a.go", False),
        ("the lang:dockerfile", "x/Dockerfile", True),
        ("the lang:c++", "a.hpp", True),
        ("main", "src/main.py", True),
        ("absent", "src/main.py", False),
        ("the NOT word", "a", False),
        ("the NOT absent", "a", True),
        ("absent OR the", "a", True),
        ('"the word"', "a", True),
        ('"the  word"', "a", False),
    ],
)
def test_a_file_is_found_by_its_content_and_its_path(query, path, found):
    assert matches(parse(query), File(folded(path), (), lambda: "in the word")) is found


def test_the_content_is_not_asked_for_where_the_path_decides():
    def content():
        raise AssertionError

    assert not matches(parse("foo ext:py"), File("a.js", (), content))
    assert matches(parse("foo"), File("foo.js", (), content))


CODE, LIB, TOOLS = Modifier("repo", "code"), Modifier("repo", "lib"), Modifier("project", "tools")


@pytest.mark.parametrize(
    ("query", "places", "may"),
    [
        ("foo", [], True),
        ("foo repo:code", [], False),
        ("foo repo:code", [CODE], True),
        ("foo repo:code repo:lib", [LIB], True),
        ("foo -repo:code", [CODE], False),
        ("foo -repo:code", [], True),
        ("foo repo:code project:tools", [CODE], False),
        ("foo repo:code project:tools", [CODE, TOOLS], True),
        ("(foo repo:code) OR (bar repo:lib)", [LIB], True),
        ("(foo repo:code) OR (bar repo:lib)", [], False),
        ("foo NOT (repo:code bar)", [CODE], True),
        ("foo NOT (repo:code OR bar)", [CODE], False),
        ("foo ext:py -lang:go path:x", [], True),
    ],
)
def test_a_repository_is_left_out_before_its_files_are_looked_at(query, places, may):
    assert may_match(parse(query), places) is may


@given(st.text())
def test_folding_keeps_every_letter_in_its_place(text):
    for letter, other in zip(text, folded(text), strict=True):
        assert other in {letter, letter.casefold(), letter.lower()}
        assert folded(letter) == other
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("ς", "Σ"),
        ("ÉCOLE", "école"),
        ("Ǆ", "ǆ"),
        ("ẞ", "ß"),
        ("K", "k"),
    ],
)
def test_letters_are_alike_in_either_case(one, other):
    assert folded(one) == folded(other)
