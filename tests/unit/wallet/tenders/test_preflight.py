"""When a secret may leave the wallet, by what the contract would say; no node is asked here."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ledger.chain.tender_reading import (
    BidAsStored,
    LotAsStored,
    TenderAsStored,
    TenderReader,
    TrusteeAsStored,
)
from ledger.errors import LedgerError
from ledger.tenders.contract_errors import BidMissing
from ledger.tenders.errors import (
    AlreadyDone,
    BidLate,
    BidRejected,
    DigestMismatch,
    DocumentsOutdated,
    LotUnknown,
    NotDisclosed,
    PartUnknown,
    TenderNotOpen,
    TenderSuspended,
    TooFewBids,
    TrusteeKeyInvalid,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.events import Phase
from ledger.tenders.ids import TenderId
from ledger.tenders.policy.ends import Ends
from ledger.tenders.state import BidState
from ledger.values import Address, AgencyId
from tests.support.bid_desk import Desk
from tests.support.sealed_bids import TENDER
from wallet.tenders.exits import code_of
from wallet.tenders.preflight import (
    require_awaited,
    require_disclosable,
    require_receiving,
    require_recoverable,
    require_releasable,
)

KEY = Address("0x" + "0a" * 20)
FIRST = Ends(100, 200, 300, 400, 500)
SECOND = Ends(100, 1200, 1300, 1400, 1500)
STORED = TenderAsStored(
    at=250,
    docs=b"\x02" * 32,
    policy=b"\x03" * 32,
    mailbox=AgencyId(bytes(32)),
    bond_authority=Address("0x" + "00" * 20),
    version=1,
    basis=1,
    lots=1,
    parts=2,
    trustees=5,
    threshold=3,
    min_bids=3,
    min_disclosed=2,
    drops_stale_bids=True,
    ended=Phase.UNKNOWN,
    suspended_at=0,
)
LOT = LotAsStored(3, 1, (2, 2))
BID = BidAsStored(bytes(32), 50, 1, 1, BidState.LIVE, 0, 0, is_rejected=False)
SEAT = TrusteeAsStored(KEY, is_buyers=False, has_released=False)


@dataclass
class Chain(TenderReader):
    """What the contract would answer."""

    stored: TenderAsStored = STORED
    windows: dict[int, Ends] = field(default_factory=lambda: {1: FIRST, 2: SECOND})
    phases: Phase = Phase.DISCLOSURE
    counts: LotAsStored = LOT
    held: BidAsStored = BID
    seat: TrusteeAsStored = SEAT
    progress: tuple[int, int] = (0, 1)

    def tender(self, *_: Any, **__: Any) -> TenderAsStored:
        return self.stored

    def ends(self, tender: TenderId, part: int) -> Ends:  # noqa: ARG002  # as the real one
        return self.windows[part]

    def phase(self, *_: Any, **__: Any) -> Phase:
        return self.phases

    def openable(self, *_: Any, **__: Any) -> tuple[int, int]:
        return self.progress

    def lot(self, *_: Any, **__: Any) -> LotAsStored:
        return self.counts

    def bid(self, *_: Any, **__: Any) -> BidAsStored:
        return self.held

    def trustee(self, *_: Any, **__: Any) -> TrusteeAsStored:
        return self.seat

    def now(self, **changes: Any) -> None:
        self.stored = replace(self.stored, **changes)

    def bid_is(self, **changes: Any) -> None:
        self.held = replace(self.held, **changes)


class Case:
    """A bid that is kept here and on the chain."""

    def __init__(self, desk: Desk) -> None:
        desk.seal()
        self.kept = desk.store.place(TENDER, 0)
        self.signed = self.kept.newest()
        self.chain = Chain()
        self.chain.bid_is(digest=self.signed.digest)

    def refused(self, part: int = 1, *, recover: bool = False) -> LedgerError:
        require = require_recoverable if recover else require_disclosable
        with pytest.raises(LedgerError) as caught:
            require(self.chain, self.kept, KEY, part)
        return caught.value


@pytest.fixture
def case(desk: Desk) -> Case:
    return Case(desk)


class TestRequireDisclosable:
    def test_takes_the_bid_that_the_chain_holds(self, case: Case) -> None:
        found = require_disclosable(case.chain, case.kept, KEY, 1)
        assert found.digest == case.signed.digest

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"at": 199}, WindowNotOpen(200, 199)),
            ({"at": 300}, WindowClosed(300, 300)),
            ({"suspended_at": 240}, TenderSuspended(240)),
            ({"ended": Phase.VOIDED}, TenderNotOpen(Phase.VOIDED)),
            ({"lots": 0}, LotUnknown(0)),
            ({"basis": 2, "min_bids": 0}, DocumentsOutdated(b"\x02" * 32)),
            ({"basis": 2}, TooFewBids(0, 3)),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, LedgerError) else str(value),
    )
    def test_refuses_as_the_contract_would(
        self, case: Case, change: dict[str, Any], error: LedgerError
    ) -> None:
        case.chain.now(**change)
        found = case.refused()
        assert (type(found), found.values()) == (type(error), error.values())

    def test_never_gives_away_another_version(self, case: Case) -> None:
        case.chain.bid_is(digest=b"\x09" * 32)
        assert isinstance(case.refused(), DigestMismatch)
        case.chain.bid_is(digest=case.signed.digest, version=2)
        assert isinstance(case.refused(), DigestMismatch)

    def test_of_what_is_withdrawn_or_out_already(self, case: Case) -> None:
        case.chain.bid_is(state=BidState.WITHDRAWN)
        assert isinstance(case.refused(), BidMissing)
        case.chain.bid_is(state=BidState.LIVE, disclosed=1)
        case.chain.now(at=10_000)
        assert isinstance(case.refused(), AlreadyDone)

    def test_of_prices_only_for_bids_that_came_so_far(self, case: Case) -> None:
        case.chain.now(at=1250)
        assert isinstance(case.refused(2), NotDisclosed)
        case.chain.bid_is(disclosed=1, is_rejected=True)
        assert isinstance(case.refused(2), BidRejected)
        case.chain.bid_is(is_rejected=False)
        assert require_disclosable(case.chain, case.kept, KEY, 2).digest == case.signed.digest
        case.chain.phases = Phase.ALL_REJECTED
        assert isinstance(case.refused(2), TenderNotOpen)

    def test_of_a_part_that_there_is_not(self, case: Case) -> None:
        case.chain.now(parts=1)
        assert isinstance(case.refused(2), PartUnknown)

    def test_of_prices_that_nobody_has_called_for_yet(self, case: Case) -> None:
        case.chain.windows[2] = Ends(0, 0, 0, 0, 0)
        found = case.refused(2)
        assert isinstance(found, TenderNotOpen)
        assert code_of(found) == 3
        assert code_of(TenderNotOpen(Phase.VOIDED)) == 1


class TestRequireAwaited:
    def test_waits_for_a_price_that_may_be_called_for(self, case: Case) -> None:
        case.chain.phases = Phase.WAITING
        case.chain.bid_is(disclosed=1)
        require_awaited(case.chain, case.kept, KEY, 2)

    @pytest.mark.parametrize(
        ("bid", "phase", "error"),
        [
            ({"disclosed": 1}, Phase.NOT_OPENED, TenderNotOpen),
            ({"disclosed": 1}, Phase.TERMINATED, TenderNotOpen),
            ({"disclosed": 0}, Phase.WAITING, NotDisclosed),
            ({"disclosed": 1, "is_rejected": True}, Phase.WAITING, BidRejected),
            ({"state": BidState.WITHDRAWN}, Phase.WAITING, BidMissing),
        ],
    )
    def test_ends_for_one_that_never_will_be(
        self, case: Case, bid: dict[str, Any], phase: Phase, error: type[LedgerError]
    ) -> None:
        case.chain.phases = phase
        case.chain.bid_is(**bid)
        with pytest.raises(error) as caught:
            require_awaited(case.chain, case.kept, KEY, 2)
        assert code_of(caught.value) == 1


class TestRequireRecoverable:
    @pytest.mark.parametrize(("at", "released"), [(400, 0), (499, 2), (300, 3)])
    def test_takes_it_when_trustees_have_spoken_or_had_their_time(
        self, case: Case, at: int, released: int
    ) -> None:
        case.chain.now(at=at)
        case.chain.progress = (released, 1)
        case.chain.bid_is(disclosed=1)
        assert require_recoverable(case.chain, case.kept, KEY, 1).digest == case.signed.digest

    def test_refuses_as_the_contract_would(self, case: Case) -> None:
        case.chain.now(at=399)
        assert isinstance(case.refused(recover=True), WindowNotOpen)
        case.chain.now(at=500)
        assert isinstance(case.refused(recover=True), WindowClosed)
        case.chain.now(at=450)
        assert isinstance(case.refused(recover=True), NotDisclosed)
        case.chain.counts = LotAsStored(3, 1, (1, 0))
        assert isinstance(case.refused(recover=True), TooFewBids)
        case.chain.bid_is(recovered=1)
        assert isinstance(case.refused(recover=True), AlreadyDone)


class TestRequireReleasable:
    def test_takes_it_from_the_end_of_disclosure_on(self) -> None:
        chain = Chain(stored=replace(STORED, at=300))
        require_releasable(chain, TENDER, 1, 1, KEY)

    @pytest.mark.parametrize(
        ("at", "changes", "error"),
        [
            (299, {}, WindowNotOpen),
            (500, {}, WindowClosed),
            (300, {"progress": (0, 0)}, TooFewBids),
            (
                300,
                {"seat": replace(SEAT, key=Address("0x" + "0b" * 20))},
                TrusteeKeyInvalid,
            ),
            (600, {"seat": replace(SEAT, has_released=True)}, AlreadyDone),
        ],
    )
    def test_refuses_as_the_contract_would(
        self, at: int, changes: dict[str, Any], error: type[LedgerError]
    ) -> None:
        chain = Chain(stored=replace(STORED, at=at), **changes)
        with pytest.raises(error):
            require_releasable(chain, TENDER, 1, 1, KEY)

    def test_tells_how_many_the_lot_with_most_disclosed(self) -> None:
        chain = Chain(stored=replace(STORED, at=300), progress=(0, 0))
        chain.counts = LotAsStored(3, 1, (1, 0))
        with pytest.raises(TooFewBids) as refused:
            require_releasable(chain, TENDER, 1, 1, KEY)
        assert (refused.value.count, refused.value.minimum) == (1, 2)


class TestRequireReceiving:
    def test_until_the_deadline_by_the_tenders_own_clock(self) -> None:
        chain = Chain(stored=replace(STORED, at=99))
        require_receiving(chain, TENDER)
        chain.now(at=100)
        with pytest.raises(BidLate):
            require_receiving(chain, TENDER)
        chain.now(suspended_at=99)
        require_receiving(chain, TENDER)
        chain.now(ended=Phase.TERMINATED)
        with pytest.raises(TenderNotOpen):
            require_receiving(chain, TENDER)
