"""Commits in the API's words.

Who wrote one is whatever Git says (``raw``); a ``user`` stands beside it only if
the caller matched the address with an account. A page holds 30 of these, so
what they share is made once.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bitpail.model.approvals import Participant
from bitpail.model.commits import Commit, Signature
from bitpail.model.repositories import Repository
from bitpail.model.users import User
from bitpail.model.workspaces import Workspace
from bitpail.wire import approvals, repositories, users
from bitpail.wire.dates import commit_date
from bitpail.wire.links import Links, RepositoryLinks
from bitpail.wire.text import clean, rendered

People = Mapping[str, User]
"""Accounts by their confirmed addresses, in lower case."""


class Writer:
    """Makes the commits of one answer; they share parts, so nobody may change them afterwards."""

    def __init__(self, links: Links, workspace: Workspace, repository: Repository, people: People) -> None:
        self.at = links.repository(workspace, repository)
        self._links = links
        self._repository = repositories.embedded(links, workspace, repository)
        self._people = people
        self._embedded: dict[str, dict[str, Any]] = {}
        self._signatures: dict[tuple[str, str, str], dict[str, Any]] = {}

    def commit(self, commit: Commit) -> dict[str, Any]:
        """A commit as lists and refs hold it."""
        message = clean(commit.message)
        text = rendered(message)
        return {
            "type": "commit",
            "hash": commit.hash,
            # The author's date; there is one member for two dates (choice).
            "date": commit_date(commit.author.time),
            "author": self.signature("author", commit.author),
            "committer": self.signature("committer", commit.committer),
            "message": message,
            "summary": text,
            "links": self.at.of_commit(commit.hash),
            "parents": [_parent(self.at, parent) for parent in commit.parents],
            "rendered": {"message": text},
            "repository": self._repository,
        }

    def signature(self, kind: str, signature: Signature) -> dict[str, Any]:
        """An ``author`` or ``committer``; ``user`` is absent when the address matches nobody."""
        # On most pages a few people wrote everything.
        key = (kind, signature.raw, signature.email)
        person = self._signatures.get(key)
        if person is None:
            person = self._signatures[key] = {"type": kind, "raw": clean(signature.raw)}
            user = self._people.get(signature.email.lower())
            if user is not None:
                person["user"] = self._embedded_user(user)
        return person

    def _embedded_user(self, user: User) -> dict[str, Any]:
        if user.id not in self._embedded:
            self._embedded[user.id] = users.embedded(self._links, user)
        return self._embedded[user.id]


def listed(
    links: Links, workspace: Workspace, repository: Repository, commits: Iterable[Commit], people: People
) -> list[dict[str, Any]]:
    """The commits of a page."""
    writer = Writer(links, workspace, repository, people)
    return [writer.commit(commit) for commit in commits]


def single(
    links: Links,
    workspace: Workspace,
    repository: Repository,
    commit: Commit,
    people: People,
    participants: Iterable[Participant],
) -> dict[str, Any]:
    """One commit asked for by itself: it tells its participants too."""
    shown = Writer(links, workspace, repository, people).commit(commit)
    return {**shown, "participants": [approvals.participant(links, one) for one in participants]}


def _parent(at: RepositoryLinks, commit_hash: str) -> dict[str, Any]:
    links = {"self": at.commit(commit_hash), "html": at.commit_html(commit_hash)}
    return {"hash": commit_hash, "links": links, "type": "commit"}
