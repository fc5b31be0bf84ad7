"""Appeals: the agency's signature over each answer."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Keep signature and key; answers of before have none."""
    op.add_column("health_appeals", sa.Column("signature", sa.LargeBinary()))
    op.add_column("health_appeals", sa.Column("key_id", sa.LargeBinary()))


def downgrade() -> None:
    """Forget them."""
    op.drop_column("health_appeals", "key_id")
    op.drop_column("health_appeals", "signature")
