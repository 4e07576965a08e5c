"""The published description of the API, as a judge of our answers.

Objects that upstream closed refuse unknown members here, except those that
recordings have and the description forgot. Objects that it left open stay open.
"""

import copy
import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.jsonschema import DRAFT202012

FILE = Path(__file__).parents[2] / "contract" / "bitbucket-cloud-2.0.json"
BASE = "/2.0"
_ROOT = "contract:"
_ANSWER, _REQUEST, _PART = "answer", "request", "part"

Schema = dict[str, Any]

# Members of closed objects that recordings hold and the description lacks.
# Places are schema and properties. Source: docs on Bitbucket's behaviour, the
# table "Members recorded but missing from the document's schemas", unless noted.
RECORDED_EXTRAS: dict[str, frozenset[str]] = {
    "repository.links": frozenset({"branches", "tags", "source", "issues"}),
    "ref.links": frozenset({"pullrequest_create"}),
    "pullrequest.links": frozenset({"statuses", "request-changes"}),
    "workspace.links": frozenset({"hooks", "html_overview"}),
    # The forms of embedded objects: a project's links are self, html and avatar.
    "project.links": frozenset({"self"}),
    # The recorded shape of an embedded workspace: avatar, html and self.
    "workspace_base.links": frozenset({"html"}),
}
# In addresses of following pages (7.4).
RECORDED_PARAMETERS = frozenset({"ctx"})
# Answers that the description lacks and the docs on Bitbucket's behaviour have (8.2): a file is its bytes, or
# with ``format=meta`` one object; ``src`` alone leads elsewhere; a file that the client has is not sent again.
_SOURCE = "/repositories/{workspace}/{repo_slug}/src"
_A_FILE = f"{_SOURCE}/{{commit}}/{{path}}"

# Said to be an object, and by the text of the operation a number, text, true or false; only a link is an object.
_ANYTHING = frozenset({"report_data.value"})

# "rendered text anywhere" carries its type.
_RENDERED = {"raw", "markup", "html"}
_RENDERED_EXTRA = "type"

# Parameters that take the rest of an address, slashes and all.
_TAKES_REST = frozenset({"{path}", "{name}", "{revision}", "{spec}", "{revspec}"})


@dataclass(frozen=True)
class Operation:
    """One method on one path of the description."""

    method: str
    template: str
    description: dict[str, Any]


