"""A browser without script: keeps cookies, reads forms, and sends them as they stand."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from support.asgi import Answer, Client

PASSWORD = "correct horse battery staple"


class Form:
    """One form of a page, with what its fields hold now."""

    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[str] = []


class Page(HTMLParser):
    """What a browser makes of the HTML: forms, and the state of each check box."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.boxes: dict[str, dict[str, Any]] = {}
        self.links: list[str] = []
        self.inline: list[str] = []
        self.values: dict[str, str] = {}
        self._select: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        has = dict(attrs)
        self.inline += [name for name in has if name == "style" or name.startswith("on")]
        if (tag == "script" and "src" not in has) or tag == "style":
            self.inline.append(tag)
        if tag == "form":
            self.forms.append(Form(has.get("action", "")))
        if tag == "a" and "href" in has:
            self.links.append(has["href"])
        if "id" in has and "value" in has:
            self.values[has["id"]] = has["value"]
        if tag == "input" and has.get("type") == "checkbox" and has.get("name") == "scopes":
            self.boxes[has["value"]] = {"ticked": "checked" in has, "locked": "disabled" in has}
        if not self.forms:
            return
        if tag == "input" and "name" in has and "disabled" not in has:
            if has.get("type") != "checkbox" or "checked" in has:
                self.forms[-1].fields.append((has["name"], has.get("value", "on")))
        elif tag == "textarea" and "name" in has:
            self.forms[-1].fields.append((has["name"], ""))
        elif tag == "select":
            self._select = has["name"]
        elif tag == "option" and self._select and "selected" in has:
            self.forms[-1].fields.append((self._select, has["value"]))
        elif tag == "button" and has.get("type") != "button":
            self.forms[-1].buttons.append(has.get("formaction", self.forms[-1].action))

    def form(self, action: str) -> Form:
        return next(form for form in self.forms if action in (form.action, *form.buttons))


class Browser:
    """Talks to the application like a person's browser."""

    def __init__(self, application: Any, **more: Any) -> None:
        self._client = Client(application, **more)
        self.cookies: dict[str, str] = {}
        self.set: dict[str, str] = {}

    async def ask(self, method: str, path: str, *, fields: Any = None, headers: Any = ()) -> Answer:
        sent = [*headers]
        if self.cookies:
            sent.append(("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items())))
        if fields is not None:
            answer = await self._client.send_form(method, path, fields, headers=sent)
        else:
            answer = await self._client.request(method, path, headers=sent)
        for name, value in answer.raw_headers:
            if name == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, header: str) -> None:
        name, _, value = header.partition(";")[0].partition("=")
        self.set[name] = header
        if "max-age=0" in header.lower():
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def follow(self, answer: Answer) -> Answer:
        """Where a redirect leads; it must be this server."""
        assert answer.status == 303, answer
        target = answer.headers["location"]
        assert not urlsplit(target).netloc, target
        return await self.get(target)

    async def submit(
        self, path: str, action: str | None = None, *, page: Answer | None = None, **fields: Any
    ) -> Answer:
        """Open a page, fill in its form and send it."""
        shown = Page((page or await self.get(path)).text)
        form = shown.form(action or path)
        filled = [(name, value) for name, value in form.fields if name not in fields]
        for name, value in fields.items():
            filled += [(name, one) for one in (value if isinstance(value, list) else [value])]
        return await self.ask("POST", action or form.action, fields=filled)

    async def upload(self, path: str, action: str, name: str, content: bytes) -> Answer:
        """Open a page, choose a file in one of its forms and send that."""
        edge, pieces = "----edge", []
        for field, value in Page((await self.get(path)).text).form(action).fields:
            if field != name:
                head = f'--{edge}\r\ncontent-disposition: form-data; name="{field}"'
                pieces.append(f"{head}\r\n\r\n{value}\r\n")
        named = f'content-disposition: form-data; name="{name}"; filename="../../-é.png"'
        pieces.append(f"--{edge}\r\n{named}\r\ncontent-type: text/html\r\n\r\n")
        body = "".join(pieces).encode() + content + f"\r\n--{edge}--\r\n".encode()
        return await self.send("POST", action, body, f"multipart/form-data; boundary={edge}")

    async def send(self, method: str, path: str, body: bytes, content_type: str) -> Answer:
        """Anything at all, with the cookies that there are."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return await self._client.request(
            method, path, headers=[("cookie", cookies), ("content-type", content_type)], body=body
        )

    async def log_in(self, username: str, password: str, *, following: str = "") -> Answer:
        path = f"/login?next={following}" if following else "/login"
        return await self.submit(path, "/login", username=username, password=password)


def secret_in(answer: Answer) -> str:
    """The one secret that a page shows."""
    found = set(re.findall(r"bp_[0-9A-Za-z]{36}", answer.text))
    assert len(found) == 1, found
    return found.pop()
