"""What the chain calls finalized."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep the newest block that the chain calls finalized, where it is asked for."""
    op.add_column("projection_seen", sa.Column("finalized", sa.BigInteger()))


def downgrade() -> None:
    """Forget it."""
    op.drop_column("projection_seen", "finalized")
