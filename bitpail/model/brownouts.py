"""Windows in which app passwords are switched off, so that people can rehearse a removal."""

from msgspec import Struct


class Brownout(Struct, frozen=True, array_like=True):
    """From ``starts_on`` up to ``ends_on``, in microseconds since 1970; ``note`` is for people."""

    starts_on: int
    ends_on: int
    note: str = ""


class Affected(Struct, frozen=True):
    """Somebody whom a brownout breaks or would have broken: an app password in the hands of one client.

    ``count`` is how often it was used or refused, ``last_on`` when last, to the day if nothing
    finer is known. ``client`` is the product's name, without versions.
    """

    username: str
    app_password_id: str
    label: str
    client: str
    count: int
    last_on: int
