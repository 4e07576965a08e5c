"""What may not be done to branches, on a repository's page of settings."""

import re

from starlette.responses import Response

from bitpail.errors import BitpailError, Invalid
from bitpail.model.access import Access
from bitpail.model.branch_restrictions import LEAST_VALUE, WITH_EXCEPTIONS, Kind, MatchKind
from bitpail.model.branching_models import BranchType
from bitpail.services import branch_restrictions
from bitpail.services.branch_restrictions import Told, UserName
from bitpail.web.creating import WRONG
from bitpail.web.parts import part
from bitpail.web.repository_settings import settings_address, settings_page
from bitpail.web.request import WebRequest, see_other

_PART = "branch-permissions/"
_LONGEST_NUMBER = 9

KINDS = {
    Kind.PUSH: "Nobody pushes, but those who are excepted",
    Kind.FORCE: "Nobody rewrites history",
    Kind.DELETE: "Nobody deletes the branch",
    Kind.RESTRICT_MERGES: "Nobody merges pull requests, but those who are excepted",
    Kind.APPROVALS: "A merge needs so many approvals",
    Kind.DEFAULT_REVIEWER_APPROVALS: "A merge needs so many approvals of default reviewers",
    Kind.REVIEW_GROUP_APPROVALS: "A merge needs so many approvals of review groups",
    Kind.NO_CHANGES_REQUESTED: "No merge while changes are requested",
    Kind.PASSING_BUILDS: "A merge needs so many builds that passed",
    Kind.TASKS_COMPLETED: "No merge while tasks are open",
    Kind.COMMENTS_RESOLVED: "No merge while comments are not resolved",
    Kind.COMMITS_BEHIND: "A merge may lag behind by so many commits",
    Kind.DEPENDENCIES_MERGED: "No merge before what it depends on is merged",
    Kind.RESET_APPROVALS: "Approvals lapse when the pull request changes",
    Kind.SMART_RESET_APPROVALS: "Approvals lapse when its differences change",
    Kind.RESET_CHANGES_REQUESTED: "Requests for changes lapse when it changes",
    Kind.ENFORCE_MERGE_CHECKS: "No merge while a check fails",
    Kind.AUTO_MERGE: "Merges by itself once builds pass, where that is asked for",
}
"""Each in words."""


async def page(request: WebRequest, access: Access) -> Response:
    """``GET .../admin/branch-permissions``."""
    return await _page(request, access)


async def _page(request: WebRequest, access: Access, error: BitpailError | None = None) -> Response:
    names = ("kind", "branches", "pattern", "value", "users", "groups")
    return settings_page(
        request,
        access,
        "settings_branch_restrictions.html",
        error,
        part=part(request, await branch_restrictions.of_repository(request.site, access)),
        kinds=KINDS,
        types=list(BranchType),
        with_value=LEAST_VALUE,
        with_exceptions=WITH_EXCEPTIONS,
        form={name: request.form.get(name, "") for name in names},
    )


async def change(request: WebRequest, access: Access) -> Response:
    """``POST .../admin/branch-permissions``: one more or one less, as the button ``do`` says."""
    do = request.form.get("do")
    try:
        if do == "add":
            await branch_restrictions.create(request.site, access, _told(request))
        elif do == "remove":
            number = _number(request.form.get("number", ""), "number")
            await branch_restrictions.remove(request.site, access, number or 0)
        else:
            raise Invalid("there is no such button")
    except WRONG as error:
        return await _page(request, access, error)
    return see_other(settings_address(access, _PART, "added" if do == "add" else "removed"))


def _told(request: WebRequest) -> Told:
    form = request.form
    if form.get("kind", "") not in list(Kind):
        raise Invalid("kind: choose what may not be done")
    kind, branches = Kind(form.get("kind", "")), form.get("branches", "")
    if branches and branches not in list(BranchType):
        raise Invalid("there are no branches of that kind")
    if not branches and not form.get("pattern", "").strip():
        raise Invalid("say which branches: a name or a pattern")
    may_except = kind in WITH_EXCEPTIONS
    return Told(
        kind=kind,
        match_kind=MatchKind.BRANCHING_MODEL if branches else MatchKind.GLOB,
        branch_type=BranchType(branches) if branches else None,
        pattern=None if branches else form.get("pattern", "").strip(),
        value=_number(form.get("value", ""), "number") if kind in LEAST_VALUE else None,
        users=[UserName(username=one) for one in _words(form.get("users", ""))] if may_except else (),
        group_slugs=_words(form.get("groups", "")) if may_except else (),
    )


def _number(text: str, what: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _LONGEST_NUMBER:
        raise Invalid(f"{what}: not a whole number: {text[:20]!r}")
    return int(text)


def _words(text: str) -> list[str]:
    return [part for part in re.split(r"[\s,]+", text) if part]
