import asyncio
import base64
import time

import pytest
from msgspec.structs import replace
from support.asgi import HOST

from bitpail.errors import NotFound
from bitpail.git import downloads as files
from bitpail.services import downloads
from bitpail.settings import Settings

pytestmark = pytest.mark.anyio

CODE = "/2.0/repositories/ada/code"
DOWNLOADS = f"{CODE}/downloads"
BOUNDARY = "----boundary"
IN_PARTS = f"multipart/form-data; boundary={BOUNDARY}"


def form(*parts, field="files", end=True):
    """A body of parts, each a name and a content."""
    lines = []
    for name, content in parts:
        named = name.encode() if isinstance(name, str) else name
        head = b'Content-Disposition: form-data; name="%b"; filename="%b"' % (field.encode(), named)
        lines.append(b"--%b\r\n%b\r\n\r\n%b\r\n" % (BOUNDARY.encode(), head, content))
    return b"".join(lines) + (b"--%b--\r\n" % BOUNDARY.encode() if end else b"")


@pytest.fixture
async def code(api, auth):
    await api.request("POST", CODE, auth=auth)


async def send(api, auth, *parts, **more):
    headers = {"content-type": IN_PARTS}
    return await api.request("POST", DOWNLOADS, auth=auth, headers=headers, body=form(*parts, **more))


def on_disk(server):
    return [path for path in (server.settings.data_path / "downloads").rglob("*") if path.is_file()]


async def fetched(api, server, auth, name, **more):
    """What is behind the redirect, without a credential."""
    answer = await api.get(f"{DOWNLOADS}/{name}", auth=auth)
    assert answer.status == 302, answer
    address = answer.headers["location"]
    assert address.startswith(f"https://{HOST}/bitpail/files/")
    return await server.client.request(
        more.pop("method", "GET"), address.removeprefix(f"https://{HOST}"), **more
    )


async def test_a_file_is_uploaded_listed_fetched_and_removed(server, api, auth, ada, code):
    content = bytes(range(256)) * 5000
    made = await send(api, auth, ("app-1.0.tar.gz", content))

    assert (made.status, made.body) == (201, b"")
    assert made.headers["location"] == f"https://{HOST}{DOWNLOADS}"
    (shown,) = (await api.get(DOWNLOADS, auth=auth)).json()["values"]
    assert (shown["name"], shown["size"], shown["downloads"], shown["type"]) == (
        *("app-1.0.tar.gz", len(content), 0, "download"),
    )
    assert shown["user"]["uuid"] == f"{{{ada.id}}}"
    assert shown["links"]["self"]["href"] == f"https://{HOST}{DOWNLOADS}/app-1.0.tar.gz"
    answer = await fetched(api, server, auth, "app-1.0.tar.gz")
    assert (answer.status, answer.body == content) == (200, True)
    assert (await api.request("DELETE", f"{DOWNLOADS}/app-1.0.tar.gz", auth=auth)).status == 204
    assert (await api.get(f"{DOWNLOADS}/app-1.0.tar.gz", auth=auth)).status == 404
    assert (await api.request("DELETE", f"{DOWNLOADS}/app-1.0.tar.gz", auth=auth)).status == 404
    assert on_disk(server) == []


async def test_the_same_name_replaces_and_several_files_may_come_at_once(server, api, auth, code):
    await send(api, auth, ("a.txt", b"old"), ("b.txt", b"b"))
    await send(api, auth, ("a.txt", b"older"), ("c.txt", b""), ("a.txt", b"new"))

    listed = (await api.get(f"{DOWNLOADS}?sort=name", auth=auth)).json()["values"]
    assert [(one["name"], one["size"]) for one in listed] == [("a.txt", 3), ("b.txt", 1), ("c.txt", 0)]
    assert (await fetched(api, server, auth, "a.txt")).body == b"new"
    assert (await fetched(api, server, auth, "c.txt")).body == b""
    assert len(on_disk(server)) == 3


