"""Answers without turns, and one successor a licence at most."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_KEPT = ("status", sa.BigInteger()), ("headers", sa.LargeBinary()), ("body", sa.LargeBinary())


def upgrade() -> None:
    """Drop the turns, whose requests have ended with their process, and keep every answer."""
    op.execute("DELETE FROM idempotency_keys WHERE status IS NULL")
    with op.batch_alter_table("idempotency_keys") as table:
        table.drop_column("turn")
        for name, type_ in _KEPT:
            table.alter_column(name, existing_type=type_, nullable=False)
    _index_successors(unique=True)


def downgrade() -> None:
    """Give every answer a first turn again."""
    _index_successors(unique=False)
    with op.batch_alter_table("idempotency_keys") as table:
        table.add_column(sa.Column("turn", sa.BigInteger(), nullable=False, server_default="1"))
        for name, type_ in _KEPT:
            table.alter_column(name, existing_type=type_, nullable=True)
    with op.batch_alter_table("idempotency_keys") as table:
        table.alter_column("turn", existing_type=sa.BigInteger(), server_default=None)


def _index_successors(*, unique: bool) -> None:
    op.drop_index("licences_predecessor", table_name="licences")
    op.create_index(
        "licences_predecessor",
        "licences",
        ["predecessor"],
        unique=unique,
        sqlite_where=sa.text("predecessor IS NOT NULL"),
        postgresql_where=sa.text("predecessor IS NOT NULL"),
    )
