"""Sets of status changes: previewed, approved, and sent together."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables, and let a change point to its set."""
    op.create_table(
        "change_sets",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("uncosigned", sa.BigInteger(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("change_sets_pkey")),
        sa.UniqueConstraint("id", name=op.f("change_sets_id_key")),
    )
    op.create_table(
        "change_set_rows",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("change_set", SEQUENCE, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("list", sa.BigInteger(), nullable=True),
        sa.Column("idx", sa.BigInteger(), nullable=True),
        sa.Column("present", sa.BigInteger(), nullable=True),
        sa.Column("part", sa.BigInteger(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("change_set_rows_pkey")),
        sa.ForeignKeyConstraint(
            ["change_set"], ["change_sets.seq"], name=op.f("change_set_rows_change_set_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("change_set_rows_digest_fkey")
        ),
    )
    op.create_index("change_set_rows_in_order", "change_set_rows", ["change_set", "seq"])
    with op.batch_alter_table("changes") as table:
        table.add_column(sa.Column("change_set", SEQUENCE, nullable=True))
        table.add_column(sa.Column("part", sa.BigInteger(), nullable=True))
        table.create_foreign_key(
            op.f("changes_change_set_fkey"), "change_sets", ["change_set"], ["seq"]
        )
    op.create_index(
        "changes_of_set",
        "changes",
        ["change_set", "part"],
        sqlite_where=sa.text("change_set IS NOT NULL"),
        postgresql_where=sa.text("change_set IS NOT NULL"),
    )


def downgrade() -> None:
    """Drop them; changes that are under way go on as if each had been asked for alone."""
    op.drop_index("changes_of_set", table_name="changes")
    with op.batch_alter_table("changes") as table:
        table.drop_constraint(op.f("changes_change_set_fkey"), type_="foreignkey")
        table.drop_column("part")
        table.drop_column("change_set")
    op.drop_index("change_set_rows_in_order", table_name="change_set_rows")
    op.drop_table("change_set_rows")
    op.drop_table("change_sets")
