"""Stories made from the served contract: something is made, and its links are followed to what can be done with it.

Schemathesis makes and tells them. Its first steps would be at made-up addresses, where nothing can be made, so
that they are led to a place that is there, with a body that makes something more often than not. Each step is
asked for by a stranger and with a scope that isn't enough before the owner asks.
"""

import base64
import itertools
import json
import random
import zlib
from functools import partial
from urllib.parse import quote

import anyio
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from requests import Request
from schemathesis.core.transport import Response
from support.contract import contract, independent_implications
from support.exchanges import ANYTHING

from bitpail.api.routes import ROUTES, in_contract
from bitpail.wire import contract as served

pytestmark = pytest.mark.anyio

SERVED = {(route.method, in_contract(route.template).removeprefix("/2.0")) for route in ROUTES}
SCHEMA = schemathesis.openapi.from_dict(served.served(frozenset(SERVED)))

_R = "/repositories/{workspace}/{repo_slug}"
_C = f"{_R}/commit/{{commit}}"
_REPORT = {"type": "report", "title": "Report N", "details": "All of it"}
_NOTE = {"type": "report_annotation", "annotation_type": "BUG", "summary": "Annotation N"}
# Bodies that make something; N is another number each time, KEY another key.
_MAKING = {
    ("POST", _R): {"scm": "git", "is_private": True},
    ("PUT", _R): {"description": "Description N"},
    ("POST", f"{_R}/forks"): {"name": "forkN"},
    ("POST", f"{_R}/refs/branches"): {"name": "branch/N", "target": {"hash": "main"}},
    ("POST", f"{_R}/refs/tags"): {"name": "vN", "target": {"hash": "main"}},
    ("POST", f"{_R}/branch-restrictions"): {"kind": "push", "branch_match_kind": "glob", "pattern": "N/*"},
    ("POST", f"{_R}/environments"): {"name": "Environment N"},
    ("POST", f"{_R}/deploy-keys"): {"label": "Key N", "key": "KEY"},
    ("PUT", f"{_R}/properties/{{app_key}}/{{property_name}}"): {"value": "N"},
    ("PUT", f"{_C}/properties/{{app_key}}/{{property_name}}"): {"value": "N"},
    ("POST", f"{_C}/comments"): {"content": {"raw": "Comment N"}},
    ("POST", f"{_C}/approve"): None,
    ("POST", f"{_C}/statuses/build"): {"key": "N", "state": "FAILED", "url": "https://ci.example.org/N"},
    ("PUT", f"{_C}/statuses/build/{{key}}"): {"state": "SUCCESSFUL"},
    ("PUT", f"{_C}/reports/{{reportId}}"): _REPORT,
    ("PUT", f"{_C}/reports/{{reportId}}/annotations/{{annotationId}}"): _NOTE,
    ("POST", f"{_C}/reports/{{reportId}}/annotations"): [{**_NOTE, "external_id": "N"}],
    ("POST", "/workspaces/{workspace}/projects"): {"key": "KN", "name": "Project N"},
    ("POST", "/users/{selected_user}/ssh-keys"): {"label": "Key N", "key": "KEY"},
}


def _key(number):
    """A public key of nobody's."""
    blob = b"".join(
        len(part).to_bytes(4, "big") + part for part in (b"ssh-ed25519", number.to_bytes(32, "big"))
    )
    return f"ssh-ed25519 {base64.b64encode(blob).decode()}"


