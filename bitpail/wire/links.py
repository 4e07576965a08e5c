"""Every address that an answer holds, from where the server was reached.

One method for each link. What is not a name of ours is percent-encoded here
and nowhere else.
"""

from functools import lru_cache
from urllib.parse import quote

from msgspec import Struct

from bitpail.model.projects import Project
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace

# Recorded: these stay as they are in a ref's name; ", < and # are escaped.
_REF_SAFE = "/$;&=@!.,"

_SECOND = 1_000_000

Link = dict[str, str]


def ref_path(name: str) -> str:
    """The short name of a ref inside an address; bytes that are not UTF-8 come back as they were."""
    try:
        raw = name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = name.encode("utf-8", "replace")
    return quote(raw, safe=_REF_SAFE)


def braced(identifier: str) -> str:
    """A UUID in an address."""
    return f"%7B{identifier}%7D"


@lru_cache(maxsize=4096)
def _segment(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")


def link(address: str) -> Link:
    """A link object."""
    return {"href": address}


class RepositoryLinks(Struct, frozen=True, gc=False):
    """Links below one repository; ``api`` and ``web`` are the repository's own addresses."""

    api: str
    web: str

    def api_part(self, name: str) -> Link:
        """A collection or a setting of the repository in the API."""
        return link(f"{self.api}/{name}")

    def avatar(self) -> Link:
        """The picture of the repository; recorded in this form and in one on another host."""
        return link(f"{self.web}/avatar/32/")

    def download(self, name: str) -> Link:
        """A download in the API, by the name of the file."""
        return link(f"{self.api}/downloads/{_segment(name)}")

    def commit(self, commit_hash: str) -> Link:
        """A commit in the API."""
        return link(f"{self.api}/commit/{commit_hash}")

    def commit_part(self, commit_hash: str, name: str) -> Link:
        """Something that belongs to a commit: ``comments``, ``approve``, ``statuses``."""
        return link(f"{self.api}/commit/{commit_hash}/{name}")

    def commit_comment_html(self, commit_hash: str, number: int) -> Link:
        """A comment on the page of its commit."""
        return link(f"{self.web}/commits/{commit_hash}#comment-{number}")

    def diff_of_file(self, commit_hash: str, path: str) -> Link:
        """What a commit does to one file, in the API."""
        return link(f"{self.api}/diff/{commit_hash}?path={self.escaped(path)}")

    def environment(self, environment_id: str) -> Link:
        """Where the repository is deployed to, in the API."""
        return link(f"{self.api}/environments/{braced(environment_id)}")

    def of_commit(self, commit_hash: str) -> dict[str, Link]:
        """All links of a commit; a page holds a hundred of these."""
        own = f"{self.api}/commit/{commit_hash}"
        return {
            "self": {"href": own},
            "html": self.commit_html(commit_hash),
            "diff": {"href": f"{self.api}/diff/{commit_hash}"},
            "approve": {"href": f"{own}/approve"},
            "comments": {"href": f"{own}/comments"},
            "statuses": {"href": f"{own}/statuses"},
            "patch": {"href": f"{self.api}/patch/{commit_hash}"},
        }

    def build_status(self, commit_hash: str, key: str) -> Link:
        """What a build said of a commit, in the API."""
        return link(f"{self.api}/commit/{commit_hash}/statuses/build/{_segment(key)}")

    def commit_html(self, commit_hash: str) -> Link:
        """The page of a commit."""
        return link(f"{self.web}/commits/{commit_hash}")

    def source(self, commit_hash: str, path: str) -> Link:
        """A file of a commit in the API; a directory's ``path`` ends in a slash, the root's is empty."""
        return link(f"{self.api}/src/{commit_hash}/{self.escaped(path)}")

    def lfs_object(self, oid: str) -> Link:
        """A large file, where Git LFS fetches it too: the same host, so that clients send their credential again."""
        return link(f"{self.web}.git/info/lfs/objects/{oid}")

    def file_history(self, commit_hash: str, path: str) -> Link:
        """The commits that touched a file, in the API."""
        return link(f"{self.api}/filehistory/{commit_hash}/{self.escaped(path)}")

    def escaped(self, path: str) -> str:
        """A path inside an address; bytes that are not UTF-8 come back as they were."""
        return quote(path.encode("utf-8", "surrogateescape"), safe="/")

    def branch(self, path: str) -> Link:
        """A branch in the API; ``path`` is what ``ref_path`` made of its name."""
        return link(f"{self.api}/refs/branches/{path}")

    def tag(self, path: str) -> Link:
        """A tag in the API."""
        return link(f"{self.api}/refs/tags/{path}")

    def commits_of(self, path: str) -> Link:
        """The history of a ref in the API."""
        return link(f"{self.api}/commits/{path}")

    def branch_html(self, path: str) -> Link:
        """The page of a branch."""
        return link(f"{self.web}/branch/{path}")

    def tag_html(self, path: str) -> Link:
        """The page of a tag."""
        return link(f"{self.web}/commits/tag/{path}")


class Links(Struct, frozen=True, gc=False):
    """Where the server was reached.

    ``api`` is like ``https://host/2.0``, ``web`` like ``https://host``, ``ssh`` like ``host``
    or ``host:7999``, empty if there is no SSH; ``username`` is the signed-in person's, for clone links.
    """

    api: str
    web: str
    ssh: str
    username: str | None = None

    def user(self, user: User) -> Link:
        """A user in the API."""
        return link(f"{self.api}/users/{braced(user.id)}")

    def user_html(self, user: User) -> Link:
        """The page of a user."""
        return link(f"{self.web}/{braced(user.id)}/")

    def user_avatar(self, user: User) -> Link:
        """The picture of a user, on our own host and without the username (choice)."""
        return link(f"{self.web}/users/{braced(user.id)}/avatar/")

    def ssh_key(self, user: User, key_id: str) -> Link:
        """One of a user's SSH keys in the API."""
        return link(f"{self.api}/users/{braced(user.id)}/ssh-keys/{braced(key_id)}")

    def gpg_key(self, user: User, fingerprint: str) -> Link:
        """One of a user's OpenPGP keys in the API."""
        return link(f"{self.api}/users/{braced(user.id)}/gpg-keys/{fingerprint}")

    def hook_events(self, subject: str) -> Link:
        """The events of which webhooks on such a thing can be told."""
        return link(f"{self.api}/hook_events/{subject}")

    def email(self, address: str) -> Link:
        """One's own address in the API; ``@`` stays, as recorded."""
        return link(f"{self.api}/user/emails/{quote(address.encode('utf-8', 'replace'), safe='@')}")

    def workspace(self, workspace: Workspace) -> Link:
        """A workspace in the API."""
        return link(f"{self.api}/workspaces/{_segment(workspace.slug)}")

    def workspace_part(self, workspace: Workspace, name: str) -> Link:
        """A collection of a workspace in the API."""
        return link(f"{self.api}/workspaces/{_segment(workspace.slug)}/{name}")

    def workspace_html(self, workspace: Workspace) -> Link:
        """The page of a workspace."""
        return link(f"{self.web}/{_segment(workspace.slug)}/")

    def workspace_overview(self, workspace: Workspace) -> Link:
        """The overview page of a workspace."""
        return link(f"{self.web}/{_segment(workspace.slug)}/workspace/overview/")

    def workspace_avatar(self, workspace: Workspace) -> Link:
        """The picture of a workspace."""
        changed = workspace.updated_on // _SECOND
        return link(f"{self.web}/workspaces/{_segment(workspace.slug)}/avatar/?ts={changed}")

    def workspace_repositories(self, workspace: Workspace) -> Link:
        """The repositories of a workspace."""
        return link(f"{self.api}/repositories/{_segment(workspace.slug)}")

    def workspace_snippets(self, workspace: Workspace) -> Link:
        """The snippets of a workspace."""
        return link(f"{self.api}/snippets/{_segment(workspace.slug)}")

    def project(self, workspace: Workspace, project: Project) -> Link:
        """A project in the API."""
        return self.workspace_part(workspace, f"projects/{_segment(project.key)}")

    def project_part(self, workspace: Workspace, project: Project, name: str) -> Link:
        """A collection or a setting of a project in the API."""
        return self.workspace_part(workspace, f"projects/{_segment(project.key)}/{name}")

    def project_html(self, workspace: Workspace, project: Project) -> Link:
        """The page of a project."""
        return link(f"{self.web}/{_segment(workspace.slug)}/workspace/projects/{_segment(project.key)}")

    def project_avatar(self, workspace: Workspace, project: Project) -> Link:
        """The picture of a project."""
        page = self.project_html(workspace, project)["href"]
        return link(f"{page}/avatar/32?ts={project.updated_on // _SECOND}")

    def repository(self, workspace: Workspace, repository: Repository) -> RepositoryLinks:
        """Links below a repository."""
        path = f"{_segment(workspace.slug)}/{_segment(repository.slug)}"
        return RepositoryLinks(f"{self.api}/repositories/{path}", f"{self.web}/{path}")

    @property
    def clone_root(self) -> str:
        """What addresses of clones begin with, with the name of who asks; without a slash at the end."""
        scheme, _, host = self.web.partition("://")
        user = f"{_segment(self.username)}@" if self.username else ""
        return f"{scheme}://{user}{host}"

    def clone(self, workspace: Workspace, repository: Repository) -> list[Link]:
        """Where git finds a repository. The first is named https even where we speak plain HTTP:
        clients look for that name.
        """
        path = f"{_segment(workspace.slug)}/{_segment(repository.slug)}.git"
        https = {"href": f"{self.clone_root}/{path}", "name": "https"}
        if not self.ssh:
            return [https]
        # The short form has no place for a port. An IPv6 address ends with its bracket.
        has_port = ":" in self.ssh and not self.ssh.endswith("]")
        ssh = f"ssh://git@{self.ssh}/{path}" if has_port else f"git@{self.ssh}:{path}"
        return [https, {"href": ssh, "name": "ssh"}]
