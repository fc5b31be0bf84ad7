"""When each store of sealed files last answered."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was asked yet."""
    op.create_table(
        "blob_replicas",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("blob_replicas_pkey")),
    )


def downgrade() -> None:
    """Forget who answered; the worker asks again."""
    op.drop_table("blob_replicas")
