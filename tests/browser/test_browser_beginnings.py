"""How one comes to a repository by a real browser: found, begun by the commands that are shown, cloned, forked."""

import re
import subprocess

import pytest
from playwright.sync_api import expect
from support import source
from support.browser import PASSWORD
from support.visitor import APP_PASSWORDS


@pytest.fixture(scope="module")
def engine(shared):
    """A repository with a README that has a picture and a link."""
    return shared.server.repository("acme/engine", files=source.FILES)


@pytest.fixture
def inside(of_ada):
    return of_ada()


def names(visitor):
    return visitor.page.locator("main .cards h2").all_inner_texts()


def command(visitor, title):
    """What is to be copied below this title."""
    return visitor.page.locator(".command", has_text=title).first.locator("pre").inner_text()


def app_password(visitor, link):
    """What a link to the form for an app password makes of it, with nothing added: its secret."""
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("link", name=link).first.click()
    visitor.press("Create")
    return visitor.secret


def test_an_empty_repository_shows_commands_that_work_as_they_stand(shared, inside, person):
    name = shared.repository()
    slug = name.partition("/")[2]
    inside.go(f"/{name}/")
    clone = f"git clone {inside.home.replace('://', '://ada@')}/{name}.git"
    assert command(inside, "In a terminal").startswith(f"{clone}\ncd {slug}\n")
    begin = command(inside, "In a terminal")

    secret = app_password(inside, "Create one for this repository")
    done = person.types(begin.replace("\n", " && "), secret, secret)
    assert done.status == 0, done.screen
    inside.go(f"/{name}/")
    assert inside.page.get_by_role("heading", name=slug, level=1).count()
    assert "README.md" in inside.text
    other = shared.repository()
    refused = person.types(f"git clone {inside.home.replace('://', '://ada@')}/{other}.git x", secret)
    assert refused.status != 0, "the app password is for that repository alone"


def test_what_one_has_is_brought_by_the_commands_of_an_empty_repository(shared, plain, person):
    name = shared.repository()
    plain.go(f"/{name}/")
    bring = command(plain, "In its directory")
    secret = app_password(plain, "Create one for this repository")
    own = person.home / "own"
    person.well("init", "--quiet", "--initial-branch=main", str(own))
    person.commit(own)
    person.well("branch", "side", at=own)
    person.well("tag", "v1", at=own)

    done = person.types(bring.replace("\n", " && "), secret, secret, secret, at=own)

    assert done.status == 0, done.screen
    plain.go(f"/{name}/branches/")
    assert plain.page.locator(".refs .ref").all_inner_texts() == ["main", "side"]
    plain.go(f"/{name}/tags/")
    assert plain.page.locator(".refs .ref").all_inner_texts() == ["v1"]


def test_the_clone_box_has_ones_name_and_makes_the_app_password_that_clones(engine, plain, person):
    plain.go(f"/{engine}/")
    plain.page.locator(".clone summary").click()
    line = command(plain, "HTTPS")
    assert line == f"git clone {plain.home.replace('://', '://ada@')}/{engine}.git"

    with plain.page.expect_navigation():
        plain.page.locator(".clone").get_by_role("link", name="Create one for this repository").click()
    assert plain.at.startswith(f"{APP_PASSWORDS}new?")
    label = plain.page.locator("#label").input_value()
    assert re.fullmatch(re.escape(engine) + "( [2-9])?", label), (
        "one that is free, however often one comes here"
    )
    assert plain.page.locator("input[name=scopes]:checked:not(:disabled)").evaluate_all(
        "boxes => boxes.map(box => box.value)"
    ) == ["repository:write"]
    plain.press("Create")

    done = person.types(line, plain.secret)

    assert done.status == 0, done.screen
    assert (person.home / "engine/setup.cfg").exists()


def test_the_readme_has_its_picture_and_its_links_lead_into_the_repository(engine, plain):
    plain.go(f"/{engine}/")
    picture = plain.page.locator("main img[alt='The engine']")
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0

    plain.follow("How to use it")

    assert plain.at == f"/{engine}/src/main/docs/use.md"


