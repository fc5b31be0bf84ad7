"""The tables of mailboxes. A message is a hash: nothing says of which tender it is, or whose."""

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
    UniqueConstraint,
    text,
)

from api.store.tables import SEQUENCE, metadata

mailboxes: Final = Table(
    "mailboxes",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("closed_at", BigInteger, nullable=False),
)
"""When each agency's mailbox was closed last: the row that workers take turns by."""

mailbox_roots: Final = Table(
    "mailbox_roots",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("agency", LargeBinary, ForeignKey("mailboxes.agency"), nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
    Column("intent", LargeBinary, ForeignKey("intents.id"), nullable=False, unique=True),
    UniqueConstraint("agency", "root"),
)
"""`leaves` are the 64 in order, joined: paths are made of them."""

mailbox_messages: Final = Table(
    "mailbox_messages",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("agency", LargeBinary, nullable=False),
    Column("leaf", LargeBinary, nullable=False, unique=True),
    Column("received_at", BigInteger, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("root", SEQUENCE, ForeignKey("mailbox_roots.seq")),
    Column("leaf_index", Integer),
    Index(
        "mailbox_messages_waiting",
        "agency",
        "seq",
        sqlite_where=text("root IS NULL"),
        postgresql_where=text("root IS NULL"),
    ),
    Index("mailbox_messages_root", "root"),
)
