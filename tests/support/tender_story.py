"""A tender told call by call, as the contracts would: each call is refused or adds its events.

Its own clock is `now`. Secrets and keys follow from names, so a story is the same every time;
`real` seals shares to the trustees, without it a bid's envelopes are zeros.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from coincurve import PrivateKey
from eth_hash.auto import keccak

from ledger.canonical import canonical_json
from ledger.events import Place
from ledger.secp256k1 import address_of, private_key
from ledger.tenders import admission, envelopes, events, messages, objections, shares, transitions
from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.events import Announcement, Outcome, Phase, Stage, TenderEvent, Trustee
from ledger.tenders.history import after, published
from ledger.tenders.ids import Place as BidPlace
from ledger.tenders.ids import ref_of, tender_id
from ledger.tenders.messages import Part, SubmitBid, WithdrawBid
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import Ends, usual_ends
from ledger.tenders.policy.terms import Terms, terms_of
from ledger.tenders.suspensions import shifted
from ledger.tenders.transitions import Step
from ledger.values import Address, AgencyId, LedgerRef, jurisdiction_id
from tests.support import officer_rules

LEDGER = LedgerRef(31_337, Address("0x00000000000000000000000000000000000000AA"))
AGENCY = AgencyId(b"\x01" * 32)
JURISDICTION = jurisdiction_id("XA")
NOBODY = Address("0x0000000000000000000000000000000000000000")
ZERO = bytes(32)
START = 1_780_277_400  # Monday 2026-06-01 09:30 in Guangzhou
DAY = 86_400
MESSAGE_LIFE = 400 * DAY


def secret(name: str) -> bytes:
    """A number below the curve's order and the sharing prime, for all that is known."""
    return b"\x00" + hashlib.sha256(name.encode()).digest()[1:]


def key(name: str) -> PrivateKey:
    return private_key(secret(name))


def address(name: str) -> Address:
    return address_of(key(name).public_key)


@dataclass(frozen=True)
class SealedBid:
    """A signed bid with everything that its bidder knows."""

    bid: SubmitBid
    shares: bytes
    signature: bytes
    s_b: tuple[bytes, ...]
    s_c: tuple[bytes, ...]


@dataclass(frozen=True)
class Where:
    """On which ledger a story is told, whose tender it is, and when it begins."""

    number: str = "GZ-2026-0001"
    start: int = START
    ledger: LedgerRef = LEDGER
    agency: AgencyId = AGENCY


