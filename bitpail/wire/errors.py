"""The error envelope and the recorded sentences in it.

Which status goes with which is the doors' business. What has no recording says
so in a comment.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from bitpail.wire.text import clean

LACKS_SCOPES = "Your credentials lack one or more required privilege scopes."
NOT_YOURS = (
    "You may not have access to this repository or it no longer exists in this workspace. "
    "If you think this repository exists and you have access, make sure you are authenticated."
)


def error(
    message: str,
    *,
    detail: str | dict[str, Any] | None = None,
    fields: Mapping[str, list[str]] | None = None,
    error_id: str | None = None,
) -> dict[str, Any]:
    """The envelope; what is not given is absent."""
    body: dict[str, Any] = {"message": clean(message)}
    if detail is not None:
        body["detail"] = detail
    if fields:
        body["fields"] = {clean(name): [clean(text) for text in texts] for name, texts in fields.items()}
    if error_id is not None:
        body["id"] = error_id
    return {"type": "error", "error": body}


def unknown_path() -> dict[str, Any]:
    """404: no operation at this address."""
    return error("Resource not found", detail="There is no API hosted at this URL")


def not_served(method: str, template: str) -> dict[str, Any]:
    """501: Bitbucket has every operation of its contract, so that the words are ours."""
    return error(
        f"Bitpail does not serve {method} {template} yet.", detail="docs/parity.md has what it serves."
    )


def not_yours() -> dict[str, Any]:
    """404: a repository that is not there, or not for this actor: the two sound the same."""
    return error(NOT_YOURS)


def no_workspace(name: str) -> dict[str, Any]:
    """404: the same for a workspace."""
    return error(f"No workspace with identifier '{name}'.")


def no_project(workspace: str, key: str) -> dict[str, Any]:
    """404: the same for a project; the words are ours."""
    return error(f"no project {key!r} in workspace {workspace!r}")


def missing_scopes(required: Iterable[str], granted: Iterable[str]) -> dict[str, Any]:
    """403: ``granted`` is in minimal form: nothing that another scope implies."""
    scopes = {"required": [str(scope) for scope in required], "granted": [str(scope) for scope in granted]}
    return error(LACKS_SCOPES, detail=scopes)


def invalid_credentials(detail: str | None = None) -> dict[str, Any]:
    """401 for Basic."""
    return error("Invalid credentials.", detail=clean(detail) if detail else None)


def rate_limited(detail: str | None) -> dict[str, Any]:
    """429."""
    return error("Rate limit for this resource has been exceeded", detail=detail)


def limited(kind: str, label: str, limit: str) -> dict[str, Any]:
    """403: a limit of the credential; Bitbucket has none, so that the words are ours."""
    return error("Forbidden", detail=clean(f'The {kind} "{label}" can\'t do this: {limit}.'))


GONE = (
    "CHANGE-3222 - Functionality has been deprecated",
    "App passwords are deprecated and must be replaced with API tokens.",
    "https://developer.atlassian.com/cloud/bitbucket/changelog#CHANGE-3222",
)
"""The recorded lines of an app password after their removal."""


def gone() -> dict[str, Any]:
    """401, as announced for the API; what was recorded over Git is in the detail."""
    return error("Invalid credentials.", detail="\n".join(GONE))


def not_for_this_token() -> dict[str, Any]:
    """403: the kind of credential is not taken; no scope cures it."""
    return error("This resource does not support authentication using the provided token")


def bad_token(detail: str | None = None) -> dict[str, Any]:
    """401 for Bearer; ``detail`` for who holds a right one that has ended."""
    text = "Token is invalid, expired, or not supported for this endpoint."
    return error(text, detail=clean(detail) if detail else None)


def sign_in() -> dict[str, Any]:
    """401 for nobody: recorded with an empty body only, so that the words are ours (choice)."""
    return error("Authentication is required.")


def account_password(base: str) -> str:
    """401 for the password of an account: plain text, not the envelope, as recorded."""
    return (
        "Account passwords are no longer supported for API authentication.\n"
        "See https://atlassian.community/t5/x/x/ba-p/1948231\n"
        "App passwords are recommended; create one in your personal settings:\n"
        f"{base}/account/settings/app-passwords/\n"
        "See https://developer.atlassian.com/cloud/bitbucket/rest/intro/#authentication\n"
    )


def forbidden() -> dict[str, Any]:
    """403: seen, but the permission on it is too weak."""
    return error("Forbidden")


def validation(fields: Mapping[str, list[str]]) -> dict[str, Any]:
    """400: the message is ``field: text`` when one thing is wrong with one field."""
    texts = [f"{name}: {text}" for name, found in fields.items() for text in found]
    return error(texts[0] if len(texts) == 1 else "Bad request", fields=fields)
