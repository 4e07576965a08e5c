"""Copying a repository from another server, to which nobody but its address was chosen.

Git goes to one host at addresses that were looked up before, follows no redirect, and
speaks no protocol but HTTP. What it logs in with comes through a pipe: it stands in no
argument, no variable and no file.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from bitpail.errors import GitError, TooLarge
from bitpail.git.command import run
from bitpail.git.directories import AS_IT_IS, Lines, beside, disk_size, make_fast, place
from bitpail.git.environment import Config
from bitpail.git.revisions import Source
from bitpail.policy.destinations import Credential, Destination

_SECRET = 7
_LOOK = 1.0
_SLOWEST = 60

_REACH: Config = (
    *((name, value) for name, value in AS_IT_IS if not name.startswith("protocol.")),
    ("protocol.http.allow", "always"),
    ("protocol.https.allow", "always"),
    # Nor are alternates of others followed then.
    ("http.followRedirects", "false"),
    ("http.proxy", ""),
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", str(_SLOWEST)),
    ("http.sslVerify", "true"),
    ("transfer.bundleURI", "false"),
    ("credential.helper", ""),
)


async def from_url(
    destination: Destination,
    addresses: Sequence[str],
    credential: Credential | None,
    path: Path,
    progress: Callable[[str], None],
    *,
    limit: int,
    timeout: float,  # noqa: ASYNC109 - as of every git
) -> None:
    """Copy all branches and tags into a new repository at ``path``, which appears when all of it is there.

    ``limit`` is in bytes, 0 for none. Raises GitError with git's last words, TookTooLong,
    TooLarge, or Conflict when ``path`` exists.
    """
    async with beside(path) as temporary:
        lines = Lines(progress)
        cloning = asyncio.create_task(
            _clone(destination, addresses, credential, temporary, lines, timeout=timeout)
        )
        try:
            await _watch(cloning, temporary, limit)
        finally:
            cloning.cancel()
            with suppress(asyncio.CancelledError, GitError):
                await cloning
        lines.finish()
        await _forget_source(temporary)
        await make_fast(temporary)
        place(temporary, path)


async def _watch(cloning: asyncio.Task[None], temporary: Path, limit: int) -> None:
    while True:
        done, _ = await asyncio.wait({cloning}, timeout=_LOOK)
        if limit and await disk_size(temporary) > limit:
            raise TooLarge(f"the repository is larger than {limit} bytes")
        if done:
            return await cloning


async def _clone(
    destination: Destination,
    addresses: Sequence[str],
    credential: Credential | None,
    temporary: Path,
    lines: Lines,
    *,
    timeout: float,  # noqa: ASYNC109 - as above
) -> None:
    config = list(_REACH)
    if destination.is_named:
        config.append(("http.curloptResolve", _pinned(destination, addresses)))
    secret = None
    if credential is not None:
        # The operation that git appends is behind the "#"; only the first question finds an answer.
        config.append(("credential.helper", f"!cat <&{_SECRET} #"))
        secret = _pipe(credential)
    try:
        await run(
            None,
            "clone",
            *("--bare", "--no-local", "--progress", "--template="),
            paths=[Source(destination.url), temporary],
            timeout=timeout,
            config=config,
            descriptors={_SECRET: secret} if secret is not None else None,
            background=True,
            on_stderr=lines.feed,
        )
    finally:
        if secret is not None:
            os.close(secret)


def _pinned(destination: Destination, addresses: Sequence[str]) -> str:
    """What curl is to find for the host, so that a second look-up can't lead elsewhere."""
    shown = ",".join(f"[{one}]" if ":" in one else one for one in addresses)
    return f"{destination.host}:{destination.port}:{shown}"


def _pipe(credential: Credential) -> int:
    """The end to read the answer of a credential helper from. It is short, so that writing it waits for nobody."""
    reading, writing = os.pipe()
    text = f"username={credential.username}\npassword={credential.password.reveal()}\n"
    with os.fdopen(writing, "wb") as stream:
        stream.write(text.encode())
    return reading


async def _forget_source(path: Path) -> None:
    with suppress(GitError):
        await run(path, "config", "--remove-section", "remote.origin")
