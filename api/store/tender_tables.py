"""The tables of tenders' papers. Their bytes lie in a `BlobStore`, under the digest."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from api.store.tables import SEQUENCE, metadata

tender_papers: Final = Table(
    "tender_papers",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("tender", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    Column("agency", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("brought_by", Text, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
    UniqueConstraint("tender", "digest", "role"),
)
"""`brought_by`: the officer's account; empty for what the service computed."""

tender_paper_names: Final = Table(
    "tender_paper_names",
    metadata,
    Column("tender", LargeBinary, nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    PrimaryKeyConstraint("tender", "manifest", "digest"),
    Index("tender_paper_names_digest", "tender", "digest"),
)
"""Which papers go with which: files with a manifest of documents, co-signatures with a record."""

tender_paper_lots: Final = Table(
    "tender_paper_lots",
    metadata,
    Column("tender", LargeBinary, nullable=False),
    Column("role", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("lot", Integer, nullable=False),
    Column("named_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("tender", "role", "digest", "lot"),
)
"""Of which lots a paper tells, and since when."""

tender_filings: Final = Table(
    "tender_filings",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("tender", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("brought_by", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("lot", Integer, nullable=False),
    Column("stage", Integer, nullable=False),
    Column("filed_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("receipt", Text, nullable=False),
    Column("objection", LargeBinary),
    Column("answered_at", BigInteger),
    UniqueConstraint("tender", "kind", "lot", "stage", "digest", "brought_by"),
)
"""`due_at` null where no law says how long an answer takes, `objection` but for complaints.

`answered_at`: when the first paper came that answers or refuses it.
"""

tender_filing_answers: Final = Table(
    "tender_filing_answers",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("tender", LargeBinary, nullable=False),
    Column("kind", Text, nullable=False),
    Column("filing", LargeBinary, nullable=False),
    Column("paper", LargeBinary),
    Column("answered_at", BigInteger, nullable=False),
    Index("tender_filing_answers_paper", "tender", "paper"),
)
"""Which papers answered or refused what was filed; `paper` null where nobody noted it."""
