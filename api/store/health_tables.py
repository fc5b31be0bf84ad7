"""The tables of health codes: passes, and who has them, as long as anybody may need to know.

Nothing personal is in clear. `health_holders` says in `sealed` whom a set of passes is about, until
`erase_at`; then row and content go, and of the passes the place in the status list stays, which may
never be given twice.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from api.store.tables import SEQUENCE, metadata

health_holders: Final = Table(
    "health_holders",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("agency", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("erase_at", BigInteger, nullable=False),
    Index("health_holders_due", "erase_at"),
)

health_passes: Final = Table(
    "health_passes",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("list", BigInteger, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("nbf", BigInteger, nullable=False),
    Column("exp", BigInteger, nullable=False),
    Column("holder", LargeBinary, ForeignKey("health_holders.id")),
    Column("segment", BigInteger),
    UniqueConstraint("agency", "list", "idx"),
    Index("health_passes_holder", "holder"),
    Index(
        "health_passes_unlisted",
        "agency",
        "seq",
        sqlite_where=text("segment IS NULL"),
        postgresql_where=text("segment IS NULL"),
    ),
)

health_transfers: Final = Table(
    "health_transfers",
    metadata,
    Column("digest", LargeBinary, ForeignKey("records.digest"), primary_key=True),
    Column("agency", LargeBinary, nullable=False),
    Column("list", BigInteger, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    UniqueConstraint("agency", "list", "idx"),
)

health_nonces: Final = Table(
    "health_nonces",
    metadata,
    Column("nonce", LargeBinary, primary_key=True),
    Column("agency", LargeBinary, nullable=False),
    Column("given_at", BigInteger, nullable=False),
    Column("burned_at", BigInteger),
)

health_transfers_spent: Final = Table(
    "health_transfers_spent",
    metadata,
    Column("agreement", LargeBinary, primary_key=True),
    Column("cti", LargeBinary, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("spent_at", BigInteger, nullable=False),
)

health_quotas: Final = Table(
    "health_quotas",
    metadata,
    Column("agreement", LargeBinary, primary_key=True),
    Column("port", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("used", BigInteger, nullable=False),
)

health_consents: Final = Table(
    "health_consents",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("agency", LargeBinary, nullable=False),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False),
    Column("holder", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("erase_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Index("health_consents_due", "erase_at"),
)

health_segments: Final = Table(
    "health_segments",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("live_until", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
)
