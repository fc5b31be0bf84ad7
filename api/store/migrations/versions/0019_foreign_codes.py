"""Foreign codes: trust lists, revocation lists, and which codes were converted."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "health_trust_lists",
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "agency", "source", "sequence", name=op.f("health_trust_lists_pkey")
        ),
    )
    op.create_table(
        "health_revocations",
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("kid", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "kid", name=op.f("health_revocations_pkey")),
    )
    op.create_table(
        "health_foreign_conversions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("kid", sa.LargeBinary(), nullable=False),
        sa.Column("converted_until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("health_foreign_conversions_digest_fkey")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("health_foreign_conversions_pkey")),
    )
    for column in ("kid", "expires_at"):
        op.create_index(
            f"health_foreign_conversions_{column}", "health_foreign_conversions", [column]
        )


def downgrade() -> None:
    """Drop them."""
    for column in ("expires_at", "kid"):
        op.drop_index(
            f"health_foreign_conversions_{column}", table_name="health_foreign_conversions"
        )
    for table in ("health_foreign_conversions", "health_revocations", "health_trust_lists"):
        op.drop_table(table)
