"""People who come over SSH: a home with a key, and OpenSSH's client told to use nothing else."""

import json
import subprocess
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from support.clients import Done, Person

from bitpail.model.permissions import Permission, Role
from bitpail.model.ssh_keys import SshKey, SshKeyId
from bitpail.policy import ssh_keys as policy
from bitpail.services import access_keys, grants, groups, users, workspaces
from bitpail.services import repositories as repository_service
from bitpail.services.clock import now
from bitpail.store import ssh_keys as store
from bitpail.testing import Bitpail
from bitpail.testing.server import Person as PersonHere


class SshPerson(Person):
    """Has one key, of the kind that ``ssh-keygen -t`` knows."""

    def __init__(self, home: Path, server: Bitpail, *kind: str) -> None:
        super().__init__(home)
        self.server = server
        self.key = home / "key"
        made = self.run("ssh-keygen", "-q", "-N", "", "-f", str(self.key), *(kind or ("-t", "ed25519")))
        assert made.worked, made.err
        self.options = [
            *("-F", "/dev/null", "-i", str(self.key), "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"),
            *("-o", f"UserKnownHostsFile={home}/known_hosts", "-o", "StrictHostKeyChecking=accept-new"),
            *("-o", "BatchMode=yes", "-o", "LogLevel=ERROR"),
        ]
        self.environment["GIT_SSH_COMMAND"] = " ".join(["ssh", *self.options])

    def public_key(self) -> str:
        return self.key.with_name("key.pub").read_text()

    def url(self, full_name: str, *, user: str = "git", tail: str = "") -> str:
        parts = urlsplit(self.server.ssh_url)
        return f"ssh://{user}@{parts.hostname}:{parts.port}/{full_name}.git{tail}"

    def ssh(
        self, *command: str, options: tuple[str, ...] = (), user: str = "git", given: bytes = b""
    ) -> Done:
        """Run the client with this command; without one it asks for a shell, as ``ssh -T`` does."""
        parts = urlsplit(self.server.ssh_url)
        where = ["-p", str(parts.port), f"{user}@{parts.hostname}"]
        return self.run("ssh", "-T", *self.options, *options, *where, *command, given=given)

    def pipe(self, command: str, *, user: str = "git") -> subprocess.Popen[bytes]:
        """Start the client with this command, and hold both ends."""
        parts = urlsplit(self.server.ssh_url)
        line = ["ssh", "-T", *self.options, "-p", str(parts.port), f"{user}@{parts.hostname}", command]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            line, env=self.environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
        )


def put_user_key(server: Bitpail, person, line: str, *, expires_on: int | None = None) -> str:
    """Give somebody a key; its id."""
    parsed = policy.parse(line)

    async def work(site):
        user = await users.named(site, person.username)
        key = SshKey(
            id=SshKeyId(str(uuid.uuid4())),
            user_id=user.id,
            fingerprint=parsed.fingerprint,
            key=parsed.text,
            comment=parsed.comment,
            label="laptop",
            created_on=now(),
            expires_on=expires_on,
        )
        await store.create(site.db, key)
        return key.id

    return server.do(work)


def take_user_key(server: Bitpail, username: str, key_id: str) -> None:
    async def work(site):
        user = await users.named(site, username)
        assert await store.remove(site.db, user.id, key_id)

    server.do(work)


def end_by_the_api(server: Bitpail, username: str, key_id: str, seconds: float) -> None:
    """Have a key of somebody's end in so many seconds, as they would."""

    async def person_of(site):
        user = await users.named(site, username)
        return PersonHere(user.username, user.id, user.account_id)

    person = server.do(person_of)
    secret, own = server.app_password(person, "account:write"), person.uuid.strip("{}")
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    answer = subprocess.run(
        [
            *(
                "curl",
                "-sS",
                "-w",
                "%{http_code}",
                "-o",
                "/dev/null",
                "-X",
                "PUT",
                "-u",
                f"{username}:{secret}",
            ),
            *("-H", "content-type: application/json", "-d", json.dumps({"expires_on": ends.isoformat()})),
            f"{server.url}/2.0/users/%7B{own}%7D/ssh-keys/%7B{key_id}%7D",
        ],
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert answer.stdout == "200", answer


def keys_of(server: Bitpail, username: str) -> list[SshKey]:
    async def work(site):
        user = await users.named(site, username)
        await site.ssh_key_uses.flush()
        return await store.of_user(site.db, user.id)

    return server.do(work)


def grant_to_group(
    server: Bitpail, workspace: str, repository: str | None, username: str, permission: str
) -> None:
    """Put somebody into a new group, which has a permission on a repository, or on the first project."""

    async def work(site):
        place, user = await workspaces.named(site, workspace), await users.named(site, username)
        await workspaces.put_member(site, place, user, Role.MEMBER, Permission.NONE)
        group = await groups.create(site, place, "devs")
        await groups.add(site, place, group, user)
        on = await workspaces.project_for(site, place, None)
        if repository is not None:
            on = (await repository_service.named(site, workspace, repository)).repository
        await grants.give(site, place, on, "devs", permission, is_group=True)

    server.do(work)


def put_access_key(server: Bitpail, line: str, *, repository: str = "", project: str = "") -> None:
    async def work(site):
        workspace, _, name = (repository or project).partition("/")
        if repository:
            place = (await repository_service.named(site, workspace, name)).repository
        else:
            place = await workspaces.project_for(site, await workspaces.named(site, workspace), name)
        await access_keys.add(site, place, line)

    server.do(work)
