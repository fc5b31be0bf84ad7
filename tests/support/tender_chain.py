"""Stories of tenders played to the contracts on a test node, call by call at the same times."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from typing import Any

from ledger.chain import calls
from ledger.chain.abi import load_abi
from ledger.chain.calls import Call
from ledger.tenders import events
from ledger.tenders.events import Phase
from ledger.tenders.messages import SubmitBid
from ledger.tenders.state import TenderState
from ledger.tenders.transitions import Step
from ledger.values import Address, Role, jurisdiction_id
from tests.support.standing import JURISDICTION, Standing, account
from tests.support.tender_story import ZERO

TENDERER = 1
"""The node's account that is the agency's tenderer; the council, account 0, supervises."""


class Stage:
    """The contracts of one node, which a story is played to."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.at = standing.deployment.tenders
        self.office = account(standing.anvil, TENDERER)
        self.policies: set[bytes] = set()
        grant = calls.grant_role(
            standing.deployment, standing.agency, Role.TENDERER, self.office.address
        )
        standing.send(grant)

    @property
    def now(self) -> int:
        return self.standing.client.head().time

    def play(self, told: Sequence[Any], state: TenderState) -> None:
        """Make the one call that these events of a single second come from."""
        first = told[0]
        if isinstance(first, events.PolicyRegistered):
            self._register(first)
            first = told[1]
        contract, function, values, by_office = _MAKERS[type(first)](first, state)
        self.standing.node.call("evm_setNextBlockTimestamp", first.place.block_time)
        by = self.office if by_office else None
        self.standing.send(self.call(contract, function, *values), by)

    def phases(self, state: TenderState, moments: Sequence[int]) -> list[Phase]:
        """Ask for every part of every lot at every moment, then for where each lot stands."""
        parts = range(1, state.announcement.parts + 1)
        asked: list[tuple[str, Address, tuple[Any, ...]]] = [
            ("TenderLedger", self.at.ledger, (state.id, lot, part, moment))
            for lot in range(len(state.lots))
            for part in parts
            for moment in moments
        ]
        asked += [
            ("AwardLedger", self.at.awards, (state.id, lot, moment))
            for lot in range(len(state.lots))
            for moment in moments
        ]
        requests = []
        for contract, to, values in asked:
            encoded = load_abi(contract).functions["phaseAt"].encode(*values)
            requests.append(("eth_call", [{"to": to, "data": "0x" + encoded.hex()}, "latest"]))
        return [Phase(int(answer, 16)) for answer in self.standing.node.batch(requests)]

    def ends(self, state: TenderState, part: int) -> tuple[int, ...]:
        encoded = load_abi("TenderLedger").functions["endsOf"].encode(state.id, part)
        call = {"to": self.at.ledger, "data": "0x" + encoded.hex()}
        answer = bytes.fromhex(self.standing.node.call("eth_call", call, "latest")[2:])
        return tuple(int.from_bytes(answer[n : n + 32]) for n in range(0, len(answer), 32))

    def _register(self, told: events.PolicyRegistered) -> None:
        if told.policy not in self.policies:
            place = jurisdiction_id(JURISDICTION)
            call = self.call("TenderPolicies", "registerPolicy", place, astuple(told.terms))
            self.standing.send(call)
            self.policies.add(told.policy)

    def call(self, contract: str, function: str, *values: Any) -> Call:
        places = {
            "TenderPolicies": self.at.policies,
            "TenderLedger": self.at.ledger,
            "AwardLedger": self.at.awards,
        }
        return Call(places[contract], load_abi(contract).functions[function].encode(*values))


_Made = tuple[str, str, tuple[Any, ...], bool]
"""Contract, function, values, and whether the office makes the call; the council makes others."""


def _submit(event: events.BidSubmitted) -> tuple[Any, ...]:
    return (_bid(event.bid), event.shares, event.signature, event.bond_signature)


def _withdraw(event: events.BidWithdrawn) -> tuple[Any, ...]:
    message = (event.tender_id, event.lot, event.bidder, event.version, event.valid_until)
    return (message, event.signature)


def _secret(event: Any, state: TenderState) -> tuple[Any, ...]:
    told = state.lot(event.lot).bids[event.bidder].told
    assert told is not None
    return (_bid(told.bid), event.part, event.secret)


