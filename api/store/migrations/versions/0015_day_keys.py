"""Gates: day keys, sealed, until they are destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "health_day_keys",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("destroy_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("health_day_keys_pkey")),
    )
    op.create_index("health_day_keys_agency", "health_day_keys", ["agency"], unique=False)
    op.create_index("health_day_keys_due", "health_day_keys", ["destroy_at"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index("health_day_keys_due", table_name="health_day_keys")
    op.drop_index("health_day_keys_agency", table_name="health_day_keys")
    op.drop_table("health_day_keys")
