"""Find the changes of one intent, and the intents that were refused, without reading them all."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both indexes."""
    op.create_index(
        "changes_intent",
        "changes",
        ["intent"],
        sqlite_where=sa.text("intent IS NOT NULL"),
        postgresql_where=sa.text("intent IS NOT NULL"),
    )
    op.create_index(
        "intents_failed",
        "intents",
        ["seq"],
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("intents_failed", table_name="intents")
    op.drop_index("changes_intent", table_name="changes")
