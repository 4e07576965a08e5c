"""What should come of each operation for each holder and each scope: the second opinion, worked out.

Scopes of the REST API are the contract's; those of Git are stated here by hand. What
a scope covers comes from the independent table, what is needed from ``authorisation.py``.
"""

from dataclasses import dataclass, field

from authorisation import (
    ACCOUNT,
    MEMBERS,
    NEEDS,
    OWN_MEMBERSHIP,
    PERSONAL,
    PROJECT,
    REPOSITORY,
    SELF,
    SITE,
    Held,
    Need,
    in_contract,
)
from support.contract import contract, independent_implications

_R = "/2.0/repositories/{workspace}/{repo_slug}"


@dataclass(frozen=True)
class Holder:
    """What somebody was given: on the repository, and in its workspace."""

    repository: Held
    workspace: Held
    anonymous: bool = False
    project: Held | None = None
    """None: what is held on the workspace."""


HOLDERS = {
    "stranger": Holder(Held.NONE, Held.NONE),
    "reader": Holder(Held.READ, Held.READ),
    "writer": Holder(Held.WRITE, Held.READ),
    "administrator": Holder(Held.ADMIN, Held.READ),
    "member": Holder(Held.NONE, Held.READ),
    "collaborator": Holder(Held.NONE, Held.WRITE),
    "owner": Holder(Held.ADMIN, Held.ADMIN),
    # Has a workspace and all that is in it; nothing of these.
    "outsider": Holder(Held.NONE, Held.NONE),
}
PROJECT_HOLDERS = {
    # Whatever is granted on a project is held on its repositories too.
    "project-writer": Holder(Held.WRITE, Held.READ, project=Held.READ),
    "project-admin": Holder(Held.ADMIN, Held.READ, project=Held.ADMIN),
}
"""Ask only for what is about a project."""

ANONYMOUS = Holder(Held.NONE, Held.NONE, anonymous=True)


@dataclass(frozen=True)
class Operation:
    """One thing a client can ask for. ``scopes``: alternatives, each to be held whole."""

    method: str
    template: str
    need: Need
    scopes: list[set[str]]
    is_git: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


def rest() -> list[Operation]:
    """The REST API; a change is asked for with a body that changes nothing."""
    return [
        Operation(
            method,
            template,
            need,
            contract().security(method, in_contract(template)),
            headers={"content-type": "application/json"} if method in {"POST", "PUT"} else {},
            body=need.body if method in {"POST", "PUT"} else b"",
        )
        for (method, template), need in NEEDS.items()
    ]


def git() -> list[Operation]:
    """Both services of Git, their refs and their endpoints, for code and for the wiki; archives."""
    archive = "/{workspace}/{repo_slug}.git/get/{name...}"
    found = [Operation("GET", archive, Need(REPOSITORY, Held.READ), [{"repository"}], is_git=True)]
    for base, fetch, push in [("", "repository", "repository:write"), ("/wiki", "wiki", "wiki")]:
        for service, permission, scope in [
            ("git-upload-pack", Held.READ, fetch),
            ("git-receive-pack", Held.WRITE, push),
        ]:
            root, need = f"/{{workspace}}/{{repo_slug}}.git{base}", Need(REPOSITORY, permission)
            refs = f"{root}/info/refs?service={service}"
            kind = {"content-type": f"application/x-{service}-request"}
            found += [
                Operation("GET", refs, need, [{scope}], is_git=True),
                # One flush packet: nothing is wanted, nothing is pushed.
                Operation("POST", f"{root}/{service}", need, [{scope}], True, kind, b"0000"),
            ]
    return found


Granted = str | frozenset[str] | None
Outcome = tuple[int, str]
"""The status, and for a 403 what was missing."""


def expected(operation: Operation, holder: Holder, granted: Granted, *, public: bool) -> Outcome:
    """What should come of it; ``granted`` is the one scope of the credential, or all of an API token."""
    need = operation.need
    if need.on == SELF and not holder.anonymous and not _covered(granted, operation.scopes):
        # Whose account it is matters only to a credential that may look at accounts.
        return 403, "scope"
    if need.on in {MEMBERS, OWN_MEMBERSHIP}:
        return _membership(operation, holder, granted, public=public)
    held = _held(need, holder, public=public)
    if held is Held.NONE and need.or_makes_one:
        need = NEEDS["POST", _R]
        held = _held(need, holder, public=public)
    if held is Held.NONE:
        return (401, "") if operation.is_git and holder.anonymous else (404, "")
    if holder.anonymous and (need.signed_in or held < need.permission):
        return 401, ""
    if held < need.permission or (need.granted and holder.repository is Held.NONE):
        return 403, "permission"
    if not holder.anonymous and not _covered(granted, operation.scopes):
        return 403, "scope"
    return need.allowed, ""


_BELONG = ("member", "collaborator", "owner")


def _membership(operation: Operation, holder: Holder, granted: Granted, *, public: bool) -> Outcome:
    if operation.need.on == MEMBERS and holder.workspace is Held.NONE and not public:
        return 404, ""
    if holder.anonymous:
        return 401, ""
    if not _covered(granted, operation.scopes):
        return 403, "scope"
    if any(holder is HOLDERS[name] for name in _BELONG):
        return operation.need.allowed, ""
    return (404, "") if operation.need.on == OWN_MEMBERSHIP else (403, "permission")


def _held(need: Need, holder: Holder, *, public: bool) -> Held:
    if need.on == ACCOUNT:
        return Held.ADMIN
    if need.on == SITE:
        return Held.READ
    if need.on == SELF:
        return Held.ADMIN if holder is HOLDERS["owner"] else Held.READ
    if need.on == PERSONAL:
        return Held.ADMIN if holder is HOLDERS["owner"] else Held.NONE
    given = holder.repository if need.on == REPOSITORY else holder.workspace
    if need.on == PROJECT and holder.project is not None:
        given = holder.project
    return max(given, Held.READ) if public else given


def _covered(granted: Granted, alternatives: list[set[str]]) -> bool:
    if isinstance(granted, frozenset):
        # Scopes of API tokens stand for themselves.
        held = set(granted)
    else:
        held = {granted, *independent_implications().get(granted, ())} if granted else set()
    return not alternatives or any(wanted <= held for wanted in alternatives)
