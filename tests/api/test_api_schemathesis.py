"""Requests made from the contract itself: whatever it allows, and what it doesn't, gets an answer that it allows.

Schemathesis makes them; the client of these tests sends and judges them. Whoever has no permission asks first.
"""

import json
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from support.contract import independent_implications
from support.exchanges import ANYTHING

from bitpail.api.routes import ROUTES, in_contract
from bitpail.services import groups, workspaces
from bitpail.wire.contract import served

pytestmark = pytest.mark.anyio

# Whatever comes after these would find nothing, so that they are done to another one.
_ENDS_IT = {(method, "/repositories/{workspace}/{repo_slug}") for method in ("PUT", "DELETE")}
# What the place really has, for the parameters of paths.
_KNOWN = {
    "workspace": ["ada"],
    "repo_slug": ["code"],
    "commit": ["main", "HEAD", "v1"],
    "revision": ["main"],
    "spec": ["main", "main..v1"],
    "revspec": ["main..v1"],
    "path": ["file.txt", ""],
    "name": ["main", "v1", "new"],
    "filename": ["a.txt", "-x"],
    "selected_user": ["{ada}"],
    "project_key": ["PROJ"],
    "subject_type": ["repository", "workspace"],
    "username": ["ada"],
    "reportId": ["scan"],
    "annotationId": ["a"],
    "id": ["1"],
    "comment_id": ["1"],
    "app_key": ["app"],
    "property_name": ["state"],
    "target_username": ["{ada}"],
    "group_slug": ["devs"],
    "selected_user_id": ["{ada}"],
    "member": ["{ada}"],
    "email": ["ada@example.com"],
}
# What is said of its commits before anything else is asked.
_SAID = [
    ("POST", "/branch-restrictions", {"kind": "delete", "branch_match_kind": "glob", "pattern": "kept"}),
    ("PUT", "/commit/main/reports/scan", {"type": "report", "title": "t", "details": "d"}),
    (
        *("POST", "/commit/main/reports/scan/annotations"),
        [{"external_id": "a", "annotation_type": "BUG", "summary": "s"}],
    ),
    ("POST", "/commit/main/comments", {"content": {"raw": "hm"}}),
    ("PUT", "/commit/main/properties/app/state", {"a": 1}),
    ("PUT", "/properties/app/state", {"a": 1}),
    ("POST", "/environments", {"name": "test"}),
]


_SERVED = {(route.method, in_contract(route.template).removeprefix("/2.0")) for route in ROUTES}
SCHEMA = schemathesis.openapi.from_dict(served(frozenset(_SERVED)))
OPERATIONS = [result.ok() for result in SCHEMA.get_all_operations()]


@st.composite
def requests(draw):
    """A request of the contract, most of its path often of things that are there."""
    operation = draw(st.sampled_from(OPERATIONS))
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    case = draw(operation.as_strategy(generation_mode=draw(st.sampled_from(modes))))
    path = operation.path
    for name, value in (case.path_parameters or {}).items():
        known = (
            ["other"]
            if name == "repo_slug" and (case.method, operation.path) in _ENDS_IT
            else _KNOWN.get(name, [])
        )
        chosen = draw(st.sampled_from([*known * 5, value]))
        path = path.replace(f"{{{name}}}", quote(str(chosen), safe=""))
    return case, f"/2.0{path}"


@pytest.fixture
async def place(server, ada, git):
    git.commit("first")
    git.git("tag", "v1")
    git.commit("second")
    await server.adopted("ada", "code", git)
    await groups.create(server.site, await workspaces.named(server.site, "ada"), "devs")
    grace = await server.user("grace")
    scopes = list(independent_implications())
    await server.repository("ada", "other")
    found: dict[str, set[str]] = {"ada": set(), "grace": set()}
    auths = {name: await server.auth(user, *scopes) for name, user in (("ada", ada), ("grace", grace))}
    for method, path, body in _SAID:
        said = await server.client.send_json(
            method, f"/2.0/repositories/ada/code{path}", body, auth=auths["ada"]
        )
        assert said.status < 300, said
    yield (
        auths,
        found,
        ada.id,
    )
    # Or the answers would all be that nothing is there.
    assert len(found["ada"]) > len(ROUTES) // 4
    assert len(found["ada"]) > len(found["grace"])


def test_every_operation_that_is_served_is_tried():
    assert len(OPERATIONS) == len(ROUTES)


@settings(
    max_examples=600,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(made=requests())
async def test_whatever_is_asked_gets_an_answer_of_the_contract(api, server, place, made):
    case, path = made
    auths, answered, ada = place
    path = path.replace("%7Bada%7D", f"%7B{ada}%7D")
    query = case.query if isinstance(case.query, dict) else {}
    headers = {"content-type": case.media_type} if case.media_type else {}
    body = _body(case)

    for who in ("grace", "ada"):
        answer = await api.request(
            *(case.method, path),
            auth=auths[who],
            query=_texts(query),
            headers=headers,
            body=body,
            beyond={ANYTHING},
        )
        assert answer.status < 500, answer
        if answer.status < 300:
            answered[who].add(f"{case.method} {case.operation.path}")
        if who == "grace" and "{workspace}" in case.operation.path:
            assert answer.status >= 400 or "/ada" not in path, answer


def _body(case):
    if not case.media_type or case.body is None or isinstance(case.body, type):
        return b""
    return case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()


def _texts(query):
    return {
        name: value if isinstance(value, list) else str(value)
        for name, value in query.items()
        if value is not None
    }
