"""The branches and the tags of a repository: looked through, made and deleted as pushes are."""

from msgspec import Struct
from starlette.responses import Response

from bitpail.errors import BitpailError, Conflict, Invalid, NotFound
from bitpail.model.access import Access
from bitpail.model.commits import Commit
from bitpail.model.users import User
from bitpail.services import ref_lists, refs
from bitpail.services.ref_lists import Distance, Look, RefList, Shown
from bitpail.services.ref_updates import PushRefused
from bitpail.services.refs import BRANCHES, TAGS
from bitpail.web.commits import title_of
from bitpail.web.errors import status_of
from bitpail.web.repository import BRANCHES as TAB
from bitpail.web.repository import address, below, render_in, segment
from bitpail.web.request import WebRequest, see_other

_LISTED = 30
_LONGEST_SEARCH = 200
_LONGEST_MESSAGE = 4000
_DONE = {"created": "It was created.", "deleted": "It was deleted."}


class Listed(Struct, frozen=True):
    """A branch or tag: its commit, or none for a tag of something else; who made it, what it says."""

    name: str
    commit: Commit | None
    title: str
    who: str
    time: int | None
    user: User | None
    is_main: bool
    distance: Distance | None
    history: str
    tree: str
    at_commit: str
    compared: str | None
    archive: str


class Typed(Struct, frozen=True):
    """What stands in the form, and what is wrong with it."""

    error: str = ""
    name: str = ""
    target: str = ""
    message: str = ""


async def branches(request: WebRequest, access: Access) -> Response:
    """``GET .../branches``."""
    return await _page(request, access, BRANCHES)


async def tags(request: WebRequest, access: Access) -> Response:
    """``GET .../tags``."""
    return await _page(request, access, TAGS)


async def create_branch(request: WebRequest, access: Access) -> Response:
    """``POST .../branches``."""
    return await _create(request, access, BRANCHES)


async def create_tag(request: WebRequest, access: Access) -> Response:
    """``POST .../tags``: an annotated one."""
    return await _create(request, access, TAGS)


async def delete_branch(request: WebRequest, access: Access) -> Response:
    """``POST .../branches/delete``."""
    return await _delete(request, access, BRANCHES)


async def delete_tag(request: WebRequest, access: Access) -> Response:
    """``POST .../tags/delete``."""
    return await _delete(request, access, TAGS)


async def listed(
    request: WebRequest, access: Access, prefix: str, *, far: bool
) -> tuple[RefList, list[Listed]]:
    """Those that the query asks for."""
    look = Look(
        search=request.query.get("search", "")[:_LONGEST_SEARCH].strip(),
        by_name=request.query.get("sort") == "name",
        offset=(request.page_number() - 1) * _LISTED,
        count=_LISTED,
    )
    found = await ref_lists.page(request.site, access, prefix, look, far=far)
    return found, [_listed(access, prefix, one, found) for one in found.refs]


async def _page(
    request: WebRequest, access: Access, prefix: str, typed: Typed | None = None, status: int = 200
) -> Response:
    # The history between two branches may be long: the page comes first, its numbers after it.
    far = request.query.get("distances") == "1"
    found, shown = await listed(request, access, prefix, far=far)
    is_whole = far or all(one.is_main or one.distance for one in shown) or not found.main
    number = request.page_number()
    search = request.query.get("search", "")[:_LONGEST_SEARCH].strip()
    return render_in(
        request,
        access,
        "refs.html",
        TAB,
        status,
        kind="branch" if prefix == BRANCHES else "tag",
        kinds="branches" if prefix == BRANCHES else "tags",
        listed=shown,
        size=found.size,
        total=found.total,
        main=found.main,
        with_distances=None if prefix == TAGS or is_whole else request.changed(distances="1"),
        search=search,
        by_name=found.is_by_name,
        most_dated=ref_lists.MOST_DATED,
        previous=request.neighbour(number - 1) if number > 1 else None,
        following=request.neighbour(number + 1) if number * _LISTED < found.size else None,
        typed=typed or Typed(target=found.main or ""),
        opened=typed is not None and bool(typed.name or typed.error),
        done=_DONE.get(request.query.get("done", "")),
    )


async def _create(request: WebRequest, access: Access, prefix: str) -> Response:
    form = request.form
    typed = Typed(
        "", form.get("name", "").strip(), form.get("target", "").strip(), form.get("message", "").strip()
    )
    try:
        if prefix == BRANCHES:
            await refs.create_branch(request.site, access, typed.name, typed.target)
        else:
            await refs.create_tag(request.site, access, typed.name, typed.target, typed.message or None)
    except (Invalid, Conflict, NotFound, PushRefused) as error:
        return await _again(request, access, prefix, error, typed)
    return see_other(f"{_home(access, prefix)}?done=created")


async def _delete(request: WebRequest, access: Access, prefix: str) -> Response:
    try:
        await refs.delete(request.site, access, prefix, request.form.get("name", ""))
    except (Invalid, Conflict, NotFound, PushRefused) as error:
        return await _again(request, access, prefix, error, Typed())
    return see_other(f"{_home(access, prefix)}?done=deleted")


async def _again(
    request: WebRequest, access: Access, prefix: str, error: BitpailError, typed: Typed
) -> Response:
    """The page with what is wrong and with what was typed."""
    wrong = Typed(error.message, typed.name, typed.target, typed.message)
    return await _page(request, access, prefix, wrong, status_of(error))


def _home(access: Access, prefix: str) -> str:
    return f"{address(access.workspace, access.repository)}/{'branches' if prefix == BRANCHES else 'tags'}/"


def _listed(access: Access, prefix: str, one: Shown, found: RefList) -> Listed:
    name, commit, tag = one.described.ref.short, one.described.commit, one.described.tag
    said = tag.message if tag else commit.message if commit else ""
    made = tag.tagger if tag and tag.tagger else commit.author if commit else None
    user = found.people.get(made.email.lower()) if made else None
    at = below(access, "commits/branch" if prefix == BRANCHES else "commits/tag", name)
    can_compare = prefix == BRANCHES and found.main is not None and not one.is_main
    return Listed(
        name=name,
        commit=commit,
        title=title_of(said[:_LONGEST_MESSAGE])[0] if said else "",
        who=(user.display_name if user else made.name or made.email) if made else "",
        time=made.time if made else None,
        user=user,
        is_main=one.is_main,
        distance=one.distance,
        history=at,
        tree=below(access, "src", name) + "/",
        at_commit=below(access, "commits", one.described.ref.peeled),
        compared=compare_at(access, name, found.main or "") if can_compare else None,
        archive=below(access, "get") + "/" + segment(name, safe="/"),
    )


def compare_at(access: Access, source: str, destination: str) -> str:
    """What one has that the other has not; as Bitbucket's addresses have it, a carriage return between them."""
    return f"{below(access, 'branches/compare')}/{segment(source)}%0D{segment(destination)}"