class Asking:
    """Sends the steps from Hypothesis' thread to the loop in which the server is.

    Each story has people and a repository of its own, so that the same steps have the same outcome.
    """

    def __init__(self, server, client):
        self._server, self._client = server, client
        self._stories = itertools.count(1)
        self.done = set()

    def begin(self):
        """Somebody with a repository, and somebody else."""
        anyio.from_thread.run(self._begin)

    async def _begin(self):
        number = self._story = next(self._stories)
        self._numbers = itertools.count(1)
        self._random = random.Random(number)
        owner = await self._server.user(f"owner{number}")
        stranger = await self._server.user(f"stranger{number}")
        scopes = list(independent_implications())
        self._auths = {
            "owner": await self._server.auth(owner, *scopes),
            "stranger": await self._server.auth(stranger, *scopes),
            **{scope: await self._server.auth(owner, scope) for scope in scopes},
        }
        self._place = {
            "workspace": owner.username,
            "repo_slug": "code",
            "commit": "main",
            "selected_user": f"{{{owner.id}}}",
        }
        await self._server.repository(owner.username, "code")
        source = f"/2.0/repositories/{owner.username}/code/src"
        made = await self._client.send_form("POST", source, {"/a.txt": "a"}, auth=self._auths["owner"])
        assert made.status == 201, made

    def settle(self, case, *, is_first):
        """Lead the first step of a story to what is there; let most that make something have what it takes."""
        key = case.method, case.operation.path
        number = next(self._numbers)
        if is_first:
            new = {"repo_slug": f"made{number}"} if case.operation.path == _R else {}
            known = {**self._place, **new}
            case.path_parameters = {name: known.get(name, one) for name, one in case.path_parameters.items()}
        # By what was drawn, not by chance: the same draws have to make the same story.
        if key in _MAKING and zlib.crc32(repr(case.body).encode("utf-8", "replace")) % 5:
            text = json.dumps(_MAKING[key]).replace("KEY", _key(number + 1000 * self._story))
            case.body = json.loads(text.replace("N", str(number)) if "ssh-ed25519" not in text else text)
            case.query = {}

    def ask(self, case):
        """The owner's answer, after those who mustn't have been refused."""
        scopes = contract().security(case.method, f"/2.0{case.operation.path}")
        path = case.operation.path
        for name, value in case.path_parameters.items():
            path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
        send = partial(self._send, case, f"/2.0{path}")
        if path.startswith(f"/repositories/{self._place['workspace']}/code"):
            answer = send("stranger")
            assert answer.status >= 400, f"a stranger may: {answer!r}"
        narrow = [scope for scope in independent_implications() if not _covers(scope, scopes)]
        if scopes:
            answer = send(self._random.choice(narrow))
            assert answer.status >= 400, f"a narrower scope may: {answer!r}"
        answer = send("owner")
        assert answer.status < 500, answer
        if answer.status < 300:
            self.done.add(f"{case.method} {case.operation.path}")
        return answer, path

    def _send(self, case, path, who):
        body = case.body if isinstance(case.body, dict | list) else None
        headers, sent = {}, b""
        if body is not None:
            headers = {"content-type": "application/json"}
            sent = json.dumps(body, default=str).encode()
        query = {name: str(one) for name, one in (case.query or {}).items() if one is not None}
        return anyio.from_thread.run(
            partial(
                self._client.request,
                case.method,
                path,
                auth=self._auths[who],
                headers=headers,
                query=query or None,
                body=sent,
                beyond={ANYTHING},
            )
        )


def _covers(scope, alternatives):
    held = {scope, *independent_implications()[scope]}
    return any(wanted <= held for wanted in alternatives)


def stories(asking):
    class Story(SCHEMA.as_state_machine()):
        def setup(self):
            asking.begin()

        def step(self, input):  # noqa: A002 - theirs
            asking.settle(input.case, is_first=input.transition is None)
            return super().step(input)

        def call(self, case, **more):
            answer, path = asking.ask(case)
            headers = {name: [value] for name, value in answer.raw_headers}
            request = Request(case.method, f"https://git.example.org/2.0{path}").prepare()
            return Response(answer.status, headers, answer.body, request, 0.0, verify=False)

        def validate_response(self, response, case, additional_checks=None, **more):
            """The client has done it."""

    return Story


async def test_whatever_is_made_can_be_followed_by_its_owner_and_by_nobody_who_may_not(server, api, request):
    asking = Asking(server, api)
    how = settings(
        max_examples=request.config.getoption("--stories"),
        stateful_step_count=12,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    await anyio.to_thread.run_sync(partial(run_state_machine_as_test, stories(asking), settings=how))

    print(f"{len(asking.done)} operations did what they were asked for: {sorted(asking.done)}")
    # Or the answers would all be that nothing is there.
    assert len(asking.done) > 20
