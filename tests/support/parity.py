"""The ledger of parity: which operations of the contract are served, and how exactly.

``make parity`` writes ``docs/parity.md``, and the contract and the list of its operations that the package ships. An operation
that no route has is *not yet*; one whose declared parameters are not all looked at, or of which ``LACKS``
says something, is *partial*; the others are *exact*.
"""

import json
import re
from pathlib import Path
from typing import Any

from support.contract import BASE, Operation, contract
from support.mentioned import mentioned

from bitpail.api.routes import ROUTES, in_contract

_ROOT = Path(__file__).parents[2]
LEDGER = _ROOT / "docs/parity.md"
LIST = _ROOT / "bitpail/wire/operations.txt"
API_SCOPES = _ROOT / "bitpail/wire/api_scopes.txt"
SHIPPED = _ROOT / "bitpail/wire/contract.json"

# What no test can see. Keys are the method and the template below /2.0.
LACKS: dict[tuple[str, str], str] = {
    ("GET", "/workspaces/{workspace}/settings/gpg/public-key"): (
        "404 for every workspace: commits that the server makes are not signed, so that none has a key"
    ),
}

# Members that an answer has and that nobody sets, although they stand in the schema of the request.
_NOT_SET = frozenset(
    {
        *("type", "links", "uuid", "created_on", "updated_on", "id", "full_name", "owner", "size", "slug"),
        *("parent", "date", "tagger", "user", "deleted"),
        # Of keys: what is computed from one, and what is noted of it.
        *("fingerprint", "last_used", "added_on", "key_id", "parent_fingerprint", "subkeys"),
    }
)
# What is set elsewhere, or is read in what was given, although other operations set a member of that name.
_READ_ONLY = {("POST", "/users/{selected_user}/gpg-keys"): frozenset({"expires_on"})}
# Leads elsewhere, with its whole query.
_HANDED_ON = {("GET", "/repositories/{workspace}/{repo_slug}/src")}
EXACT, PARTIAL, NOT_YET = "exact", "partial", "not yet"


def listed() -> str:
    """A line for each path of the contract, its methods before it."""
    methods: dict[str, list[str]] = {}
    for operation in contract().operations:
        methods.setdefault(operation.template, []).append(operation.method)
    return "".join(f"{' '.join(found)} {path}\n" for path, found in methods.items())


def api_scopes() -> str:
    """A line for each operation that asks something of API tokens: all of what stands there."""
    found = []
    for operation in contract().operations:
        asked = operation.description.get("x-atlassian-oauth2-scopes", [])
        scopes = [scope for each in asked if each["state"] == "Current" for scope in each["scopes"]]
        if scopes:
            found.append(f"{operation.method} {operation.template} {' '.join(scopes)}\n")
    return "".join(found)


def shipped() -> str:
    """The contract for programs, without what was noted of where it comes from, and of whichever host serves it."""
    document = {**_bare(contract().document), "servers": [{"url": BASE}]}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"
    return text.replace('"https://bitbucket.org/', '"/')


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _bare(one) for name, one in value.items() if not str(name).startswith("x-")}


def grades() -> dict[tuple[str, str], tuple[str, str]]:
    """Each operation with its grade and what is missing."""
    handlers = {(r.method, in_contract(r.template).removeprefix(BASE)): r.handler for r in ROUTES}
    found = {}
    for operation in contract().operations:
        key = operation.method, operation.template
        if key not in handlers:
            found[key] = NOT_YET, ""
            continue
        missing = [*_unseen(operation, handlers[key]), *([LACKS[key]] if key in LACKS else [])]
        found[key] = (PARTIAL, "; ".join(missing)) if missing else (EXACT, "")
    return found


def _unseen(operation: Operation, handler: Any) -> list[str]:
    if (operation.method, operation.template) in _HANDED_ON:
        return []
    seen = mentioned(handler)
    item = contract().document["paths"][operation.template]
    declared = [*item.get("parameters", []), *operation.description.get("parameters", [])]
    query = [one["name"] for one in declared if one["in"] == "query" and one["name"] not in seen]
    read_only = _READ_ONLY.get((operation.method, operation.template), frozenset())
    members = [
        name
        for name in _members(operation)
        if f"body.{name}" not in seen and name not in seen | _NOT_SET | read_only
    ]
    return [
        *([f"no {_quoted(query)}"] if query else []),
        *([f"{_quoted(members)} of the body: not looked at"] if members else []),
    ]


def _members(operation: Operation) -> list[str]:
    """What a body may hold, by the contract."""
    content = operation.description.get("requestBody", {}).get("content", {})
    found: dict[str, None] = {}
    for media_type in content.values():
        found |= dict.fromkeys(_properties(media_type.get("schema", {})))
    return list(found)


def _properties(schema: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        schema = contract().document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    own = [name for name, one in schema.get("properties", {}).items() if not one.get("readOnly")]
    return [*own, *(name for part in schema.get("allOf", []) for name in _properties(part))]


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def ledger() -> str:
    """The whole document."""
    found = grades()
    counts = {grade: sum(one == grade for one, _ in found.values()) for grade in (EXACT, PARTIAL, NOT_YET)}
    lines = [
        "# What is served",
        "",
        (
            f"Of the {len(found)} operations of the contract (`contract/`): **{counts[EXACT]} exact**, "
            f"**{counts[PARTIAL]} partial**, **{counts[NOT_YET]} not yet**. An operation that isn't there yet answers 501."
        ),
        "",
        "Made by `make parity`, from the routes and the contract; a test compares.",
    ]
    for tag, operations in _by_tag().items():
        there = sum(found[key][0] != NOT_YET for key in operations)
        lines += ["", f"## {tag} ({there} of {len(operations)})", "", "| operation | |", "| --- | --- |"]
        for key in operations:
            grade, missing = found[key]
            lines.append(f"| `{key[0]} {key[1]}` | {grade}{': ' if missing else ''}{missing} |")
    return "\n".join(lines) + "\n"


def _by_tag() -> dict[str, list[tuple[str, str]]]:
    tags: dict[str, list[tuple[str, str]]] = {}
    for operation in contract().operations:
        tags.setdefault(operation.description["tags"][0], []).append((operation.method, operation.template))
    return dict(sorted(tags.items(), key=lambda pair: re.sub(r"\W", "", pair[0]).lower()))


if __name__ == "__main__":
    LIST.write_text(listed())
    API_SCOPES.write_text(api_scopes())
    SHIPPED.write_text(shipped())
    LEDGER.write_text(ledger())
