"""A repository set up by a real browser, and what git and other people then may: access, branches, keys, its end."""

import pytest
from support import fast_import
from support.browser import PASSWORD
from support.clients import refs
from support.ssh import SshPerson
from support.visitor import visiting

FILES = {"README.md": "# Engine\n"}


@pytest.fixture
def engine(shared):
    return shared.repository(files=FILES)


@pytest.fixture(scope="module")
def of_grace(shared, chromium_browser):
    """What the browser of Grace keeps, who is a member and holds nothing."""
    shared.server.member("acme", shared.server.user("grace", password=PASSWORD))
    with visiting(chromium_browser, shared.server.url) as visitor:
        return visitor.log_in("grace").context.storage_state()


@pytest.fixture
def cloned(shared, engine, person):
    """Ada at a shell, in a clone of hers."""
    secret = shared.server.app_password(shared.ada, "repository:write")
    person.well("clone", "--quiet", shared.server.git_url(engine, "ada", secret), "clone")
    return person.home / "clone"


def test_it_is_shown_to_everybody_and_hidden_again(engine, plain, of_ada):
    anybody = of_ada(storage_state=None)
    anybody.go(f"/{engine}/")
    assert anybody.at.startswith("/login")

    plain.go(f"/{engine}/admin/")
    plain.page.get_by_label("Private").uncheck()
    plain.press("Save")
    assert "Saved." in plain.text
    assert anybody.go(f"/{engine}/") == 200
    assert "Engine" in anybody.text

    plain.page.get_by_label("Private").check()
    plain.press("Save")
    anybody.go(f"/{engine}/")
    assert anybody.at.startswith("/login")


def test_another_branch_becomes_the_main_one(shared, engine, plain, person):
    fast_import.commits(
        shared.server.directory(engine), [("Of the side", {"side.txt": "side\n"})], branch="trunk"
    )
    plain.go(f"/{engine}/admin/")
    plain.fill(main_branch="nothing")
    plain.press("Save")
    assert "nothing" in plain.page.get_by_role("alert").inner_text()
    plain.fill(main_branch="trunk")
    plain.press("Save")

    plain.go(f"/{engine}/")
    assert plain.page.locator(".chooser summary").inner_text() == "Branch trunk"
    assert "side.txt" in plain.text
    secret = shared.server.app_password(shared.ada, "repository")
    person.well("clone", "--quiet", shared.server.git_url(engine, "ada", secret), "clone")
    assert (person.home / "clone/side.txt").exists()


def test_a_restricted_branch_refuses_pushes_until_it_is_opened(shared, engine, plain, person, cloned):
    plain.go(f"/{engine}/admin/")
    plain.follow("Branch restrictions")
    plain.page.get_by_label("What may not be done").select_option("push")
    plain.fill(pattern="main")
    plain.press("Add restriction")
    assert "Added." in plain.text
    before = refs(shared.server.directory(engine))
    made = person.commit(cloned)

    refused = person.git("push", "origin", "HEAD:main", at=cloned)

    assert not refused.worked
    assert "main" in refused.err
    assert refs(shared.server.directory(engine)) == before
    assert person.git("push", "origin", "HEAD:free", at=cloned).worked
    plain.press("Remove: Nobody pushes, but those who are excepted, main")
    assert "There is none" in plain.text
    assert person.git("push", "origin", "HEAD:main", at=cloned).worked
    assert refs(shared.server.directory(engine))["refs/heads/main"] == made


def test_a_machine_clones_with_its_access_key_and_pushes_nothing(shared, engine, plain, tmp_path):
    machine = SshPerson(tmp_path / "machine", shared.server)
    assert not machine.git("clone", machine.url(engine), "early").worked
    plain.go(f"/{engine}/admin/")
    plain.follow("Access keys")
    plain.fill(label="build machine", key="no key")
    plain.press("Add key")
    assert plain.page.get_by_role("alert").is_visible()
    assert plain.page.locator("#label").input_value() == "build machine"
    plain.fill(key=machine.public_key())
    plain.press("Add key")
    assert "build machine" in plain.page.locator("ul.cards").inner_text()

    machine.well("clone", "--quiet", machine.url(engine), "clone")

    clone = machine.home / "clone"
    machine.commit(clone)
    assert not machine.git("push", "origin", "HEAD:main", at=clone).worked
    plain.press("Remove build machine")
    assert "There is none yet." in plain.text
    assert not machine.git("fetch", at=clone).worked


