"""The tables: what the service alone knows, what it wants from the chain, what the chain said.

Times are Unix seconds, digests and ids raw bytes, 256-bit words 32 bytes big-endian. A row of
`records` whose `batch` is NULL *is* the anchoring outbox: it is written in the transaction that
answers 201, and the partial index `records_unanchored` finds it, so nothing can be issued without
waiting to be anchored. The event tables hold what the contracts said, one table an event, and grow
at the end only; `status_words` and `tender_marks` are derived (both are asked for constantly).
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

NAMES: Final = {
    "ix": "%(table_name)s_%(column_0_N_name)s",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}
metadata: Final = MetaData(naming_convention=NAMES)

# SQLite numbers rows by themselves in an INTEGER column only.
SEQUENCE: Final = BigInteger().with_variant(Integer, "sqlite")


def _sequence() -> Column[int]:
    return Column("seq", SEQUENCE, primary_key=True, autoincrement=True)


intents: Final = Table(
    "intents",
    metadata,
    _sequence(),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("to", Text, nullable=False),
    Column("call", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("nonce", BigInteger),
    Column("gas", BigInteger),
    Column("error", Text),
    Column("block", BigInteger),
    Column("block_hash", LargeBinary),
    Column("transaction", LargeBinary),
    Column("gas_used", BigInteger),
    Column("gas_price", BigInteger),
    Index(
        "intents_waiting",
        "chain_id",
        "account",
        "seq",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "intents_failed",
        "seq",
        sqlite_where=text("state = 'failed'"),
        postgresql_where=text("state = 'failed'"),
    ),
    Index(
        "intents_unfinished",
        "chain_id",
        "account",
        "nonce",
        sqlite_where=text("state IN ('reserved', 'signed', 'sent', 'mined')"),
        postgresql_where=text("state IN ('reserved', 'signed', 'sent', 'mined')"),
    ),
    Index(
        "intents_nonce",
        "chain_id",
        "account",
        "nonce",
        unique=True,
        sqlite_where=text("nonce IS NOT NULL"),
        postgresql_where=text("nonce IS NOT NULL"),
    ),
)

attempts: Final = Table(
    "attempts",
    metadata,
    _sequence(),
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("intent", LargeBinary, ForeignKey("intents.id"), nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("max_fee", BigInteger, nullable=False),
    Column("priority_fee", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("attempts_intent", "intent"),
)

accounts: Final = Table(
    "accounts",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("account", Text, primary_key=True),
    Column("next_nonce", BigInteger),
    Column("halted", Text, nullable=False, server_default=""),
)

batches: Final = Table(
    "batches",
    metadata,
    _sequence(),
    Column("agency", LargeBinary, nullable=False),
    Column("kind", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("closed_at", BigInteger, nullable=False),
    Column("intent", LargeBinary, ForeignKey("intents.id"), nullable=False, unique=True),
    UniqueConstraint("agency", "root"),
)

crowns: Final = Table(
    "crowns",
    metadata,
    Column("batch", SEQUENCE, ForeignKey("batches.seq"), primary_key=True, autoincrement=False),
    Column("nodes", LargeBinary, nullable=False),
)
"""The upper levels of each batch's tree (`ledger.merkle.Crown`)."""

