"""A licence's status within SQL: two bits of the projection's status word, both databases' way.

A word is 32 bytes big-endian, entry i at bit 2 * (i & 127); one hexadecimal digit holds two.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, func

from api.store.tables import licences, status_words
from ledger.status_list import ENTRIES_PER_WORD

_IN_WORD: Final = licences.c.idx % ENTRIES_PER_WORD
WORD_OF_LICENCE: Final = (
    (status_words.c.agency == licences.c.agency)
    & (status_words.c.list == licences.c.list)
    & (status_words.c.word == licences.c.idx // ENTRIES_PER_WORD)
)
"""Joins a licence to its status word; a word that no event touched has no row."""


def status_entry(connection: Connection) -> ColumnElement[int]:
    """Return the status of a licence whose word is outer-joined by `WORD_OF_LICENCE`."""
    digit = _digit(connection, cast(64 - _IN_WORD // 2, Integer))
    entry = digit // (1 + 3 * (_IN_WORD % 2)) % 4
    return case((status_words.c.value.is_(None), 0), else_=entry)


def _digit(connection: Connection, number: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the value of a word's hexadecimal digit, counted from 1 at the highest."""
    value = status_words.c.value
    if connection.dialect.name == "postgresql":
        digit = func.substr(func.encode(value, "hex"), number, 1)
        return func.strpos("0123456789abcdef", digit, type_=Integer) - 1
    digit = func.substr(func.hex(value), number, 1)
    return func.instr("0123456789ABCDEF", digit, type_=Integer) - 1
