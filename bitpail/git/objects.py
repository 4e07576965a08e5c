"""Commits and tags by their names, and names to commits.

A hash that is not there and one that is something else are the same to the
caller: NotFound. Objects never change, so what was read of them may be kept.
"""

import os
import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Generic, TypeVar

from bitpail.errors import Invalid, NotFound, TooLarge
from bitpail.git.cat_file import LARGEST, Ambiguous, Answer, Asked, CatFiles
from bitpail.git.command import run
from bitpail.git.commits import Metadata, parse_commit, parse_tag
from bitpail.git.directories import GitDirectory, common_directory
from bitpail.git.kept import Kept
from bitpail.git.kept_refs import KeptRefs
from bitpail.git.reachable import Reachable, Tips
from bitpail.git.revisions import Revision, check_hash, check_hashes, is_hash
from bitpail.git.tree_objects import Tree
from bitpail.model.commits import Commit, TagObject
from bitpail.model.refs import Refs
from bitpail.model.trees import Blob

_ABBREVIATION = re.compile(r"[0-9a-f]{4,64}", re.IGNORECASE)
_REMEMBERED = 100_000
_QUEUED = 50_000
_TREE_BYTES = 16 << 20

V = TypeVar("V")


class Remembered(Generic[V]):
    """Facts about objects, by repository and hash; those of repositories out of use for longest are forgotten first."""

    def __init__(self, limit: int = _REMEMBERED) -> None:
        self._limit = limit
        # One look for the repository, then one for each hash: a page of a repository with 1,000 refs asks 1,000 times.
        self._facts: OrderedDict[Path, dict[str, V]] = OrderedDict()
        self._count = 0

    def among(self, directory: GitDirectory, hashes: Iterable[str]) -> dict[str, V]:
        """The facts that are remembered of these."""
        facts = self._facts.get(directory.path)
        if facts is None:
            return {}
        self._facts.move_to_end(directory.path)
        return {hash_: facts[hash_] for hash_ in hashes if hash_ in facts}

    def keep(self, directory: GitDirectory, hash_: str, fact: V) -> None:
        """Remember a fact."""
        facts = self._facts.setdefault(directory.path, {})
        self._count += hash_ not in facts
        facts[hash_] = fact
        if self._count > self._limit:
            self._forget()

    def _forget(self) -> None:
        path = next(iter(self._facts))
        facts = self._facts[path]
        del facts[next(iter(facts))]
        self._count -= 1
        if not facts:
            del self._facts[path]


QueueEntry = tuple[int, int, str]
"""A commit in the queue of a walk: its date, and less for each that came before it."""


