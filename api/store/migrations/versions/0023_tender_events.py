"""Sealed tenders: what their ledgers said."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "event_tender",
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_time", sa.BigInteger(), nullable=False),
        sa.Column("transaction", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tender_id", sa.LargeBinary(), nullable=True),
        sa.Column("members", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("block", "log_index", name=op.f("event_tender_pkey")),
    )
    columns = ["block", "log_index"]
    op.create_index("event_tender_tender_id", "event_tender", ["tender_id", *columns])
    op.create_index("event_tender_kind", "event_tender", ["kind", *columns])


def downgrade() -> None:
    """Drop it; following the chain anew fills it again."""
    op.drop_index("event_tender_kind", table_name="event_tender")
    op.drop_index("event_tender_tender_id", table_name="event_tender")
    op.drop_table("event_tender")
