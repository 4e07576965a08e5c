"""What happened to one's own account, in words."""

from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from bitpail.model.audit import Event, Kind
from bitpail.model.credentials import CredentialKind
from bitpail.model.users import User
from bitpail.services import activity
from bitpail.web.pages import render
from bitpail.web.request import WebRequest

SENTENCES = {
    Kind.APP_PASSWORD_CREATED: "{credential} {name} created",
    Kind.APP_PASSWORD_USED_FIRST: "{credential} {name} used for the first time",
    Kind.APP_PASSWORD_DENIED: "{credential} {name} refused",
    Kind.APP_PASSWORD_ROTATED: "{credential} {name} got a new secret",
    Kind.APP_PASSWORD_ROTATION_FINISHED: "The old secret of {credential} {name} ended",
    Kind.APP_PASSWORD_ROTATION_ROLLED_BACK: "The new secret of {credential} {name} taken back",
    Kind.APP_PASSWORD_REPLACED: "{credential} {name} replaced",
    Kind.APP_PASSWORD_NARROWED: "{credential} {name} narrowed by the administrators' policy",
    Kind.APP_PASSWORD_REPLACEMENT_ROLLED_BACK: "The replacement of {credential} {name} taken back",
    Kind.APP_PASSWORD_EXPIRED: "{credential} {name} used after it had expired",
    Kind.APP_PASSWORD_REVOKED: "{credential} {name} revoked",
    Kind.APP_PASSWORD_LEAKED: "A push that held {credential} {name} was refused",
    Kind.ACCESS_KEY_ADDED: "Access key “{label}” added to {place}",
    Kind.ACCESS_KEY_REMOVED: "Access key “{label}” removed from {place}",
    Kind.REPOSITORY_CREATED: "Repository {place} created",
    Kind.REPOSITORY_IMPORTED: "Repository {place} imported from {source}",
    Kind.REPOSITORY_ADOPTED: "Repository {place} adopted: {directory}",
    Kind.REPOSITORY_FORKED: "Repository {place} forked from {fork_of}",
    Kind.REPOSITORY_RENAMED: "Repository {place} renamed from “{name_before}” to “{name}”",
    Kind.REPOSITORY_MADE_PUBLIC: "Repository {place} made public",
    Kind.REPOSITORY_MADE_PRIVATE: "Repository {place} made private",
    Kind.REPOSITORY_MAIN_BRANCH_CHANGED: "Main branch of {place} changed to {branch}",
    Kind.REPOSITORY_FORK_POLICY_CHANGED: "Fork policy of {place} changed from {before} to {fork_policy}",
    Kind.REPOSITORY_MOVED: "Repository {place} moved from project {project_before} to {project}",
    Kind.REPOSITORY_TRANSFERRED: "Repository {moved_from} transferred: it is {place} now",
    Kind.REPOSITORY_DELETED: "Repository {place} deleted",
    Kind.PERMISSION_GRANTED: "Permission {permission} on {place} granted to {whom}",
    Kind.PERMISSION_REVOKED: "Permission {permission} on {place} taken from {whom}",
    Kind.BRANCH_RESTRICTION_ADDED: "Branch restriction added to {place}: {restriction} on {branches}",
    Kind.BRANCH_RESTRICTION_CHANGED: "Branch restriction of {place} changed: {restriction} on {branches}",
    Kind.BRANCH_RESTRICTION_REMOVED: "Branch restriction removed from {place}: {restriction} on {branches}",
    Kind.BRANCHING_MODEL_CHANGED: "Branching model of {place} changed",
    Kind.PROJECT_CREATED: "Project {place} created",
    Kind.PROJECT_RENAMED: "Project {place} renamed from “{name_before}” to “{name}”",
    Kind.PROJECT_MADE_PUBLIC: "Project {place} made public",
    Kind.PROJECT_MADE_PRIVATE: "Project {place} made private",
    Kind.PROJECT_DELETED: "Project {place} deleted",
    Kind.WORKSPACE_CREATED: "Workspace {place} created",
    Kind.WORKSPACE_RENAMED: "Workspace {place} renamed from “{name_before}” to “{name}”",
    Kind.WORKSPACE_MADE_PUBLIC: "Workspace {place} made public",
    Kind.WORKSPACE_MADE_PRIVATE: "Workspace {place} made private",
    Kind.MEMBER_ADDED: "Member {whom} added to workspace {place} as {role}",
    Kind.MEMBER_CHANGED: "Member {whom} of workspace {place} changed: {role}, with {repositories} on its repositories",
    Kind.MEMBER_REMOVED: "Member {whom} removed from workspace {place}",
    Kind.GROUP_CREATED: "Group {group} created in {place}",
    Kind.GROUP_DELETED: "Group {group} of {place} deleted",
    Kind.GROUP_MEMBER_ADDED: "Group {group} of {place}: {whom} put into it",
    Kind.GROUP_MEMBER_REMOVED: "Group {group} of {place}: {whom} taken out of it",
    Kind.TRUST_RULE_CREATED: "Trust rule {name} added: jobs of {issuer}",
    Kind.TRUST_RULE_USED: "A secret of trust rule {name} handed out to {subject}",
    Kind.TRUST_RULE_REMOVED: "Trust rule {name} removed",
    Kind.GIT_LOGIN_ALLOWED: "Git let in to {repository} by its credential helper",
    Kind.BROWNOUTS_CHANGED: "The calendar of brownouts changed",
    Kind.POLICY_CHANGED: "The administrators' policy changed",
    Kind.POLICY_APPLIED_TO_APPS: "The administrators' policy gave apps an end",
    Kind.YEAR_CHANGED: "The year whose rules credentials keep changed",
    Kind.USER_CREATED: "Account created",
    Kind.USER_DISABLED: "Account switched off",
    Kind.USER_ENABLED: "Account switched on",
    Kind.USER_PASSWORD_CHANGED: "Account password changed",
    Kind.USER_PASSWORD_LINK_MADE: "A link for a new account password was made",
    Kind.USER_ADMINISTRATOR_ON: "Became an administrator",
    Kind.USER_ADMINISTRATOR_OFF: "Is no administrator any more",
    Kind.USER_TWO_STEP_ON: "Two-step verification switched on",
    Kind.USER_TWO_STEP_OFF: "Two-step verification switched off",
    Kind.USER_USAGE_ON: "Counting what app passwords are used for switched on",
    Kind.USER_USAGE_OFF: "Counting what app passwords are used for switched off",
    Kind.USER_PROFILE_CHANGED: "Display name changed to {display_name}",
    Kind.USER_AVATAR_CHANGED: "Picture changed",
    Kind.USER_AVATAR_REMOVED: "Picture removed",
    Kind.EMAIL_ADDED: "E-mail address {address} added",
    Kind.EMAIL_CONFIRMED: "E-mail address {address} confirmed",
    Kind.EMAIL_MADE_PRIMARY: "E-mail address {address} made the primary one",
    Kind.EMAIL_REMOVED: "E-mail address {address} removed",
    Kind.SSH_KEY_ADDED: "SSH key {name} added: {fingerprint}",
    Kind.SSH_KEY_EXPIRY_CHANGED: "End of SSH key {name} changed: {expires_on}",
    Kind.SSH_KEY_REMOVED: "SSH key {name} removed: {fingerprint}",
    Kind.GPG_KEY_ADDED: "GPG key {name} added: {fingerprint}",
    Kind.GPG_KEY_REMOVED: "GPG key {name} removed: {fingerprint}",
    Kind.OAUTH_CONSUMER_ADDED: "OAuth consumer {name} registered",
    Kind.OAUTH_CONSUMER_CHANGED: "OAuth consumer {name} changed",
    Kind.OAUTH_CONSUMER_SECRET_MADE: "OAuth consumer {name} got a new secret",
    Kind.OAUTH_CONSUMER_SECRET_PUSHED: "A push that held the secret of OAuth consumer {name} was refused",
    Kind.OAUTH_CONSUMER_SECRET_LEAKED: "The secret of OAuth consumer {name} was found and reported: it has ended",
    Kind.OAUTH_CONSUMER_REMOVED: "OAuth consumer {name} deleted",
    Kind.OAUTH_APP_ALLOWED: "App {name} allowed to act for you",
    Kind.OAUTH_APP_FORGOTTEN: "App {name} disconnected",
    Kind.OAUTH_GRANT_REVOKED: "App {name} gave back what it was allowed",
    Kind.OAUTH_GRANT_LEAKED: "A token of app {name} was found and reported: what it had opened was revoked",
    Kind.OAUTH_GRANT_REUSED: "A {what} of app {name} was shown twice: what it had opened was revoked",
    Kind.LOGGED_IN: "Logged in",
    Kind.LOG_IN_FAILED: "A log-in failed: wrong {wrong}",
}