async def test_an_address_that_was_replaced_leads_nowhere(server, api, auth, code):
    await send(api, auth, ("a.txt", b"old"))
    old = (await api.get(f"{DOWNLOADS}/a.txt", auth=auth)).headers["location"].removeprefix(f"https://{HOST}")

    await send(api, auth, ("a.txt", b"new"))

    assert (await server.client.get(old)).status == 404


@pytest.mark.parametrize(
    "name",
    [
        "größe.txt",
        "日本語",
        "a b.txt",
        "a;b=c.txt",
        "%41",
        "a\u202eb",
        "x" * 255,
        ".hidden",
        "a'b",
        "😀.bin",
        "a#?&.txt",
    ],
)
async def test_names_that_are_fine_come_back_as_they_were(server, api, auth, code, name):
    assert (await send(api, auth, (name, b"x"))).status == 201

    (shown,) = (await api.get(DOWNLOADS, auth=auth)).json()["values"]
    own = shown["links"]["self"]["href"].removeprefix(f"https://{HOST}")
    leads = await api.get(own, auth=auth)

    assert shown["name"] == name.replace("\u202e", shown["name"][1] if "\u202e" in name else "")
    assert leads.status == 302
    got = await server.client.get(leads.headers["location"].removeprefix(f"https://{HOST}"))
    assert (got.status, got.body) == (200, b"x")
    assert "\n" not in got.headers["content-disposition"]
    assert got.headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\\b",
        "-rf",
        "a\x00b",
        "a\x1bb",
        "x" * 256,
        "ü" * 200,
        b"\xff\xfe",
        b"a\x85\xff",
        "   ",
    ],
)
async def test_names_that_are_none_are_refused_and_nothing_is_kept(server, api, auth, code, name):
    refused = await send(api, auth, ("good.txt", b"good"), (name, b"x"))

    assert refused.status == 400, refused
    assert (await api.get(DOWNLOADS, auth=auth)).json()["values"] == []
    assert on_disk(server) == []


async def test_what_is_no_form_with_files_is_refused(server, api, auth, code):
    async def status(content_type, body):
        headers = {"content-type": content_type} if content_type else {}
        return (await api.request("POST", DOWNLOADS, auth=auth, headers=headers, body=body)).status

    assert await status("application/json", b'{"files": []}') == 406
    assert await status("application/x-www-form-urlencoded", b"files=a") == 406
    assert await status("", b"x") == 406
    assert await status("multipart/form-data", form(("a", b"x"))) == 400
    assert await status(IN_PARTS, b"") == 400
    assert await status(IN_PARTS, b"--" + BOUNDARY.encode() + b"--\r\n") == 400
    assert await status(IN_PARTS, b"nothing of the kind") == 400
    assert await status(IN_PARTS, form(("a", b"x"), field="other")) == 400
    plain = b'--%b\r\nContent-Disposition: form-data; name="files"\r\n\r\nx\r\n--%b--\r\n' % (
        (BOUNDARY.encode(),) * 2
    )
    assert await status(IN_PARTS, plain) == 400
    assert await status(IN_PARTS, form(("a", b"x"), end=False)) == 400
    long = b"--%b\r\nX-Long: %b\r\n\r\nx\r\n--%b--\r\n" % (
        BOUNDARY.encode(),
        b"y" * 100_000,
        BOUNDARY.encode(),
    )
    assert await status(IN_PARTS, long) == 400
    assert await status(IN_PARTS, form(*((f"{n}", b"") for n in range(101)))) == 413
    assert on_disk(server) == []
    assert (await api.get(DOWNLOADS, auth=auth)).json()["size"] == 0


async def test_a_client_that_stops_half_way_leaves_nothing(server, api, auth, code):
    body = form(("whole.bin", b"x" * 3_000_000), ("half.bin", b"y" * 3_000_000))
    pieces = [body[at : at + 65536] for at in range(0, 4_500_000, 65536)]

    await server.client.request(
        "POST", DOWNLOADS, auth=auth, headers={"content-type": IN_PARTS}, body=pieces, disconnect=True
    )

    assert (await api.get(DOWNLOADS, auth=auth)).json()["size"] == 0
    assert on_disk(server) == []


