"""Health codes: passes, whom they are about, consents, spent transfers, allow list."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "health_holders",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("erase_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("health_holders_pkey")),
    )
    op.create_index("health_holders_due", "health_holders", ["erase_at"], unique=False)
    op.create_table(
        "health_nonces",
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("burned_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("nonce", name=op.f("health_nonces_pkey")),
    )
    op.create_table(
        "health_quotas",
        sa.Column("agreement", sa.LargeBinary(), nullable=False),
        sa.Column("port", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "port", "day", name=op.f("health_quotas_pkey")),
    )
    op.create_table(
        "health_transfers_spent",
        sa.Column("agreement", sa.LargeBinary(), nullable=False),
        sa.Column("cti", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("spent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "cti", name=op.f("health_transfers_spent_pkey")),
    )
    op.create_table(
        "health_consents",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("erase_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("health_consents_digest_fkey")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("health_consents_pkey")),
    )
    op.create_index("health_consents_due", "health_consents", ["erase_at"], unique=False)
    op.create_table(
        "health_passes",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("list", sa.BigInteger(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("nbf", sa.BigInteger(), nullable=False),
        sa.Column("exp", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("segment", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("health_passes_digest_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["holder"], ["health_holders.id"], name=op.f("health_passes_holder_fkey")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("health_passes_pkey")),
        sa.UniqueConstraint(
            "agency", "list", "idx", name=op.f("health_passes_agency_list_idx_key")
        ),
        sa.UniqueConstraint("digest", name=op.f("health_passes_digest_key")),
    )
    op.create_index("health_passes_holder", "health_passes", ["holder"], unique=False)
    op.create_index(
        "health_passes_unlisted",
        "health_passes",
        ["agency", "seq"],
        unique=False,
        sqlite_where=sa.text("segment IS NULL"),
        postgresql_where=sa.text("segment IS NULL"),
    )
    op.create_table(
        "health_segments",
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("live_until", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("health_segments_digest_fkey")
        ),
        sa.PrimaryKeyConstraint("agency", "seq", name=op.f("health_segments_pkey")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("health_segments")
    op.drop_index(
        "health_passes_unlisted",
        table_name="health_passes",
        sqlite_where=sa.text("segment IS NULL"),
        postgresql_where=sa.text("segment IS NULL"),
    )
    op.drop_index("health_passes_holder", table_name="health_passes")
    op.drop_table("health_passes")
    op.drop_index("health_consents_due", table_name="health_consents")
    op.drop_table("health_consents")
    op.drop_table("health_transfers_spent")
    op.drop_table("health_quotas")
    op.drop_table("health_nonces")
    op.drop_index("health_holders_due", table_name="health_holders")
    op.drop_table("health_holders")
