"""The opening of one part of a lot: which bids are due, by which keys, and what came out.

One use case for whoever opens: the service from its store, the buyer or anybody else from a folder.
Nothing here reads or writes files. What one bid's file held is found bid by bid and kept by whoever
opens, so that a process that dies goes on where it stood.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.canonical import parse_object
from ledger.errors import Unavailable
from ledger.tenders import admission, bid_flags, opening_record, shown_licences
from ledger.tenders.bid_flags import Terms
from ledger.tenders.envelopes import ENVELOPE_BYTES, cut
from ledger.tenders.errors import SharesBad, UnsealedInvalid, WindowNotOpen
from ledger.tenders.events import Phase, PolicyRegistered, TenderEvent
from ledger.tenders.joining import Joined, join_recovered, join_released
from ledger.tenders.messages import SubmitBid
from ledger.tenders.opening_record import Cause, Findings, OpenedBid, cause_of
from ledger.tenders.phases import phase_at
from ledger.tenders.qualification import Ask
from ledger.tenders.requests import nonce_of
from ledger.tenders.shown_licences import Bench, Result, Standing
from ledger.tenders.signatures import signed_by
from ledger.tenders.state import Bid, TenderState
from ledger.tenders.suspensions import clock
from ledger.tenders.unsealing import Opened
from ledger.values import Address, LedgerRef, Window


@dataclass(frozen=True, slots=True)
class Lost:
    """No copy at hand has the committed digest; `replicas` says of each store what it has."""

    replicas: Mapping[str, str] = field(default_factory=dict)


Unseal = Callable[[bytes], Opened | Lost]
"""Opens a bid's file with its key, from whichever copy has the committed digest.

Raises `UnsealedInvalid` for the committed file alone: nobody is blamed for a bad copy.
"""


@dataclass(eq=False)
class LicencesUnconfirmed(Unavailable):
    """Licences of some bids could not be confirmed. Ask again before the opening is recorded."""

    bids: int


@dataclass(frozen=True, slots=True)
class Found:
    """What opening one bid's file gave, or why it stays closed.

    `evidence` is what a cause rests on; `manifest` is empty and `flags` are none for a closed bid.
    `broken` are trustees whose shares were wrong beside enough good ones.
    """

    bidder: Address
    version: int
    cause: Cause | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    manifest: bytes = b""
    flags: tuple[str, ...] = ()
    broken: tuple[int, ...] = ()
    licences: tuple[Result, ...] = ()

    @property
    def is_confirmed(self) -> bool:
        """Whether no licence is left that is to be asked about again."""
        return all(each.standing is not Standing.UNCONFIRMED for each in self.licences)


@dataclass(frozen=True, slots=True)
class Opening:
    """One part of a lot at a moment of the chain's time, judged by what the documents ask."""

    ledger: LedgerRef
    state: TenderState
    lot: int
    part: int
    at: int
    terms: Terms
    bench: Bench

    @property
    def has_begun(self) -> bool:
        """Whether files are opened: not while one bidder after another gives its own secret."""
        return phase_at(self.state, self.lot, self.part, self.at) is Phase.OPENED

    @property
    def is_over(self) -> bool:
        """Whether nobody can mend anything any more: recorded, or the last window ended."""
        if self.part in self.state.lot(self.lot).openings:
            return True
        end = self.state.ends[self.part].fallback_end
        return clock(self.state.suspension, self.at) >= end

    def readable(self) -> tuple[Bid, ...]:
        """Return the bids that disclosed and may be opened, as far as the chain alone tells."""
        if not self.has_begun:
            return ()
        bids = self.state.lot(self.lot).bids.values()
        return tuple(each for each in bids if self._cause(each) is None)

    def due(self, found: Mapping[Address, Found]) -> tuple[Bid, ...]:
        """Return the bids whose files are still to be opened, or tried again."""
        return tuple(each for each in self.readable() if not self._is_done(each, found))

    def open(self, bid: Bid, unseal: Unseal) -> Found:
        """Return what one bid's file holds, or why it stays closed.

        Raises what `unseal` does besides `UnsealedInvalid`: a store that does not answer is no
        reason against anybody.
        """
        try:
            joined = joined_of(self.ledger, self.state, self.part, bid)
        except SharesBad as bad:
            evidence = {"broken": list(bad.broken)}
            return Found(bid.bidder, bid.version, Cause.SHARES_BAD, evidence)
        try:
            opened = unseal(joined.key)
        except UnsealedInvalid as invalid:
            evidence_ = {"reason": invalid.reason}
            return Found(bid.bidder, bid.version, Cause.UNSEALED_INVALID, evidence_)
        if isinstance(opened, Lost):
            lost: dict[str, Any] = {"file": "0x" + file_of(bid, self.part).hex()}
            lost |= {"replicas": dict(opened.replicas)} if opened.replicas else {}
            return Found(bid.bidder, bid.version, Cause.FILE_LOST, lost)
        return self._judged(bid, opened, joined.broken)

    def asked_again(self, found: Found) -> Found:
        """Return an opened bid with its licences judged anew; nothing else of it changes."""
        bid = self.state.lot(self.lot).bids[found.bidder]
        licences = self._licences(bid, parse_object(found.manifest))
        flags = bid_flags.judged_again(found.flags, licences)
        return replace(found, flags=flags, licences=licences)

    def findings(self, found: Mapping[Address, Found]) -> Findings:
        """Return what the files gave, for the record; flags between bids are told of here."""
        standing = {
            bid.bidder: found[bid.bidder] for bid in self.readable() if self._has(bid, found)
        }
        said = {
            bidder: parse_object(each.manifest)
            for bidder, each in standing.items()
            if each.cause is None
        }
        shared = bid_flags.shared_flags(said, self.terms.wanted)
        opened = {bidder: _shown(standing[bidder], shared.get(bidder, ())) for bidder in said}
        causes = {key: each.cause for key, each in standing.items() if each.cause is not None}
        return Findings(opened, causes, self.terms.ceiling)

    def record(
        self, happened: Iterable[TenderEvent | PolicyRegistered], found: Mapping[Address, Found]
    ) -> bytes:
        """Return the opening record (`opening_record.record`); raise `OpeningUnaccounted`."""
        place = (self.lot, self.part)
        return opening_record.record(happened, self.state.id, place, self.findings(found))

    def is_recordable(self, found: Mapping[Address, Found]) -> bool:
        """Whether the record is whole: every disclosed bid opened, or it is all over."""
        bids = self.readable()
        if not bids or not all(self._has(each, found) for each in bids):
            return False
        is_whole = all(found[each.bidder].cause is None for each in bids)
        return is_whole or self.is_over

    def require_recordable(self, found: Mapping[Address, Found]) -> None:
        """Raise unless the record may be anchored now.

        Raises:
            TenderNotOpen: in another phase than OPENED.
            AlreadyDone: for one that is recorded.
            WindowNotOpen: while a bid that stays closed may still be mended.
            LicencesUnconfirmed: while nobody could say, and there is time to ask again.
        """
        opened = len(self.findings(found).opened)
        admission.require_record(self.state, self.lot, self.part, opened, self.at)
        if not self.is_recordable(found):
            raise WindowNotOpen(self.state.ends[self.part].fallback_end, self.at)
        open_ = [key for key, each in found.items() if not each.is_confirmed]
        if open_ and not self.is_over:
            raise LicencesUnconfirmed(len(open_))

    def _cause(self, bid: Bid) -> Cause | None:
        return cause_of(self.state, self.lot, self.part, bid)

    def _has(self, bid: Bid, found: Mapping[Address, Found]) -> bool:
        """Whether what was found is of the version that stands."""
        known = found.get(bid.bidder)
        return known is not None and known.version == bid.version

    def _is_done(self, bid: Bid, found: Mapping[Address, Found]) -> bool:
        """Bad shares are mended by the bidder's s_c or more secrets, a lost file by a copy."""
        if not self._has(bid, found):
            return False
        cause = found[bid.bidder].cause
        if self.part in self.state.lot(self.lot).openings or cause is None:
            return True
        return cause is not Cause.FILE_LOST and not (cause is Cause.SHARES_BAD and self._joins(bid))

    def _joins(self, bid: Bid) -> bool:
        try:
            joined_of(self.ledger, self.state, self.part, bid)
        except SharesBad:
            return False
        return True

    def _judged(self, bid: Bid, opened: Opened, broken: tuple[int, ...]) -> Found:
        said = parse_object(opened.encoded)
        licences = self._licences(bid, said)
        place = _message(bid).place(self.ledger)
        signed = signed_by(opened.encoded, opened.signature, place.constant, self.terms.wanted)
        bond = bid_flags.faults_of_bond(said, opened.guarantee, self.state, self.terms)
        flags = bid_flags.own_flags(said, licences, self.terms, signed=signed, bond=bond)
        return Found(
            bid.bidder,
            bid.version,
            manifest=opened.encoded,
            flags=flags,
            broken=broken,
            licences=licences,
        )

    def _licences(self, bid: Bid, said: Mapping[str, Any]) -> tuple[Result, ...]:
        audience, holder = self.terms.audience, said["identity"]["code"]
        ask = asked(self.ledger, self.state, bid, audience, holder)
        return shown_licences.results(shown_licences.shown_in(said), ask, self.bench)


