"""What each operation should ask for, written down once more: a second opinion, not Bitpail's own.

A row for each operation of the REST API, by hand. Who holds what, and what should
come of it, is in ``verdicts.py``; scopes are the contract's.
"""

import re
from dataclasses import dataclass
from enum import IntEnum


class Held(IntEnum):
    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


REPOSITORY, PROJECT, WORKSPACE, ACCOUNT, SITE = "repository", "project", "workspace", "account", "site"
SELF = "self"
"""The account that the path names: the owner's."""
PERSONAL = "personal workspace"
"""That of the account that the path names; nobody was let into it."""
MEMBERS, OWN_MEMBERSHIP = "members", "own membership"
"""Told to members; what one is told of one's own."""


@dataclass(frozen=True)
class Need:
    """``on`` is what the permission is held on; ``allowed`` what whoever may do it hears.

    ``granted``: that everybody may read a public repository is not enough.
    """

    """``on`` is what the permission is held on; ``allowed`` what whoever may do it hears of ``body``."""

    on: str
    permission: Held
    signed_in: bool = False
    allowed: int = 200
    or_makes_one: bool = False
    granted: bool = False
    body: bytes = b"{}"


_ACCOUNT = Need(ACCOUNT, Held.READ, signed_in=True)
_MEMBERS = Need(MEMBERS, Held.READ, signed_in=True)
_SEARCH = Need(WORKSPACE, Held.READ, signed_in=True, allowed=400)
_W = "/2.0/workspaces/{workspace}"
_P = f"{_W}/projects/{{project_key}}"
_READ = Need(REPOSITORY, Held.READ)
_CHANGE = Need(REPOSITORY, Held.WRITE, signed_in=True, allowed=400)
_NOWHERE = Need(REPOSITORY, Held.READ, allowed=404)
_CHANGE_NOWHERE = Need(REPOSITORY, Held.WRITE, signed_in=True, allowed=404)
_R = "/2.0/repositories/{workspace}/{repo_slug}"
_COMMIT = f"{_R}/commit/{{commit}}"
_REPORTS = f"{_COMMIT}/reports"
_PROPERTY = "properties/{app_key}/{property_name}"
_ENVIRONMENTS = f"{_R}/environments"

_KEYS = f"{_R}/deploy-keys"
_MODEL = f"{_R}/branching-model"
_REVIEWER = f"{_R}/default-reviewers/{{target_username}}"
_PROJECT_REVIEWER = f"{_P}/default-reviewers/{{selected_user}}"
_RESTRICTIONS = f"{_R}/branch-restrictions"
_OWN_KEYS = "/2.0/users/{selected_user}/ssh-keys"
_GPG_KEYS = "/2.0/users/{selected_user}/gpg-keys"


def _administer(allowed: int) -> Need:
    return Need(REPOSITORY, Held.ADMIN, signed_in=True, allowed=allowed)


def _grants(root: str, on: str) -> dict[tuple[str, str], Need]:
    """There is no group and no user of that name."""
    rows = {
        ("GET", f"{root}/permissions-config/{whose}"): Need(on, Held.ADMIN, signed_in=True)
        for whose in ("groups", "users")
    }
    for one in ("groups/{group_slug}", "users/{selected_user_id}"):
        for method, allowed in (("GET", 404), ("PUT", 400), ("DELETE", 404)):
            rows[method, f"{root}/permissions-config/{one}"] = Need(
                on, Held.ADMIN, signed_in=True, allowed=allowed
            )
    return rows


def _own(allowed: int) -> Need:
    return Need(SELF, Held.ADMIN, signed_in=True, allowed=allowed)


