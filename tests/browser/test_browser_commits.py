"""History in a real browser: lists with their graph, one commit and what it changes, what is said of it; script or none."""

import itertools

import pytest
from playwright.sync_api import expect
from support import beside, history
from support.browser import PASSWORD
from support.visitor import visiting

COMMITS = "/acme/history/commits/"
TITLES = [
    "Merge the side",
    "Print labels instead of names of cards, and log what the engine has done at the end of each run",
    "A word on the side",
    "Begin",
]
LINES = [f"line {number}" for number in range(1, 61)]


@pytest.fixture(scope="module")
def told(shared):
    """A repository with a merge, builds and comments; the hashes of its commits."""
    return history.told(shared.server, shared.ada)


@pytest.fixture
def changed(shared):
    """Where a commit is that changes a word far inside of one file, and in another white space alone."""
    after = [*LINES[:29], "line thirty", *LINES[30:]]
    name = shared.history(
        ("Begin", {"lines.txt": "\n".join(LINES) + "\n", "spaces.txt": "one two\n"}),
        ("Say it in words", {"lines.txt": "\n".join(after) + "\n", "spaces.txt": "one   two\n"}),
    )
    return f"/{name}/commits/{shared.head(name)}"


@pytest.mark.parametrize("at", ["commits/", "branches/"])
def test_on_a_phone_nothing_of_who_and_when_is_cut_off(changed, plain, at):
    plain.page.set_viewport_size({"width": 270, "height": 740})

    plain.go(f"{changed.rpartition('commits/')[0]}{at}")

    times = plain.page.locator("main .hint:has(> time)")
    assert times.count() > 0
    for width, whole in times.evaluate_all("all => all.map((one) => [one.clientWidth, one.scrollWidth])"):
        assert 0 < whole <= width


def test_the_latest_commit_of_a_directory_has_its_hash_beside_its_title_however_long_that_is(shared, plain):
    name = shared.history(("word " * 23, {"a.txt": "x\n"}))
    plain.page.set_viewport_size({"width": 1280, "height": 800})

    plain.go(f"/{name}/src/main/")

    title, mark = (plain.page.locator(f".latest .{part}").bounding_box() for part in ("message", "hash"))
    assert mark["x"] > title["x"] + title["width"]
    assert title["y"] <= mark["y"] + mark["height"] / 2 <= title["y"] + title["height"]


def titles(visitor):
    return visitor.page.locator(".commits .message").all_inner_texts()


def file(visitor, name):
    """What is shown of one file's changes."""
    return visitor.page.locator("details.file", has=visitor.page.locator("summary .name", has_text=name))


def box(locator):
    found = locator.bounding_box()
    assert found is not None
    return found


def send(form, button):
    """Press a button of a form, and wait for the page that follows."""
    with form.page.expect_navigation():
        form.get_by_role("button", name=button, exact=True).click()


def follow(part, link):
    """Follow a link inside of a part of the page."""
    with part.page.expect_navigation():
        part.get_by_role("link", name=link, exact=True).click()


def test_all_branches_are_listed_with_a_graph_and_one_of_them_alone(told, plain):
    plain.go(COMMITS)

    assert titles(plain) == TITLES
    graphs = [box(one) for one in plain.page.locator("svg.graph").all()]
    assert len(graphs) == 4
    for above, below in itertools.pairwise(graphs):
        assert abs(above["y"] + above["height"] - below["y"]) < 1.5, "lines go on into the next row"
    dots = [box(one)["x"] for one in plain.page.locator("svg.graph circle").all()]
    assert dots[0] == dots[1] == dots[3] < dots[2], "the side has a lane of its own"

    plain.page.locator("summary", has_text="Branch").click()
    plain.follow("side")
    assert plain.at == f"{COMMITS}branch/side"
    assert titles(plain) == TITLES[2:]
    assert plain.page.locator("h1").inner_text() == "Commits of branch side"
    plain.page.locator("summary", has_text="Branch").click()
    assert plain.page.locator(".chooser [aria-current]").inner_text() == "side"
    plain.follow("All branches and tags")
    assert titles(plain) == TITLES


def test_a_long_list_goes_on_to_older_ones_and_back(shared, plain):
    name = shared.history(*((f"Turn {number}\n\nIt turned {number} times.", {}) for number in range(1, 71)))
    plain.go(f"/{name}/commits/")
    plain.page.get_by_label("The rest of the message of").first.click()
    expect(plain.page.locator(".more pre").first).to_have_text("It turned 70 times.")
    seen = titles(plain)
    while plain.page.get_by_role("link", name="Older").count():
        plain.follow("Older")
        seen += titles(plain)

    assert seen == [f"Turn {number}" for number in range(70, 0, -1)]
    plain.follow("Newest")
    assert plain.at.removesuffix("?") == f"/{name}/commits/"
    assert titles(plain)[0] == "Turn 70"


