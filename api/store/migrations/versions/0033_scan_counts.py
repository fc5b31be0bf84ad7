"""Gates: how many people each answered how, hour by hour."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "health_scan_counts",
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gate", sa.LargeBinary(), nullable=False),
        sa.Column("port", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "hour", "gate", name=op.f("health_scan_counts_pkey")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("health_scan_counts")
