"""What happened to accounts and app passwords, as the audit log keeps it."""

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


class Event(Struct, frozen=True):
    """One line of the audit log.

    ``username`` and ``label`` are as they were then: an event outlives what it
    tells of. Without ``address`` it was done on the command line. ``detail`` is
    JSON, an object.
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

    ``app_password`` is a label or an id.
    """

    user_id: str = ""
    kind: str = ""
    since: int = 0
    until: int = FOR_EVER
    app_password: str = ""
    address: str = ""
