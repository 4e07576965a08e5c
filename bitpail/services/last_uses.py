"""When, from where and by what each app password was last used, without a write per request."""

from bitpail.model.access import Client
from bitpail.model.app_passwords import AppPasswordId, Use
from bitpail.services.clock import now
from bitpail.services.write_behind import Ledger, WriteBehind
from bitpail.store import app_passwords
from bitpail.store.database import Database

_CLIENT_LENGTH = 200


class LastUses(Ledger[str, Use]):
    """The uses of this worker that are not yet written: of each secret the latest, by its look-up name."""

    def __init__(self, db: Database, behind: WriteBehind) -> None:
        super().__init__(db, behind, app_passwords.touch)

    def note(self, app_password_id: AppPasswordId, lookup: str, client: Client) -> None:
        """Remember this use of a secret; it costs no database."""
        agent = client.agent[:_CLIENT_LENGTH]
        self.put(lookup, Use(app_password_id, lookup, now(), client.address, agent))
