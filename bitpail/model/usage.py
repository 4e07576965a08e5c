"""What an app password was needed for: how often in a day, and for what."""

from msgspec import Struct

from bitpail.model.app_passwords import AppPasswordId

REST = "*"
"""Stands for an address, a client or a repository that came after too many others of the day."""


class UsageKey(Struct, frozen=True, gc=False):
    """One row of the count. ``day`` counts from 1970 in UTC.

    ``scope`` are the scopes that were needed, with spaces between; empty for what
    needs none. ``repository_id`` is empty where no repository was asked for.
    ``client`` is the product's name alone.
    """

    app_password_id: AppPasswordId
    day: int
    scope: str
    repository_id: str
    address: str
    client: str


class Usage(Struct, frozen=True):
    """One row with how often; ``repository`` is its full name, None if it is gone."""

    key: UsageKey
    count: int
    repository: str | None
