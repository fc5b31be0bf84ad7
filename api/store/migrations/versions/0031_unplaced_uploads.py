"""Sealed files for mailboxes come without a place: nobody says of which bid they are."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

PLACE = (("tender", sa.LargeBinary()), ("lot", sa.Integer()), ("part", sa.Integer()))
OPEN = sa.text("stored_at IS NULL")
UNPLACED = sa.text("tender IS NULL AND stored_at IS NOT NULL")


def upgrade() -> None:
    """Let a place be missing."""
    _change(nullable=True)
    op.create_index(
        "bid_uploads_unplaced",
        "bid_uploads",
        ["agency", "stored_at"],
        sqlite_where=UNPLACED,
        postgresql_where=UNPLACED,
    )


def downgrade() -> None:
    """Forget uploads without a place; their files stay where they are."""
    op.drop_index("bid_uploads_unplaced", table_name="bid_uploads")
    unplaced = "SELECT id FROM bid_uploads WHERE tender IS NULL"
    op.execute(f"DELETE FROM bid_chunks WHERE upload IN ({unplaced})")  # noqa: S608  # our own words
    op.execute("DELETE FROM bid_uploads WHERE tender IS NULL")
    _change(nullable=False)


def _change(*, nullable: bool) -> None:
    """Change the columns; SQLite makes the table anew for it, and nothing may refer to it then."""
    op.execute("CREATE TABLE bid_chunks_kept AS SELECT * FROM bid_chunks")
    op.drop_table("bid_chunks")
    op.drop_index("bid_uploads_open", table_name="bid_uploads")
    with op.batch_alter_table("bid_uploads") as table:
        for name, type_ in PLACE:
            table.alter_column(name, existing_type=type_, nullable=nullable)
    op.create_index(
        "bid_uploads_open",
        "bid_uploads",
        ["expires_at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    _make_chunks()
    op.execute("INSERT INTO bid_chunks SELECT * FROM bid_chunks_kept")
    op.drop_table("bid_chunks_kept")


def _make_chunks() -> None:
    op.create_table(
        "bid_chunks",
        sa.Column("upload", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["upload"], ["bid_uploads.id"], name=op.f("bid_chunks_upload_fkey")
        ),
        sa.PrimaryKeyConstraint("upload", "number", name=op.f("bid_chunks_pkey")),
    )
