"""One request and its answer, held against the contract and the shapes of its objects.

Each client of the tests hands all that it sends below ``/2.0`` over to this.
"""

from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from support import shapes
from support.contract import BASE, RECORDED_EXTRAS, Operation, contract
from support.shapes import Shapes

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
ANYTHING = "*"
"""In ``beyond``: the request is not judged at all, as where one is made up."""
# Fields of this form are named by what they hold: paths.
_NAMED_BY_CLIENTS = {("POST", "/repositories/{workspace}/{repo_slug}/src")}


class Exchange(msgspec.Struct, frozen=True):
    """``path`` has no query and no ``/!api``; ``host`` is where links have to lead, None if that is not known.

    ``beyond`` names parameters, and members of the body, that are sent, or left out, as no contract has it.
    """

    method: str
    path: str
    query: str
    sent_type: str
    sent: bytes
    status: int
    answer_type: str
    answer: bytes
    host: str | None = None
    beyond: frozenset[str] = frozenset()


def judge(exchange: Exchange) -> None:
    """Raise AssertionError unless both are what the contract allows."""
    path = exchange.path
    if exchange.method == "OPTIONS":
        return
    operation = contract().found(exchange.method, path)
    body = _json(exchange.answer) if exchange.answer_type.startswith(_JSON) else None
    if operation is None:
        assert exchange.status >= 400, f"{exchange.method} {path} -> {exchange.status}: the contract lacks it"
        contract().validate("error", body, f"{exchange.method} {path}")
        return
    if not _seen(operation, exchange):
        _judge_answer(operation, exchange, body)
    if exchange.status < 400 and ANYTHING not in exchange.beyond:
        _judge_request(operation, exchange)


# The table of authorisation hears the same few sentences many thousand times.
_SEEN: set[int] = set()


def _seen(operation: Operation, exchange: Exchange) -> bool:
    if exchange.status < 400:
        return False
    key = hash((operation.method, operation.template, exchange.status, exchange.answer_type, exchange.answer))
    if key in _SEEN:
        return True
    if len(_SEEN) < 100_000:
        _SEEN.add(key)
    return False


def _json(content: bytes) -> Any:
    return msgspec.json.decode(content) if content else None


def _judge_answer(operation: Operation, exchange: Exchange, body: Any) -> None:
    where = f"{operation.method} {operation.template} -> {exchange.status}"
    whole = "fields" not in dict(parse_qsl(exchange.query, keep_blank_values=True))
    schema = contract().validate_response(
        exchange.method, exchange.path, exchange.status, exchange.answer_type, body, whole=whole
    )
    if exchange.status >= 300 or body is None:
        return
    wrong = [
        *(_shapes().unknown(schema, body) if schema else ()),
        *shapes.formed(body, host=exchange.host, whole=whole),
    ]
    assert not wrong, f"{where}: " + "; ".join(wrong[:8])


def _judge_request(operation: Operation, exchange: Exchange) -> None:
    where = f"the request {operation.method} {operation.template}"
    known = contract().query_parameters(operation) | exchange.beyond
    asked = {name for name, _ in parse_qsl(exchange.query, keep_blank_values=True)}
    assert asked <= known, f"{where}: the contract has no {sorted(asked - known)}"
    content = operation.description.get("requestBody", {}).get("content", {})
    sent_type = exchange.sent_type.partition(";")[0].strip().lower()
    schema = content.get(sent_type, content.get(_JSON, {})).get("schema")
    if schema is None or not exchange.sent or sent_type not in {_JSON, _FORM}:
        return
    if (operation.method, operation.template) in _NAMED_BY_CLIENTS:
        return
    if sent_type == _FORM:
        body: Any = dict(parse_qsl(exchange.sent.decode(), keep_blank_values=True))
    else:
        body = _json(exchange.sent)
        if isinstance(body, dict):
            body = {name: one for name, one in body.items() if name not in exchange.beyond}
        contract().validate_request(
            schema, body, where, whole=operation.method != "PUT" and not exchange.beyond
        )
    wrong = list(_shapes().unknown(schema, body))
    assert not wrong, f"{where}: " + "; ".join(wrong[:8])


@cache
def _shapes() -> Shapes:
    return Shapes(contract().document["components"]["schemas"], RECORDED_EXTRAS)


def is_api(path: bytes) -> bool:
    """Whether a path is the API's."""
    return path.removeprefix(b"/!api").startswith(f"{BASE}/".encode())
