"""A commit is pushed, a tool reports on it, people talk about it, and it is deployed: with git, curl and the command line."""

import json
import sys
from pathlib import Path

import pytest

from bitpail import __file__ as package
from bitpail import settings as bitpail_settings

_CODE = str(Path(package).parents[1])


@pytest.fixture
def code(bitpail, person):
    """A public repository with one commit; the addresses of it, and curl as three people."""
    ada, grace = bitpail.user("ada"), bitpail.user("grace")
    bitpail.repository("ada/code", public=True, files={"a.py": "x\n"})
    secrets = {
        "ada": bitpail.app_password(ada, "repository:write", "pipeline"),
        "grace": bitpail.app_password(grace, "repository:write"),
    }

    def ask(who, method, path, body=None):
        options = ["--request", method, "--header", "Content-Type: application/json"]
        if who:
            options += ["--user", f"{who}:{secrets[who]}"]
        if body is not None:
            options += ["--data", json.dumps(body)]
        return person.api(f"{bitpail.api}/repositories/ada/code{path}", *options)

    return ask


def test_what_is_said_of_a_commit_from_the_push_to_the_deployment(bitpail, person, code):
    report = {"type": "report", "title": "Scan", "details": "d", "result": "FAILED"}
    annotation = {"external_id": "1", "annotation_type": "BUG", "summary": "s", "path": "a.py", "line": 1}
    said = {"content": {"raw": "Looks **good**"}, "inline": {"path": "a.py", "to": 1}}

    assert code("ada", "PUT", "/commit/main/reports/scan", report)[0] == 200
    assert code("ada", "POST", "/commit/main/reports/scan/annotations", [annotation])[0] == 200
    assert code("grace", "PUT", "/commit/main/reports/scan", report)[0] == 403
    status, told = code(None, "GET", "/commit/main/reports")
    assert (status, [one["result"] for one in told["values"]]) == (200, ["FAILED"])

    status, comment = code("grace", "POST", "/commit/main/comments", said)
    assert (status, comment["content"]["html"]) == (201, "<p>Looks <strong>good</strong></p>")
    assert code(None, "POST", "/commit/main/comments", said)[0] == 401
    assert code("ada", "POST", "/commit/main/comments", {**said, "parent": {"id": comment["id"]}})[0] == 201
    assert code("grace", "DELETE", f"/commit/main/comments/{comment['id']}")[0] == 204
    values = code(None, "GET", "/commit/main/comments?fields=values.deleted,values.content.raw")[1]["values"]
    assert [(one["deleted"], one["content"]["raw"]) for one in values] == [
        (True, ""),
        (False, "Looks **good**"),
    ]

    assert code("grace", "POST", "/commit/main/approve")[0] == 403
    assert code("ada", "POST", "/commit/main/approve")[1]["state"] == "approved"
    assert [one["approved"] for one in code(None, "GET", "/commit/main")[1]["participants"]] == [True]

    assert code("ada", "PUT", "/properties/app/state", {"_attributes": ["public"], "n": 1})[0] == 204
    assert code(None, "GET", "/properties/app/state") == (200, {"_attributes": ["public"], "n": 1})

    place = {"name": "Live", "environment_type": {"name": "Production"}}
    assert code("ada", "POST", "/environments/", place)[0] == 201
    environment = bitpail_settings.as_environment(bitpail.settings) | {"PYTHONPATH": _CODE}
    command = [sys.executable, "-m", "bitpail", "deployment", "record", "ada/code", "Live", "main"]
    done = person.run(*command, "--deployer", "ada", **environment)
    assert done.worked, done.err
    (shown,) = code(None, "GET", "/deployments/?sort=-state.started_on&pagelen=5")[1]["values"]
    assert shown["uuid"] == f"{{{done.out.strip()}}}"
    assert (shown["state"]["status"]["name"], shown["state"]["deployer"]["nickname"]) == ("SUCCESSFUL", "ada")
