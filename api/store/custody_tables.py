"""The tables of the chain of custody: places, the exemption list, trips, and alerts about them.

Whom an exemption or a trip is about is in sealed rows alone. `person` is an HMAC of the travel
document under the secret of health codes, by which an agency knows somebody again who applies under
another key. Of an erased event trip, number and digest stay, which its root needs.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table, Text, text
from sqlalchemy import UniqueConstraint as Unique

from api.store.tables import SEQUENCE, metadata

custody_places: Final = Table(
    "custody_places",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("agency", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("leg_seconds", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Unique("agency", "code"),
)

custody_place_keys: Final = Table(
    "custody_place_keys",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("agency", LargeBinary, nullable=False),
    Column("code", Text, nullable=False),
    Column("kid", LargeBinary, nullable=False),
    Column("point", LargeBinary, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Index("custody_place_keys_place", "agency", "code"),
    Index("custody_place_keys_kid", "agency", "kid"),
)

custody_exemptions: Final = Table(
    "custody_exemptions",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("person", LargeBinary, nullable=False),
    Column("point", LargeBinary, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("applied_at", BigInteger, nullable=False),
    Column("acted_at", BigInteger, nullable=False),
    Column("listed_until", BigInteger, nullable=False),
    Column("suspended_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("removed_at", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("erase_at", BigInteger, nullable=False),
    Index("custody_exemptions_agency", "agency", "seq"),
    Index("custody_exemptions_person", "agency", "person"),
    Index("custody_exemptions_due", "erase_at"),
)

custody_exemption_acts: Final = Table(
    "custody_exemption_acts",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("exemption", LargeBinary, ForeignKey("custody_exemptions.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Index("custody_exemption_acts_exemption", "exemption"),
)

custody_trips: Final = Table(
    "custody_trips",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("exemption", LargeBinary),
    Column("site", Text),
    Column("point", LargeBinary, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", Text, nullable=False),
    Column("events", BigInteger, nullable=False),
    Column("due", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("erase_at", BigInteger),
    Index(
        "custody_trips_one_live",
        "exemption",
        unique=True,
        sqlite_where=text("ended_at IS NULL"),
        postgresql_where=text("ended_at IS NULL"),
    ),
    Index("custody_trips_agency", "agency", "seq"),
    Index(
        "custody_trips_late",
        "due",
        sqlite_where=text("ended_at IS NULL AND due > 0"),
        postgresql_where=text("ended_at IS NULL AND due > 0"),
    ),
    Index("custody_trips_erasable", "erase_at"),
)

custody_events: Final = Table(
    "custody_events",
    metadata,
    Column("trip", LargeBinary, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, ForeignKey("records.digest"), nullable=False, unique=True),
    Column("document", LargeBinary),
    Column("received_at", BigInteger),
    Column("sampled_at", BigInteger),
    Column("erasure", LargeBinary, ForeignKey("health_erasures.id")),
)

custody_alerts: Final = Table(
    "custody_alerts",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", LargeBinary, nullable=False, unique=True),
    Column("agency", LargeBinary, nullable=False),
    Column("trip", LargeBinary, nullable=False),
    Column("event", BigInteger, nullable=False),
    Column("cause", Text, nullable=False),
    Column("level", BigInteger, nullable=False),
    Column("finding", Text),
    Unique("trip", "event", "cause"),
    Index("custody_alerts_agency", "agency", "seq"),
)

custody_alert_acts: Final = Table(
    "custody_alert_acts",
    metadata,
    Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
    Column("alert", LargeBinary, ForeignKey("custody_alerts.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Index("custody_alert_acts_alert", "alert"),
)
