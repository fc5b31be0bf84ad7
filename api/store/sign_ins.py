"""Sign-ins: nonces given once and burned once, and the logins they opened.

A login's token is stored as its SHA-256 alone: who reads the database cannot sign in.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from api.store.database import Database
from api.store.tables import nonces, sessions
from ledger.errors import Refused
from ledger.values import Address


@dataclass(eq=False)
class NonceUnknown(Refused):
    """The sign-in's nonce was not given here, was used already, or is too old."""


@dataclass(eq=False)
class SessionUnknown(Refused):
    """The login is unknown or has ended; sign in again."""


@dataclass(frozen=True, slots=True)
class Session:
    """An open login; times in Unix seconds."""

    address: Address
    opened_at: int
    expires_at: int


class SignInStore:
    """Nonces and logins."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def give_nonce(self, nonce: str, address: Address, now: int) -> None:
        """Store a fresh nonce for an address."""
        with self._database.write() as connection:
            connection.execute(insert(nonces).values(nonce=nonce, address=address, issued_at=now))

    def open(self, token: str, session: Session, nonce: str, *, nonce_not_before: int) -> None:
        """Burn a nonce and open the login it was given for, in one transaction.

        Raises:
            NonceUnknown: unless the nonce was given to this address at or after
                `nonce_not_before` and is not burned.
        """
        burn = (
            update(nonces)
            .where(
                nonces.c.nonce == nonce,
                nonces.c.address == session.address,
                nonces.c.issued_at >= nonce_not_before,
                nonces.c.burned_at.is_(None),
            )
            .values(burned_at=session.opened_at)
        )
        row = {
            "token_hash": _hash(token),
            "address": session.address,
            "opened_at": session.opened_at,
            "expires_at": session.expires_at,
        }
        with self._database.write() as connection:
            if connection.execute(burn).rowcount != 1:
                raise NonceUnknown
            connection.execute(insert(sessions).values(**row))

    def session(self, token: str, now: int) -> Session:
        """Return an open login; raise `SessionUnknown` when there is none or it ended by `now`."""
        query = select(sessions).where(
            sessions.c.token_hash == _hash(token), sessions.c.expires_at > now
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise SessionUnknown
        return Session(row.address, row.opened_at, row.expires_at)

    def close(self, token: str) -> None:
        """End a login; one that is not open stays so."""
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _hash(token)))

    def forget(self, nonces_before: int, sessions_before: int) -> None:
        """Delete nonces given, and logins ended, before those times."""
        with self._database.write() as connection:
            connection.execute(delete(nonces).where(nonces.c.issued_at < nonces_before))
            connection.execute(delete(sessions).where(sessions.c.expires_at < sessions_before))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
