"""The tables of gates: what they decided, until its retention ends, and what they decide by.

Nobody is named. Of an erased scan the digest stays, which its root needs, and which receipt tells
of it; what the row said is gone, its random bytes and the pseudonym with it. A scan that let
somebody into a trip in custody is spent: into which one is kept nowhere.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    false,
    text,
)

from api.store.tables import SEQUENCE, metadata

health_erasures: Final = Table(
    "health_erasures",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("agency", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Column("signature", LargeBinary),
    Column("key_id", LargeBinary),
    Index(
        "health_erasures_unsigned",
        "agency",
        sqlite_where=text("signature IS NULL"),
        postgresql_where=text("signature IS NULL"),
    ),
)

health_scans: Final = Table(
    "health_scans",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("number", Text, nullable=False, unique=True),
    Column("checkpoint", Text),
    Column("key", LargeBinary),
    Column("row", LargeBinary),
    Column("erase_at", BigInteger, nullable=False),
    Column("erasure", LargeBinary, ForeignKey("health_erasures.id")),
    Column("is_spent", Boolean, nullable=False, server_default=false()),
    Index("health_scans_key", "checkpoint", "key"),
    Index(
        "health_scans_due",
        "erase_at",
        sqlite_where=text("erasure IS NULL"),
        postgresql_where=text("erasure IS NULL"),
    ),
)

health_appeals: Final = Table(
    "health_appeals",
    metadata,
    Column("scan", LargeBinary, ForeignKey("health_scans.digest"), primary_key=True),
    Column("id", LargeBinary, nullable=False),
    Column("agency", LargeBinary, nullable=False),
    Column("lodged_at", BigInteger, nullable=False),
    Column("answer_by", BigInteger, nullable=False),
    Column("answer", LargeBinary),
    Column("signature", LargeBinary),
    Column("key_id", LargeBinary),
    Index(
        "health_appeals_open",
        "agency",
        "answer_by",
        sqlite_where=text("answer IS NULL"),
        postgresql_where=text("answer IS NULL"),
    ),
)

health_day_keys: Final = Table(
    "health_day_keys",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("agency", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("destroy_at", BigInteger, nullable=False),
    Index("health_day_keys_agency", "agency"),
    Index("health_day_keys_due", "destroy_at"),
)

health_scan_counts: Final = Table(
    "health_scan_counts",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("hour", BigInteger, primary_key=True, autoincrement=False),
    Column("gate", LargeBinary, primary_key=True),
    Column("port", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("counts", LargeBinary, nullable=False),
)
"""Of each hour of a gate the last word; nobody is in it, and it has no retention."""

gate_manifests: Final = Table(
    "gate_manifests",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("made_at", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

gate_files: Final = Table(
    "gate_files",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("named_at", BigInteger, nullable=False),
    Index("gate_files_named_at", "named_at"),
)
