"""Gates: appeals against what they decided, and the answers."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "health_appeals",
        sa.Column("scan", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("lodged_at", sa.BigInteger(), nullable=False),
        sa.Column("answer_by", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["scan"], ["health_scans.digest"], name=op.f("health_appeals_scan_fkey")
        ),
        sa.PrimaryKeyConstraint("scan", name=op.f("health_appeals_pkey")),
    )
    op.create_index(
        "health_appeals_open",
        "health_appeals",
        ["agency", "answer_by"],
        unique=False,
        sqlite_where=sa.text("answer IS NULL"),
        postgresql_where=sa.text("answer IS NULL"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index(
        "health_appeals_open",
        table_name="health_appeals",
        sqlite_where=sa.text("answer IS NULL"),
        postgresql_where=sa.text("answer IS NULL"),
    )
    op.drop_table("health_appeals")
