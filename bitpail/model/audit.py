"""What happened to accounts, credentials and places, as the audit log keeps it."""

# ruff: noqa: S105  # the names of events

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """What an event tells of."""

    APP_PASSWORD_CREATED = "app_password.created"
    APP_PASSWORD_USED_FIRST = "app_password.used_first"
    APP_PASSWORD_DENIED = "app_password.denied"
    APP_PASSWORD_ROTATED = "app_password.rotated"
    APP_PASSWORD_ROTATION_FINISHED = "app_password.rotation_finished"
    APP_PASSWORD_ROTATION_ROLLED_BACK = "app_password.rotation_rolled_back"
    APP_PASSWORD_REPLACED = "app_password.replaced"
    APP_PASSWORD_NARROWED = "app_password.narrowed"
    APP_PASSWORD_REPLACEMENT_ROLLED_BACK = "app_password.replacement_rolled_back"
    APP_PASSWORD_EXPIRED = "app_password.expired"
    APP_PASSWORD_REVOKED = "app_password.revoked"
    APP_PASSWORD_LEAKED = "app_password.leaked"
    TRUST_RULE_CREATED = "trust_rule.created"
    TRUST_RULE_USED = "trust_rule.used"
    TRUST_RULE_REMOVED = "trust_rule.removed"
    GIT_LOGIN_ALLOWED = "git_login.allowed"
    POLICY_CHANGED = "policy.changed"
    POLICY_APPLIED_TO_APPS = "policy.applied_to_apps"
    YEAR_CHANGED = "year.changed"
    BROWNOUTS_CHANGED = "brownouts.changed"
    USER_CREATED = "user.created"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_PASSWORD_CHANGED = "user.password_changed"
    USER_PASSWORD_LINK_MADE = "user.password_link_made"
    USER_ADMINISTRATOR_ON = "user.administrator_on"
    USER_ADMINISTRATOR_OFF = "user.administrator_off"
    USER_TWO_STEP_OFF = "user.two_step_off"
    USER_USAGE_ON = "user.usage_on"
    USER_USAGE_OFF = "user.usage_off"
    USER_PROFILE_CHANGED = "user.profile_changed"
    USER_AVATAR_CHANGED = "user.avatar_changed"
    USER_AVATAR_REMOVED = "user.avatar_removed"
    USER_TWO_STEP_ON = "user.two_step_on"
    EMAIL_ADDED = "email.added"
    EMAIL_CONFIRMED = "email.confirmed"
    EMAIL_MADE_PRIMARY = "email.made_primary"
    EMAIL_REMOVED = "email.removed"
    SSH_KEY_ADDED = "ssh_key.added"
    SSH_KEY_EXPIRY_CHANGED = "ssh_key.expiry_changed"
    SSH_KEY_REMOVED = "ssh_key.removed"
    GPG_KEY_ADDED = "gpg_key.added"
    GPG_KEY_REMOVED = "gpg_key.removed"
    ACCESS_KEY_ADDED = "access_key.added"
    ACCESS_KEY_REMOVED = "access_key.removed"
    REPOSITORY_CREATED = "repository.created"
    REPOSITORY_IMPORTED = "repository.imported"
    REPOSITORY_ADOPTED = "repository.adopted"
    REPOSITORY_FORKED = "repository.forked"
    REPOSITORY_RENAMED = "repository.renamed"
    REPOSITORY_MADE_PUBLIC = "repository.made_public"
    REPOSITORY_MADE_PRIVATE = "repository.made_private"
    REPOSITORY_MAIN_BRANCH_CHANGED = "repository.main_branch_changed"
    REPOSITORY_FORK_POLICY_CHANGED = "repository.fork_policy_changed"
    REPOSITORY_MOVED = "repository.moved"
    REPOSITORY_TRANSFERRED = "repository.transferred"
    REPOSITORY_DELETED = "repository.deleted"
    PERMISSION_GRANTED = "permission.granted"
    PERMISSION_REVOKED = "permission.revoked"
    BRANCH_RESTRICTION_ADDED = "branch_restriction.added"
    BRANCH_RESTRICTION_CHANGED = "branch_restriction.changed"
    BRANCH_RESTRICTION_REMOVED = "branch_restriction.removed"
    BRANCHING_MODEL_CHANGED = "branching_model.changed"
    PROJECT_CREATED = "project.created"
    PROJECT_RENAMED = "project.renamed"
    PROJECT_MADE_PUBLIC = "project.made_public"
    PROJECT_MADE_PRIVATE = "project.made_private"
    PROJECT_DELETED = "project.deleted"
    WORKSPACE_CREATED = "workspace.created"
    WORKSPACE_RENAMED = "workspace.renamed"
    WORKSPACE_MADE_PUBLIC = "workspace.made_public"
    WORKSPACE_MADE_PRIVATE = "workspace.made_private"
    MEMBER_ADDED = "member.added"
    MEMBER_CHANGED = "member.changed"
    MEMBER_REMOVED = "member.removed"
    GROUP_CREATED = "group.created"
    GROUP_DELETED = "group.deleted"
    GROUP_MEMBER_ADDED = "group.member_added"
    GROUP_MEMBER_REMOVED = "group.member_removed"
    OAUTH_CONSUMER_ADDED = "oauth_consumer.added"
    OAUTH_CONSUMER_CHANGED = "oauth_consumer.changed"
    OAUTH_CONSUMER_SECRET_MADE = "oauth_consumer.secret_made"
    OAUTH_CONSUMER_SECRET_PUSHED = "oauth_consumer.secret_pushed"
    OAUTH_CONSUMER_SECRET_LEAKED = "oauth_consumer.secret_leaked"
    OAUTH_CONSUMER_REMOVED = "oauth_consumer.removed"
    OAUTH_APP_ALLOWED = "oauth_app.allowed"
    OAUTH_APP_FORGOTTEN = "oauth_app.forgotten"
    OAUTH_GRANT_REVOKED = "oauth_grant.revoked"
    OAUTH_GRANT_LEAKED = "oauth_grant.leaked"
    OAUTH_GRANT_REUSED = "oauth_grant.reused"
    LOGGED_IN = "user.logged_in"
    LOG_IN_FAILED = "user.log_in_failed"


