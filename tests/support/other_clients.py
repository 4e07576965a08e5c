"""Clients that are no Python and, of git, share no code with it: isomorphic-git, bitbucket.js and passport in Node, go-git in Go.

``install_other_clients.py`` puts them into this environment. Each is a program that does one action for one process,
passport's a web site that stays: JSON in, JSON out, so that no secret stands in an argument.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

INSTALLED = Path(sys.prefix) / "other_clients"
ISOMORPHIC_GIT = Path(__file__).with_name("isomorphic_git")
BITBUCKET_JS = Path(__file__).with_name("bitbucket_js")
PASSPORT = Path(__file__).with_name("passport")
GO_GIT = Path(__file__).with_name("go_git")

_PATIENCE = 180


class Refused(Exception):
    """What a client said instead of doing as it was told."""


class Program(NamedTuple):
    """A client as a command; without a file at ``needs`` there is none, and ``missing`` says what to do."""

    name: str
    command: tuple[str, ...]
    needs: Path
    missing: str

    @property
    def found(self) -> bool:
        return self.needs.exists() and shutil.which(self.command[0]) is not None

    def or_skip(self) -> "Program":
        """Itself, in a test that can't run without it."""
        if not self.found:
            pytest.skip(self.missing)
        return self

    def does(self, action: str, **how: Any) -> dict[str, Any]:
        """Its answer; raises Refused with its reason."""
        done = subprocess.run(
            self.command,
            input=json.dumps(how | {"action": action}).encode(),
            capture_output=True,
            check=True,
            timeout=_PATIENCE,
            # Its home is where it works: nothing of this machine's.
            env=_environment(Path(how["directory"]).parent),
        )
        answer = json.loads(done.stdout)
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer

    @contextmanager
    def stays(self, home: Path, certificate: str, **how: Any) -> Iterator[dict[str, Any]]:
        """Start it and keep it: the first that it says. It also trusts what a certificate has signed."""
        process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(home) | {"NODE_EXTRA_CA_CERTS": certificate},
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(how).encode() + b"\n")
            process.stdin.flush()
            said = process.stdout.readline()
            assert said, f"{self.name} has ended at once"
            yield json.loads(said)
        finally:
            process.stdin.close()
            try:
                process.wait(_PATIENCE)
            finally:
                process.kill()
                process.stdout.close()


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


isomorphic_git = Program(
    "isomorphic-git",
    ("node", str(ISOMORPHIC_GIT / "client.mjs"), str(INSTALLED / "isomorphic_git")),
    INSTALLED / "isomorphic_git/node_modules/isomorphic-git/index.cjs",
    "no isomorphic-git: it needs Node 18 or newer with npm on PATH, and a registry that npm reaches",
)
bitbucket_js = Program(
    "bitbucket.js",
    ("node", str(BITBUCKET_JS / "client.mjs"), str(INSTALLED / "bitbucket_js")),
    INSTALLED / "bitbucket_js/node_modules/bitbucket/package.json",
    "no bitbucket.js: it needs Node 18 or newer with npm on PATH, and a registry that npm reaches",
)
passport = Program(
    "passport",
    ("node", str(PASSPORT / "client.mjs"), str(INSTALLED / "passport")),
    INSTALLED / "passport/node_modules/passport-bitbucket-oauth2/package.json",
    "no passport: it needs Node 18 or newer with npm on PATH, and a registry that npm reaches",
)
go_git = Program(
    "go-git",
    (str(INSTALLED / "go_git"),),
    INSTALLED / "go_git",
    "no go-git: it needs Go 1.21 or newer on PATH or in /usr/local/go, and a module proxy that it reaches",
)
