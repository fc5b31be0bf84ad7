"""Sealed tenders: their papers, and which files the documents name."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tender_papers",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("brought_by", sa.Text(), nullable=False),
        sa.Column("kept_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("tender_papers_pkey")),
        sa.UniqueConstraint(
            "tender", "digest", "role", name=op.f("tender_papers_tender_digest_role_key")
        ),
    )
    op.create_table(
        "tender_paper_names",
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tender", "manifest", "digest", name=op.f("tender_paper_names_pkey")
        ),
    )
    op.create_index("tender_paper_names_digest", "tender_paper_names", ["tender", "digest"])


def downgrade() -> None:
    """Drop them; the papers themselves stay where they are."""
    op.drop_index("tender_paper_names_digest", table_name="tender_paper_names")
    op.drop_table("tender_paper_names")
    op.drop_table("tender_papers")
