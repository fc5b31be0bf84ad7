"""Mailboxes of sealed tenders: their roots, and the messages that came."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "mailboxes",
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", name=op.f("mailboxes_pkey")),
    )
    op.create_table(
        "mailbox_roots",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("leaves", sa.LargeBinary(), nullable=False),
        sa.Column("intent", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agency"], ["mailboxes.agency"], name=op.f("mailbox_roots_agency_fkey")
        ),
        sa.ForeignKeyConstraint(["intent"], ["intents.id"], name=op.f("mailbox_roots_intent_fkey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("mailbox_roots_pkey")),
        sa.UniqueConstraint("agency", "root", name=op.f("mailbox_roots_agency_root_key")),
        sa.UniqueConstraint("intent", name=op.f("mailbox_roots_intent_key")),
    )
    op.create_table(
        "mailbox_messages",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("root", _SEQUENCE, nullable=True),
        sa.Column("leaf_index", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["root"], ["mailbox_roots.seq"], name=op.f("mailbox_messages_root_fkey")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("mailbox_messages_pkey")),
        sa.UniqueConstraint("leaf", name=op.f("mailbox_messages_leaf_key")),
    )
    op.create_index(
        "mailbox_messages_waiting",
        "mailbox_messages",
        ["agency", "seq"],
        sqlite_where=sa.text("root IS NULL"),
        postgresql_where=sa.text("root IS NULL"),
    )
    op.create_index("mailbox_messages_root", "mailbox_messages", ["root"])


def downgrade() -> None:
    """Drop them; what was anchored stays on the chain, and bidders have their paths."""
    op.drop_index("mailbox_messages_root", table_name="mailbox_messages")
    op.drop_index("mailbox_messages_waiting", table_name="mailbox_messages")
    op.drop_table("mailbox_messages")
    op.drop_table("mailbox_roots")
    op.drop_table("mailboxes")