records: Final = Table(
    "records",
    metadata,
    _sequence(),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("kind", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("batch", SEQUENCE, ForeignKey("batches.seq")),
    Column("leaf_index", BigInteger),
    Index(
        "records_unanchored",
        "kind",
        "agency",
        "seq",
        sqlite_where=text("batch IS NULL"),
        postgresql_where=text("batch IS NULL"),
    ),
    Index(
        "records_leaves",
        "batch",
        "leaf_index",
        unique=True,
        sqlite_where=text("batch IS NOT NULL"),
        postgresql_where=text("batch IS NOT NULL"),
    ),
)

licences: Final = Table(
    "licences",
    metadata,
    _sequence(),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("type_id", Text, nullable=False),
    Column("licence_id", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("external_id", Text),
    Column("list", BigInteger, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("nbf", BigInteger, nullable=False),
    Column("exp", BigInteger),
    Column("holder_name", Text),
    Column("predecessor", LargeBinary),
    Column("predecessor_reason", BigInteger),
    UniqueConstraint("agency", "list", "idx"),
    UniqueConstraint("agency", "licence_id"),
    Index(
        "licences_external_id",
        "agency",
        "external_id",
        unique=True,
        sqlite_where=text("external_id IS NOT NULL"),
        postgresql_where=text("external_id IS NOT NULL"),
    ),
    Index(
        "licences_predecessor",
        "predecessor",
        "version",
        unique=True,
        sqlite_where=text("predecessor IS NOT NULL"),
        postgresql_where=text("predecessor IS NOT NULL"),
    ),
    Index("licences_by_agency", "agency", "seq"),
    Index(
        "licences_exp",
        "exp",
        sqlite_where=text("exp IS NOT NULL"),
        postgresql_where=text("exp IS NOT NULL"),
    ),
    Index("licences_by_type", "agency", "type_id", "seq"),
)

serials: Final = Table(
    "serials",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("type_id", Text, primary_key=True),
    Column("next_serial", BigInteger, nullable=False),
)

lists: Final = Table(
    "lists",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("list", BigInteger, primary_key=True, autoincrement=False),
    Column("used", BigInteger, nullable=False),
)

list_tokens: Final = Table(
    "list_tokens",
    metadata,
    _sequence(),
    Column("agency", LargeBinary, nullable=False),
    Column("list", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("block", BigInteger, nullable=False),
    Column("block_hash", LargeBinary, nullable=False),
    Column("saw_change", Boolean, nullable=False),
    Column("token", Text, nullable=False),
    UniqueConstraint("agency", "list", "issued_at"),
)

changes: Final = Table(
    "changes",
    metadata,
    _sequence(),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False),
    Column("agency", LargeBinary, nullable=False),
    Column("list", BigInteger, nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("reason", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("waits_for", LargeBinary, ForeignKey("records.digest")),
    Column("approver", Text),
    Column("co_nonce", LargeBinary),
    Column("co_deadline", BigInteger),
    Column("co_signature", LargeBinary),
    Column("intent", LargeBinary, ForeignKey("intents.id")),
    Column("error", Text),
    Column("decision", LargeBinary),
    Column("change_set", SEQUENCE, ForeignKey("change_sets.seq")),
    Column("part", BigInteger),
    Index(
        "changes_of_set",
        "change_set",
        "part",
        sqlite_where=text("change_set IS NOT NULL"),
        postgresql_where=text("change_set IS NOT NULL"),
    ),
    Index("changes_digest", "digest"),
    Index(
        "changes_intent",
        "intent",
        sqlite_where=text("intent IS NOT NULL"),
        postgresql_where=text("intent IS NOT NULL"),
    ),
    Index(
        "changes_undecided",
        "agency",
        "seq",
        sqlite_where=text("decision IS NULL"),
        postgresql_where=text("decision IS NULL"),
    ),
    Index(
        "changes_waits_for",
        "waits_for",
        sqlite_where=text("waits_for IS NOT NULL"),
        postgresql_where=text("waits_for IS NOT NULL"),
    ),
    Index(
        "changes_unsent",
        "not_before",
        sqlite_where=text("intent IS NULL AND error IS NULL"),
        postgresql_where=text("intent IS NULL AND error IS NULL"),
    ),
)

change_sets: Final = Table(
    "change_sets",
    metadata,
    _sequence(),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("reason", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("parts", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("uncosigned", BigInteger, nullable=False),
    Column("wording", Text),
    Column("outcome", Text),
    Column("settled_at", BigInteger),
    Column("settled_by", Text),
    Column("approver", Text),
)

change_set_rows: Final = Table(
    "change_set_rows",
    metadata,
    _sequence(),
    Column("change_set", SEQUENCE, ForeignKey("change_sets.seq"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, ForeignKey("records.digest")),
    Column("list", BigInteger),
    Column("idx", BigInteger),
    Column("present", BigInteger),
    Column("part", BigInteger),
    Column("refusal", Text),
    Index("change_set_rows_in_order", "change_set", "seq"),
)

nonces: Final = Table(
    "nonces",
    metadata,
    Column("nonce", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False, index=True),
    Column("burned_at", BigInteger),
)

sessions: Final = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("address", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

links: Final = Table(
    "links",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False, index=True),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

idempotency_keys: Final = Table(
    "idempotency_keys",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("taken_at", BigInteger, nullable=False, index=True),
    Column("status", BigInteger, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

jobs: Final = Table(
    "jobs",
    metadata,
    _sequence(),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("type_id", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("charset", Text),
    Column("is_dry_run", Boolean, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_cancelled", Boolean, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("chunks", BigInteger, nullable=False),
    Column("turn", BigInteger, nullable=False),
    Column("claimed_until", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("rows", BigInteger),
    Column("checked", BigInteger, nullable=False),
    Column("issued", BigInteger, nullable=False),
    Column("repeated", BigInteger, nullable=False),
    Column("faults", BigInteger, nullable=False),
    Column("first_faults", LargeBinary, nullable=False),
    Column("error", Text),
    Index("jobs_by_agency", "agency", "seq"),
    Index(
        "jobs_unfinished",
        "seq",
        sqlite_where=text("finished_at IS NULL"),
        postgresql_where=text("finished_at IS NULL"),
    ),
)

job_chunks: Final = Table(
    "job_chunks",
    metadata,
    Column("job", LargeBinary, ForeignKey("jobs.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

job_results: Final = Table(
    "job_results",
    metadata,
    Column("job", LargeBinary, ForeignKey("jobs.id"), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("content", LargeBinary, nullable=False),
)

projected_blocks: Final = Table(
    "projected_blocks",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),
)

projection_seen: Final = Table(
    "projection_seen",
    metadata,
    Column("only", BigInteger, primary_key=True, autoincrement=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("finalized", BigInteger),
)

status_words: Final = Table(
    "status_words",
    metadata,
    Column("agency", LargeBinary, primary_key=True),
    Column("list", BigInteger, primary_key=True, autoincrement=False),
    Column("word", BigInteger, primary_key=True, autoincrement=False),
    Column("value", LargeBinary, nullable=False),
)

policies: Final = Table(
    "policies",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)

domestic_policies: Final = Table(
    "domestic_policies",
    metadata,
    Column("jurisdiction", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, ForeignKey("policies.digest"), nullable=False),
    Column("account", Text, nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)