class Story:
    """One tender; calls raise what the contract would revert with."""

    def __init__(
        self,
        policy: str | Terms = "cn",
        *,
        lots: int = 1,
        parts: int = 1,
        trustees: int = 5,
        threshold: int = 3,
        real: bool = False,
        where: "Where | None" = None,
    ) -> None:
        self.policy = preset(policy if isinstance(policy, str) else "cn")
        self.terms = terms_of(self.policy) if isinstance(policy, str) else policy
        where = where or Where()
        number, start, agency = where.number, where.start, where.agency
        self.real, self.ledger = real, where.ledger
        self.id = tender_id(agency, ref_of(number))
        self.now, self.block = start, 0
        self.events: list[Any] = []
        self.prices: dict[str, str] = {}
        self.spoilt: set[str] = set()
        self.sealed: dict[tuple[int, Address], SealedBid] = {}
        ends = usual_ends(self.policy, start + 21 * DAY, mailbox=True)
        self.announcement = Announcement(
            agency,
            ref_of(number),
            self.terms.id,
            hashlib.sha256(b"documents 1").digest(),
            ZERO,
            agency,
            NOBODY,
            lots,
            parts,
            threshold,
            ends,
            tuple(
                Trustee(address(f"trustee {part} {index}"), bytes([index]) * 32)
                for part in range(1, parts + 1)
                for index in range(1, trustees + 1)
            ),
        )
        self.trustees = trustees
        registered = events.PolicyRegistered(self._place(), JURISDICTION, self.terms.id, self.terms)
        told = events.TenderPublished(self._place(), self.id, agency, self.announcement)
        self.events += [registered, told]
        self.state = published(told, {self.terms.id: self.terms})

    @property
    def ends(self) -> Ends:
        return self.state.ends[self.state.current_part]

    @property
    def part(self) -> int:
        return self.state.current_part

    def at(self, moment: int) -> "Story":
        assert moment >= self.now, "a chain's clock never goes back"
        self.now = moment
        return self

    def tell(self, kind: Callable[..., TenderEvent], *values: Any) -> None:
        event = kind(self._place(), self.id, *values)
        self.events.append(event)
        self.state = after(self.state, event)

    # Before the deadline.

    def amend(self, later: int = 0, *, affects_bids: bool = False) -> None:
        ends = shifted(self.state.ends[1], 0, later)
        officer_rules.require_amendment(self.state, ends, self.now, affects_bids=affects_bids)
        version = len(self.state.docs) + 1
        docs = hashlib.sha256(f"documents {version}".encode()).digest()
        self.tell(events.TenderAmended, version, docs, affects_bids, ends)

    def seal(self, name: str, lot: int = 0, version: int = 1, docs: bytes = b"") -> SealedBid:
        """A bid to these documents, or else to the present ones."""
        bidder, docs = address(name), docs or self.state.docs[-1]
        place = BidPlace(self.ledger, self.id, lot, bidder)
        s_b, s_c, parts, sealed = [], [], [], []
        for part in range(1, self.announcement.parts + 1):
            context = place.context(part, version)
            s_b.append(secret(f"s_b {name} {lot} {part} {version}"))
            s_c.append(secret(f"s_c {name} {lot} {part} {version}"))
            shared = secret("another") if name in self.spoilt else s_c[-1]
            wrapped = self._envelopes(part, shared, context)
            sealed.append(wrapped)
            parts.append(
                Part(
                    hashlib.sha256(f"file {name} {lot} {part} {version}".encode()).digest(),
                    1_048_576,
                    commitment(Tag.BIDDER, context, s_b[-1]),
                    commitment(Tag.TRUSTEES, context, s_c[-1]),
                    keccak(wrapped),
                    commitment(Tag.MANIFEST, context, self.manifest_digest(name, lot, version)),
                )
            )
        until = self.now + MESSAGE_LIFE
        fields = (self.id, lot, bidder, version, docs, tuple(parts), ZERO, ZERO, until)
        bid = SubmitBid(*fields)
        signature = messages.sign(self.ledger, bid, secret(name))
        return SealedBid(bid, b"".join(sealed), signature, tuple(s_b), tuple(s_c))

    def manifest(self, name: str, lot: int = 0, version: int = 1) -> bytes:
        """What the bidder's file holds, as far as records and scores look at it."""
        price = {"amount": self.prices.get(name, "900000.00"), "currency": "CNY", "tax": "0.00"}
        told = {
            "type": "bid-manifest",
            "lot": lot,
            "version": version,
            "identity": {"name": f"示例{name}公司", "code": f"9144000000000{name}"},
            "price": price,
            "durationDays": 90,
            "quality": "合格",
            "bond": None,
        }
        return canonical_json(told)

    def manifest_digest(self, name: str, lot: int, version: int) -> bytes:
        return hashlib.sha256(self.manifest(name, lot, version)).digest()

    def submit(self, name: str, lot: int = 0, version: int = 1, docs: bytes = b"") -> None:
        bidder = address(name)
        admission.require_arrival(self.state, lot, bidder, version, self.now)
        made = self.seal(name, lot, version, docs)
        number = admission.docs_version(self.state, made.bid.docs, is_listed=False)
        self.sealed[lot, bidder] = made
        self.tell(
            events.BidSubmitted, lot, bidder, made.bid, number, made.shares, made.signature, b"",
            ZERO,
        )  # fmt: skip

    def withdraw(self, name: str, lot: int = 0, version: int = 2) -> None:
        bidder = address(name)
        admission.require_arrival(self.state, lot, bidder, version, self.now)
        until = self.now + MESSAGE_LIFE
        message = WithdrawBid(self.id, lot, bidder, version, until)
        signature = messages.sign(self.ledger, message, secret(name))
        self.tell(events.BidWithdrawn, lot, bidder, version, until, signature, ZERO)

    # The opening.

    def disclose(self, name: str, lot: int = 0) -> None:
        bidder = address(name)
        admission.require_disclosure(self.state, lot, self.part, bidder, self.now)
        s_b = self.sealed[lot, bidder].s_b[self.part - 1]
        self.tell(events.SecretDisclosed, lot, bidder, self.part, s_b)

    def release(self, index: int) -> None:
        admission.require_release(self.state, self.part, index, self.now)
        self.tell(events.TrusteeReleased, self.part, index, secret(f"trustee {self.part} {index}"))

    def recover(self, name: str, lot: int = 0) -> None:
        bidder = address(name)
        admission.require_recovery(self.state, lot, self.part, bidder, self.now)
        s_c = self.sealed[lot, bidder].s_c[self.part - 1]
        self.tell(events.SecretRecovered, lot, bidder, self.part, s_c)

    def record(self, opened: int, lot: int = 0, digest: bytes = b"\x0d" * 32) -> None:
        admission.require_record(self.state, lot, self.part, opened, self.now)
        self.tell(events.OpeningRecorded, lot, self.part, digest, opened)

    def open(self, names: Sequence[str], lot: int = 0, trustees: Sequence[int] = (1, 3, 5)) -> None:
        """Everybody does what they should, in time."""
        self.at(max(self.now, self.ends.list_end))
        for name in names:
            self.disclose(name, lot)
        self.at(self.ends.disclose_end)
        for index in trustees:
            self.release(index)

    def schedule(self, start: int) -> None:
        objections.require_shown(self.state, self.now)
        ends = self.state.ends[1]
        moved = shifted(ends, 0, start - ends.list_end)
        self.tell(
            events.PartScheduled,
            2,
            Ends(ends.submit_end, start, moved.disclose_end, moved.release_end, moved.fallback_end),
        )

    # Standing still.

    def suspend(self, objection: bytes = ZERO) -> None:
        asked = officer_rules.require_suspendable if any(objection) else officer_rules.require_order
        asked(self.state, self.now)
        self.tell(events.TenderHeld, objection, b"\x0e" * 32)

    def resume(self, objection: bytes = ZERO) -> None:
        assert objection in self.state.suspension.grounds
        since = self.state.suspension.since
        self.tell(events.HoldLifted, objection)
        if not self.state.suspension.grounds:
            self.tell(events.TenderResumed, self.now - since)

    # Afterwards.

    def committee(self, seats: int = 5, lot: int = 0, digest: bytes = b"\xc0" * 32) -> None:
        transitions.require_step(self.state, lot, Step.COMMITTEE, self.now)
        self.tell(events.CommitteeCommitted, lot, self.part, digest, seats)

    def score(self, seat: int, lot: int = 0, digest: bytes | None = None) -> None:
        transitions.require_step(self.state, lot, Step.SCORE, self.now)
        given = digest or hashlib.sha256(bytes([seat])).digest()
        self.tell(events.ScoreCommitted, lot, self.part, given, seat)

    def report(self, names: Sequence[str], lot: int = 0, digest: bytes = b"\x0f" * 32) -> None:
        transitions.require_step(self.state, lot, Step.REPORT, self.now)
        bidders = tuple(map(address, names))
        self.tell(events.ReportRecorded, lot, self.part, digest, bidders)
        if self.part < self.announcement.parts:
            self.tell(events.BidsRejected, lot, bidders)
            self.tell(events.LotSettled, lot, Phase.UNKNOWN)

    def notice(self, until: int, lot: int = 0) -> None:
        transitions.require_notice(self.state, lot, until, self.now)
        self.tell(events.NoticePublished, lot, b"\x10" * 32, until)

    def review(self, lot: int = 0) -> None:
        transitions.require_step(self.state, lot, Step.REVIEW, self.now)
        self.tell(events.ReviewOrdered, lot, b"\x1a" * 32)

    def award(self, name: str, lot: int = 0, reason: bytes = ZERO) -> None:
        winner = address(name)
        transitions.require_award(self.state, lot, winner, reason, self.now)
        self.tell(events.Awarded, lot, winner, b"\x11" * 32, reason)
        self.tell(events.LotAwarded, lot)

    def contract(self, lot: int = 0, record: bytes = b"\x13" * 32) -> None:
        transitions.require_step(self.state, lot, Step.CONTRACT, self.now)
        self.tell(events.Contracted, lot, b"\x12" * 32, record)

    def void(self, lot: int = 0) -> None:
        transitions.require_step(self.state, lot, Step.VOID, self.now)
        self.tell(events.LotVoided, lot, b"\x14" * 32)

    def object_(self, id_: bytes, stage: Stage, name: str, lot: int = 0) -> None:
        due = self.now + self.terms.answer_within
        self.tell(events.ObjectionLodged, lot, id_, stage, address(name), b"\x15" * 32, due, b"")
        if stage is Stage.DOCUMENTS:
            self.tell(events.TenderHeld, id_, b"\x15" * 32)
        elif stage is Stage.RESULT:
            self.tell(events.LotHeld, lot, id_, b"\x15" * 32)

    def admit(self, stage: Stage, lot: int = 0, digest: bytes = b"\x1d" * 32) -> bytes:
        """The buyer admits an objection of somebody without a live key."""
        id_ = objections.objection_id(self.id, lot, stage, NOBODY, digest)
        objections.require_timely(self.state, lot, stage, self.now)
        objections.require_new(self.state, id_)
        if stage is Stage.DOCUMENTS:
            officer_rules.require_suspendable(self.state, self.now)
        due = self.now + self.terms.answer_within
        self.tell(events.ObjectionLodged, lot, id_, stage, NOBODY, digest, due, b"")
        if stage is Stage.DOCUMENTS:
            self.tell(events.TenderHeld, id_, digest)
        elif stage is Stage.RESULT:
            self.tell(events.LotHeld, lot, id_, digest)
        return id_

    def answer(self, id_: bytes, outcome: Outcome) -> None:
        officer_rules.require_answer(self.state, id_, outcome)
        self.tell(events.ObjectionAnswered, id_, outcome, b"\x16" * 32)
        self._let_go(id_)

    def lift(self, id_: bytes) -> None:
        """The supervisor lets go on what stands still for an overdue objection."""
        objections.require_liftable(self.state, id_, self.now)
        self._let_go(id_)

    def _let_go(self, id_: bytes) -> None:
        lot = self.state.objections[id_].lot
        since = self.state.lot(lot).course.suspension.since
        if id_ in self.state.suspension.grounds:
            self.resume(id_)
        elif id_ in self.state.lot(lot).course.suspension.grounds:
            self.tell(events.LotHoldLifted, lot, id_)
            self.tell(events.LotResumed, lot, self.now - since)

    def _envelopes(self, part: int, s_c: bytes, context: Any) -> bytes:
        if not self.real:
            return bytes(81 * self.trustees)
        threshold = self.announcement.threshold
        others = [secret(f"{s_c.hex()} {n}") for n in range(threshold - 1)]
        cut = shares.split(s_c, others, self.trustees)
        return b"".join(
            envelopes.seal(
                share,
                key(f"trustee {part} {index}").public_key.format(),
                context,
                index,
                secret(f"ephemeral {s_c.hex()} {index}"),
            )
            for index, share in enumerate(cut, 1)
        )

    def _place(self) -> Place:
        self.block += 1
        name = self.block.to_bytes(32)
        return Place(self.block, name, self.now, name, 0)
