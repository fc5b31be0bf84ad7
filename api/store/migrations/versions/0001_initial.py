"""The first schema: what `api.store.tables` and `api.store.event_tables` describe."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import TypeEngine

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger()
_BYTES = sa.LargeBinary()
_TEXT = sa.Text()
_SEQUENCE = _NUMBER.with_variant(sa.Integer(), "sqlite")
_EVENTS: dict[str, dict[str, TypeEngine[Any]]] = {
    "event_accreditation_withdrawn": {"agency": _BYTES, "record_type": _BYTES, "end": _NUMBER},
    "event_accredited": {"agency": _BYTES, "record_type": _BYTES, "start": _NUMBER, "end": _NUMBER},
    "event_agency_admitted": {
        "agency": _BYTES,
        "jurisdiction": _BYTES,
        "code": _TEXT,
        "name": _TEXT,
    },
    "event_agency_renamed": {"agency": _BYTES, "name": _TEXT},
    "event_agency_status_changed": {"agency": _BYTES, "status": _NUMBER},
    "event_batch_anchored": {"agency": _BYTES, "root": _BYTES, "kind": _NUMBER, "size": _NUMBER},
    "event_change_cosigned": {"agency": _BYTES, "approver": _TEXT, "nonce": _BYTES},
    "event_jurisdiction_admitted": {"jurisdiction": _BYTES, "code": _TEXT},
    "event_key_announced": {
        "agency": _BYTES,
        "key_id": _BYTES,
        "x": _BYTES,
        "y": _BYTES,
        "usage": _NUMBER,
        "sign_from": _NUMBER,
        "sign_until": _NUMBER,
        "verify_until": _NUMBER,
    },
    "event_key_compromised": {"agency": _BYTES, "key_id": _BYTES, "distrust_from": _NUMBER},
    "event_key_frozen": {"agency": _BYTES, "key_id": _BYTES},
    "event_key_retired": {"agency": _BYTES, "key_id": _BYTES, "sign_until": _NUMBER},
    "event_key_unfrozen": {"agency": _BYTES, "key_id": _BYTES},
    "event_role_granted": {"role": _BYTES, "account": _TEXT},
    "event_role_revoked": {"role": _BYTES, "account": _TEXT},
    "event_status_changed": {
        "agency": _BYTES,
        "list": _NUMBER,
        "word": _NUMBER,
        "mask": _BYTES,
        "status": _NUMBER,
        "reason": _NUMBER,
        "effective_at": _NUMBER,
        "until": _NUMBER,
    },
}
_EVENT_INDICES = (
    ("event_batch_anchored", ["agency", "root"]),
    ("event_role_granted", ["account"]),
    ("event_role_revoked", ["account"]),
    ("event_status_changed", ["agency", "list", "block"]),
    ("event_status_changed", ["agency", "list", "word"]),
    ("event_status_changed", ["until"]),
)
_OWN = (
    "links",
    "licences",
    "changes",
    "records",
    "batches",
    "attempts",
    "status_words",
    "sessions",
    "serials",
    "projection_seen",
    "projected_blocks",
    "nonces",
    "lists",
    "list_tokens",
    "intents",
    "accounts",
)


def upgrade() -> None:
    """Make all tables."""
    _sending()
    _records()
    _statuses()
    _people()
    _projection()
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
    for name, indexed in _EVENT_INDICES:
        op.create_index(f"{name}_{'_'.join(indexed)}", name, indexed)


def downgrade() -> None:
    """Drop all tables, dependants first."""
    for name in (*_EVENTS, *_OWN):
        op.drop_table(name)


def _sending() -> None:
    op.create_table(
        "intents",
        sa.Column(
            "seq",
            _SEQUENCE,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", _BYTES, nullable=False),
        sa.Column("chain_id", _NUMBER, nullable=False),
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("to", _TEXT, nullable=False),
        sa.Column("call", _BYTES, nullable=False),
        sa.Column("state", _TEXT, nullable=False),
        sa.Column("nonce", _NUMBER, nullable=True),
        sa.Column("gas", _NUMBER, nullable=True),
        sa.Column("error", _TEXT, nullable=True),
        sa.Column("block", _NUMBER, nullable=True),
        sa.Column("block_hash", _BYTES, nullable=True),
        sa.Column("transaction", _BYTES, nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("intents_pkey")),
        sa.UniqueConstraint("id", name=op.f("intents_id_key")),
    )
    op.create_index(
        "intents_nonce",
        "intents",
        ["chain_id", "account", "nonce"],
        unique=True,
        sqlite_where=sa.text("nonce IS NOT NULL"),
        postgresql_where=sa.text("nonce IS NOT NULL"),
    )
    op.create_index(
        "intents_unfinished",
        "intents",
        ["chain_id", "account", "nonce"],
        unique=False,
        sqlite_where=sa.text("state IN ('reserved', 'signed', 'sent', 'mined')"),
        postgresql_where=sa.text("state IN ('reserved', 'signed', 'sent', 'mined')"),
    )
    op.create_index(
        "intents_waiting",
        "intents",
        ["chain_id", "account", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "attempts",
        sa.Column(
            "seq",
            _SEQUENCE,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("hash", _BYTES, nullable=False),
        sa.Column("intent", _BYTES, nullable=False),
        sa.Column("raw", _BYTES, nullable=False),
        sa.Column("nonce", _NUMBER, nullable=False),
        sa.Column("max_fee", _NUMBER, nullable=False),
        sa.Column("priority_fee", _NUMBER, nullable=False),
        sa.Column("at", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["intent"], ["intents.id"], name=op.f("attempts_intent_fkey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("attempts_pkey")),
        sa.UniqueConstraint("hash", name=op.f("attempts_hash_key")),
    )
    op.create_index("attempts_intent", "attempts", ["intent"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("chain_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("account", _TEXT, nullable=False),
        sa.Column("next_nonce", _NUMBER, nullable=True),
        sa.Column("halted", _TEXT, server_default="", nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "account", name=op.f("accounts_pkey")),
    )


def _records() -> None:
    op.create_table(
        "batches",
        sa.Column(
            "seq",
            _SEQUENCE,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("kind", _NUMBER, nullable=False),
        sa.Column("root", _BYTES, nullable=False),
        sa.Column("size", _NUMBER, nullable=False),
        sa.Column("closed_at", _NUMBER, nullable=False),
        sa.Column("intent", _BYTES, nullable=False),
        sa.ForeignKeyConstraint(["intent"], ["intents.id"], name=op.f("batches_intent_fkey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("batches_pkey")),
        sa.UniqueConstraint("agency", "root", name=op.f("batches_agency_root_key")),
        sa.UniqueConstraint("intent", name=op.f("batches_intent_key")),
    )
    op.create_table(
        "records",
        sa.Column(
            "seq",
            _SEQUENCE,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("digest", _BYTES, nullable=False),
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("kind", _NUMBER, nullable=False),
        sa.Column("document", _TEXT, nullable=False),
        sa.Column("issued_at", _NUMBER, nullable=False),
        sa.Column("batch", _SEQUENCE, nullable=True),
        sa.Column("leaf_index", _NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batches.seq"], name=op.f("records_batch_fkey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("records_pkey")),
        sa.UniqueConstraint("digest", name=op.f("records_digest_key")),
    )
    op.create_index(
        "records_leaves",
        "records",
        ["batch", "leaf_index"],
        unique=True,
        sqlite_where=sa.text("batch IS NOT NULL"),
        postgresql_where=sa.text("batch IS NOT NULL"),
    )
    op.create_index(
        "records_unanchored",
        "records",
        ["kind", "agency", "seq"],
        unique=False,
        sqlite_where=sa.text("batch IS NULL"),
        postgresql_where=sa.text("batch IS NULL"),
    )
    op.create_table(
        "licences",
        sa.Column(
            "seq",
            _SEQUENCE,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("digest", _BYTES, nullable=False),
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("type_id", _TEXT, nullable=False),
        sa.Column("licence_id", _TEXT, nullable=False),
        sa.Column("serial", _TEXT, nullable=False),
        sa.Column("version", _NUMBER, nullable=False),
        sa.Column("external_id", _TEXT, nullable=True),
        sa.Column("list", _NUMBER, nullable=False),
        sa.Column("idx", _NUMBER, nullable=False),
        sa.Column("nbf", _NUMBER, nullable=False),
        sa.Column("exp", _NUMBER, nullable=True),
        sa.Column("holder_name", _TEXT, nullable=True),
        sa.Column("predecessor", _BYTES, nullable=True),
        sa.Column("predecessor_reason", _NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["digest"], ["records.digest"], name=op.f("licences_digest_fkey")),
        sa.PrimaryKeyConstraint("seq", name=op.f("licences_pkey")),
        sa.UniqueConstraint("agency", "licence_id", name=op.f("licences_agency_licence_id_key")),
        sa.UniqueConstraint("agency", "list", "idx", name=op.f("licences_agency_list_idx_key")),
        sa.UniqueConstraint("digest", name=op.f("licences_digest_key")),
    )
    op.create_index("licences_by_agency", "licences", ["agency", "seq"], unique=False)
    op.create_index("licences_by_type", "licences", ["agency", "type_id", "seq"], unique=False)
    op.create_index(
        "licences_external_id",
        "licences",
        ["agency", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "licences_predecessor",
        "licences",
        ["predecessor"],
        unique=False,
        sqlite_where=sa.text("predecessor IS NOT NULL"),
        postgresql_where=sa.text("predecessor IS NOT NULL"),
    )
    op.create_table(
        "serials",
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("type_id", _TEXT, nullable=False),
        sa.Column("next_serial", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("agency", "type_id", name=op.f("serials_pkey")),
    )


def _statuses() -> None:
    op.create_table(
        "lists",
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("list", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("used", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("agency", "list", name=op.f("lists_pkey")),
    )
    op.create_table(
        "list_tokens",
        sa.Column(
            "seq",
            _SEQUENCE,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("list", _NUMBER, nullable=False),
        sa.Column("issued_at", _NUMBER, nullable=False),
        sa.Column("expires_at", _NUMBER, nullable=False),
        sa.Column("block", _NUMBER, nullable=False),
        sa.Column("block_hash", _BYTES, nullable=False),
        sa.Column("saw_change", sa.Boolean(), nullable=False),
        sa.Column("token", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("list_tokens_pkey")),
        sa.UniqueConstraint(
            "agency", "list", "issued_at", name=op.f("list_tokens_agency_list_issued_at_key")
        ),
    )
    op.create_table(
        "changes",
        sa.Column(
            "seq",
            _SEQUENCE,
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("id", _BYTES, nullable=False),
        sa.Column("digest", _BYTES, nullable=False),
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("list", _NUMBER, nullable=False),
        sa.Column("idx", _NUMBER, nullable=False),
        sa.Column("status", _NUMBER, nullable=False),
        sa.Column("reason", _NUMBER, nullable=False),
        sa.Column("effective_at", _NUMBER, nullable=False),
        sa.Column("until", _NUMBER, nullable=False),
        sa.Column("requested_by", _TEXT, nullable=False),
        sa.Column("requested_at", _NUMBER, nullable=False),
        sa.Column("not_before", _NUMBER, nullable=False),
        sa.Column("waits_for", _BYTES, nullable=True),
        sa.Column("approver", _TEXT, nullable=True),
        sa.Column("co_nonce", _BYTES, nullable=True),
        sa.Column("co_deadline", _NUMBER, nullable=True),
        sa.Column("co_signature", _BYTES, nullable=True),
        sa.Column("intent", _BYTES, nullable=True),
        sa.Column("error", _TEXT, nullable=True),
        sa.ForeignKeyConstraint(["digest"], ["records.digest"], name=op.f("changes_digest_fkey")),
        sa.ForeignKeyConstraint(["intent"], ["intents.id"], name=op.f("changes_intent_fkey")),
        sa.ForeignKeyConstraint(
            ["waits_for"], ["records.digest"], name=op.f("changes_waits_for_fkey")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("changes_pkey")),
        sa.UniqueConstraint("id", name=op.f("changes_id_key")),
    )
    op.create_index("changes_digest", "changes", ["digest"], unique=False)
    op.create_index(
        "changes_unsent",
        "changes",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("intent IS NULL AND error IS NULL"),
        postgresql_where=sa.text("intent IS NULL AND error IS NULL"),
    )
    op.create_index(
        "changes_waits_for",
        "changes",
        ["waits_for"],
        unique=False,
        sqlite_where=sa.text("waits_for IS NOT NULL"),
        postgresql_where=sa.text("waits_for IS NOT NULL"),
    )
    op.create_table(
        "status_words",
        sa.Column("agency", _BYTES, nullable=False),
        sa.Column("list", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("word", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("value", _BYTES, nullable=False),
        sa.PrimaryKeyConstraint("agency", "list", "word", name=op.f("status_words_pkey")),
    )


def _people() -> None:
    op.create_table(
        "nonces",
        sa.Column("nonce", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("issued_at", _NUMBER, nullable=False),
        sa.Column("burned_at", _NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("nonce", name=op.f("nonces_pkey")),
    )
    op.create_index(op.f("nonces_issued_at"), "nonces", ["issued_at"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", _BYTES, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("opened_at", _NUMBER, nullable=False),
        sa.Column("expires_at", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("sessions_pkey")),
    )
    op.create_index(op.f("sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_table(
        "links",
        sa.Column("id", _BYTES, nullable=False),
        sa.Column("digest", _BYTES, nullable=False),
        sa.Column("ciphertext", _BYTES, nullable=False),
        sa.Column("expires_at", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["digest"], ["records.digest"], name=op.f("links_digest_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("links_pkey")),
    )
    op.create_index(op.f("links_digest"), "links", ["digest"], unique=False)
    op.create_index(op.f("links_expires_at"), "links", ["expires_at"], unique=False)


def _projection() -> None:
    op.create_table(
        "projected_blocks",
        sa.Column("block", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("hash", _BYTES, nullable=False),
        sa.Column("time", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("block", name=op.f("projected_blocks_pkey")),
    )
    op.create_table(
        "projection_seen",
        sa.Column("only", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("seen_at", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("only", name=op.f("projection_seen_pkey")),
    )
