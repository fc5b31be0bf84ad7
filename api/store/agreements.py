"""Agreements as the projection tells them, and the policies that are kept for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select

from api.store.authority_fold import every, in_order
from api.store.database import Database
from api.store.tables import policies
from api.store.upserts import insert_new
from ledger import events
from ledger.errors import Refused
from ledger.events import Event
from ledger.health.agreement_history import agreements_of
from ledger.health.agreements import Agreement, AgreementId

_TOLD_BY: tuple[type[Event], ...] = (
    events.AgreementProposed,
    events.AgreementWithdrawn,
    events.AgreementSigned,
    events.AgreementCancelled,
    events.AgreementSuspended,
    events.SuspensionLifted,
    events.TerminationAnnounced,
)


@dataclass(eq=False)
class PolicyUnknown(Refused):
    """No policy with this digest is kept here."""

    digest: bytes


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A policy's bytes, which hash to `digest`; `kept_at` in Unix seconds."""

    digest: bytes
    document: bytes = field(repr=False)
    kept_at: int


class AgreementStore:
    """All agreements; there are few, and each is needed whole."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Mapping[AgreementId, Agreement]:
        """Return every agreement by its id, in order of its first proposal."""
        with self._database.read() as connection:
            told = in_order(*(every(connection, cls) for cls in _TOLD_BY))
        return agreements_of(told)


class PolicyStore:
    """Policies by their digest; what is kept never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, policy: KeptPolicy) -> bool:
        """Keep a policy; return whether it is new."""
        with self._database.write() as connection:
            held = policies.c.digest == policy.digest
            if connection.execute(select(policies.c.digest).where(held)).first():
                return False
            row = {
                "digest": policy.digest,
                "document": policy.document,
                "kept_at": policy.kept_at,
            }
            insert_new(connection, policies, [row])  # another process may have been quicker
            return True

    def get(self, digest: bytes) -> KeptPolicy:
        """Return a policy; raise `PolicyUnknown`."""
        query = select(policies).where(policies.c.digest == digest)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise PolicyUnknown(digest)
        return KeptPolicy(row.digest, row.document, row.kept_at)
