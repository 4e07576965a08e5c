"""The contract as a document for programs: cut down to what is served, with links from what makes to what is made.

The file beside this one is made from the contract; a test compares the two. Which
operations are served, only the caller knows.
"""

import re
from collections.abc import Iterator
from importlib import resources
from typing import Any

import msgspec

Served = frozenset[tuple[str, str]]
"""Methods, and templates below ``/2.0`` as the contract writes them."""

_REPOSITORY = "/repositories/{workspace}/{repo_slug}"
_COMMIT = f"{_REPOSITORY}/commit/{{commit}}"
_PROJECT = "/workspaces/{workspace}/projects/{project_key}"

# Words that clients make up: an address that ends with one need not be there before.
_MADE_UP = frozenset({"app_key", "property_name", "reportId", "annotationId"})

# What makes something: where it is then, and where the answer has the last word of that address. None for
# what is made at the very address that was asked for.
_MAKES: dict[tuple[str, str], tuple[str, str | None]] = {
    ("POST", _REPOSITORY): (_REPOSITORY, "/slug"),
    ("PUT", _REPOSITORY): (_REPOSITORY, "/slug"),
    ("POST", f"{_REPOSITORY}/forks"): (_REPOSITORY, "/slug"),
    ("POST", f"{_REPOSITORY}/refs/branches"): (f"{_REPOSITORY}/refs/branches/{{name}}", "/name"),
    ("POST", f"{_REPOSITORY}/refs/tags"): (f"{_REPOSITORY}/refs/tags/{{name}}", "/name"),
    ("POST", f"{_REPOSITORY}/deploy-keys"): (f"{_REPOSITORY}/deploy-keys/{{key_id}}", "/id"),
    ("POST", f"{_REPOSITORY}/branch-restrictions"): (f"{_REPOSITORY}/branch-restrictions/{{id}}", "/id"),
    ("POST", f"{_REPOSITORY}/hooks"): (f"{_REPOSITORY}/hooks/{{uid}}", "/uuid"),
    ("POST", f"{_REPOSITORY}/environments"): (f"{_REPOSITORY}/environments/{{environment_uuid}}", "/uuid"),
    ("POST", f"{_REPOSITORY}/deployments_config/environments/{{environment_uuid}}/variables"): (
        f"{_REPOSITORY}/deployments_config/environments/{{environment_uuid}}/variables/{{variable_uuid}}",
        "/uuid",
    ),
    ("PUT", f"{_REPOSITORY}/default-reviewers/{{target_username}}"): (
        f"{_REPOSITORY}/default-reviewers/{{target_username}}",
        None,
    ),
    ("PUT", f"{_REPOSITORY}/permissions-config/users/{{selected_user_id}}"): (
        f"{_REPOSITORY}/permissions-config/users/{{selected_user_id}}",
        None,
    ),
    ("PUT", f"{_REPOSITORY}/permissions-config/groups/{{group_slug}}"): (
        f"{_REPOSITORY}/permissions-config/groups/{{group_slug}}",
        None,
    ),
    ("PUT", f"{_REPOSITORY}/properties/{{app_key}}/{{property_name}}"): (
        f"{_REPOSITORY}/properties/{{app_key}}/{{property_name}}",
        None,
    ),
    ("PUT", f"{_COMMIT}/properties/{{app_key}}/{{property_name}}"): (
        f"{_COMMIT}/properties/{{app_key}}/{{property_name}}",
        None,
    ),
    ("POST", f"{_COMMIT}/comments"): (f"{_COMMIT}/comments/{{comment_id}}", "/id"),
    ("POST", f"{_COMMIT}/approve"): (f"{_COMMIT}/approve", None),
    ("POST", f"{_COMMIT}/statuses/build"): (f"{_COMMIT}/statuses/build/{{key}}", "/key"),
    ("PUT", f"{_COMMIT}/reports/{{reportId}}"): (f"{_COMMIT}/reports/{{reportId}}", None),
    ("PUT", f"{_COMMIT}/reports/{{reportId}}/annotations/{{annotationId}}"): (
        f"{_COMMIT}/reports/{{reportId}}/annotations/{{annotationId}}",
        None,
    ),
    ("POST", "/workspaces/{workspace}/projects"): (_PROJECT, "/key"),
    ("PUT", _PROJECT): (_PROJECT, "/key"),
    ("POST", f"{_PROJECT}/deploy-keys"): (f"{_PROJECT}/deploy-keys/{{key_id}}", "/id"),
    ("PUT", f"{_PROJECT}/default-reviewers/{{selected_user}}"): (
        f"{_PROJECT}/default-reviewers/{{selected_user}}",
        None,
    ),
    ("POST", "/workspaces/{workspace}/hooks"): ("/workspaces/{workspace}/hooks/{uid}", "/uuid"),
    ("POST", "/users/{selected_user}/ssh-keys"): ("/users/{selected_user}/ssh-keys/{key_id}", "/uuid"),
    ("POST", "/users/{selected_user}/gpg-keys"): (
        "/users/{selected_user}/gpg-keys/{fingerprint}",
        "/fingerprint",
    ),
    ("PUT", "/users/{selected_user}/properties/{app_key}/{property_name}"): (
        "/users/{selected_user}/properties/{app_key}/{property_name}",
        None,
    ),
}

