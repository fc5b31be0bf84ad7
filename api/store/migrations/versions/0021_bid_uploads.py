"""Sealed bids: uploads of their files and the chunks that are here."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "bid_uploads",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("lot", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chunk_bytes", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("stored_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("bid_uploads_pkey")),
    )
    op.create_index("bid_uploads_owner", "bid_uploads", ["owner", "digest"])
    op.create_index("bid_uploads_digest", "bid_uploads", ["digest"])
    op.create_index(
        "bid_uploads_open",
        "bid_uploads",
        ["expires_at"],
        sqlite_where=sa.text("stored_at IS NULL"),
        postgresql_where=sa.text("stored_at IS NULL"),
    )
    op.create_table(
        "bid_chunks",
        sa.Column("upload", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload"], ["bid_uploads.id"], name=op.f("bid_chunks_upload_fkey")
        ),
        sa.PrimaryKeyConstraint("upload", "number", name=op.f("bid_chunks_pkey")),
    )


def downgrade() -> None:
    """Drop them; the files themselves stay where they are."""
    op.drop_table("bid_chunks")
    op.drop_index("bid_uploads_open", table_name="bid_uploads")
    op.drop_index("bid_uploads_digest", table_name="bid_uploads")
    op.drop_index("bid_uploads_owner", table_name="bid_uploads")
    op.drop_table("bid_uploads")
