"""Keys made by the real gpg, in a home of their own."""

import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

MISSING = "no gpg on this machine"


def can_run() -> bool:
    return shutil.which("gpg") is not None


class Gpg:
    """One home, without an agent of anybody else."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(mode=0o700)

    def run(self, *arguments: str, given: str = "") -> str:
        done = subprocess.run(
            ["gpg", "--homedir", str(self.home), "--batch", "--passphrase", "", *arguments],
            input=given.encode(), capture_output=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=False)

    def make(self, user_id: str, *kind: str) -> str:
        """A key; its fingerprint. ``kind`` is algorithm, use and end as gpg has them."""
        self.run("--quick-generate-key", user_id, *(kind or ("ed25519", "sign", "2y")))
        return self.fingerprints()[-1]

    def fingerprints(self) -> list[str]:
        """Of the primary keys, in the order of their making."""
        lines = [line.split(":") for line in self.run("--list-keys", "--with-colons").splitlines()]
        pairs = pairwise(lines)
        return [after[9] for before, after in pairs if before[0] == "pub" and after[0] == "fpr"]

    def facts(self, fingerprint: str) -> list[dict[str, str]]:
        """What gpg says of the primary key and of each subkey."""
        found: list[dict[str, str]] = []
        for line in self.run("--list-keys", "--with-colons", fingerprint).splitlines():
            part = line.split(":")
            if part[0] in {"pub", "sub"}:
                found.append({"key_id": part[4].lower(), "created": part[5], "expires": part[6]})
            elif part[0] == "fpr":
                found[-1]["fingerprint"] = part[9].lower()
        return found

    def public(self, *which: str) -> str:
        return self.run("--armor", "--export", *which)

    def private(self, *which: str) -> str:
        return self.run("--armor", "--export-secret-keys", *which)
