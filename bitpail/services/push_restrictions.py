"""Branch restrictions, held against a push while its objects are in quarantine.

A repository without any costs one look-up, and a push of tags not even that. Git
is asked only whether commits would be dropped, and only where that is forbidden.
"""

from collections.abc import Callable

from bitpail.git import refs as git_refs
from bitpail.git.ancestry import is_ancestor
from bitpail.git.directories import GitDirectory
from bitpail.git.gate import PushedRefs, RefUpdate
from bitpail.model.access import Access
from bitpail.model.branch_restrictions import Kind, Restriction
from bitpail.model.branching_models import BranchType
from bitpail.policy import branch_restrictions as policy
from bitpail.policy.branch_restrictions import Move, Person
from bitpail.policy.branching_models import types_of
from bitpail.services import override_settings
from bitpail.services.site import Site
from bitpail.store import branch_restrictions as store
from bitpail.store import groups

_BRANCHES = "refs/heads/"

_Types = Callable[[str], frozenset[BranchType]]


async def refusals(site: Site, access: Access, git_directory: GitDirectory, pushed: PushedRefs) -> list[str]:
    """One line for each branch that a restriction keeps as it is."""
    if access.need.of == "wiki":
        return []
    moved = [(update, update.name.decode(errors="surrogateescape")) for update in pushed.updates]
    if not any(name.startswith(_BRANCHES) for _, name in moved):
        return []
    restrictions = await store.of_pushes(site.db, access.repository.id)
    if not restrictions:
        return []
    types = await _types(site, access, git_directory, restrictions)
    found = []
    for update, name in moved:
        refusal = await _refusal(site, access, git_directory, pushed, update, name, restrictions, types)
        if refusal is not None:
            found.append(refusal)
    return found


async def _types(
    site: Site, access: Access, git_directory: GitDirectory, restrictions: list[Restriction]
) -> _Types:
    """How the branching model calls a branch; it is looked up only if one of the restrictions depends on it."""
    if all(one.rule.branch_type is None for one in restrictions):
        return lambda _: frozenset()
    model = await override_settings.branching_model(site, access)
    # The first push makes the main branch: its name counts before it exists.
    main_branch = await git_refs.head_branch(git_directory)
    return lambda branch: types_of(model, main_branch, branch)


async def _refusal(  # everything that one branch is judged by
    site: Site,
    access: Access,
    git_directory: GitDirectory,
    pushed: PushedRefs,
    update: RefUpdate,
    name: str,
    restrictions: list[Restriction],
    types: _Types,
) -> str | None:
    # What moves is what counts, not the name by which somebody calls it.
    name = await git_refs.moved_by(git_directory, name)
    if not name.startswith(_BRANCHES):
        return None
    branch = name.removeprefix(_BRANCHES)
    of_branch = types(branch)
    matching = [one for one in restrictions if policy.matches(one, branch, of_branch)]
    if not matching:
        return None
    person = await _person(site, access, matching)
    creates, deletes = not update.old.strip("0"), not update.new.strip("0")
    move = Move(branch, deletes=deletes)
    refusal = policy.refuse_push(matching, move, person)
    if refusal or creates or deletes or all(one.kind is not Kind.FORCE for one in matching):
        return refusal
    if await is_ancestor(git_directory, update.old, update.new, pushed.quarantine):
        return None
    return policy.refuse_push(matching, Move(branch, forces=True), person)


async def _person(site: Site, access: Access, matching: list[Restriction]) -> Person:
    user = access.actor.user
    if user is None:
        return Person(None)
    person = Person(user.id)
    if not policy.asks_for_groups(matching, person):
        return person
    wanted = {group for one in matching for group in one.rule.groups}
    return Person(user.id, await groups.those_with(site.db, user.id, wanted))
