"""Agreements between jurisdictions: what the RecognitionLedger said, and kept policies."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()
_BYTES = sa.LargeBinary()
_VERSION: dict[str, TypeEngine[Any]] = {"agreement": _BYTES, "version": _NUMBER}
_EVENTS: dict[str, dict[str, TypeEngine[Any]]] = {
    "event_agreement_cancelled": {**_VERSION, "party": _BYTES},
    "event_agreement_proposed": {
        "from_": _BYTES,
        "to": _BYTES,
        "record_type": _BYTES,
        "version": _NUMBER,
        "proposer": _BYTES,
        "policy_hash": _BYTES,
        "bundle_hash": _BYTES,
        "valid_from": _NUMBER,
        "valid_to": _NUMBER,
        "notice": _NUMBER,
    },
    "event_agreement_signed": _VERSION,
    "event_agreement_suspended": {
        **_VERSION,
        "index": _NUMBER,
        "until": _NUMBER,
        "cause": _NUMBER,
        "scope_kind": _NUMBER,
        "scope": _BYTES,
    },
    "event_agreement_withdrawn": _VERSION,
    "event_suspension_lifted": {**_VERSION, "index": _NUMBER},
    "event_termination_announced": {**_VERSION, "party": _BYTES, "terminates_at": _NUMBER},
}


def upgrade() -> None:
    """Make a table for each event, and one for policies."""
    for name, columns in _EVENTS.items():
        op.create_table(
            name,
            sa.Column("block", _NUMBER, autoincrement=False, nullable=False),
            sa.Column("log_index", _NUMBER, autoincrement=False, nullable=False),
            sa.Column("block_hash", _BYTES, nullable=False),
            sa.Column("block_time", _NUMBER, nullable=False),
            sa.Column("transaction", _BYTES, nullable=False),
            *(sa.Column(column, kind, nullable=False) for column, kind in columns.items()),
            sa.PrimaryKeyConstraint("block", "log_index", name=op.f(f"{name}_pkey")),
        )
    op.create_table(
        "policies",
        sa.Column("digest", _BYTES, nullable=False),
        sa.Column("document", _BYTES, nullable=False),
        sa.Column("kept_at", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("policies_pkey")),
    )


def downgrade() -> None:
    """Forget them; the events come back from the chain."""
    op.drop_table("policies")
    for name in _EVENTS:
        op.drop_table(name)
