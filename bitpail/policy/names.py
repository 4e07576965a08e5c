"""What people may call things: usernames, workspaces, repositories, projects, labels, refs.

Slug rules are the vendor's where its documentation gives them; the rest is
ours and says so.
"""

import re
import unicodedata
from collections.abc import Collection

from bitpail.errors import Invalid
from bitpail.policy.secrets import PATTERN

SLUG_LENGTH = 62
_LONGEST_PAGE, _DEEPEST_PAGE = 200, 9
_NOT_IN_PAGES = '[]|#?\\:*"<>'

# First path segments that are our own pages and interfaces, or may become so.
RESERVED = frozenset(
    {
        *("2.0", "!api", "account", "admin", "api", "assets", "bitpail", "dashboard", "favicon.ico"),
        *("healthz", "help", "join", "leaks", "login", "logout", "metrics", "readyz", "repo", "repositories"),
        *("robots.txt", "search", "site", "snippets", "socialauth", "static", "support", "user"),
        *("users", "workspace", "workspaces", "xhr"),
        # Beside these as user names a token says by itself whose it is.
        *("x-token-auth", "x-bitbucket-api-token-auth"),
    }
)

# Letters that Unicode does not take apart into a base letter and an accent.
_WITHOUT_DECOMPOSITION = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"}

_SLUG = re.compile(r"[a-z0-9_][a-z0-9_.-]*")
_USERNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]*")
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+")
_HEXADECIMAL = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


def slugify(name: str) -> str:
    """The slug of a repository's name: "foo bar" -> "foo-bar", "føøbar" -> "foobar".

    Lower case; ASCII letters, digits, ``_ . -``; runs of other ASCII characters
    become one hyphen; other letters are taken without their accents, or dropped.
    """
    ascii_name = "".join(_ascii(character) for character in name.strip().lower())
    slug = re.sub(r"[^a-z0-9_.-]+", "-", ascii_name).strip("-.")
    return slug[:SLUG_LENGTH].rstrip("-.")


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    if character in _WITHOUT_DECOMPOSITION:
        return _WITHOUT_DECOMPOSITION[character]
    # Some letters are capitals only once they are taken apart.
    return unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode().lower()


def check_slug(slug: str) -> str:
    """Return the slug of a repository, or raise Invalid with what is wrong."""
    _check_segment(slug, _SLUG, "repository slug")
    if slug.endswith((".git", ".lock")):
        raise Invalid(f"not a repository slug: {slug!r} ends like a directory of git's")
    return slug


def check_workspace_slug(slug: str) -> str:
    """The same for a workspace, whose slug is also the first segment of its paths."""
    _check_segment(slug, _SLUG, "workspace slug")
    if slug in RESERVED:
        raise Invalid(f"the name {slug!r} is reserved")
    return slug


def check_group_slug(slug: str) -> str:
    """The same for a group of a workspace."""
    _check_segment(slug, _SLUG, "group slug")
    return slug


def check_username(username: str) -> str:
    """The same for a username; its lower-case form is the slug of the personal workspace."""
    _check_segment(username, _USERNAME, "username")
    if username.lower() in RESERVED:
        raise Invalid(f"the name {username!r} is reserved")
    return username


def _check_segment(text: str, pattern: re.Pattern[str], kind: str) -> None:
    if not text:
        raise Invalid(f"the {kind} is empty")
    if len(text) > SLUG_LENGTH:
        raise Invalid(f"the {kind} is longer than {SLUG_LENGTH} characters: {text[:SLUG_LENGTH]!r}...")
    if not pattern.fullmatch(text) or ".." in text or text.endswith("."):
        letters = "letters" if pattern is _USERNAME else "lower-case letters"
        allowed = f"{letters}, digits, '_', '.' and '-', not starting with '.' or '-'"
        raise Invalid(f"not a {kind}: {text!r} (allowed: {allowed})")


def check_project_key(key: str) -> str:
    """Upper case, starting with a letter."""
    if not _PROJECT_KEY.fullmatch(key) or len(key) > SLUG_LENGTH:
        raise Invalid(f"not a project key: {key!r} (upper-case letters, digits and '_')")
    return key


