"""Long work that accounts order: uploads, how far each has come, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of jobs, of what was sent for them and of their results."""
    op.create_table(
        "jobs",
        sa.Column("seq", _SEQUENCE, nullable=False, autoincrement=True),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("type_id", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("charset", sa.Text(), nullable=True),
        sa.Column("is_dry_run", sa.Boolean(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("chunks", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("claimed_until", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("checked", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("repeated", sa.BigInteger(), nullable=False),
        sa.Column("faults", sa.BigInteger(), nullable=False),
        sa.Column("first_faults", sa.LargeBinary(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("jobs_pkey")),
        sa.UniqueConstraint("id", name=op.f("jobs_id_key")),
    )
    op.create_index("jobs_by_agency", "jobs", ["agency", "seq"])
    op.create_index(
        "jobs_unfinished",
        "jobs",
        ["seq"],
        sqlite_where=sa.text("finished_at IS NULL"),
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    for name in ("job_chunks", "job_results"):
        op.create_table(
            name,
            sa.Column("job", sa.LargeBinary(), nullable=False),
            sa.Column("number", sa.BigInteger(), nullable=False, autoincrement=False),
            sa.Column("content", sa.LargeBinary(), nullable=False),
            sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f(f"{name}_job_fkey")),
            sa.PrimaryKeyConstraint("job", "number", name=op.f(f"{name}_pkey")),
        )


def downgrade() -> None:
    """Drop them; licences that were issued stay, uploads that were not yet do not."""
    op.drop_table("job_results")
    op.drop_table("job_chunks")
    op.drop_index("jobs_unfinished", table_name="jobs")
    op.drop_index("jobs_by_agency", table_name="jobs")
    op.drop_table("jobs")
