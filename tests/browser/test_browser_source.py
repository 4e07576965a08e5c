"""Files in a real browser: lines chosen and led to, found while typing, what changed last, and edits; script or none."""

import re

import pytest
from playwright.sync_api import expect
from support import source

LONG = "".join(f"line {number}\n" for number in range(1, 3001))
FILE = "/acme/engine/src/main/engine/cards.py"


@pytest.fixture
def engine(bitpail, ada):
    bitpail.workspace("acme", ada)
    return bitpail.repository("acme/engine", files={**source.FILES, "long.txt": LONG})


@pytest.fixture
def plain(browse, ada, engine):
    """Ada at a browser that runs no script."""
    return browse(java_script_enabled=False).log_in()


def marked(visitor):
    """The numbers of the lines that stand out."""
    ids = visitor.page.locator(".source tr.on").evaluate_all("rows => rows.map(row => row.id)")
    return [int(one.removeprefix("lines-")) for one in ids]


def test_a_click_chooses_a_line_and_another_with_shift_a_range(engine, inside):
    inside.go(FILE)

    inside.page.locator("#lines-5 a").click()
    assert inside.page.url.endswith("cards.py#lines-5")
    inside.page.wait_for_selector("#lines-5.on")
    inside.page.locator("#lines-9 a").click(modifiers=["Shift"])

    assert inside.page.url.endswith("cards.py#lines-5:9")
    assert marked(inside) == [5, 6, 7, 8, 9]
    inside.page.get_by_role("link", name="Permalink").click()
    inside.page.wait_for_url(re.compile(r"/src/[0-9a-f]{40}/engine/cards.py#lines-5:9$"))
    assert marked(inside) == [5, 6, 7, 8, 9]


@pytest.mark.parametrize("lines", ["2500", "2500:2502"])
def test_an_address_with_lines_leads_to_the_page_of_the_file_that_has_them(engine, inside, lines):
    inside.go(f"/acme/engine/src/main/long.txt#lines-{lines}")

    inside.page.wait_for_url("**/long.txt?from=2500*")
    inside.page.wait_for_selector("#lines-2500.on")
    assert marked(inside)[0] == 2500
    assert inside.page.evaluate("document.getElementById('lines-2500').getBoundingClientRect().top") < 800


def test_an_address_with_a_line_that_is_not_there_is_loaded_once_more_and_no_further(engine, inside):
    inside.go("/acme/engine/src/main/long.txt#lines-99999")
    inside.page.wait_for_url("**/long.txt?from=99999*")
    inside.page.wait_for_timeout(300)

    assert inside.page.url.endswith("?from=99999#lines-99999")


def test_lines_of_markup_are_shown_in_its_source(engine, inside):
    inside.go("/acme/engine/src/main/docs/use.md#lines-3")

    inside.page.wait_for_url("**/use.md?viewer=source#lines-3")
    assert marked(inside) == [3]


def test_t_leads_to_a_field_in_which_a_file_is_found_while_typing(engine, inside):
    inside.go("/acme/engine/")

    inside.page.keyboard.press("t")
    inside.page.wait_for_url("**/find/main")
    inside.page.keyboard.type("primes")
    expect(inside.page.locator("#found a")).to_have_text(["engine/data/primes.txt"])
    inside.page.keyboard.press("Enter")
    inside.page.wait_for_url("**/src/main/engine/data/primes.txt")


def test_t_in_a_field_is_a_letter(engine, inside):
    inside.go("/acme/engine/search/")

    inside.page.get_by_label("What to look for").press_sequentially("test")

    assert inside.page.get_by_label("What to look for").input_value() == "test"
    assert inside.at == "/acme/engine/search/"


def test_what_changed_last_comes_after_the_page(engine, inside):
    inside.go("/acme/engine/src/main/docs/")

    inside.page.wait_for_selector("tr.entry td:nth-child(2) a")
    assert inside.page.locator("tr.entry").count() == 2
    assert inside.page.locator("tr.entry td:nth-child(2) a").all_inner_texts() == ["First commit"] * 2
    assert inside.page.locator("tr.entry time").count() == 2
    exact = inside.page.locator("tr.entry time").first.get_attribute("title")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", exact)
    assert inside.page.locator(".with-changes").count() == 0


def test_a_file_is_edited_and_what_others_did_meanwhile_is_not_lost(engine, browse, inside):
    inside.go(FILE)
    inside.follow("Edit")
    other = browse().log_in()
    other.go("/acme/engine/edit/main/engine/cards.py")
    other.fill(text="theirs = 1\n", message="Theirs")
    other.press("Commit")
    assert "Committed." in other.text

    inside.fill(text="mine = 2\n", message="Mine")
    inside.press("Commit")

    assert "Somebody has changed engine/cards.py on main meanwhile" in inside.text
    assert inside.page.locator("#text").input_value() == "mine = 2\n"
    inside.page.get_by_label("a new branch").check()
    inside.fill(branch="mine")
    inside.press("Commit")
    assert inside.at == "/acme/engine/src/mine/engine/cards.py?done=edit"
    assert "mine = 2" in inside.text
    inside.go(FILE)
    assert "theirs = 1" in inside.text
    inside.follow("Blame")
    assert "theirs = 1" in inside.text
    assert inside.page.locator(".by a").first.get_attribute("title") == "Theirs"


def test_all_of_it_works_without_script(plain):
    plain.go(FILE)
    plain.fill(line="10")
    plain.press("Go")
    assert plain.page.url.endswith("cards.py?viewer=source&from=10#lines-10")
    plain.page.locator("summary", has_text="main").click()
    plain.page.get_by_label("Name of a branch or tag").fill("main")
    plain.press("Find")
    assert plain.at.partition("#")[0] == FILE
    plain.follow("Find file")
    plain.page.get_by_label("Words of its path").fill("primes")
    plain.press("Find")
    plain.follow("engine/data/primes.txt")
    plain.follow("Edit")
    plain.fill(text="2\n3\n5\n7\n11\n13\n")
    plain.press("Commit")
    assert "Committed." in plain.text
    assert "6 lines" in plain.text
    plain.follow("History")
    assert "engine/data/primes.txt edited online" in plain.text
    plain.go("/acme/engine/src/main/engine/")
    plain.follow("Show what changed last")
    assert "engine/data/primes.txt edited online" in plain.text
    plain.follow("Add file")
    plain.fill(path="engine/new.txt", text="new\n")
    plain.press("Commit")
    assert plain.at == "/acme/engine/src/main/engine/new.txt?done=create-file"
    plain.follow("Delete")
    plain.press("Delete and commit")
    assert "Deleted." in plain.text
    assert "engine/new.txt deleted online" in plain.text
    assert plain.page.get_by_role("link", name="new.txt", exact=True).count() == 0