async def test_a_part_of_a_file_can_be_had(server, api, auth, code):
    await send(api, auth, ("a.txt", b"0123456789"))

    async def asked(**headers):
        return await fetched(api, server, auth, "a.txt", headers=headers)

    whole = await asked()
    tag = whole.headers["etag"]
    part = await asked(range="bytes=2-4")
    same = await asked(range="bytes=2-4", **{"if-range": tag})
    changed = await asked(range="bytes=2-4", **{"if-range": '"other"'})
    beyond = await asked(range="bytes=20-30")
    last = await asked(range="bytes=-3")
    known = await asked(**{"if-none-match": tag})
    head = await fetched(api, server, auth, "a.txt", method="HEAD")

    assert (whole.status, whole.headers["accept-ranges"]) == (200, "bytes")
    assert (part.status, part.body, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert (same.status, same.body) == (206, b"234")
    assert (changed.status, changed.body) == (200, b"0123456789")
    assert beyond.status == 416
    assert (last.status, last.body) == (206, b"789")
    assert (known.status, known.body) == (304, b"")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "10")
    await send(api, auth, ("a.txt", b"9876543210"))
    assert (await asked()).headers["etag"] != tag


async def test_what_somebody_uploads_is_never_run_as_a_page_of_ours(server, api, auth, code):
    await send(api, auth, ("page.html", b"<script>alert(1)</script>"))

    answer = await fetched(api, server, auth, "page.html")

    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == 'attachment; filename="page.html"'
    assert "set-cookie" not in answer.headers


async def test_an_address_opens_one_file_for_some_minutes_and_nothing_else(
    server, api, auth, code, monkeypatch
):
    """Forged, stretched, moved to another file, used later: the address of a private file is of no use then."""
    await send(api, auth, ("a.txt", b"a"), ("b.txt", b"b"))
    at = (await api.get(f"{DOWNLOADS}/a.txt", auth=auth)).headers["location"].removeprefix(f"https://{HOST}")
    assert (await server.client.get(at)).body == b"a"
    prefix, token, name = at.rsplit("/", 2)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    other = (await api.get(f"{DOWNLOADS}/b.txt", auth=auth)).headers["location"].rsplit("/", 2)[1]
    wrong = [
        f"{prefix}/{token}/b.txt",
        f"{prefix}/{other}/{name}",
        f"{prefix}//{name}",
        f"{prefix}/",
        f"{prefix}/{token}",
    ]
    for index in range(len(raw)):
        flipped = raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :]
        wrong.append(f"{prefix}/{base64.urlsafe_b64encode(flipped).decode().rstrip('=')}/{name}")
    cuts = (raw[:-1], raw + b"\0", raw[:20], b"", raw[:19])
    wrong += [f"{prefix}/{base64.urlsafe_b64encode(cut).decode().rstrip('=')}/{name}" for cut in cuts]
    wrong += [f"{prefix}/%FF%00/{name}", f"{prefix}/{'x' * 10_000}/{name}", f"{prefix}/{token}/..%2F{name}"]

    for address in wrong:
        assert (await server.client.get(address)).status == 404, address
    assert (await server.client.request("POST", at)).status == 405
    later = time.time() + downloads.LIFETIME + 1
    monkeypatch.setattr(time, "time", lambda: later)
    expired = await server.client.get(at)
    assert (expired.status, "expired" in expired.text) == (404, True)


async def test_the_key_of_an_address_is_not_in_the_database(server, api, auth, code):
    await send(api, auth, ("a.txt", b"a"))
    at = (await api.get(f"{DOWNLOADS}/a.txt", auth=auth)).headers["location"].removeprefix(f"https://{HOST}")
    found = await downloads.content(server.site, *at.rsplit("/", 2)[1:])
    other = replace(server.site, keys=replace(server.site.keys, cursors=b"x" * 32))

    assert found.download.name == "a.txt"
    with pytest.raises(NotFound):
        await downloads.content(other, *at.rsplit("/", 2)[1:])