class Contract:
    """The description, loaded once."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = json.loads(FILE.read_text())
        schemas = self.document["components"]["schemas"]
        self._family = _Family(schemas)
        strict = {name: _strict(schema, name) for name, schema in schemas.items()}
        self._registries = {
            _ANSWER: _registry(_with_entries(strict, self._family)),
            _REQUEST: _registry(_with_entries(_not_asking_for(strict, {"type"}), self._family)),
            _PART: _registry(_with_entries(_not_asking_for(strict, None), self._family)),
        }
        kinds = {"x-family": self._family.validate}
        self._validator = extend(Draft202012Validator, kinds)

    @cached_property
    def operations(self) -> list[Operation]:
        """All of them."""
        methods = ("get", "post", "put", "delete", "patch")
        return [
            Operation(method.upper(), template, item[method])
            for template, item in self.document["paths"].items()
            for method in methods
            if method in item
        ]

    def operation(self, method: str, path: str) -> Operation:
        """The operation that a real path, with or without ``/2.0``, reaches."""
        # Taken apart as an address, a path would lose its line ends.
        found = self.found(method, path.partition("?")[0])
        assert found, f"the contract has no {method} {path}"
        return found

    @lru_cache(maxsize=4096)  # noqa: B019 - there is one contract, for as long as tests run
    def found(self, method: str, path: str) -> Operation | None:
        """The same for a path without a query, None if there is no such operation."""
        segments = path.removeprefix(BASE).strip("/").split("/")
        method = "GET" if method.upper() == "HEAD" else method.upper()
        found = [
            operation
            for operation in self.operations
            if operation.method == method and _matches(operation.template.strip("/").split("/"), segments)
        ]
        return max(found, key=lambda operation: _literals(operation.template), default=None)

    def query_parameters(self, operation: Operation) -> frozenset[str]:
        """What the query of an address may hold."""
        item = self.document["paths"][operation.template]
        declared = [*item.get("parameters", []), *operation.description.get("parameters", [])]
        names = {one["name"] for one in declared if one["in"] == "query"}
        return frozenset({*names, *self.document["x-global-query-parameters"], *RECORDED_PARAMETERS})

    def security(self, method: str, path: str) -> list[set[str]]:
        """The alternatives of OAuth scopes; an empty list asks for none."""
        description = self.operation(method, path).description
        alternatives = [
            set(entry["oauth2"]) for entry in description.get("security", []) if "oauth2" in entry
        ]
        return [scopes for scopes in alternatives if scopes]

    def validate_response(
        self, method: str, path: str, status: int, content_type: str, body_json: Any, *, whole: bool = True
    ) -> Schema | None:
        """Raise AssertionError, naming the place, unless the answer is one that the contract allows.

        Returns the schema of its body, if it has one. Without ``whole`` any member may be missing.
        """
        operation = self.operation(method, path)
        where = f"{operation.method} {operation.template} -> {status}"
        if status == 304 and method in {"GET", "HEAD"} and body_json is None:
            return None
        answers = operation.description["responses"]
        answer = answers.get(str(status))
        if operation.template.startswith(_SOURCE) and method in {"GET", "HEAD"} and status < 400:
            if (operation.template, status) == (_SOURCE, 302):
                return None
            if operation.template == _A_FILE and not isinstance(body_json, dict):
                return None
            if body_json is not None and "values" not in body_json:
                return self._judged({"$ref": "#/components/schemas/treeentry"}, body_json, where, whole=whole)
        if answer is None:
            # Upstream lists few of the errors that every operation may answer,
            # and for some operations nothing but a default.
            assert status >= 400 or "default" in answers, f"{where}: the contract lists {sorted(answers)}"
            answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/error"}}}}
            if status < 400:
                return None
        content = answer.get("content", {})
        media_type = content_type.partition(";")[0].strip().lower()
        if status >= 400 and media_type != "application/json":
            # Recorded: a 401 may have no body, or be plain text for git's old passwords.
            assert status == 401, f"{where}: {media_type or 'no content'} is not an error envelope"
            return None
        if not content:
            return None
        assert media_type in content, f"{where}: {media_type!r} is not one of {sorted(content)}"
        schema = content[media_type].get("schema")
        return None if schema is None else self._judged(schema, body_json, where, whole=whole)

    def _judged(self, schema: Schema, body_json: Any, where: str, *, whole: bool) -> Schema:
        self._judge(self._validator_of(json.dumps(schema), _ANSWER if whole else _PART), body_json, where)
        return schema

    def validate(self, schema: Schema | str, value: Any, where: str = "") -> None:
        """Judge a value of an answer by a schema, or by the name of one."""
        if isinstance(schema, str):
            schema = {"$ref": f"#/components/schemas/{schema}"}
        self._judge(self._validator_of(json.dumps(schema), _ANSWER), value, where)

    def validate_request(self, schema: Schema, value: Any, where: str, *, whole: bool) -> None:
        """The same for what a client sends: it need not say the type of what it makes (7.3)."""
        self._judge(self._validator_of(json.dumps(schema), _REQUEST if whole else _PART), value, where)

    def _judge(self, validator: Draft202012Validator, value: Any, where: str) -> None:
        problems = sorted(
            validator.iter_errors(value), key=lambda problem: len(problem.absolute_path), reverse=True
        )
        told = [f"{problem.json_path}: {problem.message}" for problem in problems[:5]]
        assert not told, f"{where} breaks the contract: " + "; ".join(told)

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one contract, for as long as tests run
    def _validator_of(self, schema: str, way: str) -> Draft202012Validator:
        strict = _strict(json.loads(schema), "")
        if way != _ANSWER:
            strict = _not_asking_for(strict, {"type"} if way == _REQUEST else None)
        return self._validator(strict, registry=self._registries[way], format_checker=_FORMATS)


@cache
def contract() -> Contract:
    """The one contract."""
    return Contract()


class _Family:
    """Subtypes: what a ``type`` member says about an object."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self.parents = {
            name: {_name(part["$ref"]) for part in schema.get("allOf", ()) if "$ref" in part}
            for name, schema in schemas.items()
        }
        self.members = {name for name in schemas if "object" in self.ancestors(name) | {name}} | {
            name for name in schemas if "ref" in self.ancestors(name) | {name}
        }

    def ancestors(self, name: str) -> set[str]:
        """All above, without the schema itself."""
        found = set(self.parents.get(name, ()))
        for parent in list(found):
            found |= self.ancestors(parent)
        return found

    def validate(self, validator: Any, expected: str, value: Any, schema: Any) -> Any:
        """A keyword: the value obeys its own type too, and that type belongs here."""
        del schema
        kind = value.get("type") if isinstance(value, dict) else None
        if kind == expected or kind not in self.members:
            return
        line, other = self.ancestors(expected) | {expected}, self.ancestors(kind) | {kind}
        # A user may stand where a team is expected: a person's own workspace.
        if expected not in other and kind not in line and "account" not in line & other:
            yield ValidationError(f"a {kind} stands where a {expected} belongs")
            return
        yield from validator.descend(value, {"$ref": f"{_ROOT}#/components/schemas/{kind}!plain"})


def _registry(schemas: dict[str, Any]) -> Registry[Any]:
    resource = DRAFT202012.create_resource({"components": {"schemas": schemas}})
    return Registry().with_resource(_ROOT, resource)


