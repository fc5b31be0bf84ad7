"""Gates: the signed bundles that they decide by."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "gate_manifests",
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("agency", "sequence", name=op.f("gate_manifests_pkey")),
    )
    op.create_table(
        "gate_files",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("gate_files_pkey")),
    )
    op.create_index("gate_files_named_at", "gate_files", ["named_at"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index("gate_files_named_at", table_name="gate_files")
    op.drop_table("gate_files")
    op.drop_table("gate_manifests")
