"""Papers name the lots that they tell of, and the filing that they answer."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Papers that are there name no lot: which they tell of, only their officers can say."""
    op.create_table(
        "tender_paper_lots",
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tender", "role", "digest", "lot", name=op.f("tender_paper_lots_pkey")
        ),
    )
    op.add_column("tender_filings", sa.Column("answered_at", sa.BigInteger()))


def downgrade() -> None:
    """Forget what papers tell of; the papers stay."""
    op.drop_column("tender_filings", "answered_at")
    op.drop_table("tender_paper_lots")