def _not_asking_for(value: Any, names: set[str] | None) -> Any:
    """Schemas in which these members need not be there; None for all. A hash may be any name then (8.4)."""
    if isinstance(value, list):
        return [_not_asking_for(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    found = {
        name: _not_asking_for(one, names)
        for name, one in value.items()
        if not (name == "pattern" and isinstance(one, str))
    }
    if isinstance(found.get("required"), list):
        found["required"] = [name for name in found["required"] if names is not None and name not in names]
    return found


def _with_entries(strict: dict[str, Any], family: _Family) -> dict[str, Any]:
    """Each schema twice: plain, as subtypes include it, and as members of answers refer to it."""
    found: dict[str, Any] = {}
    for name, schema in strict.items():
        found[f"{name}!plain"] = schema
        entry: dict[str, Any] = {"$ref": f"{_ROOT}#/components/schemas/{name}!plain"}
        found[name] = {**entry, "x-family": name} if name in family.members else entry
    return found


def _strict(schema: Any, place: str, *, inherited: bool = False) -> Any:
    """OpenAPI 3.0 as JSON Schema, closed where upstream closed it."""
    if not isinstance(schema, dict):
        return schema
    if place in _ANYTHING:
        return {}
    strict = copy.copy(schema)
    if "$ref" in schema:
        plain = "!plain" if inherited else ""
        return {"$ref": f"{_ROOT}#/components/schemas/{_name(schema['$ref'])}{plain}"}
    if schema.get("nullable") is True:
        strict["type"] = [schema["type"], "null"]
    if schema.get("x-upstream-closed") is True:
        strict["additionalProperties"] = False
    if "properties" in schema:
        strict["properties"] = {
            name: _strict(member, f"{place}.{name}") for name, member in schema["properties"].items()
        }
        extras = RECORDED_EXTRAS.get(place, frozenset())
        if set(schema["properties"]) >= _RENDERED:
            extras |= {_RENDERED_EXTRA}
        strict["properties"].update({extra: {} for extra in extras})
    for keyword in ("allOf", "anyOf"):
        if keyword in schema:
            parts = schema[keyword]
            strict[keyword] = [_strict(part, place, inherited=keyword == "allOf") for part in parts]
    if "items" in schema:
        strict["items"] = _strict(schema["items"], f"{place}[]")
    strict.pop("discriminator", None)
    return strict


def _name(reference: str) -> str:
    return reference.rpartition("/")[2]


def _matches(template: list[str], segments: list[str]) -> bool:
    if template[-1] in _TAKES_REST and len(segments) > len(template) - 1:
        segments = [*segments[: len(template) - 1], "rest"]
    # The listing of the root has an empty path, and so one segment less.
    if template[-2:] == ["{commit}", "{path}"] and len(segments) == len(template) - 1:
        segments = [*segments, ""]
    if len(template) != len(segments):
        return False
    return all("{" in part or part == segment for part, segment in zip(template, segments, strict=True))


def _literals(template: str) -> list[bool]:
    return ["{" not in part for part in template.strip("/").split("/")]


_FORMATS = FormatChecker(formats=())
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


@_FORMATS.checks("uri")
def _is_uri(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if value.startswith("git@"):
        return ":" in value  # recorded: the ssh clone link has the form of scp
    parts = urlsplit(value)
    escapes = re.sub(r"%[0-9A-Fa-f]{2}", "", value)
    return bool(parts.scheme and parts.netloc and _ADDRESS.fullmatch(value)) and "%" not in escapes


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date_time(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(_DATE_TIME.fullmatch(value) and datetime.fromisoformat(value))


def independent_implications() -> dict[str, set[str]]:
    """Each of the 25 scopes with everything that it covers besides itself, written out by hand.

    Independent of ``bitpail.policy.scopes`` on purpose; chains are spelled out whole. Source: the
    vendor's narrative, the picture of the create form, and one recorded refusal.
    """
    return {
        "email": set(),
        "account": {"email"},
        "account:write": {"account", "email"},
        "team": set(),
        "team:write": {"team"},
        "project": {"repository"},
        "project:write": set(),
        "project:admin": set(),
        "repository": set(),
        "repository:write": {"repository"},
        "repository:admin": set(),
        "repository:delete": set(),
        "pullrequest": {"repository"},
        "pullrequest:write": {"pullrequest", "repository:write", "repository"},
        "issue": set(),
        "issue:write": {"issue"},
        "wiki": set(),
        "snippet": set(),
        "snippet:write": {"snippet"},
        "webhook": set(),
        "pipeline": set(),
        "pipeline:write": {"pipeline"},
        "pipeline:variable": {"pipeline:write", "pipeline"},
        "runner": set(),
        "runner:write": {"runner"},
    }
