"""Files in Markdown, reStructuredText, Textile and Creole become HTML that can do nothing."""

import pytest
from test_wire_markup import check_harmless

from bitpail.wire.markup_files import CREOLE, ENDINGS, MARKDOWN, RESTRUCTURED_TEXT, TEXTILE, html, language_of


@pytest.mark.parametrize(
    ("path", "language"),
    [
        *((f"dir/a{ending}", language) for ending, language in ENDINGS.items()),
        ("README.MD", MARKDOWN),
        ("a.rst", RESTRUCTURED_TEXT),
        ("a.textile", TEXTILE),
        ("a.txt", None),
        ("a.md.bak", None),
        ("md", None),
        (".md", None),
        ("", None),
    ],
)
def test_the_ending_says_the_language(path, language):
    assert language_of(path) == language


def test_the_endings_are_the_documented_ones():
    assert set(ENDINGS) == {
        ".md",
        ".markdown",
        ".mkd",
        ".mkdn",
        ".mdown",
        ".text",
        ".rst",
        ".textile",
        ".creole",
    }


@pytest.mark.parametrize(
    ("language", "text", "parts"),
    [
        (MARKDOWN, "# Head\n\n*a*", ["<h1>Head</h1>", "<em>a</em>"]),
        (RESTRUCTURED_TEXT, "Head\n====\n\n*a* ``b``\n\n* c\n", ["<h1>Head</h1>", "<em>a</em>", "<li><p>c</p>"]),
        (RESTRUCTURED_TEXT, "=== ===\n a   b\n=== ===\n c   d\n=== ===\n", ["<table>", "<td><p>c</p></td>"]),
        (RESTRUCTURED_TEXT, "`a <http://b.c>`_", ['<a href="http://b.c" rel="nofollow noopener">a</a>']),
        (RESTRUCTURED_TEXT, "A\n=\n\n.. code:: python\n\n   x = 1\n", ["<pre><code>x = 1"]),
        (RESTRUCTURED_TEXT, "a " * 20_000 + "none_ :ref:`b`", ["<p>a a a", "none_", "b`"]),
        (CREOLE, "= Head =\n* //a//\n", ["<h1>Head</h1>", "<li>\n<em>a</em>"]),
        (TEXTILE, 'h1. Head\n\n*a* "b":http://c.d\n', ["<h1>Head</h1>", "<strong>a</strong>", "http://c.d"]),
    ],
)  # fmt: skip
def test_a_file_is_read_as_its_language(language, text, parts):
    made = html(language, text)

    assert [part for part in parts if part not in made] == []
    check_harmless(made)


@pytest.mark.parametrize(
    "attack",
    [
        ".. raw:: html\n\n   <script>alert(1)</script>\n",
        ".. include:: /etc/passwd\n",
        ".. include:: /etc/passwd\n   :literal:\n",
        ".. csv-table:: a\n   :file: /etc/passwd\n",
        ".. csv-table:: a\n   :url: file:///etc/passwd\n",
        ".. raw:: html\n   :file: /etc/passwd\n",
        ".. raw:: html\n   :url: file:///etc/passwd\n",
        ".. role:: raw-html(raw)\n   :format: html\n\n:raw-html:`<script>alert(1)</script>`\n",
        "`a <javascript:alert(1)>`_\n",
        ".. _a: javascript:alert(1)\n\na_\n",
        ".. image:: javascript:alert(1)\n   :target: javascript:alert(1)\n",
        '.. image:: x\n   :alt: " onerror="alert(1)\n',
        ".. figure:: data:text/html,<script>alert(1)</script>\n",
        '.. container:: x" onclick="alert(1)\n\n   a\n',
        '.. class:: x" onclick="alert(1)\n\na\n',
        ".. meta::\n   :http-equiv=refresh: 0;url=//evil\n",
        ".. math:: <script>alert(1)</script>\n",
        ".. title:: <script>alert(1)</script>\n",
        "|x|\n\n.. |x| image:: javascript:alert(1)\n",
        "<script>alert(1)</script>\n",
        ".. code:: html\n\n   <script>alert(1)</script>\n",
    ],
)  # fmt: skip
def test_restructured_text_scripts_includes_and_embeds_nothing(attack):
    made = html(RESTRUCTURED_TEXT, attack)

    check_harmless(made)
    assert "root:" not in made


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "notextile. <script>alert(1)</script>",
        "==<script>alert(1)</script>==",
        '"x":javascript:alert(1)',
        "!javascript:alert(1)!",
        '!x(" onerror="alert(1))!',
        "p{background:url(//evil)}. a",
        'p(x" onclick="alert(1)). a',
        "%{color:red;position:fixed}a%",
        "pre. <script>alert(1)</script>",
        "bc. </code><script>alert(1)</script>",
        "|<script>alert(1)</script>|",
        "[1]\n\nfn1. <img src=x onerror=alert(1)>",
    ],
)  # fmt: skip
def test_textile_scripts_styles_and_embeds_nothing(attack):
    check_harmless(html(TEXTILE, attack))


def test_what_no_parser_understands_is_shown_as_it_is():
    # Deeper than Python nests calls.
    made = html(RESTRUCTURED_TEXT, "\n".join("  " * depth + f"* a{depth}\n" for depth in range(400)))

    check_harmless(made)
    assert "a399" in made
