"""The decision document behind each change of status."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let a change name its decision, and find those that have none yet."""
    op.add_column("changes", sa.Column("decision", sa.LargeBinary(), nullable=True))
    op.create_index(
        "changes_undecided",
        "changes",
        ["agency", "seq"],
        sqlite_where=sa.text("decision IS NULL"),
        postgresql_where=sa.text("decision IS NULL"),
    )


def downgrade() -> None:
    """Forget which decision belongs to which change; the documents stay."""
    op.drop_index("changes_undecided", table_name="changes")
    op.drop_column("changes", "decision")