def _step(event: Any, step: Step, *, by_office: bool = True, **given: Any) -> _Made:
    act = (
        event.digest,
        given.get("reason", ZERO),
        given.get("until", 0),
        given.get("seat", 0),
        list(given.get("bidders", ())),
    )
    return ("AwardLedger", "advance", (event.tender_id, event.lot, int(step), act), by_office)


def _draw(event: events.DrawEvent, function: str, *values: Any) -> _Made:
    by_office = not isinstance(event, events.DrawRevealed)
    return ("AwardLedger", function, (event.tender_id, event.lot, *values), by_office)


def _announcement(event: events.TenderPublished) -> tuple[Any, ...]:
    told = event.announcement
    trustees = [(each.key, each.group) for each in told.trustees]
    head = (told.agency, told.ref, told.policy, told.docs, told.previous, told.mailbox)
    tail = (told.bond_authority, told.lots, told.parts, told.threshold, astuple(told.ends))
    return (*head, *tail, trustees)


def _bid(bid: SubmitBid) -> tuple[Any, ...]:
    parts = [astuple(part) for part in bid.parts]
    head = (bid.tender, bid.lot, bid.bidder, bid.version, bid.docs)
    return (*head, parts, bid.identity, bid.bond, bid.valid_until)


_LEDGER = "TenderLedger"
_MAKERS: Mapping[type, Callable[[Any, TenderState], _Made]] = {
    events.TenderPublished: lambda e, _: (_LEDGER, "publish", (_announcement(e),), True),
    events.TenderAmended: lambda e, _: (
        (_LEDGER, "amend", (e.tender_id, e.docs, e.affects_bids, astuple(e.ends)), True)
    ),
    events.BidSubmitted: lambda e, _: (_LEDGER, "submit", _submit(e), False),
    events.BidWithdrawn: lambda e, _: (_LEDGER, "withdraw", _withdraw(e), False),
    events.TenderHeld: lambda e, _: (_LEDGER, "suspend", (e.tender_id, e.digest), False),
    events.HoldLifted: lambda e, _: (_LEDGER, "resume", (e.tender_id,), False),
    events.SecretDisclosed: lambda e, s: (_LEDGER, "disclose", _secret(e, s), False),
    events.SecretRecovered: lambda e, s: (_LEDGER, "recover", _secret(e, s), False),
    events.TrusteeReleased: lambda e, _: (
        (_LEDGER, "release", (e.tender_id, e.part, e.index, e.secret), False)
    ),
    events.OpeningRecorded: lambda e, _: (
        (_LEDGER, "recordOpening", (e.tender_id, e.lot, e.part, e.digest, e.opened), True)
    ),
    events.LotFailed: lambda e, _: (_LEDGER, "closeLot", (e.tender_id, e.lot), False),
    events.PartScheduled: lambda e, _: (
        (_LEDGER, "schedulePart", (e.tender_id, e.ends.list_end), True)
    ),
    events.ObjectionLodged: lambda e, _: (
        ("AwardLedger", "admitObjection", (e.tender_id, e.lot, int(e.stage), e.digest), True)
    ),
    events.ObjectionAnswered: lambda e, _: (
        ("AwardLedger", "answerObjection", (e.objection, int(e.outcome), e.digest), True)
    ),
    events.DrawBegun: lambda e, _: _draw(e, "beginDraw", e.setting),
    events.DrawJoined: lambda e, _: _draw(e, "joinDraw", list(e.keys)),
    events.DrawDealt: lambda e, _: _draw(e, "dealDraw", e.deals),
    events.DrawRevealed: lambda e, _: _draw(e, "revealDraw", e.key, e.secret),
    events.CommitteeCommitted: lambda e, _: _step(e, Step.COMMITTEE, seat=e.seats),
    events.ScoreCommitted: lambda e, _: _step(e, Step.SCORE, seat=e.seat),
    events.ReportRecorded: lambda e, _: _step(e, Step.REPORT, bidders=e.bidders),
    events.NoticePublished: lambda e, _: _step(e, Step.NOTICE, until=e.until),
    events.ReviewOrdered: lambda e, _: _step(e, Step.REVIEW),
    events.Awarded: lambda e, _: _step(e, Step.AWARD, reason=e.reason, bidders=(e.winner,)),
    events.Contracted: lambda e, _: _step(e, Step.CONTRACT, reason=e.record),
}
