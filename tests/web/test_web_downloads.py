"""Files beside the code, and archives, as one meets them in a browser."""

import io
import zipfile

import pytest
from support.browser import PASSWORD, Browser, Page

pytestmark = pytest.mark.anyio

EVIL = "<script>alert(1)<_script><img src=x onerror=alert(1)>'&.txt"
HOME = "/engines/difference"
AT = f"{HOME}/downloads/"


@pytest.fixture
async def repository(server, ada, git):
    await server.workspace("engines", ada)
    blob = git.git("hash-object", "-w", "--stdin", stdin=b"x")
    tree = git.git("mktree", stdin=f"100644 blob {blob}\ta.txt\n".encode())
    git.git("update-ref", "refs/heads/main", git.git("commit-tree", tree, "-m", "a commit"))
    git.git("tag", "v1", "main")
    return await server.adopted("engines", "difference", git)


async def shown(page, path, status=200):
    answer = await page.get(path)
    assert answer.status == status, answer.text
    assert Page(answer.text).inline == []
    return answer


async def token(page, path=AT):
    fields = Page((await page.get(path)).text).forms[-1].fields
    return next(value for name, value in fields if name == "form_token")


async def send(page, *files, first=None, path=f"{HOME}/downloads", edge="edge"):
    """A form as a browser sends it: the token, then files."""
    first = await token(page) if first is None else first
    parts = [f'--{edge}\r\ncontent-disposition: form-data; name="form_token"\r\n\r\n{first}\r\n'.encode()]
    for name, content in files:
        quoted = name.replace('"', "%22").encode()
        head = (
            b'content-disposition: form-data; name="files"; filename="%b"\r\ncontent-type: text/html' % quoted
        )
        parts.append(f"--{edge}\r\n".encode() + head + b"\r\n\r\n" + content + b"\r\n")
    body = b"".join(parts) + f"--{edge}--\r\n".encode()
    return await page.send("POST", path, body, f"multipart/form-data; boundary={edge}")


async def test_sizes_are_told_as_those_of_files_are(page, repository):
    await send(page, ("one", b"1"), ("some", b"x" * 12_345))

    listed = (await shown(page, AT)).text

    assert "1 byte," in listed
    assert "12 kB," in listed


async def test_files_are_uploaded_listed_downloaded_replaced_and_deleted(page, repository):
    sent = await send(page, ("tool 1.zip", b"one"), ("b.txt", b"x" * 3_000_000))
    assert (sent.status, sent.headers["location"]) == (303, f"{AT}?done=uploaded")

    listed = await shown(page, f"{AT}?done=uploaded")
    assert "Uploaded." in listed.text
    assert f'href="{AT}tool%201.zip"' in listed.text
    assert "3.0 MB" in listed.text
    content = await page.follow(await page.get(f"{AT}tool%201.zip"))
    assert content.body == b"one"
    assert content.headers["content-type"] == "application/octet-stream"
    await send(page, ("tool 1.zip", b"two"))
    assert (await page.follow(await page.get(f"{AT}tool%201.zip"))).body == b"two"
    form = next(f for f in Page((await page.get(AT)).text).forms if f.action.endswith("tool%201.zip/delete"))
    assert (await page.ask("POST", form.action, fields=form.fields)).status == 303
    assert (await page.get(f"{AT}tool%201.zip")).status == 404
    assert "b.txt" in (await shown(page, AT)).text


async def test_an_upload_without_the_token_of_this_browser_changes_nothing(server, page, repository):
    other = Browser(server.application)
    await server.user("mallory", password=PASSWORD)
    await other.log_in("mallory", PASSWORD)
    stolen = await token(other, "/account/settings/")

    for first in ("", "x", stolen, "y" * 5000):
        assert (await send(page, ("a.txt", b"one"), first=first)).status == 403
    edge = "multipart/form-data; boundary=edge"
    file = b'--edge\r\ncontent-disposition: form-data; name="files"; filename="a"\r\n\r\nx\r\n'
    own = await token(page)
    late = (
        b'--edge\r\ncontent-disposition: form-data; name="form_token"\r\n\r\n%b\r\n--edge--\r\n'
        % own.encode()
    )
    for body in (file + late, file + b"--edge--\r\n", b"--edge--\r\n", b""):
        assert (await page.send("POST", f"{HOME}/downloads", body, edge)).status in {403, 422}
    as_a_form = await page.ask("POST", f"{HOME}/downloads", fields=[("form_token", own)])
    assert as_a_form.status == 422
    foreign = await page._client.request(
        "POST",
        f"{HOME}/downloads",
        headers=[
            ("cookie", "; ".join(f"{name}={value}" for name, value in page.cookies.items())),
            ("content-type", edge),
            ("sec-fetch-site", "cross-site"),
        ],
        body=late,
    )
    assert foreign.status == 403
    assert "No file is offered here" in (await shown(page, AT)).text


