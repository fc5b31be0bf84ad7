"""Transfers have a place in their agency's status lists."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "health_transfers",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("list", sa.BigInteger(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("health_transfers_digest_fkey")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("health_transfers_pkey")),
        sa.UniqueConstraint(
            "agency", "list", "idx", name=op.f("health_transfers_agency_list_idx_key")
        ),
    )


def downgrade() -> None:
    """Drop it; places that were taken might then be given twice."""
    op.drop_table("health_transfers")
