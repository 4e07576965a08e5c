"""Git LFS as hostile and broken clients speak it."""

import json
from hashlib import sha256

import msgspec
import pytest
from support.site import serving

pytestmark = pytest.mark.anyio

ROOT = "/ada/art.git/info/lfs"
CONTENT = b"a picture"
OID = sha256(CONTENT).hexdigest()
KIND = "application/vnd.git-lfs+json"


@pytest.fixture
async def auth(server, ada):
    await server.repository("ada", "art")
    return await server.auth(ada, "repository:write")


async def batch(server, auth, operation="upload", objects=None, **more):
    wanted = [{"oid": OID, "size": len(CONTENT)}] if objects is None else objects
    return await server.client.send_json(
        "POST", f"{ROOT}/objects/batch", {"operation": operation, "objects": wanted, **more}, auth=auth
    )


def put(server, auth, oid, content):
    return server.client.request("PUT", f"{ROOT}/objects/{oid}", body=content, auth=auth)


def files(server):
    return [path for path in (server.site.settings.data_path / "lfs").rglob("*") if path.is_file()]


async def test_what_is_there_need_not_be_sent_again(server, auth):
    (wanted,) = (await batch(server, auth)).json()["objects"]
    assert set(wanted["actions"]) == {"upload", "verify"}

    assert (await put(server, auth, OID, CONTENT)).status == 200

    (there,) = (await batch(server, auth)).json()["objects"]
    assert "actions" not in there
    (found,) = (await batch(server, auth, "download")).json()["objects"]
    path = "/" + found["actions"]["download"]["href"].split("/", 3)[3]
    whole = await server.client.get(path, auth=auth)
    assert (whole.status, whole.body) == (200, CONTENT)
    assert whole.headers["content-disposition"] == "attachment"
    part = await server.client.get(path, auth=auth, headers=[("range", "bytes=2-4")])
    assert (part.status, part.body) == (206, CONTENT[2:5])
    verified = {"oid": OID, "size": len(CONTENT)}
    assert (
        await server.client.send_json("POST", f"{ROOT}/objects/verify", verified, auth=auth)
    ).status == 200


async def test_what_is_not_what_its_name_says_is_not_kept(server, auth):
    for content in (b"another picture", b"", CONTENT + b"x", CONTENT[:-1]):
        answer = await put(server, auth, OID, content)
        assert (answer.status, answer.headers["content-type"]) == (400, KIND)
    assert files(server) == []
    verified = {"oid": OID, "size": len(CONTENT)}
    assert (
        await server.client.send_json("POST", f"{ROOT}/objects/verify", verified, auth=auth)
    ).status == 404


@pytest.mark.parametrize("oid", ["A" * 64, "a" * 63, "a" * 65, "..%2F..%2Fx", "%00", "-x", "a" * 5000])
async def test_a_name_that_is_none_is_refused(server, auth, oid):
    for method in ("PUT", "GET"):
        answer = await server.client.request(method, f"{ROOT}/objects/{oid}", body=b"x", auth=auth)
        assert answer.status == 400
    assert files(server) == []
    (shown,) = (await batch(server, auth, objects=[{"oid": oid, "size": 1}])).json()["objects"]
    assert shown["error"]["code"] == 422


async def test_an_object_is_never_given_out_through_another_repository(server, ada, auth):
    await put(server, auth, OID, CONTENT)
    await server.repository("ada", "other", public=True)

    answer = await server.client.get(f"/ada/other.git/info/lfs/objects/{OID}", auth=auth)

    assert answer.status == 404
    assert (await server.client.get(f"{ROOT}/objects/{OID}")).status == 401


