"""Messages about bids that were brought to be relayed, and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "bid_messages",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=True),
        sa.Column("bidder", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("intent", sa.LargeBinary(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("said", sa.Text(), nullable=True),
        sa.Column("transaction", sa.LargeBinary(), nullable=True),
        sa.Column("block", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["intent"], ["intents.id"], name=op.f("bid_messages_intent_fkey")),
        sa.PrimaryKeyConstraint("digest", name=op.f("bid_messages_pkey")),
    )
    op.create_index("bid_messages_intent", "bid_messages", ["intent"])
    op.create_index(
        "bid_messages_open",
        "bid_messages",
        ["arrived_at"],
        sqlite_where=sa.text("outcome IS NULL"),
        postgresql_where=sa.text("outcome IS NULL"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("bid_messages_open", table_name="bid_messages")
    op.drop_index("bid_messages_intent", table_name="bid_messages")
    op.drop_table("bid_messages")
