"""Pictures of people: uploaded ones are decoded, squared and written anew; who has none gets initials.

Nothing of an upload but its pixels is kept: no place where a photo was taken, and
no second file hidden in the first. Pixels are counted before they are decoded, one
picture at a time and in a thread.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

from msgspec import Struct
from PIL import Image, ImageOps

from bitpail.errors import Invalid, TooLarge, Unavailable
from bitpail.model.audit import Kind
from bitpail.model.avatars import Avatar
from bitpail.model.users import User
from bitpail.policy import avatars as policy
from bitpail.policy import names
from bitpail.services import audit, users
from bitpail.services.clock import now
from bitpail.services.site import Site
from bitpail.store import avatars as store

LARGEST = 1024 * 1024
"""Bytes of an upload."""
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_SIDE = 256
# A photo of 16 and a screen of 8 megapixels: decoding either takes some 100 MB for a moment.
_MOST_PIXELS = {"JPEG": 1 << 24}
_MOST_OTHERWISE = 1 << 23
_MOST_WAITING = 10
_MEDIA_TYPE = "image/webp"

_decoding = ThreadPoolExecutor(1, "avatars")
_waiting = 0


class Picture(Struct, frozen=True):
    """What a browser gets."""

    media_type: str
    content: bytes


async def put(site: Site, user: User, content: bytes) -> None:
    """Make an upload the user's picture; raises Invalid, TooLarge, or Unavailable if many wait."""
    global _waiting  # noqa: PLW0603 - one count for this worker
    if not content:
        raise Invalid("choose a picture first")
    if len(content) > LARGEST:
        raise TooLarge("a picture has at most 1 MB")
    if _waiting >= _MOST_WAITING:
        raise Unavailable("too many upload pictures at once: try again in a moment")
    _waiting += 1
    try:
        squared = await asyncio.get_running_loop().run_in_executor(_decoding, _squared, content)
    finally:
        _waiting -= 1
    async with site.db.transaction() as db:
        await store.put(db, Avatar(user.id, _MEDIA_TYPE, squared, now()))
        await audit.record(db, Kind.USER_AVATAR_CHANGED, user=user)


def _squared(content: bytes) -> bytes:
    try:
        with Image.open(BytesIO(content), formats=_FORMATS) as image:
            if image.width * image.height > _MOST_PIXELS.get(image.format or "", _MOST_OTHERWISE):
                raise Invalid(f"the picture has {image.width} x {image.height} pixels: make it smaller")
            # JPEG can be decoded at a fraction of its size; the others don't mind.
            image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
            # Upright first, since the note that it lies on its side is not kept.
            ImageOps.exif_transpose(image, in_place=True)
            upright = image.convert("RGBA")
    except Invalid:
        raise
    except Exception:  # noqa: BLE001 - a decoder of hostile bytes may raise anything
        raise Invalid("this is not a whole PNG, JPEG, GIF or WebP picture") from None
    bare = Image.new("RGBA", (_SIDE, _SIDE))
    bare.paste(ImageOps.fit(upright, bare.size))
    written = BytesIO()
    bare.save(written, "WEBP", quality=85)
    return written.getvalue()


async def remove(site: Site, user: User) -> None:
    """Back to the initials."""
    async with site.db.transaction() as db:
        if await store.remove(db, user.id):
            await audit.record(db, Kind.USER_AVATAR_REMOVED, user=user)


async def has(site: Site, user: User) -> bool:
    """Whether the user has uploaded a picture."""
    return await store.of_user(site.db, user.id) is not None


def of_repository(workspace: str, slug: str) -> Picture:
    """The picture of a repository, whether there is one or not; raises NotFound for what is no name."""
    return _of_place(names.check_workspace_slug(workspace), names.check_slug(slug))


def of_workspace(slug: str) -> Picture:
    """The same of a workspace."""
    return _of_place(names.check_workspace_slug(slug))


def of_project(workspace: str, key: str) -> Picture:
    """The same of a project."""
    return _of_place(names.check_workspace_slug(workspace), names.check_project_key(key))


def _of_place(*place: str) -> Picture:
    return Picture(policy.MEDIA_TYPE, policy.of_place(*place))


async def picture(site: Site, selected_user: str) -> Picture:
    """The picture of a user by account ID or UUID in braces; raises NotFound."""
    user = await users.identified(site, selected_user)
    found = await store.of_user(site.db, user.id)
    if found is None:
        return Picture(policy.MEDIA_TYPE, policy.drawn(user))
    return Picture(found.media_type, found.content)
