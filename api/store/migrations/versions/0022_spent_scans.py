"""Scans that let somebody into a trip, each into one."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a scan say that it is spent; of those before nobody knows, so none is."""
    op.add_column(
        "health_scans",
        sa.Column("is_spent", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    """Forget which ones are."""
    op.drop_column("health_scans", "is_spent")