class Objects:
    """Reads objects of any repository; one for each server process, to be closed at its end."""

    def __init__(self) -> None:
        self._cat_files = CatFiles()
        self._peeled: Remembered[str] = Remembered()
        self._refs = KeptRefs(self.peel)
        self._trees: Kept[tuple[Path, str], Tree] = Kept(_TREE_BYTES)
        self._reachable = Reachable()
        self.metadata: Remembered[Metadata] = Remembered()
        self.queues: Kept[tuple[Path, tuple[str, ...]], tuple[QueueEntry, ...]] = Kept(_QUEUED)
        """With what a walk through history begins, by its tips: dates can't change."""
        self.blobs: Remembered[Blob] = Remembered()

    @property
    def asked(self) -> Asked:
        """How often git was asked so far."""
        return self._cat_files.asked

    async def close(self) -> None:
        """End the kept processes."""
        await self._cat_files.close()

    async def refs(self, directory: GitDirectory) -> Refs:
        """Every ref but hidden ones, and what HEAD names."""
        return await self._refs.now(directory)

    async def contents(self, directory: GitDirectory, names: Sequence[str]) -> list[Answer | None]:
        """Objects by hash, or by hash and ``~number``; None for what is not there.

        The names must be made of checked hashes: they are commands to git.
        """
        answers = await self._cat_files.ask(directory, "contents", names)
        return [answer if isinstance(answer, Answer) else None for answer in answers]

    async def sizes(self, directory: GitDirectory, hashes: Sequence[str]) -> list[int | None]:
        """How many bytes each object has; None for what is not there."""
        check_hashes(hashes)
        answers = await self._cat_files.ask(directory, "info", hashes)
        return [answer.size if isinstance(answer, Answer) else None for answer in answers]

    async def commit(self, directory: GitDirectory, hash_: str) -> Commit:
        """The commit, or NotFound."""
        return (await self.commits(directory, [hash_]))[0]

    async def commits(self, directory: GitDirectory, hashes: Sequence[str]) -> list[Commit]:
        """All of the commits in this order, or NotFound for the first that is none."""
        answers = await self._typed(directory, hashes, "commit")
        return [parse_commit(answer.hash, answer.data) for answer in answers]

    def has_tree(self, directory: GitDirectory, hash_: str) -> bool:
        """Whether a tree is known without asking git."""
        return self._trees.get((directory.path, hash_)) is not None

    async def tree(self, directory: GitDirectory, hash_: str) -> Tree | None:
        """The tree of that name; None if it is none, or not there. Raises TooLarge."""
        known = self._trees.get((directory.path, hash_))
        if known is not None:
            return known
        (answer,) = await self.contents(directory, [check_hash(hash_)])
        return self._taken(directory, answer)

    async def read_trees(self, directory: GitDirectory, names: Sequence[str]) -> None:
        """Read at once those that exist, are trees and not too large; names as those of ``contents``, or of paths."""
        answers = await self._cat_files.ask(directory, "info", names)
        found = [answer for answer in answers if isinstance(answer, Answer) and answer.kind == "tree"]
        wanted = [one.hash for one in found if one.size <= LARGEST and not self.has_tree(directory, one.hash)]
        for answer in await self.contents(directory, wanted):
            self._taken(directory, answer)

    def _taken(self, directory: GitDirectory, answer: Answer | None) -> Tree | None:
        if answer is None or answer.kind != "tree":
            return None
        tree = Tree(answer.data, len(answer.hash) // 2)
        self._trees.keep((directory.path, answer.hash), tree, tree.weight)
        return tree

    async def commits_among(self, directory: GitDirectory, hashes: Sequence[str]) -> dict[str, Commit]:
        """Those of the objects that are commits, by hash."""
        check_hashes(hashes)
        try:
            answers = await self.contents(directory, hashes)
        except TooLarge:
            # A tag of a huge file. So kinds are asked for before contents.
            kinds = await self._cat_files.ask(directory, "info", hashes)
            commits = [one.hash for one in kinds if isinstance(one, Answer) and one.kind == "commit"]
            answers = await self.contents(directory, commits)
        return {
            answer.hash: parse_commit(answer.hash, answer.data)
            for answer in answers
            if answer is not None and answer.kind == "commit"
        }

    async def tags(self, directory: GitDirectory, hashes: Sequence[str]) -> dict[str, TagObject]:
        """The annotated tags by hash, or NotFound for the first that is none."""
        answers = await self._typed(directory, hashes, "tag")
        return {answer.hash: parse_tag(answer.hash, answer.data) for answer in answers}

    async def _typed(self, directory: GitDirectory, hashes: Sequence[str], kind: str) -> list[Answer]:
        for hash_ in hashes:
            check_hash(hash_)
        try:
            answers = await self.contents(directory, hashes)
        except TooLarge:
            raise NotFound(f"{kind.capitalize()} not found: {hashes[0]}") from None
        found = []
        for hash_, answer in zip(hashes, answers, strict=True):
            if answer is None or answer.kind != kind:
                raise NotFound(f"{kind.capitalize()} not found: {hash_}")
            found.append(answer)
        return found

    async def peel(self, directory: GitDirectory, hashes: Sequence[str]) -> dict[str, str]:
        """What is behind each object's tags: itself when it is none; missing ones are left out."""
        check_hashes(hashes)
        peeled = self._peeled.among(directory, hashes)
        unknown = [hash_ for hash_ in hashes if hash_ not in peeled]
        answers = await self._cat_files.ask(directory, "info", [f"{hash_}^{{}}" for hash_ in unknown])
        for hash_, answer in zip(unknown, answers, strict=True):
            if isinstance(answer, Answer):
                peeled[hash_] = answer.hash
                self._peeled.keep(directory, hash_, answer.hash)
        return peeled

    async def resolve(self, directory: GitDirectory, revision: Revision, refs: Refs | None = None) -> str:
        """The full hash of a commit: a branch before a tag before any other ref before a hash.

        NotFound when there is none; Invalid when an abbreviation means several.
        """
        text = revision.text
        if refs is None:
            refs = await self.refs(directory)
        if text == "HEAD":
            return await self._head(directory, refs)
        for name in (f"refs/heads/{text}", f"refs/tags/{text}", text):
            if name in refs.by_name:
                return await self._commit_behind(directory, refs.by_name[name].peeled, text)
        if not _ABBREVIATION.fullmatch(text):
            raise NotFound(f"Commit not found: {text}")
        if _borrows(directory):
            return await self._own_commit(directory, text.lower(), refs)
        return await self._commit_behind(directory, text.lower(), text)

    async def commit_named(self, directory: GitDirectory, revision: Revision) -> Commit:
        """The commit that ``resolve`` finds; one question for a branch, a tag or a whole hash."""
        refs = await self.refs(directory)
        name = revision.text
        may_be_others = _borrows(directory)
        for full in [refs.head] if name == "HEAD" else [f"refs/heads/{name}", f"refs/tags/{name}", name]:
            if full in refs.by_name:
                name, may_be_others = refs.by_name[full].peeled, False
                break
        if not is_hash(name) or may_be_others:
            return await self.commit(directory, await self.resolve(directory, revision, refs))
        try:
            (answer,) = await self.contents(directory, [f"{name}^{{commit}}"])
        except TooLarge:
            answer = None
        if answer is None or answer.kind != "commit":
            raise NotFound(f"Commit not found: {revision.text}")
        return parse_commit(answer.hash, answer.data)

    async def _head(self, directory: GitDirectory, refs: Refs) -> str:
        if refs.head is None:
            (answer,) = await self._cat_files.ask(directory, "info", ["HEAD^{commit}"])
            if isinstance(answer, Answer):
                return answer.hash
        if refs.head in refs.by_name:
            return refs.by_name[refs.head].peeled
        raise NotFound("Commit not found: HEAD")

    async def _own_commit(self, directory: GitDirectory, name: str, refs: Refs) -> str:
        """Where objects are borrowed, only what the directory's own refs reach is there: the rest is other people's."""
        if is_hash(name):
            names = [name]
        else:
            names = (await run(directory.path, "rev-parse", f"--disambiguate={name}")).decode().split()
        answers = await self._cat_files.ask(directory, "info", [f"{one}^{{commit}}" for one in names])
        commits = {
            one: answer.hash for one, answer in zip(names, answers, strict=True) if isinstance(answer, Answer)
        }
        hidden = await self._reachable.beyond(directory, _tips(refs), commits)
        found = {commit for one, commit in commits.items() if one not in hidden}
        if len(found) > 1:
            raise Invalid(f"ambiguous abbreviation of a commit: {name!r}")
        if not found:
            raise NotFound(f"Commit not found: {name}")
        return found.pop()

    async def _commit_behind(self, directory: GitDirectory, name: str, text: str) -> str:
        commit, anything = await self._cat_files.ask(directory, "info", [f"{name}^{{commit}}", name])
        if isinstance(anything, Ambiguous) and not isinstance(commit, Answer):
            raise Invalid(f"ambiguous abbreviation of a commit: {text!r}")
        if not isinstance(commit, Answer) or not isinstance(anything, Answer | Ambiguous):
            raise NotFound(f"Commit not found: {text}")
        # Git tries names of refs before abbreviations, hidden ones too.
        begins = anything.hash if isinstance(anything, Answer) else commit.hash
        if not is_hash(commit.hash) or not begins.startswith(name):
            raise NotFound(f"Commit not found: {text}")
        return commit.hash


def _borrows(directory: GitDirectory) -> bool:
    """Whether it has objects that are not its own."""
    common = common_directory(directory.path) if directory.adopted else directory.path
    return os.path.exists(f"{common}/objects/info/alternates")  # noqa: PTH110 on the way of each look by hash


def _tips(refs: Refs) -> Tips:
    hashes = frozenset(ref.target for ref in refs.refs)
    return Tips(hashes, blake2b("\n".join(sorted(hashes)).encode(), digest_size=20).digest())
