"""Messages in a mailbox: the service is asked, the chain is believed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from ledger.authority import DocumentKey
from ledger.tenders import messages, receipts
from ledger.tenders.mailbox import fill, leaf
from ledger.tenders.messages import WithdrawBid
from ledger.tenders.receipts import Receipt, ReceiptState
from ledger.tenders.relayed import SignedWithdrawal
from ledger.values import OPEN_END, AgencyId, Digest, KeyUsage
from tests.support.licences import AGENCY_KEY, counted_bytes
from tests.support.tender_story import LEDGER, Story, address, secret
from tests.support.terminal import seeded
from wallet.service import Service, ServiceBusy
from wallet.tenders.bids import BidFileMalformed, BidPlace
from wallet.tenders.mailboxes import Letterbox, MailboxUntrue, hand_in, look
from wallet.tenders.relays import ReceiptUnsound, Teller

MAILBOX = AgencyId(b"\x01" * 32)
WITHDRAWAL = WithdrawBid(Story().id, 0, address("Ann"), 2, 1_900_000_000)
LETTER = SignedWithdrawal(LEDGER, WITHDRAWAL, messages.sign(LEDGER, WITHDRAWAL, secret("Ann")))


@dataclass
class Operator:
    """A service with a mailbox; `change` is laid over its answers, `gone` lets it fail."""

    change: dict[str, Any] = field(default_factory=dict)
    gone: bool = False
    given: list[str] = field(default_factory=list)
    placed: bool = True

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        if self.gone:
            return httpx2.Response(503, json={"type": "/problems/Gone", "title": "Gone."})
        if request.method == "POST":
            self.given.append(orjson.loads(request.content)["leaf"])
        answer: dict[str, Any] = {"receipt": self._receipt(), "root": None}
        if self.placed:
            box = fill([self._leaf()], counted_bytes())
            answer["root"] = "0x" + box.root.hex()
            answer["index"] = box.places[0]
            answer["path"] = ["0x" + each.hex() for each in box.path(0)]
        return httpx2.Response(200, json=answer | self.change)

    def _leaf(self) -> Digest:
        return Digest(bytes.fromhex(self.given[0][2:]))

    def _receipt(self) -> str:
        told = Receipt("x", "y", 5, None, (), ReceiptState.STORED, leaf=self._leaf())
        return receipts.sign(told, AGENCY_KEY)


@dataclass
class Chain:
    """A node: what it says of the root and of the agency's key."""

    at: int | None = None
    knows_key: bool = True

    @property
    def client(self) -> "Chain":
        return self

    @property
    def reader(self) -> "Chain":
        return self

    def key(self, *_: Any) -> DocumentKey | None:
        window = (KeyUsage.DOCUMENTS, 0, 0, OPEN_END, OPEN_END)
        return DocumentKey(AGENCY_KEY.public_key, *window) if self.knows_key else None

    def anchored_at(self, *_: Any) -> int | None:
        return self.at


@pytest.fixture
def kept(tmp_path: Path) -> BidPlace:
    place = BidPlace(tmp_path / "bids" / "one", WITHDRAWAL.tender, 0)
    place.keep_withdrawal(2, WITHDRAWAL, LETTER.signature)
    return place


@pytest.fixture
def box(kept: BidPlace) -> Letterbox:
    return Letterbox(kept)


def service(operator: Operator, url: str = "http://op.example") -> Service:
    return Service(url, transport=httpx2.MockTransport(operator), wait=lambda _: None)


def teller(*, knows_key: bool = True) -> Teller:
    return Teller(Chain(knows_key=knows_key), MAILBOX)  # type: ignore[arg-type]  # a node in memory


def given(operator: Operator, box: Letterbox) -> Any:
    return hand_in(LETTER, box, service(operator), teller(), seeded(b"blind"))


class TestHandIn:
    def test_keeps_the_blind_before_the_leaf_leaves(self, box: Letterbox) -> None:
        operator = Operator(gone=True)
        with pytest.raises(ServiceBusy):
            given(operator, box)
        blind = box.posted(2)
        assert blind is not None
        assert blind.receipt is None
        operator.gone = False
        posted = hand_in(LETTER, box, service(operator), teller(), seeded(b"another"))
        assert posted.blind == blind.blind
        assert operator.given == ["0x" + leaf(LETTER.digest, blind.blind).hex()]
        assert given(operator, box) == posted
        assert len(operator.given) == 1

    @pytest.mark.parametrize("token", [None, "", "a.b.c", "nonsense"])
    def test_keeps_no_receipt_that_is_none(self, box: Letterbox, token: str | None) -> None:
        with pytest.raises(ReceiptUnsound):
            given(Operator(change={"receipt": token}), box)
        posted = box.posted(2)
        assert posted is not None
        assert posted.receipt is None

    def test_keeps_no_receipt_of_another_key_or_message(self, box: Letterbox) -> None:
        with pytest.raises(ReceiptUnsound):
            hand_in(LETTER, box, service(Operator()), teller(knows_key=False), seeded(b"blind"))
        told = Receipt("x", "y", 5, None, (), ReceiptState.STORED, leaf=Digest(b"\x07" * 32))
        with pytest.raises(ReceiptUnsound):
            given(Operator(change={"receipt": receipts.sign(told, AGENCY_KEY)}), box)

    def test_goes_to_another_service_after_one_that_lies(self, box: Letterbox) -> None:
        """The place is asked of who signed, not of who was asked first."""
        liar, honest = Operator(change={"receipt": "a.b.c"}), Operator()
        with pytest.raises(ReceiptUnsound):
            given(liar, box)
        told = hand_in(
            LETTER, box, service(honest, "http://next.example"), teller(), seeded(b"more")
        )
        assert (told.service, honest.given) == ("http://next.example", liar.given)
        assert box.posted(2) == told


class TestLook:
    def test_believes_the_chain_about_the_root(self, box: Letterbox) -> None:
        operator, chain = Operator(placed=False), Chain()
        given(operator, box)

        def seen() -> Any:
            return look(LETTER, box, chain, service(operator))  # type: ignore[arg-type]  # as above

        assert (seen().proof, seen().anchored_at) == (None, None)
        operator.placed = True
        placed = seen()
        placed.proof.check(LETTER.digest)
        assert placed.anchored_at is None
        chain.at, operator.gone = 77, True  # what is known needs no service
        assert seen().anchored_at == 77
        assert box.posted(2) == seen()
        chain.at = None  # the block fell out
        assert seen().anchored_at is None
        assert box.posted(2) == placed

    @pytest.mark.parametrize(
        "change",
        [
            {"index": 64},
            {"index": "x"},
            {"path": []},
            {"path": ["0x" + "00" * 32] * 6},
            {"root": "0x" + "07" * 32},
            {"path": None},
        ],
    )
    def test_refuses_a_path_that_leads_elsewhere(
        self, box: Letterbox, change: dict[str, Any]
    ) -> None:
        operator = Operator(change=change)
        given(operator, box)
        with pytest.raises(MailboxUntrue):
            look(LETTER, box, Chain(), service(operator))  # type: ignore[arg-type]  # as above

    def test_says_which_file_is_broken(self, kept: BidPlace, box: Letterbox) -> None:
        given(Operator(), box)
        (kept.folder(2) / "mailbox.json").write_text("{}")
        with pytest.raises(BidFileMalformed):
            box.posted(2)