def check_email(address: str) -> str:
    """One ``@``, no blank or control character; whether it exists only mail can tell."""
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise Invalid(f"not an e-mail address: {address[:254]!r}")
    return address


def in_braces(text: str) -> str | None:
    """The UUID that an identifier in braces is; None for one without braces."""
    return text[1:-1].lower() if text.startswith("{") and text.endswith("}") else None


def printable(text: str) -> str:
    """What a client or an issuer says of itself, on one line: with ``?`` for what would steer a terminal or hide."""
    return text if text.isprintable() else "".join(one if one.isprintable() else "?" for one in text)


def check_text(text: str, what: str, limit: int, *, multiline: bool = False) -> str:
    """Free text for people: no control characters, at most ``limit`` characters."""
    allowed = {"\n", "\t", "\r"} if multiline else set()
    if len(text) > limit:
        raise Invalid(f"the {what} is longer than {limit} characters")
    if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed for c in text):
        raise Invalid(f"the {what} holds a control character")
    return text


def check_label(label: str) -> str:
    """The label of an app password: required, at most 255 characters (our own limit)."""
    if not label.strip():
        raise Invalid("the label is empty")
    if PATTERN.search(label):
        raise Invalid("the label holds an app password; labels are shown and logged")
    return check_text(label, "label", 255)


def check_wiki_page(name: str) -> str:
    """What a page of a wiki may be called that is made here, a slash making a directory; raises Invalid."""
    name = name.strip().strip("/")
    check_text(name, "name of the page", _LONGEST_PAGE)
    if not name:
        raise Invalid("the page needs a name")
    if name.count("/") > _DEEPEST_PAGE:
        raise Invalid(f"a page stands in at most {_DEEPEST_PAGE} directories")
    for part in name.split("/"):
        if not part.strip() or part != part.strip() or part.startswith((".", "-")):
            raise Invalid(
                f"not the name of a page: {name!r} (no part may be empty, or begin with '.' or '-')"
            )
    if any(character in name for character in _NOT_IN_PAGES):
        # No link could name it, or no file on somebody's computer.
        raise Invalid(f"not the name of a page: {name!r} (without {' '.join(_NOT_IN_PAGES)})")
    return name


# What ``git check-ref-format`` forbids.
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|(^|/)\.|\.lock(/|$)|\.$|^/|/$|^@$")


def check_branch(name: str) -> str:
    """The name of a branch that may not be there yet: what git and a push allow. Raises Invalid."""
    reason = refuse_ref(f"refs/heads/{name}".encode("utf-8", "surrogateescape"))
    if not name or _NO_REF.search(name):
        reason = reason or "git does not allow this name"
    if reason:
        raise Invalid(f"not a branch: {name[:250]!r}: {reason}")
    return name


def refuse_ref(name: bytes) -> str | None:
    """Why a ref may not be created or moved by a push, or None.

    ``git check-ref-format`` was asked by git already; this refuses what git
    allows and people regret: hidden refs, and names that a command line or a
    revision would read as something else.
    """
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return "the name is not UTF-8"
    if len(name) > 250:
        return "the name is longer than 250 bytes"
    if not text.startswith("refs/") or text.count("/") < 2:
        return "the name does not start with refs/heads/ or refs/tags/"
    if text.startswith(HIDDEN_REFS):
        return "this ref is hidden and belongs to the server"
    short = text.split("/", 2)[2]
    if short == "HEAD" or _HEXADECIMAL.fullmatch(short):
        return "the name would be mistaken for a commit"
    if any(part.startswith("-") for part in short.split("/")):
        return "a part of the name starts with '-'"
    return None


def in_the_way(name: str, others: Collection[str]) -> str | None:
    """A ref that a new one of this name can't be beside: git keeps refs like files in directories."""
    parts = name.split("/")
    above = ("/".join(parts[:count]) for count in range(1, len(parts)))
    below = (other for other in others if other.startswith(f"{name}/"))
    return next((other for other in above if other in others), None) or next(below, None)


HIDDEN_REFS = ("refs/bitpail/", "refs/pull-requests/")
"""Refs that the server keeps for itself: neither shown nor pushed to."""
