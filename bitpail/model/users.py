"""People."""

from typing import NewType

from msgspec import Struct

UserId = NewType("UserId", str)


class User(Struct, frozen=True, gc=False):
    """An account. Times are microseconds since 1970, UTC, here and everywhere.

    ``id`` is a UUID without braces; ``account_id`` is the key that Bitbucket's
    API calls by that name; ``nickname`` is free and not unique. ``records_usage``
    says whether it is counted what the user's app passwords are used for. A robot is
    whoever an access token acts as: what it did stays under its name.
    """

    id: UserId
    username: str
    display_name: str
    nickname: str
    account_id: str
    is_admin: bool
    is_active: bool
    created_on: int
    records_usage: bool = True
    is_robot: bool = False


class Email(Struct, frozen=True, gc=False):
    """An address of a user. Only a confirmed one ties commits to the user."""

    address: str
    user_id: UserId
    is_primary: bool
    is_confirmed: bool
