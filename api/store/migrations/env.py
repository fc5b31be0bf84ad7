"""How Alembic runs: inside the one transaction that `migrate` opened, never on its own."""

from alembic import context

from api.store import (
    bid_tables,
    custody_tables,
    event_tables,
    foreign_tables,
    gate_tables,
    health_tables,
    mailbox_tables,
    opening_tables,
    tables,
    tender_marks,
    tender_tables,
)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=tables.metadata)
assert event_tables.EVENT_TABLES, "the event tables belong to the metadata"
assert health_tables.health_passes.metadata is tables.metadata
assert custody_tables.custody_trips.metadata is tables.metadata
assert bid_tables.bid_uploads.metadata is tables.metadata
assert mailbox_tables.mailboxes.metadata is tables.metadata
assert opening_tables.bid_openings.metadata is tables.metadata
assert gate_tables.health_scans.metadata is tables.metadata
assert tender_tables.tender_papers.metadata is tables.metadata
assert tender_marks.tender_marks.metadata is tables.metadata
assert foreign_tables.health_revocations.metadata is tables.metadata
context.run_migrations()
