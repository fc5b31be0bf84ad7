"""Sealed tenders: a complaint that is filed names an objection."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what complaints name."""
    op.add_column("tender_filings", sa.Column("objection", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop it; receipts still say it."""
    op.drop_column("tender_filings", "objection")
