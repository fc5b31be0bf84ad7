"""The tables about others' codes: who may sign them, which were withdrawn, which were converted.

Nobody is named: a converted code is known by a digest over half of its signature.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text

from api.store.tables import metadata

health_trust_lists: Final = Table(
    "health_trust_lists",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
    Column("account", Text, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

health_revocations: Final = Table(
    "health_revocations",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("kid", LargeBinary, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("account", Text, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

health_foreign_conversions: Final = Table(
    "health_foreign_conversions",
    metadata,
    Column("digest", LargeBinary, ForeignKey("records.digest"), primary_key=True),
    Column("agency", LargeBinary, nullable=False),
    Column("kid", LargeBinary, nullable=False),
    Column("converted_until", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("health_foreign_conversions_kid", "kid"),
    Index("health_foreign_conversions_expires_at", "expires_at"),
)
