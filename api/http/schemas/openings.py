"""Openings of sealed tenders as JSON."""

from collections.abc import Sequence
from typing import Any, Self

from api.http.forms import Answer, HexAddress, HexDigest
from api.http.schemas.shared import HeadAnswer
from api.services.openings import OpeningView
from ledger.canonical import parse_object
from ledger.tenders import manifest
from ledger.tenders.collusion.flags import Flag
from ledger.tenders.events import OpeningRecorded
from ledger.tenders.opening import Found
from ledger.tenders.opening_record import record_digest
from ledger.tenders.shown_licences import Result
from ledger.values import Digest


class LicenceResultAnswer(Answer):
    """How a bid stands to one requirement of the documents; `reasons` are stable codes."""

    requirement: str
    standing: str
    reasons: list[str]

    @classmethod
    def of(cls, told: Result) -> Self:
        """Return it."""
        standing = told.standing.value
        return cls(requirement=told.requirement, standing=standing, reasons=list(told.reasons))


class OpenedBidAnswer(Answer):
    """An opened bid; `flags` are what it shows by itself, `brokenShares` trustees by number."""

    bidder: HexAddress
    version: int
    manifest: dict[str, Any]
    opening_form: dict[str, Any]
    flags: list[str]
    licences: list[LicenceResultAnswer]
    broken_shares: list[int]

    @classmethod
    def of(cls, found: Found) -> Self:
        """Return it."""
        said = parse_object(found.manifest)
        return cls(
            bidder=found.bidder,
            version=found.version,
            manifest=said,
            opening_form=parse_object(manifest.opening_form(said)),
            flags=list(found.flags),
            licences=[LicenceResultAnswer.of(each) for each in found.licences],
            broken_shares=list(found.broken),
        )


class ClosedBidAnswer(Answer):
    """A bid that stays closed, by its one-time key, and what the cause rests on."""

    bidder: HexAddress
    cause: str
    evidence: dict[str, Any]


class AnchoredOpeningAnswer(Answer):
    """What the buyer anchored: the record's digest, and how many opened."""

    digest: HexDigest
    opened: int
    block: int
    transaction: HexDigest

    @classmethod
    def of(cls, told: OpeningRecorded) -> Self:
        """Return it."""
        return cls(
            digest=Digest(told.digest),
            opened=told.opened,
            block=told.place.block,
            transaction=Digest(told.place.transaction),
        )


class OpeningAnswer(Answer):
    """The opening of one part of a lot.

    `pending`: bids that this service has yet to open, by no fault of theirs. `silentTrustees`: the
    numbers of those whose secrets are not out; where nothing opens, it is for their silence.
    """

    lot: int
    part: int
    phase: str
    record: dict[str, Any] | None
    record_digest: HexDigest | None
    anchored: AnchoredOpeningAnswer | None
    bids: list[OpenedBidAnswer]
    not_opened: list[ClosedBidAnswer]
    pending: list[HexAddress]
    silent_trustees: list[int]
    head: HeadAnswer

    @classmethod
    def of(cls, view: OpeningView, head: HeadAnswer) -> Self:
        """Return it."""
        record = view.record
        return cls(
            lot=view.lot,
            part=view.part,
            phase=view.phase.name,
            record=None if record is None else parse_object(record),
            record_digest=None if record is None else Digest(record_digest(record)),
            anchored=None if view.anchored is None else AnchoredOpeningAnswer.of(view.anchored),
            bids=[OpenedBidAnswer.of(each) for each in view.opened],
            not_opened=[
                ClosedBidAnswer(
                    bidder=key, cause=cause.value, evidence=dict(view.evidence.get(key, {}))
                )
                for key, cause in view.closed.items()
            ],
            pending=list(view.pending),
            silent_trustees=list(view.silent),
            head=head,
        )


class SignalAnswer(Answer):
    """One signal: which bids, what was seen, how, against which bound, and the article."""

    code: str
    bids: list[str]
    evidence: list[dict[str, str]]
    method: str
    threshold: str
    law: str
    strength: str

    @classmethod
    def of(cls, told: Flag) -> Self:
        """Return it."""
        return cls(
            code=told.code.value,
            bids=list(told.bids),
            evidence=[dict(each) for each in told.evidence],
            method=told.method,
            threshold=told.threshold,
            law=told.law,
            strength=told.strength.value,
        )


class SignalsAnswer(Answer):
    """All signals of a lot."""

    signals: list[SignalAnswer]

    @classmethod
    def of(cls, told: Sequence[Flag]) -> Self:
        """Return them."""
        return cls(signals=[SignalAnswer.of(each) for each in told])