ABOUT_SOMEBODY = (
    Kind.PERMISSION_GRANTED,
    Kind.PERMISSION_REVOKED,
    Kind.MEMBER_ADDED,
    Kind.MEMBER_CHANGED,
    Kind.MEMBER_REMOVED,
    Kind.GROUP_MEMBER_ADDED,
    Kind.GROUP_MEMBER_REMOVED,
)
"""Those whose detail names with ``whom`` and ``whom_uuid`` who gains or loses something, beside who did it."""


class Event(Struct, frozen=True):
    """One line of the audit log.

    ``username`` and ``label`` are as they were then: an event outlives what it
    tells of. Without ``address`` it was done on the command line. ``detail`` is
    JSON, an object. Of a deed on a place, user and app password are who did it and with
    what; ``repository``, ``project`` or ``workspace`` of ``detail`` is its name as it is from then on.
    """

    id: str
    at: int
    kind: Kind
    user_id: str | None
    username: str
    app_password_id: str | None
    label: str
    address: str
    request_id: str
    detail: str


FOR_EVER = 2**63 - 1
"""Later than any moment."""


class Filter(Struct, frozen=True):
    """Which events: what is empty lets everything pass. ``since`` is a moment, ``until`` the first one after.

    ``app_password`` is a label or an id. ``place`` is a workspace with all that is in it, or
    ``workspace/repository``, or ``workspace/KEY``, as it was called in the event.
    """

    user_id: str = ""
    kind: str = ""
    since: int = 0
    until: int = FOR_EVER
    app_password: str = ""
    address: str = ""
    place: str = ""