async def test_each_fetch_is_counted_once_and_looking_is_not(server, api, auth, code):
    await send(api, auth, ("a.txt", b"a"))
    for _ in range(3):
        await fetched(api, server, auth, "a.txt")
    await api.request("HEAD", f"{DOWNLOADS}/a.txt", auth=auth)
    await api.get(f"{DOWNLOADS}/none.txt", auth=auth)

    async def shown():
        return (await api.get(DOWNLOADS, auth=auth)).json()["values"][0]["downloads"]

    async with asyncio.timeout(60):
        while await shown() < 3:
            await asyncio.sleep(0.2)
    assert await shown() == 3


async def test_downloads_are_asked_for_by_q_and_sort(api, auth, code):
    await send(api, auth, ("b.txt", b"bb"), ("a.txt", b"a"))
    await send(api, auth, ("c.zip", b"ccc"))

    async def names(**query):
        return [one["name"] for one in (await api.get(DOWNLOADS, auth=auth, query=query)).json()["values"]]

    assert (await names())[0] == "c.zip"
    assert await names(sort="-size") == ["c.zip", "b.txt", "a.txt"]
    assert await names(q='name ~ ".TXT"', sort="name") == ["a.txt", "b.txt"]
    assert await names(q='size > 1 AND user.nickname = "ada"', sort="size") == ["b.txt", "c.zip"]
    assert (await api.get(f"{DOWNLOADS}?pagelen=2&page=2", auth=auth)).json()["size"] == 3
    assert (await api.get(f"{DOWNLOADS}?sort=file", auth=auth)).status == 400


async def test_of_uploads_of_one_name_at_once_one_wins_whole(server, api, auth, code):
    contents = [bytes([65 + number]) * 300_000 for number in range(6)]

    answers = await asyncio.gather(*(send(api, auth, ("a.bin", content)) for content in contents))

    assert {answer.status for answer in answers} == {201}
    assert (await fetched(api, server, auth, "a.bin")).body in contents
    assert len(on_disk(server)) == 1


async def test_what_dead_uploads_left_is_swept_and_what_lives_stays(server, api, auth, code):
    await send(api, auth, ("a.txt", b"a"))
    repository_id = on_disk(server)[0].parent.name
    root = server.settings.data_path / "downloads"
    dead = root / repository_id / ("0" * 32)
    dead.write_bytes(b"half")
    gone = root / "00000000-0000-4000-8000-000000000001"
    gone.mkdir()
    (gone / "x").write_bytes(b"of a repository that is no more")
    with files.incoming(root, repository_id) as under_way:
        await under_way.write(b"still coming")

        await downloads.clean_leftovers(server.site)

        assert (root / repository_id / under_way.file).exists()
    assert not dead.exists()
    assert not gone.exists()
    assert (await fetched(api, server, auth, "a.txt")).body == b"a"


async def test_downloads_go_with_the_repository(server, api, auth, code):
    await send(api, auth, ("a.txt", b"a"))
    at = (await api.get(f"{DOWNLOADS}/a.txt", auth=auth)).headers["location"].removeprefix(f"https://{HOST}")

    await api.request("DELETE", CODE, auth=auth)

    assert on_disk(server) == []
    assert (await server.client.get(at)).status == 404


class TestQuota:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, downloads_limit=1000)

    async def test_the_downloads_of_a_repository_have_a_limit_together(self, server, api, auth, code):
        assert (await send(api, auth, ("a.txt", b"x" * 600))).status == 201

        refused = await send(api, auth, ("b.txt", b"x" * 401))
        replaced = await send(api, auth, ("a.txt", b"y" * 1000))
        over = await send(api, auth, ("a.txt", b"z" * 1001))

        assert (refused.status, "at most 1000 bytes" in refused.message) == (413, True)
        assert (replaced.status, over.status) == (201, 413)
        assert [len((await fetched(api, server, auth, "a.txt")).body)] == [1000]
        assert len(on_disk(server)) == 1

    async def test_two_who_would_fit_alone_do_not_both(self, server, api, auth, code):
        answers = await asyncio.gather(*(send(api, auth, (f"{n}", b"x" * 600)) for n in range(4)))

        assert sorted(answer.status for answer in answers) == [201, 413, 413, 413]
        assert len(on_disk(server)) == 1


def test_the_limit_is_a_setting():
    assert Settings().downloads_limit == 10 * 1024**3
