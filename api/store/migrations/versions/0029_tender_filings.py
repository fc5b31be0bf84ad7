"""Sealed tenders: what was filed by those without a live key."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "tender_filings",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("brought_by", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("tender_filings_pkey")),
        sa.UniqueConstraint(
            *("tender", "kind", "lot", "stage", "digest", "brought_by"),
            name=op.f("tender_filings_tender_kind_lot_stage_digest_brought_by_key"),
        ),
    )


def downgrade() -> None:
    """Drop it; the texts stay where they are."""
    op.drop_table("tender_filings")