class Line(Struct, frozen=True):
    """One event. ``why`` is the page that explains a refusal, if there is one."""

    sentence: str
    at: int
    address: str
    why: str


async def page(request: WebRequest, user: User) -> Response:
    """``GET /account/settings/activity/``."""
    before = request.query.get("before", "")
    events, older = await activity.of_user(request.site, user, before=before)
    return render(
        request, "activity.html", lines=[_line(each) for each in events], older=older, is_first=not before
    )


def sentence(event: Event) -> str:
    """What happened, in words."""
    detail: dict[str, Any] = msgspec.json.decode(event.detail)
    told = {name: value for name, value in detail.items() if isinstance(value, str)}
    told["name"] = f"“{event.label or told.get('label', '')}”"
    told.setdefault("credential", CredentialKind.APP_PASSWORD.words)
    for what in ("repository", "project", "workspace"):
        if what in told:
            told.setdefault("place", told[what])
    text = SENTENCES[event.kind].format_map(_Told(told))
    if event.app_password_id and _is_deed(event):
        text += f", with {told['credential']} “{event.label}”"
    return text[:1].upper() + text[1:]


def _is_deed(event: Event) -> bool:
    """Whether it is done to a place by a person; a robot is called by its token anyway."""
    return "{place}" in SENTENCES[event.kind] and "/" not in event.username


class _Told(dict[str, str]):
    """An event that was written by an older version may lack a detail."""

    def __missing__(self, _name: str) -> str:
        return "…"


def _line(event: Event) -> Line:
    is_refusal = event.kind is Kind.APP_PASSWORD_DENIED and event.request_id
    why = f"/account/settings/denials/{event.request_id}/" if is_refusal else ""
    return Line(sentence(event), event.at, event.address, why)
