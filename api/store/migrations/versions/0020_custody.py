"""Custody: places, the exemption list, trips and their events, alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "custody_alerts",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("trip", sa.LargeBinary(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("custody_alerts_pkey")),
        sa.UniqueConstraint("id", name=op.f("custody_alerts_id_key")),
        sa.UniqueConstraint(
            "trip", "event", "cause", name=op.f("custody_alerts_trip_event_cause_key")
        ),
    )
    op.create_index("custody_alerts_agency", "custody_alerts", ["agency", "seq"], unique=False)
    op.create_table(
        "custody_exemptions",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("point", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sa.Column("acted_at", sa.BigInteger(), nullable=False),
        sa.Column("listed_until", sa.BigInteger(), nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("erase_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("custody_exemptions_pkey")),
        sa.UniqueConstraint("id", name=op.f("custody_exemptions_id_key")),
    )
    op.create_index(
        "custody_exemptions_agency", "custody_exemptions", ["agency", "seq"], unique=False
    )
    op.create_index("custody_exemptions_due", "custody_exemptions", ["erase_at"], unique=False)
    op.create_index(
        "custody_exemptions_person", "custody_exemptions", ["agency", "person"], unique=False
    )
    op.create_table(
        "custody_place_keys",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kid", sa.LargeBinary(), nullable=False),
        sa.Column("point", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("custody_place_keys_pkey")),
    )
    op.create_index("custody_place_keys_kid", "custody_place_keys", ["agency", "kid"], unique=False)
    op.create_index(
        "custody_place_keys_place", "custody_place_keys", ["agency", "code"], unique=False
    )
    op.create_table(
        "custody_places",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("leg_seconds", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("custody_places_pkey")),
        sa.UniqueConstraint("agency", "code", name=op.f("custody_places_agency_code_key")),
    )
    op.create_table(
        "custody_trips",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("agency", sa.LargeBinary(), nullable=False),
        sa.Column("exemption", sa.LargeBinary(), nullable=True),
        sa.Column("site", sa.Text(), nullable=True),
        sa.Column("point", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("due", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("erase_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("custody_trips_pkey")),
        sa.UniqueConstraint("id", name=op.f("custody_trips_id_key")),
    )
    op.create_index("custody_trips_agency", "custody_trips", ["agency", "seq"], unique=False)
    op.create_index("custody_trips_erasable", "custody_trips", ["erase_at"], unique=False)
    op.create_index(
        "custody_trips_late",
        "custody_trips",
        ["due"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL AND due > 0"),
        postgresql_where=sa.text("ended_at IS NULL AND due > 0"),
    )
    op.create_index(
        "custody_trips_one_live",
        "custody_trips",
        ["exemption"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "custody_alert_acts",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("alert", sa.LargeBinary(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert"], ["custody_alerts.id"], name=op.f("custody_alert_acts_alert_fkey")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("custody_alert_acts_pkey")),
    )
    op.create_index("custody_alert_acts_alert", "custody_alert_acts", ["alert"], unique=False)
    op.create_table(
        "custody_exemption_acts",
        sa.Column("seq", SEQUENCE, autoincrement=True, nullable=False),
        sa.Column("exemption", sa.LargeBinary(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exemption"],
            ["custody_exemptions.id"],
            name=op.f("custody_exemption_acts_exemption_fkey"),
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("custody_exemption_acts_pkey")),
    )
    op.create_index(
        "custody_exemption_acts_exemption", "custody_exemption_acts", ["exemption"], unique=False
    )
    op.create_table(
        "custody_events",
        sa.Column("trip", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("sampled_at", sa.BigInteger(), nullable=True),
        sa.Column("erasure", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["digest"], ["records.digest"], name=op.f("custody_events_digest_fkey")
        ),
        sa.ForeignKeyConstraint(
            ["erasure"], ["health_erasures.id"], name=op.f("custody_events_erasure_fkey")
        ),
        sa.PrimaryKeyConstraint("trip", "seq", name=op.f("custody_events_pkey")),
        sa.UniqueConstraint("digest", name=op.f("custody_events_digest_key")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("custody_events")
    op.drop_index("custody_exemption_acts_exemption", table_name="custody_exemption_acts")
    op.drop_table("custody_exemption_acts")
    op.drop_index("custody_alert_acts_alert", table_name="custody_alert_acts")
    op.drop_table("custody_alert_acts")
    op.drop_index(
        "custody_trips_one_live",
        table_name="custody_trips",
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.drop_index(
        "custody_trips_late",
        table_name="custody_trips",
        sqlite_where=sa.text("ended_at IS NULL AND due > 0"),
        postgresql_where=sa.text("ended_at IS NULL AND due > 0"),
    )
    op.drop_index("custody_trips_erasable", table_name="custody_trips")
    op.drop_index("custody_trips_agency", table_name="custody_trips")
    op.drop_table("custody_trips")
    op.drop_table("custody_places")
    op.drop_index("custody_place_keys_place", table_name="custody_place_keys")
    op.drop_index("custody_place_keys_kid", table_name="custody_place_keys")
    op.drop_table("custody_place_keys")
    op.drop_index("custody_exemptions_person", table_name="custody_exemptions")
    op.drop_index("custody_exemptions_due", table_name="custody_exemptions")
    op.drop_index("custody_exemptions_agency", table_name="custody_exemptions")
    op.drop_table("custody_exemptions")
    op.drop_index("custody_alerts_agency", table_name="custody_alerts")
    op.drop_table("custody_alerts")
