"""A licence on its way from the process that signed it to the one that stores it.

Nothing is imported here that a signing process would not need.
"""

from typing import NamedTuple

from ledger.values import Digest


class Made(NamedTuple):
    """A signed licence that is not stored yet; times in Unix seconds."""

    digest: Digest
    document: str
    licence_id: str
    serial: str
    external_id: str | None
    list: int
    idx: int
    nbf: int
    exp: int | None
    issued_at: int
    holder_name: str | None
