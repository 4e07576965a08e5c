"""What Mallory tries on somebody's real browser."""

from urllib.parse import urlencode

import pytest
from support import other_site
from support.browser import PASSWORD
from support.visitor import APP_PASSWORDS, SETTINGS

# Several in one: each visit of a page costs a quarter of a second.
MARKUP = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>'-alert(1)-'javascript:alert(1)",
    '"><svg onload=alert(1)>" autofocus onfocus=alert(1) x="',
    "</title></textarea></pre><iframe srcdoc='<script>alert(1)</script>'><base href=//evil.example>",
    "{{7*7}}${7*7}<%= 7*7 %>&lt;script&gt;alert(1)&lt;/script&gt;<style>*{display:none}</style>",
]

FORMS = {
    SETTINGS: {"display_name": "Mallory"},
    f"{APP_PASSWORDS}new": {"label": "mallory", "scopes": "repository:admin"},
    f"{SETTINGS}sessions/everywhere/": {},
    "/logout": {},
    "/login": {"username": "mallory", "password": PASSWORD},
}

TARGETS = [
    "//{}", "http://{}/", "/\\{}", "/\t/{}", "https:{}", "/.//{}", "javascript:location='http://{}'", "/login?next=//{}",
]  # fmt: skip


@pytest.fixture
def evil():
    with other_site.serving() as site:
        yield site


def test_markup_in_a_label_is_shown_as_it_was_typed_on_every_page(inside):
    for markup in MARKUP:
        inside.go(f"{APP_PASSWORDS}new?scopes=repository")
        inside.fill(label=markup)
        inside.press("Create")
        assert markup in inside.page.locator("label[for=secret]").inner_text()
        assert nothing_foreign(inside)
        inside.follow("I have it")
        newest = inside.page.locator(".card h2").first
        assert newest.inner_text() == markup
        assert nothing_foreign(inside)
        one = newest.get_by_role("link").get_attribute("href")
        for path in (one, f"{one}revoke"):
            inside.go(path)
            assert markup in inside.page.locator("h1").inner_text()
            assert nothing_foreign(inside)


def test_markup_in_a_name_or_in_an_address_is_text(inside):
    for markup in MARKUP:
        inside.go(SETTINGS)
        inside.fill(display_name=markup)
        inside.press("Save")
        assert inside.page.locator("#display_name").input_value() == markup
        assert nothing_foreign(inside)
        inside.go(f"{APP_PASSWORDS}new?{urlencode({'label': markup, 'scopes': markup, 'branches': markup})}")
        assert inside.page.locator("#label").input_value() == markup
        assert nothing_foreign(inside)
        inside.go(f"{APP_PASSWORDS}?{urlencode({'show': markup, 'page': markup, 'done': markup})}")
        assert nothing_foreign(inside)


def test_markup_in_a_browsers_name_is_text_in_the_list_of_sessions(ada, browse):
    visitor = browse(user_agent="<img src=x onerror=alert(1)>").log_in()

    visitor.go(f"{SETTINGS}sessions/")

    assert nothing_foreign(visitor)
    assert "this browser" in visitor.text


def test_no_script_but_the_file_runs_even_where_markup_would_get_in(inside):
    inside.page.evaluate(
        """() => {
            window.ran = [];
            const script = document.createElement("script");
            script.textContent = "window.ran.push('inline')";
            document.body.append(script);
            document.body.insertAdjacentHTML("beforeend", "<img src=data:, onerror=window.ran.push('handler')>");
            document.body.insertAdjacentHTML("beforeend", `<a id=bait href="javascript:window.ran.push('link')">x</a>`);
            document.querySelector("#bait").click();
        }"""
    )
    inside.page.wait_for_timeout(100)

    assert inside.page.evaluate("window.ran") == []
    inside.blamed("Content Security Policy")


def test_the_page_can_not_be_made_to_tell_another_host(inside, evil):
    inside.hosts.add(evil.cross_site)
    inside.page.evaluate(
        """host => {
            for (const tag of ["img", "iframe", "embed", "video"]) {
                const one = document.createElement(tag);
                one.src = `http://${host}/${tag}`;
                document.body.append(one);
            }
            return fetch(`http://${host}/fetch`).catch(() => null);
        }""",
        evil.cross_site,
    )
    inside.page.wait_for_timeout(200)

    assert evil.asked == []
    inside.blamed("Content Security Policy")


@pytest.mark.parametrize("place", ["cross_site", "same_site"])
def test_a_form_of_another_site_changes_nothing(inside, bitpail, evil, place):
    """On another port of this machine it is the same site for cookies: they are sent, and don't suffice."""
    bitpail.user("mallory", password=PASSWORD)
    host = getattr(evil, place)
    inside.hosts.add(host)
    for action, fields in FORMS.items():
        inputs = "".join(f"<input name='{name}' value='{value}'>" for name, value in fields.items())
        evil.pages["/"] = (
            f"<link rel=icon href=data:,><body onload='document.forms[0].submit()'>"
            f"<form method=post action='{bitpail.url}{action}'>{inputs}<input name=form_token value={'0' * 64}>"
        )
        inside.page.goto(f"http://{host}/")
        inside.page.wait_for_url(f"{bitpail.url}/**")

        inside.go(SETTINGS)
        assert inside.page.locator("#username").input_value() == "ada", action
        assert inside.page.locator("#display_name").input_value() == "ada"
        inside.go(APP_PASSWORDS)
        assert "There is none yet." in inside.text


def test_the_pages_can_not_be_framed(inside, bitpail, evil):
    evil.pages["/"] = f"<iframe src='{bitpail.url}{APP_PASSWORDS}new' name=victim></iframe>"
    inside.hosts.add(evil.same_site)

    inside.page.goto(f"http://{evil.same_site}/")

    framed = inside.page.frame("victim")
    assert framed.url.startswith("chrome-error:")
    assert "app password" not in framed.content()
    inside.complaints.clear()


def test_a_session_that_mallory_planted_is_not_the_one_that_logs_in(visitor, browse, bitpail):
    planted = "m" * 43
    for name in ("bitpail_session", "bitpail_visitor"):
        visitor.context.add_cookies([{"name": name, "value": planted, "url": bitpail.url}])

    visitor.log_in()

    assert planted not in {one["value"] for one in visitor.context.cookies() if "session" in one["name"]}
    mallory = browse()
    mallory.context.add_cookies([{"name": "bitpail_session", "value": planted, "url": bitpail.url}])
    mallory.go(SETTINGS)
    assert mallory.at.startswith("/login")


def test_no_script_of_a_page_can_read_the_session(inside):
    assert inside.page.evaluate("document.cookie") == ""
    assert all(one["httpOnly"] and one["sameSite"] == "Lax" for one in inside.context.cookies())


def test_no_link_leads_through_the_log_in_to_another_site(visitor, evil):
    for target in TARGETS:
        visitor.context.clear_cookies()
        visitor.go(f"/login?{urlencode({'next': target.format(evil.cross_site)})}")
        visitor.log_in()

        assert visitor.page.url.startswith(f"{visitor.home}/"), target
        assert evil.asked == []


def nothing_foreign(visitor):
    """No element on the page that is not ours."""
    return visitor.page.evaluate(
        "!document.querySelector('main :is(script, style, iframe, base, img:not(.avatar), svg), [onload], [onerror], [onfocus]')"
        " && [...document.scripts].every(one => one.src.startsWith(location.origin + '/static/'))"
    )
