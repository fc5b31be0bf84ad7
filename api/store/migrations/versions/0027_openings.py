"""Sealed tenders: what the files of opened bids held, and the opening records."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bid_openings",
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("lot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bidder", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tender", "lot", "part", "bidder", name=op.f("bid_openings_pkey")),
    )
    op.create_table(
        "opening_records",
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("lot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tender", "lot", "part", name=op.f("opening_records_pkey")),
    )


def downgrade() -> None:
    """Drop them; the sealed files stay, and open again."""
    op.drop_table("opening_records")
    op.drop_table("bid_openings")
