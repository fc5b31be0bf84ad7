"""The upper levels of each batch's tree, so that a proof takes one block of its leaves."""

from collections.abc import Iterator
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BLOCK_LEVELS = 4


def upgrade() -> None:
    """Make them of the leaves of what is closed: some twenty milliseconds a batch of 10,000."""
    crowns = op.create_table(
        "crowns",
        sa.Column("batch", _SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("nodes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batches.seq"], name=op.f("crowns_batch_fkey")),
        sa.PrimaryKeyConstraint("batch", name=op.f("crowns_pkey")),
    )
    connection = op.get_bind()
    leaves = sa.text("SELECT digest FROM records WHERE batch = :batch ORDER BY leaf_index")
    for (batch,) in connection.execute(sa.text("SELECT seq FROM batches ORDER BY seq")).all():
        digests = [bytes(row.digest) for row in connection.execute(leaves, {"batch": batch})]
        op.bulk_insert(crowns, [{"batch": batch, "nodes": b"".join(_crown(digests))}])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("crowns")


def _crown(digests: list[bytes]) -> Iterator[bytes]:
    """Yield the nodes from blocks of sixteen leaves up to below the root."""
    level, height = [sha256(b"\x00" + digest).digest() for digest in digests], 0
    while len(level) > 1:
        if height >= _BLOCK_LEVELS:
            yield from level
        pairs = zip(level[::2], level[1::2], strict=False)
        alone = level[-1:] if len(level) % 2 else []
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + alone
        height += 1
