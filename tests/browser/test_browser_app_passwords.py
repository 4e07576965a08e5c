"""The life of an app password in a real browser, and its commands in a real shell."""

import pytest
from playwright.sync_api import Error
from support.clients import refs
from support.visitor import APP_PASSWORDS


def box(visitor, scope):
    return visitor.page.locator(f"input[name=scopes][value='{scope}']")


def ticked(visitor, *, disabled=False):
    state = ":disabled" if disabled else ""
    return {
        one.get_attribute("value") for one in visitor.page.locator(f"input[name=scopes]:checked{state}").all()
    }


def opens(person, bitpail, secret):
    """Whether git lets somebody in with it."""
    return person.git("ls-remote", bitpail.git_url("acme/notes", "ada", secret)).worked


def test_what_a_permission_includes_is_ticked_and_locked_while_one_looks(inside):
    inside.go(f"{APP_PASSWORDS}new")

    box(inside, "repository:write").check()
    box(inside, "wiki").check()

    assert ticked(inside) == {"repository", "repository:write", "wiki"}
    assert ticked(inside, disabled=True) == {"repository"}
    box(inside, "repository:write").uncheck()
    assert ticked(inside) == {"wiki"}
    assert box(inside, "repository").is_enabled()


def test_without_script_the_server_adds_what_is_included(ada, browse, notes, person, bitpail):
    plain = browse(java_script_enabled=False).log_in()
    plain.go(f"{APP_PASSWORDS}new")
    plain.fill(label="plain")
    box(plain, "pullrequest:write").check()
    plain.press("Create")
    secret = plain.secret
    plain.go(f"{APP_PASSWORDS}new?scopes=repository:write")

    assert opens(person, bitpail, secret)
    assert ticked(plain, disabled=True) == {"repository"}


def test_a_link_fills_the_form_in(inside):
    inside.go(f"{APP_PASSWORDS}new?scopes=repository:write,wiki&label=ci")

    assert inside.page.locator("#label").input_value() == "ci"
    assert ticked(inside) == {"repository", "repository:write", "wiki"}


def test_what_was_filled_in_wrongly_comes_back_with_the_reason(inside):
    inside.go(f"{APP_PASSWORDS}new?scopes=repository")
    inside.fill(label="ci")
    inside.page.locator("summary").click()
    inside.fill(networks="10.0.0.0/33")
    inside.press("Create")

    assert "10.0.0.0/33" in inside.page.get_by_role("alert").inner_text()
    assert inside.page.locator("#networks").input_value() == "10.0.0.0/33"
    assert inside.page.locator("#label").input_value() == "ci"


def test_the_secret_is_shown_once_and_no_button_of_the_browser_brings_it_back(inside):
    secret = inside.create("once", "repository")

    inside.page.reload()
    assert secret not in inside.page.content(), "sending the form again makes no second one"
    inside.go(APP_PASSWORDS)
    with pytest.raises(Error, match="ERR_CACHE_MISS"):
        inside.page.go_back()
    inside.page = inside.context.new_page()
    inside.go(APP_PASSWORDS)
    assert inside.page.locator(".card").count() == 1


def test_the_commands_that_are_shown_work_as_they_stand(inside, notes, person, bitpail):
    inside.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=inside.home)
    inside.create("laptop", "account", "repository:write", "wiki", repositories="acme/notes")
    commands = inside.commands
    inside.page.get_by_role("button", name="Copy").nth(1).click()

    assert inside.page.evaluate("navigator.clipboard.readText()") == commands["Clone"]
    assert person.shell(commands["Clone"]).worked
    clone = person.home / "notes"
    assert (clone / "README.md").read_text() == "# Notes\n"
    person.well("remote", "set-url", "origin", "https://elsewhere.example.org/x", at=clone)
    assert person.shell(commands["Use it in a clone you have"], at=clone).worked
    made = person.commit(clone)
    person.well("push", "--quiet", "origin", "HEAD:main", at=clone)
    assert refs(bitpail.directory("acme/notes"))["refs/heads/main"] == made
    assert person.shell(commands["Clone the wiki"]).worked
    assert '"username":"ada"' in person.shell(commands["Ask the API"]).out


def test_the_ways_to_keep_the_secret_out_of_addresses_work_as_they_stand(inside, notes, person):
    secret = inside.create("laptop", "repository", repositories="acme/notes")
    helper, ci = (inside.commands[title] for title in inside.commands if "git" in title or "CI" in title)
    person.well("config", "--global", "credential.helper", "store")

    assert person.shell(helper).worked
    assert secret not in (person.home / "notes" / ".git" / "config").read_text()
    person.well("config", "--global", "--unset", "credential.helper")
    elsewhere = person.home / "ci"
    elsewhere.mkdir()
    assert person.run("sh", "-c", ci, at=elsewhere, APP_PASSWORD=secret).worked


