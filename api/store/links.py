"""Sealed copies behind QR codes: ciphertext under a random id; the key is in the QR alone."""

from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from api.store.database import Database
from api.store.idempotency import Settlement, settle
from api.store.tables import links
from ledger.sealing import LinkUnknown
from ledger.values import Digest


@dataclass(frozen=True, slots=True)
class Link:
    """A sealed copy; `id` 16 random bytes, `expires_at` in Unix seconds."""

    id: bytes
    digest: Digest
    ciphertext: bytes = field(repr=False)
    expires_at: int


class LinkStore:
    """The sealed copies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, link: Link, settlement: Settlement | None = None) -> None:
        """Store a sealed copy, and with it the answer that is kept for a repeat."""
        with self._database.write() as connection:
            connection.execute(
                insert(links).values(
                    id=link.id,
                    digest=link.digest,
                    ciphertext=link.ciphertext,
                    expires_at=link.expires_at,
                )
            )
            settle(connection, settlement)

    def get(self, link: bytes, now: int) -> Link:
        """Return a sealed copy; raise `LinkUnknown` when there is none or it ended by `now`."""
        query = select(links).where(links.c.id == link, links.c.expires_at > now)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise LinkUnknown
        return Link(row.id, row.digest, row.ciphertext, row.expires_at)

    def withdraw(self, digest: Digest, settlement: Settlement | None = None) -> int:
        """Delete all sealed copies of a licence and return how many there were."""
        with self._database.write() as connection:
            settle(connection, settlement)
            return connection.execute(delete(links).where(links.c.digest == digest)).rowcount

    def forget(self, now: int) -> None:
        """Delete the sealed copies that ended by `now`."""
        with self._database.write() as connection:
            connection.execute(delete(links).where(links.c.expires_at <= now))