def test_repositories_are_found_by_a_part_of_their_name_or_description(engine, shared, plain):
    for slug in ("steam-hammer", "steam-loom"):
        if plain.go(f"/acme/{slug}/") == 404:
            shared.server.repository(f"acme/{slug}")
    plain.go("/acme/steam-loom/admin/")
    plain.fill(description="It weaves by *cards*.")
    plain.press("Save")
    plain.go("/")

    plain.fill(search="STEAM")
    plain.page.get_by_label("Order").select_option("name")
    plain.press("Show")
    assert names(plain) == ["steam-hammer", "steam-loom"]
    assert "2 repositories" in plain.text
    plain.fill(search="weaves")
    plain.press("Show")
    assert names(plain) == ["steam-loom"]
    plain.fill(search="nothing of this")
    plain.press("Show")
    assert "None of your repositories has “nothing of this”" in plain.text

    plain.page.get_by_role("complementary").get_by_role("link", name="acme").click()
    plain.page.wait_for_url("**/acme/")
    plain.fill(search="hammer")
    plain.press("Show")
    assert names(plain) == ["steam-hammer"]
    plain.follow("steam-hammer")
    assert "steam-hammer is empty" in plain.text


def test_who_has_nothing_yet_is_shown_how_to_begin(shared, of_ada, person):
    shared.server.user("newcomer", password=PASSWORD)
    visitor = of_ada(storage_state=None).log_in("newcomer")
    visitor.go("/")
    assert "There is nothing here yet." in visitor.text
    bring = command(visitor, "In its directory")
    visitor.follow("Create a repository")
    visitor.fill(name="Mine")
    visitor.press("Create repository")
    secret = app_password(visitor, "Create one for this repository")
    own = person.home / "own"
    person.well("init", "--quiet", "--initial-branch=main", str(own))
    person.commit(own)
    example = bring.splitlines()[0].rpartition("/")[2]

    done = person.types(
        bring.replace(example, "mine.git").replace("\n", " && "), secret, secret, secret, at=own
    )

    assert done.status == 0, done.screen
    visitor.go("/newcomer/mine/")
    assert "notes.txt" in visitor.text


def test_a_fork_is_made_and_lives_for_itself(engine, shared, reader):
    reader.go(f"/{engine}/")
    with reader.page.expect_navigation():
        reader.page.get_by_role("link", name="Fork", exact=True).click()
    name = f"Fork {shared.repository().rpartition('-')[2]}"
    reader.page.get_by_label("Workspace and project").select_option("ada/PROJ")
    reader.fill(name=name)
    slug = reader.page.locator("#slug")
    if reader.page.evaluate("'slugOf' in window"):
        expect(slug).to_have_text(name.lower().replace(" ", "-"))
    reader.press("Fork repository")

    fork = f"/ada/{name.lower().replace(' ', '-')}"
    assert reader.at.startswith(f"{fork}/")
    assert "An engine for difference." in reader.text
    reader.go(f"{fork}/edit/main/setup.cfg")
    reader.fill(text="[metadata]\nname = fork\n")
    reader.press("Commit")
    assert "Committed." in reader.text
    reader.go(f"/{engine}/src/main/setup.cfg")
    assert "name = engine" in reader.text
    directory = shared.server.directory(engine)
    show = ["git", f"--git-dir={directory}", "show", "main:setup.cfg"]
    assert b"name = engine" in subprocess.run(show, check=True, capture_output=True).stdout


def test_a_repository_begins_with_what_was_ticked(inside, person, shared):
    inside.go("/repo/create?workspace=acme")
    inside.fill(name="Begun with all", description="It begins.")
    inside.page.get_by_label("A README with the name and the description").check()
    inside.page.get_by_label("Licence").select_option("MIT")
    inside.page.locator("#ignored").select_option("Python")
    inside.fill(main_branch="trunk")
    inside.page.get_by_label("A wiki").uncheck()
    inside.page.get_by_label("Private").uncheck()
    inside.press("Create repository")

    assert inside.at == "/acme/begun-with-all/"
    listed = inside.page.locator("tr.entry td:first-child a").all_inner_texts()
    assert {".gitignore", "README.md"} < set(listed)
    assert len(listed) == 3
    assert inside.page.locator(".chooser .ref").first.inner_text() == "trunk"
    assert "It begins." in inside.text
    assert inside.page.locator(".place .badge").count() == 0, "it is public"
    assert inside.page.get_by_role("link", name="Wiki", exact=True).count() == 0
