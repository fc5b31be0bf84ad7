"""Licences by their end, and a second successor, of a later version, after an annulled first."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index of ends; let a licence have one successor a version."""
    op.create_index(
        "licences_exp",
        "licences",
        ["exp"],
        sqlite_where=sa.text("exp IS NOT NULL"),
        postgresql_where=sa.text("exp IS NOT NULL"),
    )
    _index_successors(["predecessor", "version"])


def downgrade() -> None:
    """Drop the index; refused where a licence has two successors, which are not ours to choose."""
    _index_successors(["predecessor"])
    op.drop_index("licences_exp", table_name="licences")


def _index_successors(columns: Sequence[str]) -> None:
    op.drop_index("licences_predecessor", table_name="licences")
    op.create_index(
        "licences_predecessor",
        "licences",
        columns,
        unique=True,
        sqlite_where=sa.text("predecessor IS NOT NULL"),
        postgresql_where=sa.text("predecessor IS NOT NULL"),
    )
