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
    APP_PASSWORD_EXPIRED = "app_password.expired"
    APP_PASSWORD_REVOKED = "app_password.revoked"
    APP_PASSWORD_LEAKED = "app_password.leaked"
    POLICY_CHANGED = "policy.changed"
    USER_CREATED = "user.created"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_PASSWORD_CHANGED = "user.password_changed"
    USER_USAGE_ON = "user.usage_on"
    USER_USAGE_OFF = "user.usage_off"
    ACCESS_KEY_ADDED = "access_key.added"
    ACCESS_KEY_REMOVED = "access_key.removed"
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
