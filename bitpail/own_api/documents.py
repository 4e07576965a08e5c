"""What the table of operations says, for programs and for people: the OpenAPI document and the page.

Both are made of the table and its types, so that neither can tell of something
that is not so. Nothing here is anybody's own: who asks does not matter.
"""

import re
from functools import cache
from typing import Any

import msgspec
from starlette.responses import Response

from bitpail import __version__, leaks
from bitpail.api.responses import json
from bitpail.http.routing import Opens
from bitpail.model.access import Actor
from bitpail.own_api.request import HttpRequest
from bitpail.own_api.routes import OPERATIONS, Operation
from bitpail.policy.scopes import in_form_order
from bitpail.web.door import logged_in
from bitpail.web.pages import render
from bitpail.web.request import WebRequest
from bitpail.wire import own_api as wire

_PARAMETER = re.compile(r"\{(\w+)\}")
_REFERENCE = "#/components/schemas/"
_TEXT = {"type": "string"}
_ABOUT = (
    "Everything about app passwords, as the pages and the command line have it, and the narrower ones of tokens. The credential is a browser session, "
    "or an app password with the permission that an operation names. It makes and manages only app passwords that are "
    "no wider than itself."
)
_WHOSE = {
    Opens.ADMINISTRATION: " and an administrator",
    Opens.REPOSITORY: " and who administers the repository",
    Opens.PROJECT: " and who administers the project",
    Opens.WORKSPACE: " and an owner of the workspace",
}
_PARAMETERS = {
    "app_password": "Its label, or its id in braces.",
    "project_key": "The key of a project.",
    "repo_slug": "The slug of a repository, or its id in braces.",
    "request_id": "The X-Request-Id of the answer.",
    "username": "Whose account it is.",
    "workspace": "The slug of a workspace, or its id in braces.",
}


async def openapi(request: HttpRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /openapi.json``."""
    return json(document())


async def page(request: HttpRequest, actor: Actor) -> Response:  # noqa: ARG001 - the shape of a handler
    """``GET /docs``: a reference without script, and with it a form for each operation."""
    described = document()
    schemas = described["components"]["schemas"]
    web = WebRequest(request.call, {}, await logged_in(request.call))
    shown = [
        {"path": path, "method": method.upper(), "example": _example(operation, schemas), **operation}
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    return render(web, "api.html", operations=shown, schemas=schemas, parameters=_PARAMETERS, about=_ABOUT)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    types = [kind for one in OPERATIONS for kind in (one.answer, one.body) if kind is not None]
    schemas, components = msgspec.json.schema_components(
        [*types, wire.Error], ref_template=_REFERENCE + "{name}"
    )
    found = dict(zip(map(repr, types), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.route.template, {})[one.route.method.lower()] = _operation(one, found)
    paths[leaks.PATH.decode()] = {"post": _report()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Bitpail", "version": __version__, "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "app_password": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Username and app password.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "bitpail_session",
                    "description": "What changes something also needs the token of the page's forms in X-Bitpail-Token.",
                },
            },
        },
    }


def _operation(one: Operation, found: dict[str, Any]) -> dict[str, Any]:
    route, handler = one.route, one.route.handler
    scopes = [str(scope) for needed in route.need.scopes for scope in in_form_order(needed)]
    described: dict[str, Any] = {
        "operationId": f"{handler.__module__.rpartition('.')[2]}_{handler.__name__}",
        "summary": one.summary,
        "description": _need(one, scopes),
        "parameters": [*_path(route.template), *_query(one)],
        "responses": {str(one.status): _answer(one, found), "default": _ERROR},
        "security": [{"app_password": []}, {"session": []}] if route.need.signed_in else [],
    }
    if one.body is not None:
        # Everything in some of them may be left out, and so may the body.
        described["requestBody"] = _content(found[repr(one.body)])
    return described


def _need(one: Operation, scopes: list[str]) -> str:
    if not one.route.need.signed_in:
        return "Nothing is needed."
    who = f"the permission {', '.join(scopes)}" if scopes else "any credential"
    return f"Needs {who}{_WHOSE.get(one.route.opens, '')}."


def _example(operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """A body to begin with: what can't be left out, empty."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    schema = schemas[schema["$ref"].removeprefix(_REFERENCE)] if "$ref" in schema else schema
    required = {name: schema["properties"][name].get("type") for name in schema.get("required", [])}
    empty = {name: [] if kind == "array" else "" for name, kind in required.items()}
    return msgspec.json.format(msgspec.json.encode(empty), indent=2).decode()


def _path(template: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _TEXT, "description": _PARAMETERS[name]}
        for name in _PARAMETER.findall(template)
    ]


def _query(one: Operation) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "query", "schema": _TEXT, "description": what}
        for name, what in one.query.items()
    ]


def _answer(one: Operation, found: dict[str, Any]) -> dict[str, Any]:
    if one.answer is None:
        return {"description": "Done."}
    media_type = "application/x-ndjson" if one.answer is wire.Event else "application/json"
    return {"description": one.summary, **_content(found[repr(one.answer)], media_type)}


def _content(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}}


def _report() -> dict[str, Any]:
    """The door beside this one, for whoever found a secret."""
    asked = {"type": "object", "properties": {"secret": _TEXT}, "required": ["secret"]}
    told = {"type": "object", "properties": {"message": _TEXT}, "required": ["message"]}
    return {
        "operationId": "leaks_revoke",
        "summary": "Revoke an app password, a token or the secret of an app by itself",
        "description": "Nothing is needed but the secret. The answer is always the same.",
        "parameters": [],
        "requestBody": _content(asked),
        "responses": {
            "202": {"description": "Heard.", **_content(told)},
            "default": {"description": "Refused."},
        },
        "security": [],
    }


_ERROR = {"description": "Refused, or gone wrong.", **_content({"$ref": f"{_REFERENCE}Error"})}
