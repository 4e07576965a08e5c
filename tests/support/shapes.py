"""What the published description leaves open and the docs on Bitbucket's behaviour close.

The description knows few members by whether they must be there, and calls most objects
open. Here an object has no member that nobody names, a whole one has every member
that was recorded, an embedded one is the condensed form, dates have their form, and
links lead to where the server was asked.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

# The table "Members recorded but missing from the document's schemas" (12), by the type of the object.
RECORDED: dict[str, frozenset[str]] = {
    "repository": frozenset({"slug", "website", "workspace", "override_settings", "enforced_signed_commits"}),
    # ``email`` for who asked for a member by it (7.5).
    "user": frozenset({"username", "location", "website", "email"}),
    "account": frozenset({"username", "account_id", "nickname"}),
    # What owns things as a person does; recorded where a workspace stands for its old self (7.8).
    "team": frozenset({"username"}),
    "commit": frozenset({"links", "rendered"}),
    "commit_file": frozenset({"links", "size", "mimetype", "attributes", "escaped_path"}),
    "commit_directory": frozenset({"links"}),
    "branch": frozenset({"sync_strategies"}),
    "pullrequest": frozenset({"description", "closed_on"}),
    "build": frozenset({"repository", "commit"}),
    "webhook_subscription": frozenset(
        {"links", "source", "read_only", "skip_cert_verification", "history_enabled"}
    ),
    "issue": frozenset({"watches"}),
    # Seen in several clients' types and recordings of answers, and in what they send.
    "deployment_environment": frozenset(
        {
            *("slug", "rank", "hidden", "category", "environment_type", "lock", "restrictions"),
            *("deployment_gate_enabled", "environment_lock_enabled"),
        }
    ),
    "deployment": frozenset({"last_update_time"}),
    "deployment_state_in_progress": frozenset({"started_on"}),
    "deployment_state_completed": frozenset({"started_on", "completed_on"}),
}
# By the operations' texts and examples in the full description.
_MODEL = frozenset({"links"})
RECORDED |= {
    "branching_model_settings": frozenset({"default_branch_deletion"}),
    "branching_model": _MODEL,
    "effective_repo_branching_model": _MODEL,
    "project_branching_model": _MODEL,
}
# Members that an answer of ours has besides (choices of docs/behaviour.md).
OURS: dict[str, frozenset[str]] = {
    "project": frozenset({"workspace"}),
    # By the operations' examples in the full description.
    "deploy_key": frozenset({"id"}),
    "project_deploy_key": frozenset({"id"}),
    "workspace_membership": frozenset({"permission"}),
    "deployment": frozenset({"created_on"}),
}

_EMBEDDED_LINKS = frozenset({"self", "html", "avatar"})
# Embedded objects (7.7): the same wherever they occur.
_CONDENSED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "user": (
        frozenset({"display_name", "links", "type", "uuid", "account_id", "nickname"}),
        _EMBEDDED_LINKS,
    ),
    "repository": (frozenset({"type", "full_name", "links", "name", "uuid"}), _EMBEDDED_LINKS),
    "workspace": (frozenset({"type", "uuid", "name", "slug", "links"}), _EMBEDDED_LINKS),
    "project": (frozenset({"type", "key", "uuid", "name", "links"}), _EMBEDDED_LINKS),
    "commit": (frozenset({"hash", "links", "type"}), frozenset({"self", "html"})),
}
# Where a whole object is embedded: the target of a ref (8.4), and the commits that touched a file (8.2).
_WHOLE_INSIDE = {("branch", "target"), ("tag", "target"), ("commit_file", "commit")}

# The shapes of whole objects (12): all of these are there.
_WHOLE: dict[str, str] = {
    "user": "display_name links type uuid account_id nickname",
    "workspace": "type uuid name slug is_private is_privacy_enforced forking_mode created_on links",
    "repository": (
        "type full_name links name slug description scm website owner workspace is_private project fork_policy "
        "created_on updated_on size language uuid mainbranch override_settings parent enforced_signed_commits "
        "has_issues has_wiki"
    ),
    "commit": "type hash date author committer message summary parents links rendered repository",
    "branch": "type name target links merge_strategies sync_strategies default_merge_strategy",
    "tag": "type name target links message date tagger",
    "participant": "type user role approved state participated_on",
    "build": "key type state name refname commit url repository description created_on updated_on links",
    "branchrestriction": "kind users groups links pattern value branch_match_kind type id",
    "commit_comment": "id created_on updated_on content user deleted type links",
}
_WHOLE_LINKS: dict[str, str] = {
    "workspace": ("avatar hooks html html_overview members owners projects repositories snippets self"),
    "repository": (
        "self html avatar pullrequests commits forks watchers branches tags downloads source clone hooks"
    ),
    "commit": "self html diff approve comments statuses patch",
    "branch": "self commits html",
    "tag": "self commits html",
    "build": "self commit",
    "commit_comment": "self html",
}

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
_WITHOUT_FRACTION = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
_OF_GIT = frozenset({"commit", "tag"})
# Of an address, also of the forms in which git takes one.
_AT = re.compile(r"(?:https?://|ssh://)?(?:[^/@]+@)?(?P<host>\[[^\]]+\]|[^/:]+)(?::\d+)?[:/]")
_IS_DATE = re.compile(r"date|last_used|\w+_on")


# Values of these are the client's own.
_OPEN = frozenset({"application_property"})

Members = dict[str, list[Any]]


class Shapes:
    """``schemas`` are those of the description, ``extras`` what recordings add to its places."""

    def __init__(self, schemas: dict[str, Any], extras: dict[str, frozenset[str]]) -> None:
        self._schemas = schemas
        self._extras = {place: names for place, names in extras.items() if "." in place}
        self._known: dict[str, Members | None] = {}

    def unknown(self, schema: Any, value: Any, place: str = "$") -> Iterator[str]:
        """Members that nobody names; what the description closes is not looked at again."""
        if isinstance(value, list):
            items = [part["items"] for part in self._parts(schema) if "items" in part]
            for number, one in enumerate(value):
                if items:
                    yield from self.unknown({"allOf": items}, one, f"{place}[{number}]")
        if not isinstance(value, dict):
            return
        kind = value.get("type")
        members = self._members_of(schema, kind)
        if members is None:
            return
        said = str(kind) if kind is not None else self._name(schema)
        more = RECORDED.get(said, frozenset()) | OURS.get(said, frozenset())
        for name, one in value.items():
            if name not in members and name not in more:
                yield f"{place}.{name} is a member that nobody names"
            below = members.get(name, [])
            if below and below[-1].get("x-upstream-closed") is not True:
                yield from self.unknown({"allOf": below}, one, f"{place}.{name}")

    def _members_of(self, schema: Any, kind: Any) -> Members | None:
        """What an object of this type may have here; None if it may have anything."""
        subtype = kind if isinstance(kind, str) and kind in self._schemas else ""
        key = f"{json.dumps(schema)} {subtype}"
        if key not in self._known:
            found = self._members(schema)
            if subtype:
                own = self._members({"$ref": f"/{subtype}"})
                found = own if found is None or own is None else _joined(found, own)
            self._known[key] = found
        return self._known[key]

    def _name(self, schema: Any) -> str:
        """What an object is that doesn't say it: in requests."""
        while "$ref" not in schema and len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
        return str(schema.get("$ref", "")).rpartition("/")[2]

    def _members(self, schema: Any) -> Members | None:
        found: Members = {}
        is_open = False
        for part in self._parts(schema):
            properties = part.get("properties", {})
            is_open |= not properties and "items" not in part
            for name, below in properties.items():
                found.setdefault(name, []).append(below)
        return None if is_open else found

    def _parts(self, schema: Any) -> Iterator[dict[str, Any]]:
        """The schema and all that it consists of, references followed; null is none."""
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            yield from [{}] if name in _OPEN else self._parts(self._schemas[name])
            return
        below = [part for keyword in ("allOf", "anyOf", "oneOf") for part in schema.get(keyword, [])]
        if ("properties" in schema or not below) and schema.get("enum") != [None]:
            yield schema
        for part in below:
            yield from self._parts(part)