def asked(ledger: LedgerRef, state: TenderState, bid: Bid, audience: str, holder: str) -> Ask:
    """Return how presentations of one bid are bound; `holder` is its bidder's code.

    They serve this bid alone, made between publication and the deadline, for the `audience` that
    the documents name.
    """
    end = state.ends[1].submit_end
    made = Window(state.published_at, end)
    return Ask(audience, nonce_of(_message(bid).place(ledger)), made, end, holder)


def _shown(found: Found, shared: tuple[str, ...]) -> OpenedBid:
    licences = tuple((each.requirement, each.standing.value) for each in found.licences)
    return OpenedBid(found.manifest, (*found.flags, *shared), licences)


def joined_of(ledger: LedgerRef, state: TenderState, part: int, bid: Bid) -> Joined:
    """Return the key of a disclosed bid's file, from the chain alone.

    Raises:
        SharesBad: when its shares do not join, and its bidder did not recover.
        ReleasesTooFew: when too few trustees have spoken, and its bidder did not recover.
        LedgerError: as `joining`, for secrets that are not what was committed.
    """
    if bid.told is None or part > len(bid.told.bid.parts):
        raise SharesBad(part, ())
    message = bid.told.bid
    context = message.place(ledger).context(part, message.version)
    committed, s_b = message.parts[part - 1], bid.disclosed[part]
    if part in bid.recovered:
        s_c = bid.recovered[part]
        return Joined(s_c, join_recovered(committed, context, s_b, s_c), ())
    trustees = len(state.announcement.trustees_of(part))
    length = trustees * ENVELOPE_BYTES
    own = bid.told.shares[(part - 1) * length : part * length]
    sealed = cut(own, trustees, part)
    released = state.released.get(part, {})
    threshold = state.announcement.threshold
    return join_released(part, committed, context, sealed, released, threshold, s_b)


def file_of(bid: Bid, part: int) -> bytes:
    """Return SHA-256 of the file that a bid committed itself to; raise `SharesBad` without one."""
    return _message(bid).parts[part - 1].file


def _message(bid: Bid) -> SubmitBid:
    if bid.told is None:
        raise SharesBad(1, ())
    return bid.told.bid
