"""Signed status list tokens: the newest to serve, the older ones for questions about the past."""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, Select, delete, insert, select

from api.store.database import Database
from api.store.tables import list_tokens
from ledger.errors import Refused
from ledger.values import AgencyId

SLOT_SECONDS: Final = 900
"""One token is kept of each quarter of an hour that saw a change (families §5)."""


@dataclass(eq=False)
class ListTokenUnknown(Refused):
    """There is no token of this status list for that time."""

    agency: bytes
    list: int


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A signed token as of a block; valid for `issued_at <= t < expires_at`, Unix seconds.

    `saw_change` tells whether the list differs from the token before it.
    """

    agency: AgencyId
    list: int
    issued_at: int
    expires_at: int
    block: int
    block_hash: bytes
    saw_change: bool
    token: str = field(repr=False)


class ListStore:
    """The tokens of all agencies' lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: TokenRow) -> None:
        """Store a token, and drop what nobody may ask for any more.

        Of one quarter of an hour the last token stays, and counts as having seen what the dropped
        ones saw; an expired one stays only if it saw a change. One of the future, left by a clock
        that was ahead, would be the newest until that time came.
        """
        slot = row.issued_at - row.issued_at % SLOT_SECONDS
        same_list = (list_tokens.c.agency == row.agency) & (list_tokens.c.list == row.list)
        earlier = list_tokens.c.issued_at.between(slot, row.issued_at)
        replaced = earlier | (list_tokens.c.issued_at > row.issued_at + SLOT_SECONDS)
        stale = (list_tokens.c.expires_at <= row.issued_at) & list_tokens.c.saw_change.is_(False)
        with self._database.write() as connection:
            seen = connection.execute(
                select(list_tokens.c.seq).where(same_list, replaced, list_tokens.c.saw_change)
            ).first()
            connection.execute(delete(list_tokens).where(same_list, replaced | stale))
            connection.execute(
                insert(list_tokens).values(
                    agency=row.agency,
                    list=row.list,
                    issued_at=row.issued_at,
                    expires_at=row.expires_at,
                    block=row.block,
                    block_hash=row.block_hash,
                    saw_change=row.saw_change or seen is not None,
                    token=row.token,
                )
            )

    def latest(self, agency: AgencyId, list_: int) -> TokenRow:
        """Return the newest token of a list; raise `ListTokenUnknown`."""
        return self._newest(_tokens(agency, list_), agency, list_)

    def at(self, agency: AgencyId, list_: int, time: int) -> TokenRow:
        """Return the newest token with `issued_at <= time < expires_at`, or raise."""
        query = _tokens(agency, list_).where(
            list_tokens.c.issued_at <= time, list_tokens.c.expires_at > time
        )
        return self._newest(query, agency, list_)

    def _newest(self, query: Select[Any], agency: AgencyId, list_: int) -> TokenRow:
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise ListTokenUnknown(agency, list_)
        return _token_of(row)


def _tokens(agency: AgencyId, list_: int) -> Select[Any]:
    return (
        select(list_tokens)
        .where(list_tokens.c.agency == agency, list_tokens.c.list == list_)
        .order_by(list_tokens.c.issued_at.desc())
        .limit(1)
    )


def _token_of(row: Row[Any]) -> TokenRow:
    return TokenRow(
        row.agency,
        row.list,
        row.issued_at,
        row.expires_at,
        row.block,
        row.block_hash,
        row.saw_change,
        row.token,
    )
