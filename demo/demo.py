"""``make demo``: a server with a real repository in it, which proves itself and keeps serving.

Everything here is done as a stranger would do it: with the commands ``bitpail``,
``git`` and ``curl``. What was pushed stays in ``.demo`` for the next time.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from bitpail.testing.terminal import at_terminal

ROOT = Path(__file__).resolve().parent.parent
BITPAIL = [sys.executable, "-m", "bitpail"]
# Settings that somebody has for another server must not reach this one; --data is added.
SETTINGS = {key: value for key, value in os.environ.items() if not key.startswith("BITPAIL_")}
USER, WORKSPACE, PROJECT = "ada", "engines", "DEMO"
PASSWORDS = {"code": ["repository:write"], "wiki": ["wiki"], "api": ["repository"]}
HOME_PAGE = "# Home\n\nThe wiki of this repository is a Git repository of its own.\n"


class Failed(Exception):
    """A step did not do what it should; the text says what was seen."""


@dataclass
class Stage:
    """What the commands are run with."""

    host: str
    repository: str
    secrets: dict[str, str]
    work: Path
    environment: dict[str, str]
    failures: int = 0

    def url(self, label: str, *, with_secret: bool) -> str:
        """The clone URL of the code or the wiki, exactly as in people's scripts."""
        secret = f":{self.secrets[label]}" if with_secret else ""
        path = f"{WORKSPACE}/{self.repository}.git" + ("/wiki" if label == "wiki" else "")
        return f"http://{USER}{secret}@{self.host}/{path}"


def main() -> int:
    """Set up, serve, prove, keep serving."""
    options = _options()
    signal.signal(signal.SIGTERM, _stop)
    SETTINGS["BITPAIL_DATA"] = str(options.data.absolute())
    SETTINGS["BITPAIL_SSH_LISTEN"] = "127.0.0.1:0"
    repository = _set_up(options.repo)
    app_passwords = {label: _app_password(label) for label in PASSWORDS}
    serve = [*BITPAIL, "serve", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(serve, stderr=subprocess.PIPE, env=SETTINGS) as server:
        try:
            host = _listening(server)
            print(f"\nServing at http://{host} - now the commands that people have in scripts:\n")
            failures = _prove(host, repository, app_passwords)
            print(_closing(failures), flush=True)
            if not options.check:
                print("Serving until Ctrl-C.", flush=True)
                server.wait()
        except KeyboardInterrupt:
            print("\nstopping")
        finally:
            server.terminate()
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repo", default=str(ROOT), help="path or URL of the history to serve")
    parser.add_argument("--data", type=Path, default=ROOT / ".demo", help="what to keep for the next time")
    parser.add_argument("--check", action="store_true", help="stop after the proof, with an exit status")
    return parser.parse_args()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _set_up(source: str) -> str:
    """Everything but the app passwords, if it is not there from the last time."""
    _bitpail("init")
    if USER not in {one["username"] for one in _json("user", "list", "--json")}:
        password = secrets.token_urlsafe(16)
        _bitpail(
            "user",
            "create",
            USER,
            "--email",
            "ada@example.org",
            "--admin",
            "--password-stdin",
            given=password,
        )
        _bitpail("workspace", "create", WORKSPACE, "--owner", USER)
        _bitpail("project", "create", f"{WORKSPACE}/{PROJECT}")
    name = Path(source.rstrip("/")).name.removesuffix(".git").lower()
    letters = (letter if letter.isalnum() and letter.isascii() else "-" for letter in name)
    repository = "".join(letters).strip("-") or "demo"
    full_name = f"{WORKSPACE}/{repository}"
    if full_name not in {one["full_name"] for one in _json("repo", "list", "--json")}:
        print(f"Importing {source} ...", flush=True)
        _bitpail("repo", "import", source, full_name, "--project", PROJECT)
    return repository


def _app_password(label: str) -> str:
    """A new one each time: secrets are shown once and written down nowhere."""
    known = {one["label"] for one in _json("app-password", "list", "--user", USER, "--json")}
    if label in known:
        _bitpail("app-password", "revoke", "--user", USER, "--label", label)
    permissions = [word for scope in PASSWORDS[label] for word in ("--permission", scope)]
    made = _json("app-password", "create", "--user", USER, "--label", label, *permissions, "--json")
    return str(made["secret"])


def _listening(server: subprocess.Popen[bytes]) -> str:
    for line in server.stderr or []:
        if line.startswith(b"bitpail: serving http://"):
            # The rest of its log is not for the demonstration, but must be read or the server stalls.
            subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL)
            return line.split(b"//")[1].decode().strip()
    raise Failed("the server did not start")


def _prove(host: str, repository: str, app_passwords: dict[str, str]) -> int:
    with tempfile.TemporaryDirectory(prefix="bitpail-demo-") as directory:
        work = Path(directory)
        (work / "home").mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(work / "home"),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")},
        }
        stage = Stage(host, repository, app_passwords, work, environment)
        _first_wiki_page(stage)
        for label in ("code", "wiki"):
            _prove_git(stage, label)
        _prove_api(stage)
        return stage.failures


