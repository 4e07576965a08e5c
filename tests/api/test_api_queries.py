"""What a collection answers to ``q`` and ``sort`` is what its own objects say, for each field of each collection.

The statements are held against the objects of repositories, with queries of every shape, in ``tests/store``. Here
each field of all of them is asked for through the API: that it is the member of that name.
"""

import importlib
import pkgutil

import pytest
from support.contract import independent_implications

from bitpail import store
from bitpail.model.deployments import DeploymentState as State
from bitpail.services import deployments, watchers, workspaces
from bitpail.services.deployments import Told
from bitpail.store import (
    annotations,
    commit_comments,
    downloads,
    environments,
    members,
    reports,
    repositories,
)
from bitpail.store import deployments as stored_deployments
from bitpail.store import repository_permissions as permissions
from bitpail.store import watchers as stored_watchers
from bitpail.store.queries import Narrowed, Paged
from bitpail.wire.query import matches, ordered, parse
from bitpail.wire.query_kinds import Kind

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
_COMMIT = f"{CODE}/commit/main"
COLLECTIONS = {
    "/2.0/repositories/ada": repositories._chosen,
    f"{CODE}/forks": repositories._forks_chosen,
    "/2.0/user/permissions/repositories": permissions._of_user,
    "/2.0/user/workspaces/ada/permissions/repositories": permissions._of_user_in,
    "/2.0/workspaces/ada/permissions/repositories": permissions._of_workspace,
    "/2.0/workspaces/ada/permissions/repositories/code": permissions._of_repository,
    "/2.0/workspaces/ada/members": members._members_of,
    f"{CODE}/downloads": downloads._chosen,
    f"{CODE}/watchers": stored_watchers._chosen,
    f"{CODE}/environments": environments._chosen,
    f"{CODE}/deployments": stored_deployments._chosen,
    f"{_COMMIT}/comments": commit_comments._chosen,
    f"{_COMMIT}/reports": reports._chosen,
    f"{_COMMIT}/reports/scan/annotations": annotations._chosen,
}


@pytest.fixture
async def auth(server, ada):
    return await server.auth(ada, *independent_implications())


async def furnish(server, api, auth, ada, git):
    """Three or so of everything that is listed, each with something that the others lack."""
    git.commit("first")
    made = await server.adopted("ada", "code", git)
    for slug, description in (("b", "Bay"), ("c", ""), ("a", "bay_%")):
        await server.repository("ada", slug, description=description, public=slug == "c")
    await api.send_json("POST", f"{CODE}/forks", {"name": "fork", "workspace": {"slug": "ada"}}, auth=auth)
    for name in ("grace", "zoe"):
        person = await server.user(name)
        await server.member(await workspaces.named(server.site, "ada"), person, "member")
        await server.grant(made, person, "write" if name == "grace" else "read")
        await watchers.watch(server.site, person, "ada", "code")
    await watchers.watch(server.site, ada, "ada", "code")
    for name in ("a.txt", "B.zip", "b_%.bin"):
        part = f'--x\r\ncontent-disposition: form-data; name="files"; filename="{name}"\r\n\r\n{name * len(name)}\r\n--x--\r\n'
        kind = {"content-type": "multipart/form-data; boundary=x"}
        sent = await api.request("POST", f"{CODE}/downloads", auth=auth, headers=kind, body=part.encode())
        assert sent.status == 201
    for kind in ("Test", "Staging", "Production"):
        body = {"name": f"on {kind}", "environment_type": {"name": kind}}
        await api.send_json("POST", f"{CODE}/environments", body, auth=auth)
        await deployments.record(server.site, made, f"on {kind}", "main", Told(state=State.UNDEPLOYED))
    await deployments.record(
        server.site, made, "on test", "main", Told(state=State.IN_PROGRESS, deployer=ada)
    )
    for number, more in enumerate(({}, {"inline": {"path": "file.txt", "to": 1}}, {"parent": {"id": 1}})):
        body = {"content": {"raw": f"Comment {number}"}, **more}
        assert (await api.send_json("POST", f"{_COMMIT}/comments", body, auth=auth)).status == 201
    for name, more in (("scan", {"result": "FAILED"}), ("b", {"reporter": "Ada"}), ("a", {})):
        report = {"type": "report", "title": f"Title {name}", "details": "d", **more}
        await api.send_json("PUT", f"{_COMMIT}/reports/{name}", report, auth=auth)
    for number, more in enumerate(({"line": 9, "path": "file.txt"}, {"severity": "LOW"}, {"line": 10})):
        note = {"type": "report_annotation", "annotation_type": "BUG", "summary": f"s{number}", **more}
        await api.send_json("PUT", f"{_COMMIT}/reports/scan/annotations/{number}", note, auth=auth)


def member(value, path):
    """What stands at a path of an object, None if nothing does."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def literal(value):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def queries(name, field, values):
    """Comparisons of one field with what is there, and with what isn't."""
    there = list(dict.fromkeys(member(one, name) for one in values if member(one, name) is not None))[:3]
    for value in there:
        text = value if field.kind is Kind.MOMENT else literal(value)
        signs = ("=", "!=") if field.kind is Kind.FLAG else ("=", "!=", "<", ">=")
        yield from (f"{name} {sign} {text}" for sign in signs)
        if field.kind is Kind.TEXT:
            yield f"{name} ~ {literal(value[:2].upper())}"
    if field.kind is not Kind.RANK:
        yield from (f"{name} = null", f"{name} != null")


@pytest.mark.parametrize("path", COLLECTIONS)
async def test_each_field_of_a_collection_is_its_member_of_that_name(server, api, auth, ada, git, path):
    await furnish(server, api, auth, ada, git)
    everything = await api.everything(path, auth=auth, query={"pagelen": 100})
    assert len(everything) > (0 if path.endswith("/forks") else 2)
    wrong = []

    async def compare(query, wanted):
        answer = await api.get(path, auth=auth, query={"pagelen": 100, **query})
        got = answer.json().get("values") if answer.status == 200 else answer
        if got != wanted:
            wrong.append(f"{query}: {got}, but by the objects {wanted}"[:600])

    for name, field in COLLECTIONS[path]._fields.items():
        for text in queries(name, field, everything):
            await compare({"q": text}, [one for one in everything if matches(parse(text), one)])
        for sort in (name, f"-{name}"):
            await compare({"sort": sort}, ordered(everything, sort))

    assert not wrong, f"{len(wrong)} are wrong:\n" + "\n".join(wrong[:5])


def test_every_collection_that_is_asked_in_sql_stands_in_this_table():
    known = {
        id(one._fields): f"{module.name}.{name}"
        for module in pkgutil.iter_modules(store.__path__)
        for name, one in vars(importlib.import_module(f"bitpail.store.{module.name}")).items()
        if isinstance(one, Narrowed | Paged) and one._fields
    }

    assert not [
        name
        for fields, name in known.items()
        if fields not in {id(one._fields) for one in COLLECTIONS.values()}
    ]
