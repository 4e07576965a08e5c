"""A wiki, branches and downloads at a real browser: written, looked at, and by git as well."""

import pytest
from support.beside import wheel
from support.browser import PASSWORD
from test_browser_attacks import MARKUP, nothing_foreign

WIKI = "/acme/notes/wiki"


@pytest.fixture
def at_notes(notes, inside):
    return inside


def _write(visitor, name, text):
    visitor.go(f"{WIKI}/create/{name}")
    visitor.fill(text=text)
    visitor.press("Save")


def test_a_page_is_seen_while_it_is_written(at_notes):
    at_notes.go(WIKI)
    at_notes.follow("Write the first page")
    at_notes.page.locator("#text").press_sequentially("# Cards\n\nOf *paper*.")

    at_notes.page.locator("#preview em").wait_for()

    assert at_notes.page.locator("#preview h2").inner_text() == "Cards"
    assert at_notes.page.locator("#text").input_value() == "# Cards\n\nOf *paper*."
    at_notes.page.locator("#format").select_option("plain")
    at_notes.page.locator("#preview pre").wait_for()
    at_notes.page.locator("#format").select_option("markdown")
    at_notes.press("Save")
    assert at_notes.at == f"{WIKI}/Home"
    assert at_notes.page.locator("article h2").inner_text() == "Cards"


def test_a_page_written_from_right_to_left_is_shown_so_and_its_code_is_not(at_notes):
    _write(at_notes, "Home", "# עברית\n\nשלום עולם\n\nLeft to right.\n\n1. אחת\n\n```\na = 1\n```\n")

    article = at_notes.page.locator("article")
    assert article.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert article.locator("pre").evaluate("one => getComputedStyle(one).direction") == "ltr"
    edges = """one => {
        const range = document.createRange();
        range.selectNodeContents(one);
        const text = range.getBoundingClientRect(), box = one.getBoundingClientRect();
        return [text.left - box.left, box.right - text.right];
    }"""
    hebrew, english = (article.locator("p").nth(number).evaluate(edges) for number in (0, 1))
    assert hebrew[0] > 100 > hebrew[1]
    assert english[1] > 100 > english[0]


@pytest.mark.parametrize("script", [True, False])
def test_who_is_logged_out_while_they_write_puts_it_into_the_form_again(notes, ada, browse, script):
    visitor = browse(java_script_enabled=script).log_in()
    visitor.go(f"{WIKI}/create/Home")
    visitor.fill(text="Of paper.\n\nAnd long.")
    visitor.context.clear_cookies()

    visitor.press("Save")
    kept = visitor.page.get_by_label("What you wrote").input_value()
    with visitor.context.expect_page() as opened:
        visitor.page.get_by_role("link", name="Log in (in a new tab)").click()
    form = opened.value
    form.fill("#username", "ada")
    form.fill("#password", PASSWORD)
    form.get_by_role("main").get_by_role("button", name="Log in").click()
    form.wait_for_url(f"**{WIKI}/create")
    form.fill("#name", "Home")
    form.fill("#text", kept)
    form.get_by_role("button", name="Save", exact=True).click()

    form.wait_for_url(f"**{WIKI}/Home")
    assert form.locator("article p").all_inner_texts() == ["Of paper.", "And long."]


def test_without_script_a_button_shows_the_same(notes, ada, browse):
    visitor = browse(java_script_enabled=False).log_in()
    visitor.go(f"{WIKI}/create/Home")
    visitor.fill(text="Of *paper*.\n\n    as it is")

    visitor.press("Preview")

    assert visitor.page.locator("#preview em").inner_text() == "paper"
    assert visitor.page.locator("#text").input_value() == "Of *paper*.\n\n    as it is"
    visitor.press("Save")
    assert visitor.page.locator("article em").inner_text() == "paper"
    visitor.follow("Edit")
    visitor.fill(name="use/Cards")
    visitor.press("Save")
    assert visitor.at == f"{WIKI}/use/Cards"
    visitor.follow("Edit")
    visitor.follow("Delete …")
    visitor.press("Delete this page")
    assert visitor.at == f"{WIKI}/browse"


