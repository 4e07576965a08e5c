"""SSH keys of people and of machines, in the API's words."""

from typing import Any

from bitpail.model.access_keys import AccessKey
from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.ssh_keys import SshKey
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.wire import projects, repositories, users
from bitpail.wire.dates import instant
from bitpail.wire.links import Links
from bitpail.wire.text import clean


def of_user(links: Links, user: User, key: SshKey) -> dict[str, Any]:
    """A person's key. One that was never used lacks ``last_used``."""
    shown = {
        "type": "ssh_key",
        "uuid": f"{{{key.id}}}",
        "key": key.key,
        "comment": clean(key.comment),
        "label": clean(key.label),
        "fingerprint": key.fingerprint,
        "owner": users.embedded(links, user),
        "created_on": instant(key.created_on),
        "expires_on": instant(key.expires_on) if key.expires_on else None,
        "links": {"self": links.ssh_key(user, key.id)},
    }
    if key.last_used_on is not None:
        shown["last_used"] = instant(key.last_used_on)
    return shown


def number(key: AccessKey) -> int:
    """The ID of an access key is a number there: ours is the front of its UUID."""
    return int(key.id.replace("-", "")[:12], 16)


def of_repository(
    links: Links, workspace: Workspace, repository: Repository, key: AccessKey
) -> dict[str, Any]:
    """A machine's key on a repository."""
    at = links.repository(workspace, repository)
    return {
        **_access_key(key),
        "repository": repositories.embedded(links, workspace, repository),
        "links": {"self": at.api_part(f"deploy-keys/{number(key)}")},
    }


def of_project(
    links: Links, workspace: Workspace, project: Project, key: AccessKey, maker: User | None
) -> dict[str, Any]:
    """A machine's key on a project; without ``created_by`` if nobody is known to have put it there."""
    shown = {
        **_access_key(key),
        "type": "project_deploy_key",
        "project": projects.embedded(links, workspace, project),
        "links": {"self": links.project_part(workspace, project, f"deploy-keys/{number(key)}")},
    }
    if maker is not None:
        shown["created_by"] = users.embedded(links, maker)
    return shown


def _access_key(key: AccessKey) -> dict[str, Any]:
    return {
        "type": "deploy_key",
        "id": number(key),
        "key": key.key,
        "comment": clean(key.comment),
        "label": clean(key.label),
        "added_on": instant(key.created_on),
        "last_used": instant(key.last_used_on) if key.last_used_on else None,
    }
