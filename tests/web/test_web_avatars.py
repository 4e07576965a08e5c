import zlib
from io import BytesIO

import pytest
from PIL import Image
from support.browser import Browser

from bitpail.model.audit import Kind
from bitpail.services import audit, avatars, users

pytestmark = pytest.mark.anyio
PROFILE, UPLOAD = "/account/settings/", "/account/settings/avatar"
MB = 1024 * 1024


def address(user):
    return f"/users/%7B{user.id}%7D/avatar/"


def picture(kind, size=(300, 200), colour="red", mode="RGB", **more):
    written = BytesIO()
    Image.new(mode, size, colour).save(written, kind, **more)
    return written.getvalue()


def bomb():
    """A PNG of a few kilobytes that says it has 65,535 x 65,535 pixels."""

    def chunk(name, data):
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    header = (65535).to_bytes(4, "big") * 2 + bytes([1, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(MB)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
async def test_a_picture_is_squared_and_served_to_everybody(server, ada, page, kind):
    shown = await page.follow(await page.upload(PROFILE, UPLOAD, "avatar", picture(kind)))

    answer = await server.client.get(address(ada))

    assert "Saved." in shown.text
    assert address(ada) in shown.text
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")
    with Image.open(BytesIO(answer.body)) as served:
        assert served.size == (256, 256)


async def test_nothing_but_pixels_is_kept_and_a_photo_stands_upright(server, ada, page):
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side: to be turned a quarter to the right
    exif[0x010E] = "where I live"
    lying = Image.new("RGB", (1200, 1200), "blue")
    lying.paste("red", (0, 0, 600, 1200))
    written = BytesIO()
    lying.save(written, "JPEG", exif=exif, comment=b"where I live", icc_profile=b"where I live")

    await page.upload(PROFILE, UPLOAD, "avatar", written.getvalue() + b"<script>where I live</script>")

    served = (await server.client.get(address(ada))).body
    assert b"where I live" in written.getvalue()
    assert b"where I live" not in served
    with Image.open(BytesIO(served)) as image:
        assert not image.getexif()
        red, _, blue = image.convert("RGB").getpixel((128, 10))
        assert red > 200 > blue


async def test_who_has_uploaded_none_gets_initials_on_a_colour_that_stays(server, page, ada):
    await users.set_display_name(server.site, ada, "Ada <King> Lovelace")

    first, second = [await server.client.get(address(ada)) for _ in range(2)]
    by_account_id = await server.client.get(f"/users/{ada.account_id}/avatar")

    assert first.headers["content-type"] == "image/svg+xml"
    assert b">AL</text>" in first.body
    assert first.body == second.body == by_account_id.body
    assert "default-src 'none'" in first.headers["content-security-policy"]


async def test_the_links_of_the_api_lead_to_it(server, ada):
    told = (await server.client.get("/2.0/user", auth=await server.auth(ada, "account"))).json()

    assert (await server.client.follow(told["links"]["avatar"]["href"])).status == 200


async def test_a_browser_asks_whether_it_is_still_the_same(server, ada):
    first = await server.client.get(address(ada))
    tag = first.headers["etag"]
    again = [await server.client.get(address(ada), headers={"if-none-match": f'"x", W/{tag}'})]
    again.append(await server.client.get(address(ada), headers={"if-none-match": "*"}))
    await avatars.put(server.site, ada, picture("PNG"))

    changed = await server.client.get(address(ada), headers={"if-none-match": tag})

    assert [(answer.status, answer.body) for answer in again] == [(304, b"")] * 2
    assert changed.status == 200
    assert changed.headers["cache-control"] == "public, no-cache"
    assert "set-cookie" not in changed.headers


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
        picture("PNG")[:-40],
        picture("JPEG", size=(2000, 2000))[:2000],
        picture("TIFF"),
        picture("PNG", size=(2900, 2900), mode="1", colour=0),
        bomb(),
        bytes(range(256)) * 4096,
    ],
    ids=["none", "svg", "zeros", "cut", "cut jpeg", "tiff", "many pixels", "bomb", "noise"],
)
async def test_what_is_no_picture_changes_nothing(server, ada, page, content):
    answer = await page.upload(PROFILE, UPLOAD, "avatar", content)

    assert answer.status == 422
    assert 'role="alert"' in answer.text
    assert not await avatars.has(server.site, ada)


async def test_what_is_too_large_is_read_and_refused_in_words(server, ada, page):
    little, much = [await page.upload(PROFILE, UPLOAD, "avatar", bytes(size)) for size in (MB + 1, 8 * MB)]

    assert [answer.status for answer in (little, much)] == [422, 413]
    assert "at most 1 MB" in little.text
    assert "at most 1 MB" in much.text


async def test_an_upload_needs_the_token_of_the_form_and_its_own_session(server, ada, page):
    head = b'--e\r\ncontent-disposition: form-data; name="avatar"; filename="a"\r\n\r\n'
    body, kind = head + picture("PNG") + b"\r\n--e--\r\n", "multipart/form-data; boundary=e"

    forged = await page.send("POST", UPLOAD, body, kind)
    stranger = await Browser(server.application).send("POST", UPLOAD, body, kind)
    elsewhere = await page.send("POST", PROFILE, body, kind)
    encoded = await page.send("POST", UPLOAD, b"avatar=x", "application/x-www-form-urlencoded")

    assert [answer.status for answer in (forged, stranger, elsewhere, encoded)] == [403, 303, 422, 422]
    assert not await avatars.has(server.site, ada)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--e\r\n",
        b"--e--",
        b"--e\r\n\r\nx\r\n--e--\r\n",
        b'--e\r\ncontent-disposition: form-data; name="\xff"\r\n\r\nx\r\n--e--\r\n',
        b'--e\r\ncontent-disposition: form-data; name="a"\r\n\r\n\xff\r\n--e--\r\n',
        b'--e\r\ncontent-disposition: form-data; name="a"; filename="b"\r\n\r\nx',
        b'--e\r\ncontent-disposition: form-data; name="a"\r\n\r\nx\r\n' * 50 + b"--e--\r\n",
        b"--e\r\n" + b"x: y\r\n" * 1000 + b"\r\n\r\n--e--\r\n",
        b"--e\r\n" + b"x" * 100_000,
    ],
)
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=e", "multipart/form-data", 'multipart/form-data; boundary="']
)
async def test_a_broken_form_is_refused(page, ada, body, kind):
    assert (await page.send("POST", UPLOAD, body, kind)).status in {403, 422}


@pytest.mark.parametrize("user", ["%7B%7D", "ada", "..", "%7B00000000-0000-4000-8000-000000000000%7D", "%FF"])
async def test_nobody_has_no_picture(server, ada, user):
    assert (await server.client.get(f"/users/{user}/avatar/")).status in {404, 422}


async def test_the_picture_is_removed(server, ada, page):
    await avatars.put(server.site, ada, picture("PNG"))

    await page.submit(PROFILE, f"{UPLOAD}/remove")

    assert not await avatars.has(server.site, ada)
    told = [each.kind for each in await audit.newest(server.site, audit.Filter(user_id=ada.id))]
    assert {Kind.USER_AVATAR_CHANGED, Kind.USER_AVATAR_REMOVED} <= set(told)
