"""Gates: the scan log, and receipts for what was erased of it."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "health_erasures",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("key_id", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("health_erasures_pkey")),
    )
    op.create_index(
        "health_erasures_unsigned",
        "health_erasures",
        ["agency"],
        unique=False,
        sqlite_where=sa.text("signature IS NULL"),
        postgresql_where=sa.text("signature IS NULL"),
    )
    op.create_table(
        "health_scans",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("row", sa.LargeBinary(), nullable=True),
        sa.Column("erase_at", sa.BigInteger(), nullable=False),
        sa.Column("erasure", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("health_scans_digest_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["erasure"], ["health_erasures.id"], name=op.f("health_scans_erasure_fkey")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("health_scans_pkey")),
        sa.UniqueConstraint("digest", name=op.f("health_scans_digest_key")),
        sa.UniqueConstraint("number", name=op.f("health_scans_number_key")),
    )
    op.create_index("health_scans_key", "health_scans", ["checkpoint", "key"], unique=False)
    op.create_index(
        "health_scans_due",
        "health_scans",
        ["erase_at"],
        unique=False,
        sqlite_where=sa.text("erasure IS NULL"),
        postgresql_where=sa.text("erasure IS NULL"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index(
        "health_scans_due",
        table_name="health_scans",
        sqlite_where=sa.text("erasure IS NULL"),
        postgresql_where=sa.text("erasure IS NULL"),
    )
    op.drop_index("health_scans_key", table_name="health_scans")
    op.drop_table("health_scans")
    op.drop_index(
        "health_erasures_unsigned",
        table_name="health_erasures",
        sqlite_where=sa.text("signature IS NULL"),
        postgresql_where=sa.text("signature IS NULL"),
    )
    op.drop_table("health_erasures")