def _joined(one: Members, other: Members) -> Members:
    return {name: [*one.get(name, []), *other.get(name, [])] for name in one | other}


def formed(value: Any, *, host: str | None, whole: bool) -> Iterator[str]:
    """What is wrong with an answer: with its shapes if it is ``whole``, with dates and links in any case."""
    if not isinstance(value, dict) or value.get("type") == "error":
        return
    yield from _dates(value, "$", "")
    if host is not None:
        yield from _links(value, "$", host)
    if whole:
        objects = (
            value["values"] if "type" not in value and isinstance(value.get("values"), list) else [value]
        )
        for one in objects:
            if isinstance(one, dict):
                yield from _whole(one)


def _whole(value: dict[str, Any]) -> Iterator[str]:
    kind = str(value.get("type"))
    yield from _lacks(kind, value, _WHOLE.get(kind, "").split())
    yield from _lacks(f"{kind}.links", value.get("links", {}), _WHOLE_LINKS.get(kind, "").split())
    for name, one in value.items():
        yield from _embedded(one, kind, name)


def _lacks(what: str, value: dict[str, Any], names: list[str]) -> Iterator[str]:
    missing = [name for name in names if name not in value]
    if missing:
        yield f"a whole {what} has {', '.join(missing)} too"


def _embedded(value: Any, holder: str, member: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _embedded(one, holder, member)
    if not isinstance(value, dict):
        return
    kind = str(value.get("type"))
    if kind in _CONDENSED and (holder, member) not in _WHOLE_INSIDE:
        members, links = _CONDENSED[kind]
        if set(value) != members:
            yield f"{holder}.{member}: an embedded {kind} differs in {sorted(set(value) ^ members)}"
        if set(value.get("links", links)) != links:
            yield f"{holder}.{member}: the links of an embedded {kind} differ in {sorted(set(value['links']) ^ links)}"
    for name, one in value.items():
        yield from _embedded(one, kind, name)


def _dates(value: Any, place: str, kind: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _dates(one, f"{place}[{number}]", kind)
    if not isinstance(value, dict):
        return
    kind = str(value.get("type", kind))
    for name, one in value.items():
        if isinstance(one, str) and _IS_DATE.fullmatch(name):
            form = _WITHOUT_FRACTION if name == "date" and kind in _OF_GIT else _INSTANT
            if not form.fullmatch(one):
                yield f"{place}.{name}: {one!r} is not the form of such a date"
        yield from _dates(one, f"{place}.{name}", kind)


def _links(value: Any, place: str, host: str) -> Iterator[str]:
    """Of what ``links`` holds, and to other pages; other addresses are what clients said."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _links(one, f"{place}[{number}]", host)
    if not isinstance(value, dict):
        return
    for name, one in value.items():
        at = f"{place}.{name}"
        if isinstance(one, str) and (
            (name == "href" and ".links." in at) or (name in {"next", "previous"} and place == "$")
        ):
            found = _AT.match(one)
            if not found or found["host"] != host:
                yield f"{at}: {one!r} leads away from {host}"
        else:
            yield from _links(one, at, host)
