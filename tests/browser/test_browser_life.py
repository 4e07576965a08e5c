"""The whole life of an app password, by a browser and git alone; and what tells about it."""

import time

import pytest
from support.visitor import APP_PASSWORDS, SETTINGS
from support.world import aged, denied, written

from bitpail.errors import NotFound
from bitpail.services import app_passwords, usage, users

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBnUbTHcbmiFJuQk8ZCUxmUkA1yBxWsdSCd3hqmcXX9p ada@laptop"


def counted(bitpail, label):
    """Wait until the use of an app password is written down."""

    async def look(site, wanted):
        ada = await users.named(site, "ada")
        found = await app_passwords.labelled(site, ada, wanted)
        if not found.last_used_on or not (await usage.summary(site, ada, found)).total:
            raise NotFound("not yet")

    written(bitpail, look, label)


def test_create_clone_use_advice_rotate_revoke(notes, inside, person, bitpail):
    inside.create("laptop", "repository:write", "wiki", repositories="acme/notes")
    assert person.shell(inside.commands["Clone"]).worked
    clone = person.home / "notes"
    person.well("pull", "--quiet", at=clone)

    counted(bitpail, "laptop")
    aged(bitpail, "laptop", 40)
    inside.go(APP_PASSWORDS)
    inside.follow("laptop")
    assert "acme/notes" in inside.text
    assert "git/" in inside.text
    assert "has needed 1" in inside.text
    inside.press("Replace it by a narrower one")
    narrow = inside.secret
    old = person.well("config", "remote.origin.url", at=clone)
    assert person.shell(inside.commands["Use it in a clone you have"], at=clone).worked
    assert person.git("pull", "--quiet", at=clone).worked
    assert person.git("ls-remote", old).worked, "the old one works for its grace"
    person.commit(clone)
    refused = person.git("push", "origin", "HEAD:main", at=clone)
    assert "repository:write" in refused.err

    inside.go(APP_PASSWORDS)
    inside.follow("laptop")
    inside.press("Finish: revoke this one now")
    assert "the narrower one works alone now" in inside.text
    assert not person.git("ls-remote", old).worked

    inside.go(APP_PASSWORDS)
    inside.page.locator(".card h2 a").click()
    inside.page.wait_for_url("**/app-passwords/*/")
    inside.press("Rotate")
    rotated = inside.secret
    assert rotated != narrow
    assert person.shell(inside.commands["Use it in a clone you have"], at=clone).worked
    assert person.git("fetch", at=clone).worked
    inside.follow("Follow the rotation")
    inside.press("Finish: end the old one now")

    inside.page.get_by_role("main").get_by_role("link", name="Revoke").last.click()
    inside.page.wait_for_url("**/revoke")
    inside.press("Revoke")
    assert not person.git("fetch", at=clone).worked
    inside.go(f"{SETTINGS}activity/")
    assert "laptop" in inside.text


def test_a_refusal_is_explained_and_its_button_makes_what_was_lacking(notes, inside, person, bitpail, ada):
    secret = bitpail.app_password(ada, "wiki", label="wiki only")
    request_id = denied(bitpail, "ada", secret)
    inside.go(f"{SETTINGS}denials/")
    inside.page.locator(".card h2 a").first.click()
    inside.page.wait_for_url(f"**/{request_id}/")
    assert "wiki only" in inside.text
    assert secret not in inside.page.content()

    inside.page.get_by_role("main").get_by_role("link", name="Create another one").click()
    inside.page.wait_for_url("**/new?*")
    inside.fill(label="with both")
    inside.press("Create")

    assert person.git("ls-remote", bitpail.git_url("acme/notes", "ada", inside.secret)).worked


@pytest.mark.parametrize("live", [True, False])
def test_whoever_finds_a_secret_ends_it_and_learns_nothing(notes, inside, browse, person, bitpail, live):
    secret = inside.create("leaked", "repository")
    finder = browse()
    finder.go("/leaks")
    finder.fill(secret=secret if live else f"{secret[:-1]}{'a' if secret[-1] != 'a' else 'b'}")
    finder.press("Revoke it")

    assert "If this was a live secret of this server, it is revoked now." in finder.text
    assert secret not in finder.page.content()
    assert person.git("ls-remote", bitpail.git_url("acme/notes", "ada", secret)).worked != live


def test_an_ssh_key_is_added_told_of_and_removed(inside):
    inside.go(f"{SETTINGS}ssh-keys/")
    inside.fill(key=KEY.replace("AAAAC3", "nonsense"))
    inside.press("Add key")
    assert inside.page.get_by_role("alert").is_visible()
    inside.fill(key=KEY)
    inside.press("Add key")
    assert "SHA256:prOFxfuFoIDqilmWltpMu5h5wRbZeu4/JOr+Gx2WK44" in inside.text

    inside.follow("Remove ada@laptop")
    inside.press("Remove")
    assert "There is none yet." in inside.text
    inside.go(f"{SETTINGS}activity/")
    assert "ada@laptop" in inside.text


def test_a_preset_ticks_what_the_tool_needs_and_says_why(inside):
    inside.go(f"{APP_PASSWORDS}new")
    inside.follow("Clone only")

    assert inside.page.locator("input[name=scopes]:checked").count() == 1
    assert inside.page.locator("caption").inner_text() == "Why Clone only needs each of them"


def test_one_that_ends_soon_is_announced_on_every_page(inside, bitpail, ada):
    bitpail.app_password(ada, "wiki", label="ends soon", lifetime=3 * 24 * 3600)

    for path in (SETTINGS, APP_PASSWORDS, f"{SETTINGS}sessions/"):
        inside.go(path)
        assert "ends soon" in inside.page.locator(".banner").inner_text()


def test_who_wants_nothing_counted_has_nothing_counted(notes, inside, person, bitpail):
    inside.go(f"{APP_PASSWORDS}advice/")
    inside.press("Count nothing, and forget what was counted")
    secret = inside.create("quiet", "repository")
    assert person.git("ls-remote", bitpail.git_url("acme/notes", "ada", secret)).worked

    time.sleep(0.1)
    inside.go(APP_PASSWORDS)
    inside.follow("quiet")
    assert "Nothing is counted" in inside.text
