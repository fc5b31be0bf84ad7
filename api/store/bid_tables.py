"""The tables of sealed files on their way in. Nothing says whose they are but a one-time key.

A file for a mailbox has no place: its key is that of this one file, and no row says which bid, lot
or tender it belongs to, until a bid on the chain names it.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from api.store.tables import metadata

bid_uploads: Final = Table(
    "bid_uploads",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("agency", LargeBinary, nullable=False),
    Column("tender", LargeBinary),
    Column("lot", Integer),
    Column("part", Integer),
    Column("digest", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("chunk_bytes", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("stored_at", BigInteger),
    Column("receipt", Text),
    Index("bid_uploads_owner", "owner", "digest"),
    Index("bid_uploads_digest", "digest"),
    Index(
        "bid_uploads_open",
        "expires_at",
        sqlite_where=text("stored_at IS NULL"),
        postgresql_where=text("stored_at IS NULL"),
    ),
    Index(
        "bid_uploads_unplaced",
        "agency",
        "stored_at",
        sqlite_where=text("tender IS NULL AND stored_at IS NOT NULL"),
        postgresql_where=text("tender IS NULL AND stored_at IS NOT NULL"),
    ),
)

bid_chunks: Final = Table(
    "bid_chunks",
    metadata,
    Column("upload", LargeBinary, ForeignKey("bid_uploads.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("size", Integer, nullable=False),
)

bid_messages: Final = Table(
    "bid_messages",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("tender", LargeBinary, nullable=False),
    Column("agency", LargeBinary, nullable=False),
    Column("lot", Integer),
    Column("bidder", Text),
    Column("version", BigInteger),
    Column("arrived_at", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("intent", LargeBinary, ForeignKey("intents.id")),
    Column("outcome", Text),
    Column("error", Text),
    Column("said", Text),
    Column("transaction", LargeBinary),
    Column("block", BigInteger),
    Index("bid_messages_intent", "intent"),
    Index(
        "bid_messages_open",
        "arrived_at",
        sqlite_where=text("outcome IS NULL"),
        postgresql_where=text("outcome IS NULL"),
    ),
)
"""What was brought for others to relay; its bytes are the intent's call. `said` is the receipt or
refusal that was signed when the outcome was known; no intent: the chain had it already."""

blob_replicas: Final = Table(
    "blob_replicas",
    metadata,
    Column("name", Text, primary_key=True),
    Column("answered_at", BigInteger, nullable=False),
)
"""When each store of sealed files last answered the worker, in Unix seconds."""
