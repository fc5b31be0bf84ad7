"""Tenders' marks: the place of each one's last event, and how many papers and filings came."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and fill them from what is there."""
    op.create_table(
        "tender_marks",
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tender", name=op.f("tender_marks_pkey")),
    )
    op.create_table(
        "tender_notes",
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tender", name=op.f("tender_notes_pkey")),
    )
    op.execute(
        "INSERT INTO tender_marks SELECT tender_id, block, block_hash, log_index "
        "FROM event_tender AS last WHERE tender_id IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM event_tender AS later WHERE later.tender_id = last.tender_id "
        "AND (later.block, later.log_index) > (last.block, last.log_index))"
    )
    op.execute(
        "INSERT INTO tender_notes SELECT tender, count(*) FROM (SELECT tender FROM tender_papers "
        "UNION ALL SELECT tender FROM tender_filings) AS came GROUP BY tender"
    )


def downgrade() -> None:
    """Forget them: the events and papers still say it."""
    op.drop_table("tender_notes")
    op.drop_table("tender_marks")
