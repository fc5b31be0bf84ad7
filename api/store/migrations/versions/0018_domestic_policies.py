"""Policies of jurisdictions for their own passes."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "domestic_policies",
        sa.Column("jurisdiction", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["policies.digest"], name=op.f("domestic_policies_digest_fkey")
        ),
        sa.PrimaryKeyConstraint("jurisdiction", "version", name=op.f("domestic_policies_pkey")),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("domestic_policies")
