"""Pictures of every page, in light and dark and on a phone, to be looked at: ``make screenshots``.

All go to ``build/screenshots``; the few that the documentation shows are made small and go to ``docs/screenshots``.
Names given as arguments make only those pages.
"""

import sys
from contextlib import ExitStack
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from pages import PAGES  # noqa: E402  # after the line above, which pytest does by itself
from PIL import Image  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from support import chromium  # noqa: E402
from support.visitor import visiting  # noqa: E402
from support.world import World  # noqa: E402

from bitpail.testing import Bitpail  # noqa: E402

ALL = TESTS.parent / "build" / "screenshots"
KEPT = TESTS.parent / "docs" / "screenshots"
FORMS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 800}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}, "is_mobile": True},
}
SHOWN = {
    "new-filled-light": (1280, 900),
    "one-light": (1280, 1150),
    "one-dark": (1280, 1150),
    "secret-phone": (360, 740),
    "app-passwords-light": (1280, 900),
    "denial-light": (1280, 700),
    "file-light": (1280, 800),
    "commit-dark": (1280, 1200),
    "oauth-authorize-light": (1280, 900),
}
"""What the documentation shows, and how much of it: width and height from the top left."""

_COLOURS = 64


def main() -> None:
    ALL.mkdir(parents=True, exist_ok=True)
    KEPT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:]
    with ExitStack() as opened:
        playwright = opened.enter_context(sync_playwright())
        browser = opened.enter_context(chromium.running(playwright))
        world = World(opened.enter_context(Bitpail.started()), opened)
        with visiting(browser, world.server.url) as visitor:
            inside = visitor.log_in().context.storage_state()
        for page in PAGES:
            if wanted and page.name not in wanted:
                continue
            for form, options in FORMS.items():
                state = {"storage_state": inside} if page.inside else {}
                with visiting(browser, world.server.url, **options, **state) as visitor:
                    page.way(visitor, world)
                    visitor.page.screenshot(path=ALL / f"{page.name}-{form}.png", full_page=True)
                _keep(f"{page.name}-{form}")


def _keep(name: str) -> None:
    """Cut one that the documentation shows, and give it few colours: a third of its size."""
    if name not in SHOWN:
        return
    with Image.open(ALL / f"{name}.png") as picture:
        width, height = SHOWN[name]
        cut = picture.convert("RGB").crop((0, 0, min(width, picture.width), min(height, picture.height)))
    cut.quantize(_COLOURS, dither=Image.Dither.NONE).save(KEPT / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
