"""Files in a real browser beyond reading lines: as they are, where each line is from, under older names, large ones."""

import pytest
from playwright.sync_api import expect
from support import beside
from support.processes import eventually

LARGE = "".join(f"line {number}\n" for number in range(1, 200_001))
CARDS = "def turn(engine):\n    engine.turn()\n\n\ndef stop(engine):\n    engine.stop()\n"


@pytest.fixture(scope="module")
def home(shared):
    """A repository in which a file was called otherwise before, beside files of each kind."""
    files = {
        "old name.py": CARDS,
        "large.txt": LARGE,
        "long line.min.js": "x" * 3_000_000,
        "tool.bin": bytes(range(256)) * 40,
        "wheel.png": beside.wheel(32),
        "page.html": "<h1 id='mine'>Mine</h1><script>document.title = 'ran'</script>\n",
    }
    changed = CARDS.replace("engine.stop()", "engine.stop(now=True)")
    name = shared.history(
        ("Begin", files),
        ("Call it by what it does", {"old name.py": None, "engine/turning.py": CARDS}),
        ("Stop at once", {"engine/turning.py": changed}),
    )
    return f"/{name}"


def test_the_history_of_a_file_goes_on_under_its_older_name(home, plain):
    plain.go(f"{home}/src/main/engine/turning.py")
    plain.follow("History")

    titles = plain.page.locator(".commits .message")
    assert titles.all_inner_texts() == ["Stop at once", "Call it by what it does", "Begin"]
    assert plain.page.locator(".commits li").last.locator("code").first.inner_text() == "old name.py"
    plain.page.get_by_label("File at").last.click()
    plain.page.wait_for_url("**/src/*/old%20name.py")
    assert "engine.stop()" in plain.text
    plain.page.go_back()
    titles.first.click()
    plain.page.wait_for_url("**/commits/*")
    assert plain.page.locator("tr.a mark").all_inner_texts() == ["now=True"]


def test_blame_leads_from_a_line_to_its_commit_and_to_what_was_before(home, plain):
    plain.go(f"{home}/src/main/engine/turning.py")
    plain.follow("Blame")

    rows = plain.page.locator("table.source tr")
    commits = rows.locator(".by a:first-child").evaluate_all("links => links.map(link => link.title)")
    assert commits == ["Begin", "Stop at once"]
    assert rows.count() == 6
    plain.page.locator(".by a[title='Stop at once']").click()
    plain.page.wait_for_url("**/commits/*")
    assert plain.page.locator("h1").inner_text() == "Stop at once"
    plain.page.go_back()
    plain.page.get_by_role("link", name="Before this change").first.click()
    plain.page.wait_for_url("**/annotate/*/engine/turning.py*")
    assert "engine.stop()" in plain.text
    assert plain.page.locator(".by a[title='Stop at once']").count() == 0


def test_a_file_as_it_is_runs_nothing(home, of_ada):
    inside = of_ada()
    inside.go(f"{home}/src/main/page.html")
    inside.follow("Raw")

    assert inside.page.title() != "ran"
    assert "<h1 id='mine'>" in inside.page.inner_text("body")
    assert inside.page.locator("#mine").count() == 0


def test_large_files_and_long_lines_are_shown_as_far_as_a_page_goes(home, plain):
    plain.go(f"{home}/src/main/large.txt")
    assert plain.page.locator("table.source tr").count() < 2000
    assert "2.3 MB" in plain.text
    plain.page.locator("a.more-lines").click()
    plain.page.wait_for_url("**/large.txt?*from=*")
    first = int(plain.page.locator("table.source tr").first.get_attribute("id").partition("-")[2])
    assert plain.page.locator("table.source tr td").first.inner_text().strip() == f"line {first}"
    plain.fill(line="199999")
    plain.press("Go")
    assert "line 199999" in plain.text

    plain.go(f"{home}/src/main/long line.min.js")
    assert len(plain.text) < 200_000
    assert "3.0 MB" in plain.text


def test_what_is_no_text_is_shown_as_a_picture_or_offered(home, plain):
    plain.go(f"{home}/src/main/wheel.png")
    picture = plain.page.locator(".picture-of img")
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 32

    plain.go(f"{home}/src/main/tool.bin")
    assert plain.page.locator("table.source").count() == 0
    with plain.page.expect_download() as begun:
        plain.page.get_by_role("link", name="Raw").click()
    assert begun.value.path().read_bytes() == bytes(range(256)) * 40


def test_another_branch_or_tag_is_chosen_and_the_file_stays(home, shared, plain):
    slug = home.lstrip("/")
    directory = shared.server.directory(slug)
    (directory / "refs/tags/v1").write_text(f"{shared.head(slug)}\n")
    plain.go(f"{home}/src/main/engine/turning.py")

    plain.page.locator(".chooser summary").click()
    plain.follow("v1")

    assert plain.at == f"{home}/src/v1/engine/turning.py"
    assert plain.page.locator(".chooser summary").inner_text() == "Tag v1"


@pytest.fixture(scope="module")
def searched(shared):
    """A repository that came as a whole, as the index of code is told."""
    lines = CARDS.replace("engine.stop()", "engine.stop(now=True)")
    return f"/{shared.repository(files={'engine/turning.py': lines, 'README.md': 'Nothing here.'})}"


def test_words_are_found_in_files_and_lead_to_their_lines(searched, plain):
    def found():
        plain.go(f"{searched}/")
        plain.follow("Search")
        plain.page.get_by_label("What to look for").fill("now=True")
        plain.press("Search")
        return plain.page.locator(".hit").count() == 1

    assert eventually(found), plain.text
    assert plain.page.locator(".hit mark").all_inner_texts() == ["now=True"]
    plain.page.locator(".hit th a", has_text="6").click()
    plain.page.wait_for_url("**/engine/turning.py?*#lines-6")
    assert "engine.stop(now=True)" in plain.page.locator("#lines-6").inner_text()

    plain.page.go_back()
    plain.page.get_by_label("What to look for").fill("path:docs nothing")
    plain.press("Search")
    assert "No file has this." in plain.text
    plain.page.get_by_label("What to look for").fill('"open')
    plain.press("Search")
    expect(plain.page.get_by_label("What to look for")).to_have_value('"open')
