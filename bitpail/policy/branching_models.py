"""Which part a branch plays, and which branching models hold together."""

from collections.abc import Sequence

from bitpail.errors import Invalid
from bitpail.model.branching_models import BranchingModel, BranchType, Part, Prefix
from bitpail.policy import names

LONGEST_PREFIX = 200
_BAD_PARTS = ("..", "@{", "//", "/.", ".lock/")


def types_of(model: BranchingModel, main_branch: str | None, branch: str) -> frozenset[BranchType]:
    """All that a branch is by its short name, whether it exists or not."""
    found = {one.kind for one in model.branch_types if one.enabled and branch.startswith(one.prefix)}
    if model.development.branch(main_branch) == branch:
        found.add(BranchType.DEVELOPMENT)
    if model.production.enabled and model.production.branch(main_branch) == branch:
        found.add(BranchType.PRODUCTION)
    return frozenset(found)


def check_part(which: str, part: Part) -> None:
    """Raise Invalid for one that names a branch and means the main one, or that means none although it must."""
    if part.use_mainbranch and part.name is not None:
        raise _wrong(f"{which}.name", "must be null while use_mainbranch is true")
    if part.enabled and not part.use_mainbranch and not part.name:
        raise _wrong(f"{which}.name", "must be the name of a branch while use_mainbranch is false")
    if part.name is not None:
        _check_name(f"{which}.name", part.name)


def _check_name(member: str, name: str) -> None:
    reason = _refuse(name)
    if reason is not None:
        raise _wrong(member, reason)


def check_prefixes(prefixes: Sequence[Prefix]) -> None:
    """Raise Invalid unless a branch is of one of these kinds at most; what is not enabled may be anything."""
    for one in prefixes:
        if len(one.prefix) > LONGEST_PREFIX:
            raise _wrong(
                "branch_types", f"the prefix of {one.kind} is longer than {LONGEST_PREFIX} characters"
            )
        names.check_text(one.prefix, f"prefix of {one.kind}", LONGEST_PREFIX)
    enabled = [one for one in prefixes if one.enabled]
    for one in enabled:
        reason = _refuse_prefix(one.prefix)
        if reason is not None:
            raise _wrong("branch_types", f"not a prefix for {one.kind}: {one.prefix!r} ({reason})")
    for one in enabled:
        for other in enabled:
            if one is not other and other.prefix.startswith(one.prefix):
                raise _wrong(
                    "branch_types",
                    f"the prefix of {one.kind}, {one.prefix!r}, is how that of {other.kind} begins: {other.prefix!r}",
                )


def _refuse_prefix(prefix: str) -> str | None:
    if not prefix.strip():
        return "it is empty"
    return _refuse(f"{prefix}x")


def _refuse(name: str) -> str | None:
    """Why git or we would refuse a branch of that name."""
    if not name.strip():
        return "it is empty"
    if any(ord(c) <= 32 or c in "~^:?*[\\\x7f" or "\ud800" <= c <= "\udfff" for c in name):
        return "it holds a character that no branch can have in its name"
    if (
        name.startswith(("/", "."))
        or name.endswith(("/", ".", ".lock"))
        or any(part in name for part in _BAD_PARTS)
    ):
        return "git allows no such name"
    return names.refuse_ref(f"refs/heads/{name}".encode())


def _wrong(member: str, text: str) -> Invalid:
    return Invalid(f"{member}: {text}", {member: [text]})
