"""Which papers answered what was filed."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Of what was answered before nobody noted the paper."""
    op.create_table(
        "tender_filing_answers",
        sa.Column("seq", _SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("tender", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("filing", sa.LargeBinary(), nullable=False),
        sa.Column("paper", sa.LargeBinary()),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("tender_filing_answers_pkey")),
    )
    op.create_index("tender_filing_answers_paper", "tender_filing_answers", ["tender", "paper"])
    op.execute(
        "INSERT INTO tender_filing_answers (tender, kind, filing, answered_at) "
        "SELECT DISTINCT tender, kind, digest, answered_at FROM tender_filings "
        "WHERE answered_at IS NOT NULL"
    )


def downgrade() -> None:
    """Forget the papers; that something was answered stays."""
    op.drop_index("tender_filing_answers_paper", table_name="tender_filing_answers")
    op.drop_table("tender_filing_answers")
