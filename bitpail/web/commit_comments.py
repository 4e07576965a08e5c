"""What people say of a commit at its page, and that they approve of it."""

from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.access import Access
from bitpail.model.commit_comments import Inline
from bitpail.services import approvals
from bitpail.services import commit_comments as service
from bitpail.web import commit, diff
from bitpail.web.repository import below
from bitpail.web.request import WebRequest, see_other


async def add(request: WebRequest, access: Access) -> Response:
    """``POST .../commits/{commit}/comments``: of all of it, of a file or a line, or an answer."""
    try:
        _refuse_text(request.form.get("content", ""))
        made = await service.create(
            request.site,
            access,
            request.parameters["commit"],
            request.form.get("content", ""),
            _place(request),
            _number(request.form.get("parent", ""), "parent"),
        )
    except (Invalid, NotFound, Conflict) as error:
        return await _again(request, access, error)
    return _back(request, access, "said", f"#comment-{made.number}")


async def change(request: WebRequest, access: Access) -> Response:
    """``POST .../comments/{comment_id}``."""
    number = request.parameters["comment_id"]
    content = request.form.get("content", "")
    try:
        _refuse_text(content)
        await service.change(request.site, access, request.parameters["commit"], number, content)
    except Invalid as error:
        return await _again(request, access, error)
    return _back(request, access, "changed", f"#comment-{number}")


async def delete(request: WebRequest, access: Access) -> Response:
    """``POST .../comments/{comment_id}/delete``."""
    commit_name, number = request.parameters["commit"], request.parameters["comment_id"]
    await service.delete(request.site, access, commit_name, number)
    return _back(request, access, "deleted")


async def approve(request: WebRequest, access: Access) -> Response:
    """``POST .../commits/{commit}/approve``."""
    await approvals.approve(request.site, access, request.parameters["commit"])
    return _back(request, access, "approved")


async def withdraw(request: WebRequest, access: Access) -> Response:
    """``POST .../commits/{commit}/withdraw``."""
    await approvals.withdraw(request.site, access, request.parameters["commit"])
    return _back(request, access, "withdrawn")


def _place(request: WebRequest) -> Inline | None:
    path = request.form.get("path", "")
    if not path:
        return None
    line = _number(request.form.get("line", "").strip(), "line")
    if request.form.get("side") == "old":
        return Inline(path, from_line=line)
    return Inline(path, to_line=line)


def _refuse_text(content: str) -> None:
    if not content.strip():
        raise Invalid("the comment is empty: write something")
    if len(content) > service.CONTENT_LENGTH:
        most = service.CONTENT_LENGTH
        raise Invalid(
            f"the comment is {len(content)} characters long, and may have at most {most}: shorten it"
        )


def _number(text: str, name: str) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 10:
        raise Invalid(f"{name}: must be a number, not {text[:20]!r}")
    return int(text)


async def _again(request: WebRequest, access: Access, error: BitpailError) -> Response:
    typed, status = commit.refused(request, error)
    return await commit.page(request, access, typed, status)


def _back(request: WebRequest, access: Access, done: str, end: str = "") -> Response:
    at = below(access, "commits", request.parameters["commit"])
    return see_other(f"{at}{diff.look(request).address(done=done)}{end}")