def test_what_builds_said_is_seen_in_the_list_and_at_the_commit(told, of_ada):
    inside = of_ada()
    inside.go(COMMITS)
    assert inside.page.locator(".commits .badge").all_inner_texts() == ["failed"]

    inside.follow(TITLES[1])

    builds = inside.page.locator("dt", has_text="Builds").locator("xpath=following-sibling::dd//li")
    assert builds.all_inner_texts() == ["failed lint", "passed unit"]
    assert builds.get_by_role("link").first.get_attribute("href") == "https://ci.example.org/lint"


def test_a_commit_leads_to_its_parents_its_files_and_its_text(told, of_ada):
    inside = of_ada()
    inside.go(f"{COMMITS}{told['merge']}")
    assert "A merge: compared with its first parent." in inside.text
    inside.page.get_by_role("link", name=told["change"][:7]).click()
    inside.page.wait_for_url(f"**/{told['change']}")

    follow(file(inside, "notes.py"), "Source")
    assert inside.at == f"/acme/history/src/{told['change']}/notes.py"
    assert "log(engine)" in inside.text
    inside.page.go_back()
    inside.follow("Files at this commit")
    assert inside.at == f"/acme/history/src/{told['change']}/"
    assert "picture.png" in inside.text
    assert "side.txt" not in inside.text
    inside.page.go_back()
    inside.follow("As text")
    assert inside.page.inner_text("body").startswith("diff --git a/drawing.svg b/drawing.svg")


def test_changed_words_are_marked_below_each_other_or_side_by_side(changed, plain):
    plain.go(changed)
    lines = file(plain, "lines.txt")
    assert lines.locator("tr.r mark").all_inner_texts() == ["30"]
    assert lines.locator("tr.a mark").all_inner_texts() == ["thirty"]
    assert box(lines.locator("tr.r"))["y"] < box(lines.locator("tr.a"))["y"]

    plain.follow("Side by side")

    before, after = box(lines.locator("td.r mark")), box(lines.locator("td.a mark"))
    assert before["y"] == after["y"]
    assert before["x"] < after["x"]
    half = box(lines.locator("table"))
    assert before["x"] < half["x"] + half["width"] / 2 < after["x"]
    plain.follow("Unified")
    assert lines.locator("tr.a mark").all_inner_texts() == ["thirty"]


def test_white_space_is_ignored_in_the_look_that_was_chosen(changed, plain):
    plain.go(changed)
    plain.follow("Side by side")
    assert file(plain, "spaces.txt").locator("td.a mark").count() == 1

    plain.follow("Ignore white space")

    assert "Nothing differs but white space." in file(plain, "spaces.txt").inner_text()
    assert file(plain, "lines.txt").locator("table.split td.a mark").all_inner_texts() == ["thirty"]
    plain.follow("Show white space")
    assert file(plain, "spaces.txt").locator("table.split td.a mark").count() == 1


def test_a_file_is_collapsed_and_more_is_shown_around_a_change(changed, plain):
    plain.go(changed)
    lines = file(plain, "lines.txt")
    row = lines.locator("td.t", has_text="thirty")
    lines.locator("summary").first.click()
    expect(row).to_be_hidden()
    expect(file(plain, "spaces.txt").locator("table")).to_be_visible()
    lines.locator("summary").first.press("Enter")
    expect(row).to_be_visible()

    assert "line 20" not in lines.inner_text()
    plain.follow("10 lines")
    assert "line 20" in lines.inner_text()
    assert "line 5\n" not in lines.inner_text()
    follow(lines, "This file alone")
    assert file(plain, "spaces.txt").count() == 0
    plain.follow("the whole file")
    numbers = lines.locator("tr > td:nth-child(2)").all_inner_texts()
    assert numbers == [*map(str, range(1, 30)), "", *map(str, range(30, 61))]
    plain.follow("All files")
    assert file(plain, "spaces.txt").count() == 1


