"""One commit: what it says, what it changes, what builds and people say of it."""

from markupsafe import Markup
from msgspec import Struct
from starlette.responses import Response, StreamingResponse

from bitpail.errors import BitpailError
from bitpail.http.streams import started
from bitpail.model.access import Access, Need
from bitpail.model.commit_comments import LIVE, CommitComment
from bitpail.model.permissions import Permission
from bitpail.services import approvals, build_statuses, commit_comments, commits, diffs, refs
from bitpail.services.access import Refused, to_repository
from bitpail.services.diffs import How
from bitpail.services.refs import BRANCHES, TAGS
from bitpail.web import diff
from bitpail.web.commits import title_of
from bitpail.web.errors import status_of
from bitpail.web.pages import rendered
from bitpail.web.repository import COMMITS, below, render_in
from bitpail.web.request import WebRequest
from bitpail.wire.query_kinds import Asked

APPROVE = Need(signed_in=True, granted=True)

_MOST_REFS = 20
_MOST_COMMENTS = 50
_LONGEST_MESSAGE = 20_000
_DONE = {
    "said": "Comment added.",
    "changed": "Comment changed.",
    "deleted": "Comment deleted.",
    "approved": "You approve of this commit.",
    "withdrawn": "You no longer approve of this commit.",
}


class Said(Struct, frozen=True):
    """A comment as it is shown, with those that answer it; who looks may change or delete it, or not."""

    comment: CommitComment
    html: Markup
    answers: "list[Said]"
    may_change: bool
    may_delete: bool


class Typed(Struct, frozen=True):
    """What was sent and refused: shown again. ``number`` is the comment that it was to change."""

    error: str
    content: str = ""
    parent: str = ""
    number: str = ""
    path: str = ""
    line: str = ""
    side: str = ""


async def one(request: WebRequest, access: Access) -> Response:
    """``GET .../commits/{commit}``."""
    return await page(request, access)


async def page(
    request: WebRequest, access: Access, typed: Typed | None = None, status: int = 200
) -> Response:
    """The page, with what was typed into it."""
    site, revision = request.site, request.parameters["commit"]
    commit = await commits.one(site, access, revision)
    number = _page_of_comments(request)
    said = await commit_comments.page(
        site, access, commit.hash, Asked(), (number - 1) * _MOST_COMMENTS, _MOST_COMMENTS
    )
    threads = await _threads(access, said.comments)
    by_number = {thread.comment.number: thread for thread in threads}
    inline = [thread.comment for thread in threads if thread.comment.inline]
    found, shown = await diff.shown(request, access, commit.hash, inline)
    on_page = {
        comment.number
        for file in shown.files
        for comment in [*file.elsewhere, *(c for block in file.blocks for c in block.comments)]
    }
    pointing = await refs.page(
        site,
        access,
        (BRANCHES, TAGS),
        0,
        _MOST_REFS,
        lambda all_: [r for r in all_ if r.peeled == commit.hash],
    )
    title, rest = title_of(commit.message[:_LONGEST_MESSAGE])
    took_part = await approvals.participants(site, access, commit.hash)
    user = request.logged_in.user if request.logged_in else None
    return render_in(
        request,
        access,
        "commit.html",
        COMMITS,
        status,
        commit=commit,
        title=title,
        rest=await rendered(rest) if rest else None,
        people=await commits.people(site, [commit]),
        at=below(access, "commits", commit.hash),
        parents=[(parent, below(access, "commits", parent)) for parent in commit.parents],
        pointing=[
            (
                one.ref.short,
                "branch" if one.ref.name.startswith(BRANCHES) else "tag",
                below(
                    access,
                    "commits/branch" if one.ref.name.startswith(BRANCHES) else "commits/tag",
                    one.ref.short,
                ),
            )
            for one in pointing.refs
        ],
        statuses=await build_statuses.of_commit(site, access, commit.hash),
        approved=[one.user for one in took_part if one.approved_on is not None],
        have_approved=any(user and one.user.id == user.id and one.approved_on for one in took_part),
        may_say=user is not None,
        may_approve=await _may_approve(request, access),
        diff=shown,
        compared_with=found.old,
        said=[thread for thread in threads if thread.comment.number not in on_page],
        thread_of=by_number,
        size_of_comments=said.size,
        newer_comments=request.changed(comments=str(number - 1)) if number > 1 else None,
        older_comments=(
            request.changed(comments=str(number + 1)) if number * _MOST_COMMENTS < said.size else None
        ),
        typed=typed or Typed(""),
        done=_DONE.get(request.query.get("done", "")),
    )


async def raw(request: WebRequest, access: Access) -> Response:
    """``GET .../commits/{commit}/raw``: the differences as git prints them, and nothing that a browser would run."""
    pieces = await diffs.text(request.site, access, request.parameters["commit"], How())
    response = StreamingResponse(await started(pieces), media_type="text/plain; charset=utf-8")
    response.headers["Content-Disposition"] = "inline"
    return response


def refused(request: WebRequest, error: BitpailError) -> tuple[Typed, int]:
    """What was sent, to be shown again beside what is wrong with it, and the status."""
    form = request.form
    typed = Typed(
        error.message,
        content=form.get("content", ""),
        parent=form.get("parent", ""),
        number=request.parameters.get("comment_id", ""),
        path=form.get("path", ""),
        line=form.get("line", ""),
        side=form.get("side", ""),
    )
    return typed, status_of(error)


async def _may_approve(request: WebRequest, access: Access) -> bool:
    """Only who was granted something: that everybody may read a public repository lets nobody approve."""
    if request.logged_in is None or access.repository.is_private or access.held > Permission.READ:
        return request.logged_in is not None
    try:
        await to_repository(
            request.site, access.actor, APPROVE, access.workspace.slug, access.repository.slug
        )
    except Refused:
        return False
    return True


def _page_of_comments(request: WebRequest) -> int:
    text = request.query.get("comments", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


async def _threads(access: Access, listed: list[CommitComment]) -> list[Said]:
    """Each with its answers below it; one whose parent is on another page begins a thread."""
    user = access.actor.user
    made: dict[int, Said] = {}
    begin: list[Said] = []
    for comment in listed:
        is_own = user is not None and comment.user is not None and comment.user.id == user.id
        is_live = comment.state == LIVE
        said = Said(
            comment,
            await rendered(comment.content) if is_live else Markup(""),
            [],
            may_change=is_own and is_live,
            may_delete=is_live and (is_own or (user is not None and access.held >= Permission.ADMIN)),
        )
        made[comment.number] = said
        above = made.get(comment.parent) if comment.parent is not None else None
        (above.answers if above else begin).append(said)
    return begin
