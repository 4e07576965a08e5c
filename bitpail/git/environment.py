"""What every git gets to know: a clean environment and the settings that must win.

A repository's own config is respected, but what is said here stands above it.
Nothing of the server's environment reaches a child.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from bitpail.errors import ConfigurationError
from bitpail.policy.names import HIDDEN_REFS

Config = Sequence[tuple[str, str]]

# safe.directory stands first: hooks keep this one setting and drop the rest.
SAFETY: Final[Config] = (
    ("safe.directory", "*"),
    ("protocol.allow", "never"),
    ("core.alternateRefsCommand", "true"),  # prints nothing: no ref of a fork's parent is told
    # Larger blobs are neither held in memory nor compared with each other: with git's
    # own 512m a clone of five blobs of 100 MB computes deltas for a minute, in a gigabyte.
    ("core.bigFileThreshold", "50m"),
    ("core.fsmonitor", "false"),
    ("core.fsync", "objects,derived-metadata,reference"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("receive.autogc", "false"),
    # Otherwise who pushes is advised, at length, to set it themselves where they can't.
    ("receive.denyDeleteCurrent", "refuse"),
    ("receive.fsckObjects", "true"),
    ("transfer.fsckObjects", "true"),
    # Old histories hold these mistakes and nobody can mend them now.
    ("receive.fsck.badTimezone", "ignore"),
    ("receive.fsck.missingSpaceBeforeDate", "ignore"),
    ("receive.fsck.zeroPaddedFilemode", "ignore"),
    ("uploadpack.allowFilter", "true"),
    ("uploadpack.allowAnySHA1InWant", "false"),
    ("uploadpack.allowRefInWant", "false"),
    # It would read any file whose name is known as a list of patterns, and tell by what it leaves out.
    ("uploadpackfilter.sparse:oid.allow", "false"),
    *(("transfer.hideRefs", prefix.rstrip("/")) for prefix in HIDDEN_REFS),
)

LARGE_PAGES: Final[Mapping[str, str]] = {
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=8388608:glibc.malloc.mmap_threshold=8388608"
}
"""For a git that reads thousands of objects and ends soon.

Half of its time goes into getting memory of the kernel, 4 kB at a time; here it comes by 2 MiB, where the kernel has it
so. For others it is a waste. Without glibc 2.35 it says nothing.
"""


@cache
def executable() -> str:
    """Where git is."""
    found = shutil.which("git")
    if found is None:
        raise ConfigurationError("git is not installed, or not in PATH")
    return found


@cache
def _base() -> dict[str, str]:
    return {
        "PATH": f"{Path(executable()).parent}:{os.defpath}",
        "HOME": "/nonexistent",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_LITERAL_PATHSPECS": "1",
        # An object name stands for its object, whatever refs/replace says.
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_COMMITTER_NAME": "Bitpail",
        "GIT_COMMITTER_EMAIL": "bitpail@localhost",
        **_settings(SAFETY),
    }


def _settings(config: Config, start: int = 0) -> dict[str, str]:
    named = {"GIT_CONFIG_COUNT": str(start + len(config))}
    for number, (key, value) in enumerate(config, start):
        named[f"GIT_CONFIG_KEY_{number}"] = key
        named[f"GIT_CONFIG_VALUE_{number}"] = value
    return named


def environment(config: Config, extra: Mapping[str, str]) -> dict[str, str]:
    """What a child is given: nothing of the server's own but where git is."""
    return {**_base(), **_settings(config, len(SAFETY)), **extra}
