"""A wiki read in a real browser: its tree, its links and pictures, what a page was, and words in it; script or none."""

import pytest
from support import beside, history
from support.processes import eventually

WIKI = "/acme/history/wiki"


@pytest.fixture(scope="module")
def wiki(shared):
    """A wiki of some pages in a directory and beside it, with a picture."""
    history.told(shared.server, shared.ada)
    shared.server.do(lambda site: beside.told(site, "ada"))
    return shared.server


def test_pages_are_found_in_their_tree_and_lead_to_each_other(wiki, plain):
    plain.go(f"{WIKI}/")
    assert plain.at == f"{WIKI}/Home"
    plain.follow("All pages")
    rows = plain.page.locator(".pages").first.locator("li")
    assert rows.all_inner_texts() == ["Home", "Cards", "use/", "First steps", "Repairs"]
    left = [row.evaluate("one => parseFloat(getComputedStyle(one).paddingLeft)") for row in rows.all()]
    assert left[0] == left[1] == left[2] < left[3] == left[4], "pages stand inside of their directory"

    plain.follow("use/First steps")
    assert plain.at == f"{WIKI}/use/First%20steps"
    plain.page.locator(".wiki-bar").get_by_role("link", name="Home").click()
    plain.page.wait_for_url(f"**{WIKI}/Home")
    plain.page.locator("article").get_by_role("link", name="three steps").click()
    plain.page.wait_for_url("**/use/First%20steps")
    plain.page.go_back()
    plain.page.locator("article").get_by_role("link", name="first steps").click()
    plain.page.wait_for_url("**/use/First%20steps#*what-can-go-wrong")
    heading = plain.page.locator(f"#{plain.at.partition('#')[2]}")
    assert heading.inner_text() == "What can go wrong"
    plain.go(f"{WIKI}/use/Repairs")
    assert plain.page.locator("article em").inner_text() == "Ada"


def test_a_link_to_a_page_that_nobody_wrote_leads_to_writing_it(wiki, of_ada):
    inside = of_ada()
    inside.go(f"{WIKI}/Home")
    link = inside.page.locator("article").get_by_role("link", name="Of steam")
    assert "missing" in (link.get_attribute("class") or "")
    link.click()
    inside.page.wait_for_url("**/wiki/Of%20steam")
    assert "There is no page of this name yet." in inside.text

    inside.follow("Create this page")
    inside.fill(text="Steam is *hot*.")
    inside.press("Save")

    assert inside.at == f"{WIKI}/Of%20steam"
    inside.go(f"{WIKI}/Home")
    assert "missing" not in (link.get_attribute("class") or "")
    inside.go(f"{WIKI}/delete/Of%20steam")
    inside.press("Delete this page")


def test_a_picture_of_the_wiki_is_shown_and_another_one_put_there(wiki, plain, tmp_path):
    plain.go(f"{WIKI}/Home")
    picture = plain.page.locator("article img[alt='A wheel']")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 96

    small = tmp_path / "small.png"
    small.write_bytes(beside.wheel(16))
    plain.go(f"{WIKI}/browse")
    plain.page.get_by_text("Add pictures or other files").click()
    plain.fill(directory="pictures")
    plain.page.set_input_files("#files", small)
    plain.press("Upload")

    assert "Uploaded." in plain.text
    assert "pictures/small.png" in plain.text
    plain.go(f"{WIKI}/edit/Cards")
    plain.fill(text="Cards are of paper, and have *holes*.\n\n![Small](pictures/small.png)\n")
    plain.press("Save")
    picture = plain.page.locator("article img[alt='Small']")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 16


def test_what_a_page_was_is_seen_compared_and_taken_up_again(wiki, plain):
    plain.go(f"{WIKI}/Home")
    plain.follow("History")
    versions = plain.page.locator(".commits .message")
    assert versions.all_inner_texts()[-2:] == ["Say what it needs and how it is asked", "Begin"]

    versions.nth(-2).click()
    plain.page.wait_for_url("**/wiki/diff/*")
    assert "It adds." in plain.page.locator("tr.r").inner_text()
    assert "[[Cards]]" in plain.page.locator("tr.a").all_inner_texts()[0]
    plain.follow("Side by side")
    assert plain.page.locator("table.split").count() == 1
    plain.page.go_back()
    plain.page.go_back()
    plain.page.get_by_label("Changes since").last.click()
    plain.page.wait_for_url("**/wiki/diff/*..*")
    assert "It adds." in plain.page.locator("tr.r").inner_text()
    plain.page.go_back()
    plain.page.get_by_label("The page at").last.click()
    plain.page.wait_for_url("**/Home?at=*")
    assert plain.page.locator("article p").first.inner_text() == "It adds."
    assert "This is the page as it was" in plain.text
    plain.follow("edit it from here")
    assert plain.page.locator("#text").input_value() == "# The engine\n\nIt adds.\n"


def test_words_are_found_in_names_and_text_of_pages(wiki, plain):
    plain.go(f"{WIKI}/Home")
    field = plain.page.get_by_label("Search in this wiki")

    def found(words):
        field.fill(words)
        plain.page.get_by_role("search").get_by_role("button", name="Search").click()
        plain.page.wait_for_url("**/wiki/search?q=*")
        return plain.page.locator(".found a").all_inner_texts()

    assert eventually(lambda: found("UPSIDE down") == ["use/First steps"])
    assert "a card is upside down" in plain.page.locator(".found .line").inner_text()
    assert found("repairs") == ["use/Repairs"]
    assert found("nothing of this") == []
    assert "No page has all of these words." in plain.text
    assert field.input_value() == "nothing of this"
    found("repairs")
    plain.follow("use/Repairs")
    assert plain.at == f"{WIKI}/use/Repairs"