def test_a_rotation_is_followed_and_finished(inside, notes, person, bitpail):
    old = inside.create("ci", "repository")
    inside.go(APP_PASSWORDS)
    inside.follow("ci")
    inside.page.locator("#grace").select_option("7d")
    inside.press("Rotate")
    new = inside.secret
    assert opens(person, bitpail, old)
    assert opens(person, bitpail, new)
    inside.follow("Follow the rotation")
    assert "Two secrets work now" in inside.text

    inside.press("Finish: end the old one now")

    assert "The old secret has ended." in inside.text
    assert not opens(person, bitpail, old)
    assert opens(person, bitpail, new)


def test_a_rotation_is_rolled_back(inside, notes, person, bitpail):
    old = inside.create("ci", "repository")
    inside.go(APP_PASSWORDS)
    inside.follow("ci")
    inside.press("Rotate")
    new = inside.secret
    inside.follow("Follow the rotation")

    inside.press("Roll back: forget the new one")

    assert "the old one goes on" in inside.text
    assert opens(person, bitpail, old)
    assert not opens(person, bitpail, new)


def test_revoking_asks_first_and_then_the_next_request_is_refused(inside, notes, person, bitpail):
    secret = inside.create("ci", "repository")
    inside.go(APP_PASSWORDS)
    inside.follow("Revoke ci")
    inside.follow("Keep it")
    assert opens(person, bitpail, secret)

    inside.go(APP_PASSWORDS)
    inside.follow("Revoke ci")
    inside.press("Revoke")

    assert "Revoked." in inside.text
    assert inside.page.locator(".card").count() == 0
    assert not opens(person, bitpail, secret)
    inside.follow("All, revoked too")
    assert "revoked" in inside.page.locator(".card").inner_text()


def test_the_filter_shows_what_nobody_used_for_90_days(inside, bitpail, ada):
    bitpail.app_password(ada, "wiki", label="new")
    inside.go(APP_PASSWORDS)

    inside.follow("Unused for 90 days")

    assert "None is unused for so long." in inside.text


def test_every_one_is_listed_however_many(inside, bitpail, ada):
    for number in range(53):
        bitpail.app_password(ada, "wiki", label=f"number {number:02}")
    inside.go(APP_PASSWORDS)
    seen = inside.page.locator(".card h2").all_inner_texts()
    inside.follow("Older")
    seen += inside.page.locator(".card h2").all_inner_texts()

    assert seen == [f"number {number:02}" for number in reversed(range(53))]


@pytest.mark.parametrize("script", [True, False])
def test_the_keyboard_alone_suffices_from_creating_to_revoking(ada, browse, notes, person, bitpail, script):
    visitor = browse(java_script_enabled=script)
    keys = visitor.page.keyboard
    visitor.go(f"{APP_PASSWORDS}new?label=keys")
    visitor.page.locator("#username:focus").wait_for()
    keys.type("ada")
    tab_to(visitor, "Account password")
    keys.type("correct horse battery staple")
    keys.press("Enter")
    visitor.page.wait_for_url("**/new?label=keys")
    tab_to(visitor, "Read", "repository")
    keys.press("Space")
    tab_to(visitor, "Create")
    keys.press("Enter")
    visitor.page.wait_for_selector("#secret")
    secret = visitor.secret
    assert opens(person, bitpail, secret)

    tab_to(visitor, "I have it")
    keys.press("Enter")
    visitor.page.wait_for_url(f"**{APP_PASSWORDS}")
    tab_to(visitor, "Revoke keys")
    keys.press("Enter")
    visitor.page.wait_for_url("**/revoke")
    tab_to(visitor, "Revoke")
    keys.press("Enter")
    visitor.page.wait_for_url("**?done=revoked")
    assert not opens(person, bitpail, secret)


def tab_to(visitor, name, value=None):
    """Press Tab until what is called so has the focus; each step must show where it is."""
    for _ in range(80):
        visitor.page.keyboard.press("Tab")
        focused = visitor.page.locator(":focus")
        if value is None:
            labelled = focused.evaluate(
                "e => e.ariaLabel || (e.labels && e.labels.length ? e.labels[0].innerText : e.innerText)"
            )
            found = labelled.strip() == name
        else:
            found = focused.get_attribute("value") == value
        if found:
            assert focused.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
            return
    raise AssertionError(f"the keyboard does not reach {name!r}")
