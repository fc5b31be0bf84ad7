"""What the mined transactions cost."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Give intents their receipt's gas and its price; what is final already has none."""
    op.add_column("intents", sa.Column("gas_used", sa.BigInteger()))
    op.add_column("intents", sa.Column("gas_price", sa.BigInteger()))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("intents", "gas_price")
    op.drop_column("intents", "gas_used")