def test_more_lines_come_where_one_is(changed, of_ada):
    inside = of_ada()
    inside.go(f"{changed}?view=split")
    lines = file(inside, "lines.txt")
    lines.locator("td.a").first.click()
    wider = lines.get_by_role("link", name="More lines")
    wider.press("Enter")

    expect(lines.locator("td.t", has_text="line 20")).to_have_count(2)
    assert lines.locator("td.t", has_text="line 19").count() == 0
    expect(wider).to_be_focused()
    wider.click()
    expect(lines.locator("td.t", has_text="line 5")).to_have_count(14)
    wider.click()
    expect(lines.locator("tr > td:first-child")).to_have_text(["@@ -1,60 +1,60 @@", *map(str, range(1, 61))])
    expect(wider).to_have_count(0)
    assert inside.at == f"{changed}?view=split", "no other page, and the other file is still there"
    assert file(inside, "spaces.txt").locator("table").count() == 1

    lines.locator("td:text-is('60')").first.click()
    inside.page.keyboard.type("At the end.")
    send(lines.locator("form", has=inside.page.get_by_label("Line")), "Comment")
    assert "At the end." in lines.inner_text()


def test_where_more_lines_do_not_come_their_page_does(changed, of_ada):
    inside = of_ada()
    inside.page.route(
        "**/*context=10*",
        lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_(),
    )
    inside.go(changed)
    file(inside, "lines.txt").get_by_role("link", name="More lines").click()

    inside.page.wait_for_url("**/*path=lines.txt&context=10*")
    assert "line 20" in file(inside, "lines.txt").inner_text()
    inside.blamed("ERR_FAILED")


def test_more_lines_are_a_page_of_their_own_without_script(changed, plain):
    plain.go(changed)
    follow(file(plain, "lines.txt"), "More lines")

    assert plain.at == f"{changed}?path=lines.txt&context=10#changes"
    assert "line 20" in file(plain, "lines.txt").inner_text()
    assert file(plain, "spaces.txt").count() == 0


def test_a_commit_is_talked_about(changed, reader):
    reader.go(changed)
    assert "0 comments" in reader.text
    reader.fill(comment="Why *words*?")
    send(reader.page.locator("form", has=reader.page.locator("#comment")), "Comment")
    assert "Comment added." in reader.text
    assert reader.page.locator("#comment-1 .prose em").inner_text() == "words"

    reader.page.get_by_label("Answer comment 1").click()
    reader.page.locator("#answer-1").fill("They are **read**.")
    send(reader.page.locator("#comment-1"), "Answer")
    assert reader.page.locator("#comment-1 #comment-2 .prose").inner_text() == "They are read."
    assert "2 comments" in reader.text

    reader.page.get_by_label("Edit comment 2").click()
    assert reader.page.locator("#edit-2").input_value() == "They are **read**."
    reader.page.locator("#edit-2").fill("They are read aloud.")
    send(reader.page.locator("#comment-2"), "Save")
    assert reader.page.locator("#comment-2 .prose").inner_text() == "They are read aloud."
    assert "(changed)" in reader.page.locator("#comment-2").inner_text()

    with reader.page.expect_navigation():
        reader.page.get_by_role("button", name="Delete comment 1", exact=True).click()
    assert "Comment deleted." in reader.text
    assert "Why" not in reader.page.locator("#comments ~ article").first.inner_text()
    assert "They are read aloud." in reader.text


def test_a_line_that_is_clicked_is_talked_about_where_it_stands(changed, of_ada):
    inside = of_ada()
    inside.go(f"{changed}?view=split")
    lines = file(inside, "lines.txt")
    for side, cell, text in (("new", "td.a", "The new one."), ("old", "td.r", "The old one.")):
        lines.locator(cell).first.click()
        form = lines.locator("form", has=inside.page.get_by_label("Line"))
        expect(form.get_by_label("Comment")).to_be_focused()
        assert form.get_by_label("Line").input_value() == "30"
        assert form.get_by_label("Counted").input_value() == side
        assert box(form)["y"] > box(lines.locator(cell).first)["y"]
        assert box(form)["y"] < box(lines.locator("td.t", has_text="line 31").first)["y"]
        inside.page.keyboard.type(text)
        send(form, "Comment")

        assert inside.at.startswith(f"{changed}?view=split&done=said#comment-")
        row = lines.locator("tr", has=inside.page.locator(cell)).locator("xpath=following-sibling::tr")
        assert text in "".join(row.all_inner_texts()[: 1 + (side == "old")]), "both stand on this row"

    assert lines.locator("article.comment").count() == 2
    inside.go(changed)
    texts = lines.locator("tr").all_inner_texts()
    kinds = ["old" if "The old one." in text else "new" if "The new one." in text else "" for text in texts]
    removed = next(number for number, text in enumerate(texts) if "line 30" in text)
    assert kinds[removed : removed + 4] == ["", "old", "", "new"]


