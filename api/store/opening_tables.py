"""The tables of opened bids: what each file held, and the record made of all of them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, Table, Text

from api.store.tables import metadata

bid_openings: Final = Table(
    "bid_openings",
    metadata,
    Column("tender", LargeBinary, primary_key=True),
    Column("lot", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("bidder", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("cause", Text),
    Column("manifest", LargeBinary, nullable=False),
    Column("members", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
)
"""`cause` is null for a bid that opened; `members` holds the rest as JSON."""

opening_records: Final = Table(
    "opening_records",
    metadata,
    Column("tender", LargeBinary, primary_key=True),
    Column("lot", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("record", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