NEEDS = {
    ("GET", "/2.0/user"): Need(ACCOUNT, Held.READ, signed_in=True),
    ("GET", "/2.0/user/emails"): Need(ACCOUNT, Held.READ, signed_in=True),
    ("GET", "/2.0/users/{selected_user}"): Need(SITE, Held.READ),
    ("GET", "/2.0/workspaces"): _ACCOUNT,
    ("GET", "/2.0/user/workspaces"): _ACCOUNT,
    ("GET", "/2.0/user/workspaces/{workspace}/permission"): Need(OWN_MEMBERSHIP, Held.READ, signed_in=True),
    ("GET", "/2.0/user/permissions/workspaces"): _ACCOUNT,
    ("GET", _W): Need(WORKSPACE, Held.READ),
    ("GET", f"{_W}/members"): _MEMBERS,
    ("GET", f"{_W}/members/{{member}}"): Need(MEMBERS, Held.READ, signed_in=True, allowed=404),
    ("GET", f"{_W}/permissions"): _MEMBERS,
    ("GET", f"{_W}/projects"): Need(WORKSPACE, Held.READ),
    ("POST", f"{_W}/projects"): Need(WORKSPACE, Held.ADMIN, signed_in=True, allowed=400),
    ("GET", _P): Need(PROJECT, Held.READ),
    ("PUT", _P): Need(PROJECT, Held.ADMIN, signed_in=True),
    # The last project stays.
    ("DELETE", _P): Need(PROJECT, Held.ADMIN, signed_in=True, allowed=400),
    **_grants(_P, PROJECT),
    **_grants(_R, REPOSITORY),
    ("GET", "/2.0/user/emails/{email}"): Need(ACCOUNT, Held.READ, signed_in=True, allowed=404),
    ("GET", "/2.0/user/permissions/repositories"): _ACCOUNT,
    ("GET", "/2.0/user/workspaces/{workspace}/permissions/repositories"): Need(
        WORKSPACE, Held.READ, signed_in=True
    ),
    ("GET", f"{_W}/permissions/repositories"): Need(WORKSPACE, Held.ADMIN, signed_in=True),
    ("GET", f"{_W}/permissions/repositories/{{repo_slug}}"): Need(REPOSITORY, Held.ADMIN, signed_in=True),
    ("GET", "/2.0/repositories"): Need(SITE, Held.READ),
    ("GET", "/2.0/repositories/{workspace}"): Need(WORKSPACE, Held.READ),
    ("GET", _R): _READ,
    # The name is taken: whoever may make repositories is told so.
    ("POST", _R): Need(WORKSPACE, Held.WRITE, signed_in=True, allowed=400),
    ("PUT", _R): Need(REPOSITORY, Held.ADMIN, signed_in=True, or_makes_one=True),
    ("DELETE", _R): Need(REPOSITORY, Held.ADMIN, signed_in=True, allowed=204),
    ("GET", f"{_R}/watchers"): _READ,
    ("GET", f"{_R}/downloads"): _READ,
    # No form, and no such file.
    ("POST", f"{_R}/downloads"): Need(REPOSITORY, Held.WRITE, signed_in=True, allowed=406),
    ("GET", f"{_R}/downloads/{{filename}}"): Need(REPOSITORY, Held.READ, allowed=404),
    ("DELETE", f"{_R}/downloads/{{filename}}"): Need(REPOSITORY, Held.WRITE, signed_in=True, allowed=404),
    ("GET", f"{_R}/forks"): _READ,
    # Into the own workspace, where everybody may; a name is wanted that makes no slug.
    ("POST", f"{_R}/forks"): Need(REPOSITORY, Held.READ, signed_in=True, allowed=400, body=b'{"name": "!"}'),
    ("GET", _OWN_KEYS): _own(200),
    ("POST", _OWN_KEYS): _own(400),
    ("GET", f"{_OWN_KEYS}/{{key_id}}"): _own(404),
    ("PUT", f"{_OWN_KEYS}/{{key_id}}"): _own(404),
    ("DELETE", f"{_OWN_KEYS}/{{key_id}}"): _own(404),
    ("GET", f"{_P}/deploy-keys"): Need(PROJECT, Held.ADMIN, signed_in=True),
    ("POST", f"{_P}/deploy-keys"): Need(PROJECT, Held.ADMIN, signed_in=True, allowed=400),
    ("GET", f"{_P}/deploy-keys/{{key_id}}"): Need(PROJECT, Held.ADMIN, signed_in=True, allowed=404),
    ("DELETE", f"{_P}/deploy-keys/{{key_id}}"): Need(PROJECT, Held.ADMIN, signed_in=True, allowed=404),
    # Asked for nothing.
    ("GET", f"{_W}/search/code"): _SEARCH,
    ("GET", "/2.0/teams/{username}/search/code"): _SEARCH,
    ("GET", "/2.0/users/{selected_user}/search/code"): Need(PERSONAL, Held.READ, signed_in=True, allowed=400),
    ("GET", _GPG_KEYS): _own(200),
    ("POST", _GPG_KEYS): _own(400),
    ("GET", f"{_GPG_KEYS}/{{fingerprint}}"): _own(404),
    ("DELETE", f"{_GPG_KEYS}/{{fingerprint}}"): _own(404),
    # Nobody signs here: there is none, for whoever may ask.
    ("GET", f"{_W}/settings/gpg/public-key"): Need(WORKSPACE, Held.READ, signed_in=True, allowed=404),
    ("GET", "/2.0/hook_events"): Need(SITE, Held.READ),
    ("GET", "/2.0/hook_events/{subject_type}"): Need(SITE, Held.READ),
    ("GET", _KEYS): _administer(200),
    ("POST", _KEYS): _administer(400),
    ("GET", f"{_KEYS}/{{key_id}}"): _administer(404),
    ("PUT", f"{_KEYS}/{{key_id}}"): _administer(404),
    ("DELETE", f"{_KEYS}/{{key_id}}"): _administer(404),
    ("GET", f"{_R}/commit/{{commit}}"): _READ,
    ("GET", f"{_R}/commits"): _READ,
    ("POST", f"{_R}/commits"): _READ,
    ("GET", f"{_R}/commits/{{revision...}}"): _READ,
    ("POST", f"{_R}/commits/{{revision...}}"): _READ,
    ("GET", f"{_R}/refs"): _READ,
    ("GET", f"{_R}/refs/branches"): _READ,
    ("GET", f"{_R}/refs/tags"): _READ,
    # Asked for with nothing to make.
    ("POST", f"{_R}/refs/branches"): _CHANGE,
    ("GET", f"{_R}/refs/branches/{{name...}}"): _READ,
    # The main branch stays.
    ("DELETE", f"{_R}/refs/branches/{{name...}}"): _CHANGE,
    ("POST", f"{_R}/refs/tags"): _CHANGE,
    ("GET", f"{_R}/refs/tags/{{name...}}"): _READ,
    ("DELETE", f"{_R}/refs/tags/{{name...}}"): Need(REPOSITORY, Held.WRITE, signed_in=True, allowed=204),
    ("GET", f"{_R}/commit/{{commit}}/statuses"): _READ,
    ("POST", f"{_R}/commit/{{commit}}/statuses/build"): _CHANGE,
    # There is none of that key.
    ("GET", f"{_R}/commit/{{commit}}/statuses/build/{{key}}"): Need(REPOSITORY, Held.READ, allowed=404),
    ("PUT", f"{_R}/commit/{{commit}}/statuses/build/{{key}}"): Need(
        REPOSITORY, Held.WRITE, signed_in=True, allowed=404
    ),
    # There is none, and nothing is told of one.
    ("GET", _REPORTS): _READ,
    ("GET", f"{_REPORTS}/{{reportId}}"): _NOWHERE,
    ("PUT", f"{_REPORTS}/{{reportId}}"): _CHANGE,
    ("DELETE", f"{_REPORTS}/{{reportId}}"): _CHANGE_NOWHERE,
    ("GET", f"{_REPORTS}/{{reportId}}/annotations"): _NOWHERE,
    ("POST", f"{_REPORTS}/{{reportId}}/annotations"): _CHANGE,
    ("GET", f"{_REPORTS}/{{reportId}}/annotations/{{annotationId}}"): _NOWHERE,
    ("PUT", f"{_REPORTS}/{{reportId}}/annotations/{{annotationId}}"): _CHANGE,
    ("DELETE", f"{_REPORTS}/{{reportId}}/annotations/{{annotationId}}"): _CHANGE_NOWHERE,
    ("GET", _RESTRICTIONS): _administer(200),
    ("POST", _RESTRICTIONS): _administer(400),
    ("GET", f"{_RESTRICTIONS}/{{id}}"): _administer(404),
    ("PUT", f"{_RESTRICTIONS}/{{id}}"): _administer(404),
    ("DELETE", f"{_RESTRICTIONS}/{{id}}"): _administer(404),
    ("GET", f"{_COMMIT}/comments"): _READ,
    # Everybody who may read may comment; these say nothing, or are of a comment that is not there.
    ("POST", f"{_COMMIT}/comments"): Need(REPOSITORY, Held.READ, signed_in=True, allowed=400),
    ("GET", f"{_COMMIT}/comments/{{comment_id}}"): _NOWHERE,
    ("PUT", f"{_COMMIT}/comments/{{comment_id}}"): Need(REPOSITORY, Held.READ, signed_in=True, allowed=400),
    ("DELETE", f"{_COMMIT}/comments/{{comment_id}}"): Need(
        REPOSITORY, Held.READ, signed_in=True, allowed=404
    ),
    ("POST", f"{_COMMIT}/approve"): Need(REPOSITORY, Held.READ, signed_in=True, granted=True),
    ("DELETE", f"{_COMMIT}/approve"): Need(REPOSITORY, Held.READ, signed_in=True, granted=True, allowed=204),
    # No scope at all; the names in these addresses are none that anything could have.
    ("GET", f"{_R}/{_PROPERTY}"): Need(REPOSITORY, Held.READ, allowed=400),
    ("PUT", f"{_R}/{_PROPERTY}"): _CHANGE,
    ("DELETE", f"{_R}/{_PROPERTY}"): _CHANGE,
    ("GET", f"{_COMMIT}/{_PROPERTY}"): Need(REPOSITORY, Held.READ, allowed=400),
    ("PUT", f"{_COMMIT}/{_PROPERTY}"): _CHANGE,
    ("DELETE", f"{_COMMIT}/{_PROPERTY}"): _CHANGE,
    ("GET", f"/2.0/users/{{selected_user}}/{_PROPERTY}"): Need(SITE, Held.READ, allowed=400),
    ("PUT", f"/2.0/users/{{selected_user}}/{_PROPERTY}"): _own(400),
    ("DELETE", f"/2.0/users/{{selected_user}}/{_PROPERTY}"): _own(400),
    ("GET", _ENVIRONMENTS): _READ,
    ("POST", _ENVIRONMENTS): _administer(400),
    ("GET", f"{_ENVIRONMENTS}/{{environment_uuid}}"): _NOWHERE,
    ("DELETE", f"{_ENVIRONMENTS}/{{environment_uuid}}"): _administer(404),
    ("POST", f"{_ENVIRONMENTS}/{{environment_uuid}}/changes"): _administer(400),
    ("GET", f"{_R}/deployments"): _READ,
    ("GET", f"{_R}/deployments/{{deployment_uuid}}"): _NOWHERE,
    ("GET", _MODEL): _READ,
    ("GET", f"{_MODEL}/settings"): _administer(200),
    # Nothing is said, so that it stays what it is.
    ("PUT", f"{_MODEL}/settings"): _administer(200),
    ("GET", f"{_R}/effective-branching-model"): _READ,
    ("GET", f"{_R}/override-settings"): _administer(200),
    ("PUT", f"{_R}/override-settings"): _administer(204),
    ("GET", f"{_R}/default-reviewers"): _READ,
    ("GET", f"{_R}/effective-default-reviewers"): _READ,
    # Nobody of that name.
    ("GET", _REVIEWER): Need(REPOSITORY, Held.READ, allowed=404),
    ("PUT", _REVIEWER): _administer(404),
    ("DELETE", _REVIEWER): _administer(404),
    ("GET", f"{_P}/branching-model"): Need(PROJECT, Held.READ, signed_in=True),
    ("GET", f"{_P}/branching-model/settings"): Need(PROJECT, Held.ADMIN, signed_in=True),
    ("PUT", f"{_P}/branching-model/settings"): Need(PROJECT, Held.ADMIN, signed_in=True),
    ("GET", f"{_P}/default-reviewers"): Need(PROJECT, Held.READ, signed_in=True),
    ("GET", _PROJECT_REVIEWER): Need(PROJECT, Held.READ, signed_in=True),
    ("PUT", _PROJECT_REVIEWER): Need(PROJECT, Held.ADMIN, signed_in=True),
    ("DELETE", _PROJECT_REVIEWER): Need(PROJECT, Held.ADMIN, signed_in=True, allowed=204),
    ("GET", f"{_R}/diff/{{spec...}}"): _READ,
    ("GET", f"{_R}/diffstat/{{spec...}}"): _READ,
    ("GET", f"{_R}/file-conflicts/{{spec...}}"): _READ,
    ("GET", f"{_R}/merge-base/{{revspec...}}"): _READ,
    ("GET", f"{_R}/patch/{{spec...}}"): _READ,
    ("GET", f"{_R}/filehistory/{{commit}}/{{path...}}"): _READ,
    ("POST", f"{_R}/src"): _CHANGE,
    ("GET", f"{_R}/src"): Need(REPOSITORY, Held.READ, allowed=302),
    ("GET", f"{_R}/src/{{commit}}/{{path...?}}"): _READ,
}

_PARAMETER = re.compile(r"\{(\w+)[.?]*\}")
_VALUES = {
    "commit": "main",
    "revision": "main",
    "spec": "main..main",
    "revspec": "main..main",
    "path": "file.txt",
    "name": "main",
    "project_key": "PROJ",
    "id": "1",
    "target_username": "nobody",
    "subject_type": "repository",
}


def in_contract(template: str) -> str:
    """The template of a route as the contract writes it."""
    return _PARAMETER.sub(r"{\1}", template)


def filled(template: str) -> str:
    """A path of the template; places and people that are left in it are the caller's."""
    name = "v1" if "/tags/" in template else "main.zip" if "/get/" in template else _VALUES["name"]
    values = {**_VALUES, "name": name}
    return _PARAMETER.sub(lambda match: values.get(match[1], match[0]), template)