def test_access_is_given_changed_and_taken_away(engine, plain, of_ada, of_grace):
    grace = of_ada(storage_state=of_grace)
    assert grace.go(f"/{engine}/") == 404
    plain.go(f"/{engine}/admin/")
    plain.follow("User and group access")

    def give(permission):
        plain.fill(user="grace")
        plain.page.get_by_label("Permission").select_option(permission)
        plain.press("Give access")

    give("read")
    grace.go(f"/{engine}/src/main/README.md")
    assert "Engine" in grace.text
    assert grace.page.get_by_role("link", name="Edit", exact=True).count() == 0
    give("write")
    assert plain.page.locator("ul.cards .badge").all_inner_texts() == ["write"]
    grace.go(f"/{engine}/src/main/README.md")
    grace.follow("Edit")
    assert grace.page.get_by_role("link", name="Settings", exact=True).count() == 0
    assert grace.go(f"/{engine}/admin/") == 403
    with plain.page.expect_navigation():
        plain.page.get_by_role("button", name="Take access away from grace").click()
    assert grace.go(f"/{engine}/") == 404


def test_it_is_deleted_by_who_types_its_name_and_the_old_address_tells_where_it_went(engine, plain):
    plain.go(f"/{engine}/admin/")
    plain.follow("Delete")
    plain.fill(typed=engine.upper(), moved_to="https://git.example.net/acme/engine")
    plain.press("Delete repository")
    assert plain.page.get_by_role("alert").is_visible()
    assert plain.page.locator("#moved_to").input_value() == "https://git.example.net/acme/engine"

    plain.fill(typed=engine)
    plain.press("Delete repository")

    assert "The repository is deleted" in plain.text
    plain.go(f"/{engine}/")
    assert plain.page.locator("h1").inner_text() == f"{engine} has moved"
    link = plain.page.get_by_role("main").get_by_role("link")
    assert link.get_attribute("href") == "https://git.example.net/acme/engine"
    plain.go("/?search=" + engine.partition("/")[2])
    assert plain.page.locator("main .cards h2").count() == 0


def test_a_project_has_repositories_and_gives_access_to_all_of_them(engine, plain, of_ada, of_grace):
    plain.go("/acme/workspace/projects/")
    plain.page.get_by_role("link", name="Create project", exact=True).click()
    plain.page.wait_for_url("**/create-project/")
    plain.fill(name="The loom", key="loom", description="What weaves.")
    plain.press("Create project")
    assert plain.at == "/acme/workspace/projects/LOOM/"
    assert "What weaves." in plain.text
    plain.go(f"/{engine}/admin/")
    plain.page.get_by_label("Project").select_option("LOOM")
    plain.press("Save")
    plain.go("/acme/")
    plain.page.get_by_label("Project").select_option("LOOM")
    plain.press("Show")
    assert plain.page.locator("main .cards h2").all_inner_texts() == [engine.partition("/")[2]]

    grace = of_ada(storage_state=of_grace)
    assert grace.go(f"/{engine}/") == 404
    plain.go("/acme/workspace/projects/LOOM/permissions/")
    plain.fill(user="grace")
    plain.page.get_by_label("Permission").select_option("read")
    plain.press("Give access")
    assert grace.go(f"/{engine}/") == 200
    grace.go("/acme/workspace/projects/LOOM/")
    assert engine.partition("/")[2] in grace.text

    plain.go("/acme/workspace/projects/LOOM/settings/")
    plain.fill(name="The great loom")
    plain.press("Save")
    plain.go("/acme/workspace/projects/")
    assert "The great loom" in plain.text