async def test_rights_are_those_of_git(server, ada, auth):
    reader = await server.auth(ada, "repository")
    wiki = await server.auth(ada, "wiki")
    eve = await server.auth(await server.user("eve"), "repository:write")
    await put(server, auth, OID, CONTENT)

    assert (await batch(server, reader, "download")).status == 200
    assert (await batch(server, reader, "upload")).status == 403
    assert (await put(server, reader, OID, CONTENT)).status == 403
    for method, path in (("POST", "locks"), ("POST", "locks/verify"), ("POST", "locks/1/unlock")):
        assert (await server.client.send_json(method, f"{ROOT}/{path}", {}, auth=reader)).status == 403
    for stranger in (wiki, eve, None, ("ada", "wrong")):
        refused = await batch(server, stranger, "download")
        assert refused.status == {wiki: 403, eve: 404}.get(stranger, 401)
        assert refused.headers["content-type"] == KIND
        assert refused.json()["message"]
        assert (await put(server, stranger, OID, CONTENT)).status == refused.status
    assert "lfs-authenticate" in (await batch(server, None)).headers
    assert (await server.client.get("/ada/art.git/wiki/info/lfs/locks", auth=wiki)).status == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"operation": "steal", "objects": []}', b'{"operation": "upload"}',
     b'{"operation": "upload", "objects": [{"oid": 5, "size": 1}]}', b'{"operation": "upload", "objects": {}}',
     json.dumps({"operation": "upload", "objects": [{"oid": OID, "size": 1}] * 1001}).encode(),
     json.dumps({"operation": "upload", "objects": [], "transfers": ["tus"]}).encode(), b"\xff" * 10,
     b"[" * 100_000],
)  # fmt: skip
async def test_a_batch_that_is_none_is_refused(server, auth, body):
    answer = await server.client.request("POST", f"{ROOT}/objects/batch", body=body, auth=auth)

    assert (answer.status, answer.headers["content-type"]) == (400, KIND)
    assert answer.json()["request_id"]


async def test_a_limit_on_size_is_kept_whatever_was_announced(settings):
    async with serving(msgspec.structs.replace(settings, lfs_object_limit=5)) as limited:
        ada = await limited.user()
        await limited.repository("ada", "art")
        auth = await limited.auth(ada, "repository:write")
        (shown,) = (await batch(limited, auth)).json()["objects"]

        assert shown["error"]["code"] == 413
        assert (await put(limited, auth, OID, CONTENT)).status == 413
        assert files(limited) == []


async def test_locks_come_in_pages_and_belong_to_people(server, auth):
    async def ask(method, path, body=None):
        return await server.client.send_json(method, f"{ROOT}/{path}", body or {}, auth=auth)

    for number in range(3):
        made = await ask("POST", "locks", {"path": f"dir/{number}.bin", "ref": {"name": "refs/heads/main"}})
        assert made.status == 201
    again = await ask("POST", "locks", {"path": "/dir/1.bin"})
    assert (again.status, again.json()["lock"]["path"]) == (409, "dir/1.bin")
    first = (await server.client.get(f"{ROOT}/locks?limit=2", auth=auth)).json()
    rest = (await server.client.get(f"{ROOT}/locks?limit=2&cursor={first['next_cursor']}", auth=auth)).json()
    assert [one["path"] for one in first["locks"] + rest["locks"]] == [f"dir/{n}.bin" for n in range(3)]
    assert "next_cursor" not in rest
    (one,) = (await server.client.get(f"{ROOT}/locks?path=dir/2.bin", auth=auth)).json()["locks"]
    assert (await server.client.get(f"{ROOT}/locks?id={one['id']}", auth=auth)).json()["locks"] == [one]
    assert len((await ask("POST", "locks/verify")).json()["ours"]) == 3
    assert (await ask("POST", f"locks/{one['id']}/unlock")).status == 200
    assert (await ask("POST", f"locks/{one['id']}/unlock")).status == 404
    for wrong in ({"path": ""}, {"path": "../x"}, {"path": "a\0"}, {"path": 5}, {"path": "x" * 5000}, {}):
        assert (await ask("POST", "locks", wrong)).status == 400
    assert (await server.client.get(f"{ROOT}/locks?cursor=x", auth=auth)).status == 400