# A ref that was made names a commit, of which something can be said.
_NAMES = (("POST", f"{_REPOSITORY}/refs/branches"), ("POST", f"{_REPOSITORY}/refs/tags"))

_PARAMETER = re.compile(r"\{(\w+)\}")
_METHODS = ("get", "post", "put", "delete")
_SCHEMAS = "#/components/schemas/"


def whole() -> dict[str, Any]:
    """All that the contract says."""
    text = (resources.files("bitpail.wire") / "contract.json").read_bytes()
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def served(operations: Served) -> dict[str, Any]:
    """The document of these operations. Addresses in it are relative to its own."""
    document = whole()
    paths = {
        template: {
            key: one
            for key, one in item.items()
            if key not in _METHODS or (key.upper(), template) in operations
        }
        for template, item in document["paths"].items()
        if any((method.upper(), template) in operations for method in _METHODS)
    }
    for (method, template), (made, word) in _MAKES.items():
        if (method, template) in operations:
            _link(paths, method, template, made, word)
    for method, template in _NAMES:
        if (method, template) in operations:
            _link(paths, method, template, _COMMIT, "/target/hash")
    components = {**document["components"], "schemas": _reached(paths, document["components"])}
    return {**document, "paths": paths, "components": components}


def _link(paths: dict[str, Any], method: str, template: str, made: str, word: str | None) -> None:
    """Links from what makes something to itself and to what lies below it, as far as it is known where."""
    answers = paths[template][method.lower()]["responses"]
    known = {name: f"$request.path.{name}" for name in _PARAMETER.findall(template)}
    if word is not None:
        known[_PARAMETER.findall(made)[-1]] = f"$response.body#{word}"
    links = {
        operation["operationId"]: {
            "operationId": operation["operationId"],
            "parameters": {
                f"path.{name}": known[name] for name in _PARAMETER.findall(target) if name in known
            },
        }
        for target, operation in _below(paths, made)
        if set(_PARAMETER.findall(target)) <= set(known) | _MADE_UP
    }
    for status, answer in answers.items():
        if status.startswith("2"):
            answer["links"] = {**answer.get("links", {}), **links}


def _below(paths: dict[str, Any], made: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for template, item in paths.items():
        if template == made or template.startswith(f"{made}/"):
            yield from ((template, item[method]) for method in _METHODS if method in item)


def _reached(paths: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """The schemas that these paths need, directly or by another."""
    schemas = components["schemas"]
    wanted = _references([paths, {key: one for key, one in components.items() if key != "schemas"}])
    found: dict[str, Any] = {}
    while wanted - found.keys():
        for name in wanted - found.keys():
            found[name] = schemas[name]
            wanted |= _references(schemas[name])
    return {name: schemas[name] for name in schemas if name in found}


def _references(value: Any) -> set[str]:
    if isinstance(value, list):
        return set().union(*map(_references, value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(_references, value.values()))
    reference = value.get("$ref")
    if isinstance(reference, str) and reference.startswith(_SCHEMAS):
        found.add(reference.removeprefix(_SCHEMAS))
    return found