def test_a_line_is_talked_about_by_its_number(changed, reader):
    reader.go(f"{changed}?path=lines.txt&context=25")
    lines = file(reader, "lines.txt")
    lines.get_by_text("Comment on this file").click()
    form = lines.locator("form")
    form.get_by_label("Line").fill("the last")
    form.get_by_label("Comment").fill("Of *this* one.")
    send(form, "Comment")
    assert "must be a number" in reader.page.get_by_role("alert").inner_text()
    assert form.get_by_label("Comment").input_value() == "Of *this* one."
    assert file(reader, "spaces.txt").count() == 0, "still the one file that was looked at"

    form.get_by_label("Line").fill("31")
    send(form, "Comment")

    assert reader.at == f"{changed}?path=lines.txt&context=25&done=said#comment-1"
    row = lines.locator("tr", has_text="line 31")
    assert "Of this one." in row.locator("xpath=following-sibling::tr[1]").inner_text()


@pytest.fixture(scope="module")
def grace(shared, chromium_browser):
    """Somebody else, and what her browser keeps."""
    person = shared.server.user("grace", password=PASSWORD)
    with visiting(chromium_browser, shared.server.url) as visitor:
        return person, visitor.log_in("grace").context.storage_state()


def test_who_may_read_approves_and_takes_it_back(shared, changed, plain, of_ada, grace):
    person, state = grace
    shared.server.grant("/".join(changed.split("/")[1:3]), person, "read")
    other = of_ada(storage_state=state)
    other.go(changed)
    other.press("Approve")
    assert "You approve of this commit." in other.text

    plain.go(f"{changed}?view=split")
    approved = plain.page.locator("dt", has_text="Approved by").locator("xpath=following-sibling::dd")
    assert approved.inner_text() == "grace"
    plain.press("Approve")
    assert approved.inner_text() in {"ada, grace", "grace, ada"}
    assert plain.at == f"{changed}?view=split&done=approved"
    plain.press("Withdraw approval")

    assert "You no longer approve of this commit." in plain.text
    assert approved.inner_text() == "grace"


def test_who_is_not_logged_in_reads_and_is_led_to_the_commit_by_logging_in(shared, of_ada):
    name = shared.repository(files={"README.md": "# Notes\n"}, public=True)
    anybody = of_ada(storage_state=None)
    anybody.go(f"/{name}/commits/main")
    file(anybody, "README.md").locator("tr.a td").nth(1).click()
    assert anybody.page.locator("main form, main textarea").count() == 0

    anybody.follow("Log in")
    anybody.log_in()

    assert anybody.at.startswith(f"/{name}/commits/")
    assert anybody.page.locator("#comment").is_visible()


def test_two_are_chosen_compared_and_swapped(told, reader):
    reader.go("/acme/history/branches/")
    reader.follow("Compare")
    reader.fill(source="main", destination="nothing")
    reader.press("Compare")
    assert "nothing" in reader.page.get_by_role("alert").inner_text()
    assert reader.page.locator("#source").input_value() == "main"

    reader.fill(destination="side")
    reader.press("Compare")

    assert titles(reader) == TITLES[:2]
    expect(reader.page.locator("main")).to_contain_text("2 commits ahead")
    assert file(reader, "notes.py").locator("tr.a mark").first.inner_text() == ", *, loud=False"
    reader.follow("Side by side")
    assert file(reader, "notes.py").locator("td.a mark").first.inner_text() == ", *, loud=False"
    reader.follow("The other way round")
    assert reader.page.locator("h1").inner_text() == "side against main"
    assert "side has no commit that main hasn’t." in reader.text
    assert reader.page.locator("#source").input_value() == "side"


def test_more_lines_come_also_where_two_are_compared_and_in_a_wiki(changed, told, shared, of_ada):
    inside = of_ada()
    home, _, commit = changed.rpartition("/commits/")
    inside.go(changed)
    parent = inside.page.locator("dt", has_text="Parent").locator("xpath=following-sibling::dd//a")
    inside.go(f"{home}/branches/compare/{commit}%0D{parent.get_attribute('href').rpartition('/')[2]}")
    lines = file(inside, "lines.txt")
    lines.get_by_role("link", name="More lines").click()
    expect(lines.locator("td.t", has_text="line 20")).to_be_visible()
    assert file(inside, "spaces.txt").count() == 1
    lines.locator("tr.a td").nth(1).click()
    assert inside.page.locator("main textarea").count() == 0, "nobody comments there"

    for text in (LINES, [*LINES[:29], "line thirty", *LINES[30:]]):
        shared.server.do(lambda site, text=text: beside.write(site, "ada", "Lines.md", "\n".join(text)))
    inside.go("/acme/history/wiki/diff/main")
    page = file(inside, "Lines.md")
    page.get_by_role("link", name="More lines").click()
    expect(page.locator("td.t", has_text="line 20")).to_be_visible()