@pytest.mark.parametrize(
    ("name", "words"),
    [("", "choose a file"), ("../x", "name of a file"), ("-x", "option"), ("a/b", "name of a file"), (".", "name of a file"), ("x" * 300, "longer")],
)  # fmt: skip
async def test_what_is_wrong_with_an_upload_is_said_on_the_page(page, repository, name, words):
    answer = await send(page, (name, b"one"))

    assert answer.status == 422
    assert words in answer.text.lower()
    assert "No file is offered here" in answer.text


async def test_an_upload_that_is_cut_short_leaves_nothing(page, repository):
    own = await token(page)
    body = (
        b'--edge\r\ncontent-disposition: form-data; name="form_token"\r\n\r\n%b\r\n'
        b'--edge\r\ncontent-disposition: form-data; name="files"; filename="a"\r\n\r\nhalf' % own.encode()
    )

    answer = await page.send("POST", f"{HOME}/downloads", body, "multipart/form-data; boundary=edge")

    assert answer.status == 422
    assert "cut short" in answer.text
    assert "No file is offered here" in (await shown(page, AT)).text


async def test_no_name_of_a_download_becomes_a_tag(page, repository):
    assert (await send(page, (EVIL, b"x"), ('a"b.txt', b"y"))).status == 303

    answer = await shown(page, AT)

    main = answer.text.split("<main", 1)[1]
    assert "<script" not in main
    assert "<img src=x" not in main
    assert "&lt;script&gt;alert(1)" in main


async def test_who_may_only_read_downloads_and_changes_nothing(server, page, repository):
    await send(page, ("a.txt", b"one"))
    await server.grant(repository, await server.user("charles", password=PASSWORD), "read")
    charles, nobody = Browser(server.application), Browser(server.application)
    await charles.log_in("charles", PASSWORD)

    listed = await shown(charles, AT)

    assert "Delete" not in listed.text
    assert 'type="file"' not in listed.text
    assert (await page.follow(await charles.get(f"{AT}a.txt"))).body == b"one"
    own = await token(charles, "/account/settings/")
    assert (await send(charles, ("b.txt", b"x"), first=own)).status == 403
    assert (await charles.ask("POST", f"{AT}a.txt/delete", fields=[("form_token", own)])).status == 403
    assert (await page.ask("POST", f"{AT}a.txt/delete", fields=[])).status == 403
    assert (await nobody.get(f"{AT}a.txt")).headers["location"].startswith("/login")
    assert "a.txt" in (await shown(page, AT)).text


async def test_who_is_logged_in_gets_archives_by_their_links(server, page, repository):
    for tab, name in (("tags", "v1"), ("branches", "main")):
        listed = await shown(page, f"{AT}?tab={tab}")
        link = f"{HOME}/get/{name}.zip"
        assert f'href="{link}"' in listed.text
        answer = await page.get(link)
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/zip"
        assert "attachment" in answer.headers["content-disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            assert [one.split("/")[-1] for one in archive.namelist() if not one.endswith("/")] == ["a.txt"]
    assert (await page.get(f"{HOME}/get/none.zip")).status == 404
    assert (await page.get(f"{HOME}/get/main.exe")).status == 404
    stale = Browser(server.application)
    stale.cookies["bitpail_session"] = "x" * 43
    assert (await stale.get(f"{HOME}/get/main.zip")).headers["location"].startswith("/login")
    program = await server.client.request("GET", f"{HOME}/get/main.zip")
    assert program.status == 401