def test_the_clone_box_leads_to_an_app_password_that_clones_and_pushes_the_wiki(at_notes, person):
    _write(at_notes, "Home", "By the browser.")
    at_notes.page.locator(".clone summary").click()
    with at_notes.page.expect_navigation():
        at_notes.page.locator(".clone").get_by_role("link", name="Create one for this wiki").click()
    at_notes.press("Create")
    secret = at_notes.secret
    address = f"{at_notes.home.replace('://', f'://ada:{secret}@')}/acme/notes.git/wiki"

    person.well("clone", "--quiet", address, "pages")

    clone = person.home / "pages"
    assert (clone / "Home.md").read_text() == "By the browser.\n"
    (clone / "Home.md").write_text("By *git*.\n")
    person.well("-C", str(clone), "commit", "--quiet", "-am", "By git")
    person.well("-C", str(clone), "push", "--quiet")
    at_notes.go(f"{WIKI}/Home")
    assert at_notes.page.locator("article em").inner_text() == "git"
    refused = person.git("clone", address.replace(".git/wiki", ".git"), "code")
    assert not refused.worked


def test_two_who_write_at_once_both_see_what_the_other_wrote(at_notes, browse):
    _write(at_notes, "Home", "One.")
    other = browse().log_in()
    other.go(f"{WIKI}/edit/Home")
    at_notes.go(f"{WIKI}/edit/Home")
    at_notes.fill(text="By the first.")
    at_notes.press("Save")

    other.fill(text="By the second.")
    other.press("Save")

    assert "By the first." in other.text
    assert other.page.locator("#text").input_value() == "By the second."
    other.fill(text="By the first.\n\nBy the second.")
    other.press("Save")
    assert other.page.locator("article p").all_inner_texts()[:2] == ["By the first.", "By the second."]


def test_markup_in_names_and_pages_of_a_wiki_is_text(at_notes):
    for number, markup in enumerate(MARKUP):
        name = "".join(letter for letter in markup if letter not in '[]|#?\\:*"<>/').strip(" .-")[:60]
        at_notes.go(f"{WIKI}/create/")
        at_notes.fill(name=f"{number} {name}", text=f"{markup}\n\n[[{markup}]]\n\n`{markup}`", message=markup)
        at_notes.page.locator("#preview code").wait_for()
        assert nothing_foreign(at_notes)
        at_notes.press("Save")
        assert nothing_foreign(at_notes)
        assert at_notes.page.locator("article code").first.inner_text() == markup
        at_notes.follow("History")
        assert markup in at_notes.text
        assert nothing_foreign(at_notes)
    at_notes.go(f"{WIKI}/browse")
    assert nothing_foreign(at_notes)


def test_a_branch_is_made_compared_and_deleted(at_notes):
    at_notes.go("/acme/notes/branches/")
    at_notes.page.get_by_text("New branch").click()
    at_notes.fill(name="topic/one")
    at_notes.press("Create branch")
    assert "It was created." in at_notes.text

    at_notes.page.get_by_role("link", name="Compare topic/one with main").click()
    at_notes.page.wait_for_url("**/compare/**")
    assert "has no commit that" in at_notes.text

    at_notes.go("/acme/notes/branches/")
    at_notes.page.get_by_label("Delete topic/one …").click()
    at_notes.press("Delete topic/one")
    assert "It was deleted." in at_notes.text
    assert "topic/one" not in at_notes.text


def test_a_file_is_uploaded_and_downloaded(at_notes, tmp_path):
    file = tmp_path / "tool <b>é.txt"
    file.write_bytes(b"x" * 200_000)
    at_notes.go("/acme/notes/downloads/")
    at_notes.page.set_input_files("#files", file)
    at_notes.press("Upload")
    assert "tool <b>é.txt" in at_notes.text
    assert nothing_foreign(at_notes)

    with at_notes.page.expect_download() as begun:
        at_notes.page.get_by_role("link", name="tool <b>é.txt").click()

    assert begun.value.path().read_bytes() == b"x" * 200_000
    with at_notes.page.expect_download() as begun:
        at_notes.go("/acme/notes/downloads/?tab=branches")
        at_notes.page.get_by_role("link", name="main as zip").click()
    assert begun.value.suggested_filename.endswith(".zip")


def test_pictures_of_a_difference_are_shown_by_a_browser(bitpail, at_notes):
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5"><script>alert(1)</script></svg>'
    bitpail.repository("acme/pictures", files={"wheel.png": wheel(24), "drawing.svg": drawing})

    at_notes.go("/acme/pictures/commits/main")

    sizes = {}
    for picture in at_notes.page.locator(".pictures img").all():
        picture.scroll_into_view_if_needed()
        picture.evaluate("one => one.decode()")
        sizes[picture.get_attribute("src").rpartition("/")[2]] = picture.evaluate("one => one.naturalWidth")
    assert sizes == {"wheel.png": 24, "drawing.svg": 7}
