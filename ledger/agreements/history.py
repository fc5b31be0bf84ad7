"""Agreements as the RecognitionLedger's events tell them: the contract's writes, repeated."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ledger import events
from ledger.agreements.agreement import (
    Agreement,
    AgreementId,
    Suspension,
    Version,
    agreement_id,
)
from ledger.errors import Refused
from ledger.events import Event
from ledger.values import JurisdictionId, RecordType, Scope


@dataclass(eq=False)
class AgreementUnknown(Refused):
    """Nothing was ever proposed under this name."""

    agreement: bytes


@dataclass(slots=True)
class _Book:
    """One agreement while its history is read."""

    source: JurisdictionId
    target: JurisdictionId
    record_type: RecordType
    versions: dict[int, Version] = field(default_factory=dict)
    suspensions: dict[int, list[Suspension]] = field(default_factory=dict)

    def propose(self, event: events.AgreementProposed) -> None:
        self.versions[event.version] = Version(
            event.version,
            event.policy_hash,
            event.bundle_hash,
            event.proposer,
            event.valid_from,
            event.valid_to,
            event.notice,
            event.place.block_time,
        )

    def sign(self, event: events.AgreementSigned) -> None:
        found = self.versions[event.version]
        self.versions[event.version] = replace(found, signed_at=event.place.block_time)

    def end(self, event: events.AgreementWithdrawn | events.AgreementCancelled) -> None:
        found = self.versions[event.version]
        self.versions[event.version] = replace(found, ended_at=event.place.block_time)

    def announce_end(self, event: events.TerminationAnnounced) -> None:
        """The first notice stays; the last end counts."""
        found = self.versions[event.version]
        self.versions[event.version] = replace(
            found,
            notice_at=found.notice_at or event.place.block_time,
            terminates_at=event.terminates_at,
        )

    def suspend(self, event: events.AgreementSuspended) -> None:
        """Another suspension as a whole takes the place of the one in effect."""
        now, acts = event.place.block_time, self.suspensions.setdefault(event.version, [])
        if event.scope_kind is Scope.ALL:
            acts[:] = [
                replace(one, end=now)
                if one.scope_kind is Scope.ALL and one.is_in_effect(now)
                else one
                for one in acts
            ]
        acts.append(Suspension(now, event.until, event.cause, event.scope_kind, event.scope))

    def lift(self, event: events.SuspensionLifted) -> None:
        acts = self.suspensions[event.version]
        acts[event.index] = replace(acts[event.index], end=event.place.block_time)

    def closed(self) -> Agreement:
        return Agreement(
            self.source,
            self.target,
            self.record_type,
            tuple(self.versions.values()),
            {number: tuple(acts) for number, acts in self.suspensions.items()},
        )


def agreements_of(happened: Iterable[Event]) -> dict[AgreementId, Agreement]:
    """Return the agreements that events in chain order tell of, by id, in order of appearance.

    Other events are passed over. Of an agreement all events are needed, from its first proposal.
    """
    books: dict[AgreementId, _Book] = {}
    for event in happened:
        if isinstance(event, events.AgreementProposed):
            id_ = agreement_id(event.from_, event.to, event.record_type)
            book = books.setdefault(id_, _Book(event.from_, event.to, event.record_type))
            book.propose(event)
        else:
            _act(books, event)
    return {id_: book.closed() for id_, book in books.items()}


def _act(books: dict[AgreementId, _Book], event: Event) -> None:
    match event:
        case events.AgreementSigned():
            books[AgreementId(event.agreement)].sign(event)
        case events.AgreementWithdrawn() | events.AgreementCancelled():
            books[AgreementId(event.agreement)].end(event)
        case events.AgreementSuspended():
            books[AgreementId(event.agreement)].suspend(event)
        case events.SuspensionLifted():
            books[AgreementId(event.agreement)].lift(event)
        case events.TerminationAnnounced():
            books[AgreementId(event.agreement)].announce_end(event)