def _first_wiki_page(stage: Stage) -> None:
    url, clone = stage.url("wiki", with_secret=True), stage.work / "first"
    _run(stage, ["git", "clone", "-q", url, str(clone)])
    if not (clone / "Home.md").exists():
        (clone / "Home.md").write_text(HOME_PAGE)
        _run(stage, ["git", "-C", str(clone), "add", "Home.md"])
        _run(stage, ["git", "-C", str(clone), "commit", "-q", "-m", "First page"])
        _run(stage, ["git", "-C", str(clone), "push", "-q", url, "HEAD"])


def _prove_git(stage: Stage, label: str) -> None:
    """Clone and set-url, with the secret typed and with it in the URL; pull, push, fetch after each."""
    for with_secret in (False, True):
        clone = stage.work / f"{label}-{with_secret}"
        url = stage.url(label, with_secret=with_secret)
        note = "" if with_secret else f"   # type: {stage.secrets[label]}"
        _tell(stage, f"git clone {url}{note}", lambda c=clone, u=url: _git(stage, label, "clone", u, str(c)))
        for again in (False, True):
            if again:
                command = f"git remote set-url origin {url}"
                _tell(
                    stage,
                    command,
                    lambda c=clone, u=url: _git(stage, label, "remote", "set-url", "origin", u, at=c),
                )
            _tell(stage, "git pull; git push; git fetch", lambda c=clone: _pull_push_fetch(stage, label, c))


def _pull_push_fetch(stage: Stage, label: str, clone: Path) -> None:
    _git(stage, label, "pull", at=clone)
    _run(stage, ["git", "-C", str(clone), "commit", "-q", "--allow-empty", "-m", "Pushed by make demo"])
    _git(stage, label, "push", at=clone)
    _git(stage, label, "fetch", at=clone)
    local = _run(stage, ["git", "-C", str(clone), "rev-parse", "HEAD"]).strip()
    remote = _run(stage, ["git", "ls-remote", stage.url(label, with_secret=True), "HEAD"]).split()[0]
    if local != remote:
        raise Failed(f"pushed {local}, but the server has {remote}")


def _prove_api(stage: Stage) -> None:
    address = f"http://{stage.host}/2.0/repositories/{WORKSPACE}/{stage.repository}/commits"
    user = f"{USER}:{stage.secrets['api']}"
    with_user = f"curl --request POST --url '{address}' --user '{user}' --header 'Accept: application/json'"
    header = (
        f"c=`echo -n '{user}' | base64`\n"
        f"    curl --request POST --url '{address}' --header \"Authorization: Basic $c\" "
        "--header 'Accept: application/json'"
    )
    for command in (with_user, header):
        _tell(stage, command, lambda c=command: _commits(stage, c))


def _commits(stage: Stage, command: str) -> None:
    answer = json.loads(_run(stage, ["sh", "-c", command.replace("curl ", "curl --silent --show-error ")]))
    newest = _run(stage, ["git", "ls-remote", stage.url("code", with_secret=True), "HEAD"]).split()[0]
    if newest not in {commit["hash"] for commit in answer["values"]}:
        raise Failed(f"the newest commit {newest} is not in the answer")


def _git(stage: Stage, label: str, *arguments: str, at: Path | None = None) -> None:
    """Git at a terminal, where a person answers its prompt with the app password."""
    # The commands give the username, so only the secret is asked for, once or twice.
    answers = [("Password for", stage.secrets[label])] * 2
    session = at_terminal(
        ["git", *arguments], answers, cwd=at or stage.work, environment=stage.environment, seconds=600
    )
    if session.status != 0:
        raise Failed(session.screen.strip())


def _tell(stage: Stage, command: str, step: object) -> None:
    began = time.monotonic()
    try:
        step()  # type: ignore[operator]
    except Failed as failure:
        stage.failures += 1
        print(f"  \N{BALLOT X} {command}\n{failure}", flush=True)
    else:
        print(f"  \N{CHECK MARK} {command}   ({time.monotonic() - began:.1f} s)", flush=True)


def _closing(failures: int) -> str:
    if failures:
        return f"\n{failures} of these commands failed."
    return "\nAll of these work, and stay ready to paste while the server runs."


def _run(stage: Stage, command: list[str]) -> str:
    done = subprocess.run(
        command,
        cwd=stage.work,
        env=stage.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        raise Failed(done.stderr.strip() or done.stdout.strip())
    return done.stdout


def _bitpail(*arguments: str, given: str = "") -> str:
    command = [*BITPAIL, *arguments]
    done = subprocess.run(command, input=given, stdout=subprocess.PIPE, text=True, check=False, env=SETTINGS)
    if done.returncode:
        sys.exit(f"bitpail {arguments[0]} failed")
    return done.stdout


def _json(*arguments: str) -> list[dict[str, str]] | dict[str, str]:
    found: list[dict[str, str]] | dict[str, str] = json.loads(_bitpail(*arguments))
    return found


if __name__ == "__main__":
    sys.exit(main())
