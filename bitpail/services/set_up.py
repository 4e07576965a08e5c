"""The first start: a data directory with its keys and its database. Safe to repeat."""

from msgspec import Struct

from bitpail.errors import ConfigurationError
from bitpail.services import host_keys, keys
from bitpail.settings import Settings


class SetUp(Struct, frozen=True):
    """What ``initialise`` found to do."""

    data: str
    keys_made: bool


def initialise(settings: Settings) -> SetUp:
    """Make what is missing, change nothing that is there."""
    data = settings.data_path
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (data / "repositories").mkdir(mode=0o700, exist_ok=True)
        made = keys.create(data)
        host_keys.create(data)
    except OSError as error:
        raise ConfigurationError(f"cannot use {data} as the data directory: {error.strerror}") from None
    migrate(settings)
    return SetUp(data=str(data), keys_made=made)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest revision."""
    # Alembic takes a third of a second to import, which no other command should pay.
    from bitpail.store.migrate import upgrade  # noqa: PLC0415 - see above

    upgrade(settings)
