"""Tokens at a real browser: from the form to advice, to the narrower one, to the end of the old one; git and curl use them."""

import pytest
from playwright.sync_api import expect
from support.visitor import SETTINGS
from support.world import aged, written

from bitpail.errors import NotFound
from bitpail.model.credentials import CredentialKind
from bitpail.services import access_tokens, app_passwords, repositories, usage, users
from bitpail.services.managing import Managing

PLACE = "/acme/notes/admin/access-tokens/"
OWN = f"{SETTINGS}api-tokens/"


async def of_repository(site, label):
    place = (await repositories.named(site, "acme", "notes")).repository
    return await access_tokens.labelled(site, place, label)


async def of_ada(site, label):
    ada = await users.named(site, "ada")
    return ada, await app_passwords.labelled(site, ada, label, Managing(kind=CredentialKind.API_TOKEN))


def counted(bitpail, find, label):
    """Wait until the use of a token is written down, and let it have been made long ago."""

    async def look(site, wanted):
        user, found = await find(site, wanted)
        if not found.last_used_on or not (await usage.summary(site, user, found)).total:
            raise NotFound("not yet")

    written(bitpail, look, label)
    aged(bitpail, label, 40)


@pytest.mark.parametrize(
    ("address", "scopes", "find"),
    [
        (PLACE, "repository:write,webhook", of_repository),
        (OWN, "read:repository:bitbucket,write:repository:bitbucket,read:user:bitbucket", of_ada),
    ],
    ids=["access token", "API token"],
)
def test_advice_leads_to_a_narrower_token(notes, inside, person, bitpail, address, scopes, find):
    inside.go(f"{address}new?scopes={scopes}")
    inside.fill(label="release")
    inside.press("Create")
    wide = inside.secret
    assert person.shell(inside.commands["Clone"]).worked
    clone = person.home / "notes"
    old = person.well("config", "remote.origin.url", at=clone)
    inside.follow("I have it")
    assert "release" in inside.text
    counted(bitpail, find, "release")

    inside.follow("Advice")
    assert "has more than it needs" in inside.text
    inside.follow("release")
    assert "acme/notes" in inside.text
    assert "has needed 1" in inside.text
    inside.page.get_by_label("This one works").select_option("1d")
    inside.press("Replace it by a narrower one")

    narrow = inside.secret
    assert narrow != wide
    assert "release (narrowed)" in inside.page.content()
    new = old.replace(wide, narrow)
    for remote in (old, new):
        assert person.git("ls-remote", remote).worked, "both work for the grace"
    person.commit(clone)
    assert not person.git("push", new, "HEAD:main", at=clone).worked
    inside.follow("Follow the replacement")
    assert narrow not in inside.page.content()
    assert "Both work now." in inside.text
    inside.press("Finish: revoke this one now")
    assert "the narrower one works alone now" in inside.text
    assert not person.git("ls-remote", old).worked
    assert person.git("ls-remote", new).worked

    inside.go(address)
    inside.follow("release (narrowed)")
    assert "Both work now." not in inside.text
    assert "too early to tell" in inside.text


def test_the_page_of_our_own_api_sends_what_its_form_describes(notes, inside, bitpail):
    inside.go(f"{PLACE}new?scopes=repository:write")
    inside.fill(label="release")
    inside.press("Create")
    wide = inside.secret

    inside.go("/bitpail/1/docs#tokens_repository_replace")
    form = inside.page.locator("#tokens_repository_replace")
    for name, value in (("workspace", "acme"), ("repo_slug", "notes"), ("app_password", "release")):
        form.get_by_label(name, exact=True).fill(value)
    form.get_by_label("Body, as JSON").fill('{"permissions": ["repository"]}')
    form.get_by_role("button", name="Send").click()

    answer = form.get_by_role("region", name="Answer to Replace by a narrower one")
    expect(answer).to_contain_text("201 Created")
    expect(answer).to_contain_text('"release (narrowed)"')
    assert wide not in answer.inner_text()
