"""Whether the installed git is new enough."""

import re

from bitpail.errors import ConfigurationError
from bitpail.git.command import run

OLDEST_GIT = (2, 38)
"""``cat-file --batch-command`` came with 2.36, safe.directory from the environment with 2.38."""


async def check_version() -> str:
    """The version of the installed git; ConfigurationError when it is too old for this server."""
    text = (await run(None, "version")).decode().strip()
    found = re.search(r"(\d+)\.(\d+)", text)
    if found is None or (int(found[1]), int(found[2])) < OLDEST_GIT:
        raise ConfigurationError(f"git {OLDEST_GIT[0]}.{OLDEST_GIT[1]} or newer is needed, found: {text}")
    return text.removeprefix("git version ")
