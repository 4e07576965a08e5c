"""Somebody at a real browser. Whatever the browser complains about, or asks another host for, is written down."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, expect
from support.browser import PASSWORD

SETTINGS = "/account/settings/"
APP_PASSWORDS = f"{SETTINGS}app-passwords/"
SECRET = re.compile(r"bp[at]?_[0-9A-Za-z]{36}")

# The browser reports the status of a page that says "wrong password" or "not found" as an error of loading.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
_PATIENCE = 60_000
expect.set_options(timeout=_PATIENCE)


class Visitor:
    """``page`` is Playwright's; ``complaints`` must be empty when the test ends."""

    def __init__(self, context: BrowserContext, home: str) -> None:
        self.context = context
        self.home = home
        self.complaints: list[str] = []
        self.hosts = {urlsplit(home).netloc}
        self._requests: list[Request] = []
        context.set_default_timeout(_PATIENCE)
        context.on("console", self._said)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._asked)
        context.on("dialog", self._asked_back)
        context.on("requestfinished", self._loaded)
        self.page: Page = context.new_page()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not _STATUS.match(message.text):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc not in self.hosts:
            self.complaints.append(f"another host: {request.url}")

    def _loaded(self, request: Request) -> None:
        self._requests.append(request)

    def _asked_back(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def blamed(self, words: str) -> None:
        """What a test provokes on purpose: the browser has complained with these words, and of nothing else."""
        assert self.complaints
        assert all(words in complaint for complaint in self.complaints), self.complaints
        self.complaints.clear()

    def weight(self) -> int:
        """The bytes of the page that is open, with its headers and with all that this browser had to load for it."""
        document = [request for request in self._requests if request.is_navigation_request()][-1:]
        # The first time: afterwards the browser has it already.
        others = {one.url: one for one in reversed(self._requests) if not one.is_navigation_request()}
        sizes = [request.sizes() for request in (*document, *others.values())]
        return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)

    def move(self, home: str) -> None:
        """Go on at another server."""
        self.home = home
        self.hosts.add(urlsplit(home).netloc)

    def go(self, path: str) -> int:
        """Open a page of the server; its status."""
        answer = self.page.goto(self.home + path)
        return answer.status if answer else 0

    @property
    def at(self) -> str:
        """The path and query of the page that is open."""
        assert self.page.url.startswith(self.home), self.page.url
        return self.page.url.removeprefix(self.home)

    @property
    def text(self) -> str:
        """What stands on the page, as one reads it."""
        return self.page.inner_text("main")

    def fill(self, **fields: str) -> None:
        """Write into fields by their ids."""
        for name, value in fields.items():
            self.page.locator(f"#{name}").fill(value)

    def press(self, button: str) -> None:
        """Press a button of the page by its name, and wait for the page that follows."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("button", name=button, exact=True).click()

    def follow(self, link: str) -> None:
        """Follow a link of the page by its name."""
        with self.page.expect_navigation():
            self.page.get_by_role("main").get_by_role("link", name=link, exact=True).click()

    def log_in(self, name: str = "ada", password: str = PASSWORD) -> "Visitor":
        """Fill in the log-in, from wherever one is; the visitor itself."""
        if not self.page.url.startswith(f"{self.home}/login"):
            self.go("/login")
        self.fill(username=name, password=password)
        self.press("Log in")
        return self

    def log_out(self) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("banner").get_by_role("button", name="Log out").click()

    def create(self, label: str, *scopes: str, **limits: str) -> str:
        """Create an app password in its form; the secret."""
        self.go(f"{APP_PASSWORDS}new?{urlencode({'scopes': ','.join(scopes), **limits})}")
        self.fill(label=label)
        self.press("Create")
        return self.secret

    @property
    def secret(self) -> str:
        """The one secret that the page shows."""
        found = set(SECRET.findall(self.page.content()))
        assert len(found) == 1, found
        return found.pop()

    @property
    def commands(self) -> dict[str, str]:
        """The commands that the page shows to be copied, by their titles."""
        titles = self.page.locator(".command h3").all_inner_texts()
        return dict(zip(titles, self.page.locator(".command pre").all_inner_texts(), strict=True))


@contextmanager
def visiting(browser: Browser, home: str, **options: Any) -> Iterator[Visitor]:
    """A browser that nobody has used yet. Complaints fail the test when it is closed."""
    context = browser.new_context(**options)
    try:
        visitor = Visitor(context, home)
        yield visitor
        assert visitor.complaints == [], visitor.complaints
    finally:
        context.close()
