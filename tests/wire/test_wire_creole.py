"""Creole 1.0: what its specification shows, what people write beside it, and what hostile pages try."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_wire_markup import check_harmless

from bitpail.wire.creole import html
from bitpail.wire.markup_files import CREOLE
from bitpail.wire.markup_files import html as whole_file


def made(text):
    return html(text).replace("\n", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("one\ntwo\n\nthree", "<p>onetwo</p><p>three</p>"),
        ("**b** //i// **//bi//** //**ib**//", "<p><strong>b</strong> <em>i</em> <strong><em>bi</em></strong> <em><strong>ib</strong></em></p>"),
        ("a //over\nlines// and //to\n\nthe end//", "<p>a <em>overlines</em> and <em>to</em></p><p>the end<em></em></p>"),
        ("**//wrong** order//", "<p><strong><em>wrong</em></strong> order<em></em></p>"),
        ("a##m##b x^^2^^ y,,3,,", "<p>a<tt>m</tt>b x<sup>2</sup> y<sub>3</sub></p>"),
        ("a\\\\b", "<p>a<br>b</p>"),
        ("a ~**b~** ~~ ~ c", "<p>a **b** ~ ~ c</p>"),
        ("= One =", "<h1>One</h1>"),
        ("== Two\n=== **Three** ===\n====== Six", "<h2>Two</h2><h3><strong>Three</strong></h3><h6>Six</h6>"),
        ("======= Seven", "<p>======= Seven</p>"),
        ("a\n== b ==\nc", "<p>a</p><h2>b</h2><p>c</p>"),
        ("a\n----\nb\n---", "<p>a</p><hr><p>b---</p>"),
        ("a\n<<toc>>\n<<toc / depth=2>>", "<p>a</p><p>[TOC]</p><p>[TOC]</p>"),
        ("<<other>>", "<p>&lt;&lt;other&gt;&gt;</p>"),
    ],
)  # fmt: skip
def test_words(text, expected):
    assert made(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* a\n* b", "<ul><li>a</li><li>b</li></ul>"),
        ("*a\n#b", "<ul><li>a</li></ul><ol><li>b</li></ol>"),
        ("* a\n** b\n*** c\n* d", "<ul><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li><li>d</li></ul>"),
        ("# a\n#* b\n#* c\n# d", "<ol><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ol>"),
        ("* a\n** b\n## c\n* d", "<ul><li>a<ul><li>b</li></ul><ol><li>c</li></ol></li><li>d</li></ul>"),
        ("* a\ngoes on\n\n* new", "<ul><li>agoes on</li></ul><ul><li>new</li></ul>"),
        ("* **b** c", "<ul><li><strong>b</strong> c</li></ul>"),
        ("**bold** words", "<p><strong>bold</strong> words</p>"),
        ("  * a\n     ***** deep", "<ul><li>a<ul><li>deep</li></ul></li></ul>"),
        ("* open **bold\n* not bold", "<ul><li>open <strong>bold</strong></li><li>not bold</li></ul>"),
        ("*\n#", "<p>*#</p>"),
    ],
)
def test_lists(text, expected):
    assert made(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("|=a|=b|\n|c|d|", "<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>"),
        ("|a|b\n\n|c|", "<table><tr><td>a</td><td>b</td></tr></table><table><tr><td>c</td></tr></table>"),
        ("|a ~| b|**c|d**|", "<table><tr><td>a | b</td><td><strong>c</strong></td><td>d<strong></strong></td></tr></table>"),
        ("|[[P|w]]|{{i.png|x}}|{{{a|b}}}|", '<table><tr><td>[[P|w]]</td><td><img src="i.png" alt="x"></td><td><code>a|b</code></td></tr></table>'),
        ("|a||b|", "<table><tr><td>a</td><td></td><td>b</td></tr></table>"),
        ("|", "<table><tr></tr></table>"),
        ("* a\n|b|\nc", "<ul><li>a</li></ul><table><tr><td>b</td></tr></table><p>c</p>"),
    ],
)  # fmt: skip
def test_tables(text, expected):
    assert made(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {{{ **b** }}} c", "<p>a <code>**b**</code> c</p>"),
        ("{{{a}}}}}", "<p><code>a}}</code></p>"),
        ("{{{a}", "<p>{{{a}</p>"),
        ("{{{\n<b> ~x\n}}}", "<pre><code>&lt;b&gt; ~x</code></pre>"),
        ("{{{\n#!python\nx\n\ny\n}}}\nz", "<pre><code>xy</code></pre><p>z</p>"),
        ("{{{\n }}}\n}}}", "<pre><code>}}}</code></pre>"),
        ("{{{\nnever ended", "<p>{{{never ended</p>"),
        ("* a\n{{{\nb\n}}}\n* c", "<ul><li>a<pre><code>b</code></pre></li><li>c</li></ul>"),
    ],
)
def test_what_stays_as_it_is(text, expected):
    assert made(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[Page]] [[dir/Page|its //name//]]", "<p>[[Page]] [[dir/Page|its //name//]]</p>"),
        ("[[http://a.b/c|the **c**]]", '<p><a href="http://a.b/c">the <strong>c</strong></a></p>'),
        ("[[https://a.b/?x=1&y=2]]", '<p><a href="https://a.b/?x=1&amp;y=2">https://a.b/?x=1&amp;y=2</a></p>'),
        ("[[http://a.b|http://c.d {{e.png}}]]", '<p><a href="http://a.b">http://c.d <img src="e.png" alt=""></a></p>'),
        ("see http://a.b/c//d, (ftp://e.f).", '<p>see <a href="http://a.b/c//d">http://a.b/c//d</a>, (<a href="ftp://e.f">ftp://e.f</a>).</p>'),
        ("~http://a.b/c//d is none", "<p>http://a.b/c//d is none</p>"),
        ("{{a b.png}} {{x.png|It's \"x\"}}", '<p><img src="a%20b.png" alt=""> <img src="x.png" alt="It&#x27;s &quot;x&quot;"></p>'),
        ("{{}} [[]] [[a\nb]]", "<p>{{}} [[]] [[ab]]</p>"),
    ],
)  # fmt: skip
def test_links_and_pictures(text, expected):
    assert made(text) == expected


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "[[javascript:alert(1)|x]] [[ javascript:alert(1) ]]",
        '{{javascript:alert(1)|x}} {{x" onerror="alert(1)|y}} {{x|" onerror="alert(1)}}',
        '[[http://a.b/"onclick="alert(1)|x]]',
        "{{{</code><script>alert(1)</script>}}}",
        "{{{\n</code></pre><script>alert(1)</script>\n}}}",
        "|<script>alert(1)</script>|=<img src=x onerror=alert(1)>|",
        "= <script>alert(1)</script> =",
        "http://a.b/<script>alert(1)</script>",
        "~<script>alert(1)~</script>",
        "<<toc onload=alert(1)>>",
    ],
)  # fmt: skip
def test_it_scripts_and_embeds_nothing(attack):
    check_harmless(whole_file(CREOLE, attack))


@pytest.mark.parametrize(
    "piece", ["[[", "{{", "{{{", "**", "//", "|", "~", "* ", "=", "<<toc", "http://", "|[[", "{{a|"]
)
def test_a_long_hostile_line_is_read(piece):
    check_harmless(whole_file(CREOLE, piece * 5_000))
    check_harmless(whole_file(CREOLE, f"{piece}\n" * 5_000))


_PIECES = st.sampled_from(
    ["**", "//", "##", "^^", "~", "[[", "]]", "{{", "}}", "{{{", "}}}", "|", "|=", "* ", "# ", "** ", "=", "----", "\\\\", "\n", "\n\n", " ", "a", "b c", "http://d.e", "<i>", "&", "<<toc>>"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_whatever_is_written_ends_what_it_begins_and_loses_no_letter(text):
    opened = []
    for tag in re.findall(r"<(/?)([a-z0-9]+)[^>]*>", html(text)):
        if tag[1] in {"br", "hr", "img"}:
            continue
        if tag[0]:
            assert opened.pop() == tag[1]
        else:
            opened.append(tag[1])

    assert opened == []
    # Tags may bring more of them; what asks for the contents is no text.
    assert html(text).count("c") >= text.count("c") - text.count("toc")
    check_harmless(whole_file(CREOLE, text))
