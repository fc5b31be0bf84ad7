"""Whoever stands between a wallet and a service alters, swaps, withholds, replays; it is in vain.

The wallet notices, says whom it did not believe and why, keeps nothing false, and sends by itself.
"""

import base64
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from typing import Any

import httpx2
import orjson
import pytest

from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.keys import PrivateKey
from ledger.tenders import receipts
from ledger.tenders.messages import to_json
from ledger.tenders.receipts import Receipt, ReceiptState, StoredFile
from ledger.values import OPEN_END, KeyUsage, agency_id, jurisdiction_id
from tests.support.anvil import anvil
from tests.support.bid_desk import Desk
from tests.support.meddler import Act, Meddler, answering, meddling
from tests.support.standing import account
from tests.support.tender_service import KEY, TenderService, relaying
from tests.support.tender_town import BUYER, PAYER, Sale, TenderTown
from tests.support.watcher import Patient
from wallet.tenders.delivery import URGENT_SECONDS

STRANGER = PrivateKey.from_secret(b"\x61" * 32)
NEIGHBOUR = PrivateKey.from_secret(b"\x62" * 32)
"""Its key is on the ledger, for an agency that has no part in the tender."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        made = TenderTown(tmp_path_factory.mktemp("hostile"), running, deployment, council)
        place = BUYER.partition("/")[0]
        office, window = council.address, KeyWindow(0, OPEN_END, OPEN_END)
        made.send(calls.admit_agency(deployment, jurisdiction_id(place), "NEXT", "Next", office))
        next_, usage = agency_id(place, "NEXT"), KeyUsage.DOCUMENTS
        made.send(calls.announce_key(deployment, next_, NEIGHBOUR.public_key, usage, window))
        yield made


@pytest.fixture(scope="module")
def service(town: TenderTown) -> Iterator[TenderService]:
    with relaying(town, town.folder / "service") as made:
        yield made


@pytest.fixture(scope="module")
def sales() -> list[Sale]:
    return []


@pytest.fixture
def sale(town: TenderTown, service: TenderService, sales: list[Sale]) -> Sale:
    """The tender of the test before, unless that let its deadline pass."""
    if not sales or town.now >= sales[-1].ends[0] - URGENT_SECONDS:
        sales.append(town.publish(f"hostile {len(sales)}"))
        service.work()
    return sales[-1]


@pytest.fixture
def meddler(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meddler]:
    with closing(meddling(monkeypatch)) as made:
        yield made


@dataclass
class Victim:
    """A bidder with a sealed bid, and an account that pays where no service is to be trusted."""

    sale: Sale
    service: TenderService
    desk: Desk
    rest: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, sale: Sale, service: TenderService, name: str) -> "Victim":
        desk = sale.bidder(name)
        desk.seal()
        desk.terminal = Patient(desk.terminal, service.work)
        return cls(sale, service, desk)

    @property
    def kept(self) -> Any:
        return self.desk.store.find(self.sale.id, 0)

    def types(self, word: str, *words: object) -> tuple[Any, str]:
        """Give a command the service and the account; return what it told, and what it noted."""
        where = ("--service", self.service.url, "--account", PAYER, "--json")
        found = self.desk.terminal.try_("bid", word, *words, *where)
        assert found.exit_code == 0, found.output
        return orjson.loads(found.stdout), found.stderr

    def submits(self) -> tuple[Any, str]:
        return self.types("submit", self.desk.documents)

    def receipt(self, signer: PrivateKey, **changes: Any) -> str:
        """What a service would sign for this bid, but for the changes."""
        signed = self.kept.newest()
        files = tuple(StoredFile(each.file, each.size, 1) for each in signed.message.parts)
        now, state = self.sale.town.now, ReceiptState.SUBMITTED
        told = Receipt("x", "y", now, signed.digest, files, state)
        return receipts.sign(replace(told, **changes), signer)


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


def altered_file(meddler: Meddler, request: httpx2.Request) -> httpx2.Response:
    return meddler.changed(request, flipped(request.read()))


def altered_file_and_digest(meddler: Meddler, request: httpx2.Request) -> httpx2.Response:
    content = flipped(request.read())
    digest = base64.b64encode(sha256(content).digest()).decode()
    return meddler.changed(request, content, content_digest=f"sha-256=:{digest}:")


def altered(change: Callable[[dict[str, Any]], object]) -> Act:
    def act(meddler: Meddler, request: httpx2.Request) -> httpx2.Response:
        body = orjson.loads(request.read())
        change(body)
        return meddler.changed(request, orjson.dumps(body))

    return act


ALTERATIONS: dict[str, tuple[str, str, Act, str]] = {
    "a file": ("PUT", "/chunks/0", altered_file, "DigestMismatch"),
    "a file and its digest": ("PUT", "/chunks/0", altered_file_and_digest, "DigestMismatch"),
    "which file": (
        *("POST", "/bids/uploads"),
        altered(lambda body: body.update(sha256="0x" + "07" * 32)),
        "DigestMismatch",
    ),
    "the version": (
        *("POST", "/v1/bids"),
        altered(lambda body: body["message"].update(version=9)),
        "BidSignatureInvalid",
    ),
    "the documents": (
        *("POST", "/v1/bids"),
        altered(lambda body: body["message"].update(docs="0x" + "07" * 32)),
        "BidSignatureInvalid",
    ),
    "the envelopes": (
        *("POST", "/v1/bids"),
        altered(lambda body: body.update(shares=body["shares"][:-2] + "00")),
        "SharesMismatch",
    ),
}


class TestAlteration:
    @pytest.mark.parametrize("what", ALTERATIONS)
    def test_is_noticed_by_whoever_is_given_it(
        self, sale: Sale, service: TenderService, meddler: Meddler, what: str
    ) -> None:
        victim = Victim.of(sale, service, f"altered {what}")
        method, end, act, said = ALTERATIONS[what]
        meddler.lurk(method, end, act)
        shown, noted = victim.submits()
        assert meddler.seen > 0
        assert (shown["service"], shown["version"]) == (None, 1)
        assert service.url in noted
        assert said in noted, noted
        assert_stands(victim)

    def test_of_a_withdrawal_takes_back_nobody_elses_bid(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        victim, other = (Victim.of(sale, service, f"withdrawn {n}") for n in (1, 2))
        for each in (victim, other):
            each.submits()
        key = other.kept.newest().message.bidder
        meddler.lurk(
            "POST", "/withdrawals", altered(lambda body: body["message"].update(bidder=key))
        )
        shown, noted = victim.types("withdraw", sale.id)
        assert (shown["service"], shown["version"]) == (None, 2)
        assert "BidSignatureInvalid" in noted
        assert standing(victim)["state"] == "WITHDRAWN"
        assert standing(other)["state"] == "LIVE"


class TestReceipt:
    """The request goes no further; what is answered is not what a service of the buyer says."""

    @pytest.mark.parametrize("whose", ["of a stranger", "of a neighbour", "nobody's"])
    def test_of_another_key_is_not_believed(
        self, sale: Sale, service: TenderService, meddler: Meddler, whose: str
    ) -> None:
        victim = Victim.of(sale, service, f"receipt {whose}")
        forged = {
            "of a stranger": victim.receipt(STRANGER),
            "of a neighbour": victim.receipt(NEIGHBOUR),
            "nobody's": flipped_token(victim.receipt(KEY)),
        }[whose]
        self._is_not_believed(victim, meddler, forged)

    @pytest.mark.parametrize("what", ["another message's", "without the files"])
    def test_of_something_else_is_not_believed(
        self, sale: Sale, service: TenderService, meddler: Meddler, what: str
    ) -> None:
        """Even the buyer's own key, where it signs less than the bid with its file."""
        victim = Victim.of(sale, service, f"else {what}")
        less = {"digest": b"\x07" * 32} if what == "another message's" else {"files": ()}
        noted = self._is_not_believed(victim, meddler, victim.receipt(KEY, **less))
        assert what in noted

    def test_of_the_version_before_is_not_believed(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        """A relay that keeps the new version back, and replays what was once true."""
        victim = Victim.of(sale, service, "replayed")
        victim.submits()
        old = victim.kept.said(1, "receipt")
        meddler.lurk("POST", "/v1/bids", answering({"receipt": old}))
        shown, noted = victim.types("replace", victim.desk.documents, victim.desk.folder)
        assert (shown["service"], shown["version"], meddler.seen) == (None, 2, 1)
        assert "another message's" in noted
        assert victim.kept.said(2, "receipt") is None
        assert standing(victim)["version"] == 2

    def _is_not_believed(self, victim: Victim, meddler: Meddler, forged: str) -> str:
        meddler.lurk("POST", "/v1/bids", answering({"receipt": forged}))
        shown, noted = victim.submits()
        assert (shown["service"], shown["version"], meddler.seen) == (None, 1, 1)
        assert f"{victim.service.url}: The receipt is not by the buyer's key" in noted
        assert_stands(victim)
        return noted


class TestRelay:
    def test_that_swaps_two_bidders_messages_is_found_out_by_both(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        """Each message is good, and so is the receipt for it; neither is its sender's."""
        pair = [Victim.of(sale, service, f"swapped {n}") for n in (1, 2)]
        for victim, other in (pair, pair[::-1]):
            signed = other.kept.newest()
            body = {
                "message": to_json(signed.message),
                "shares": "0x" + signed.shares.hex(),
                "signature": "0x" + signed.signature.hex(),
            }
            meddler.lurk("POST", "/v1/bids", altered(partial(_replace, body)))
            shown, noted = victim.submits()
            assert shown["service"] is None
            assert service.url in noted
            assert meddler.seen > 0
            assert_stands(victim)

    def test_that_withholds_is_passed_by(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        """It never answers: the wallet asks again a few times, then goes."""

        def silent(_meddler: Meddler, request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ReadTimeout("nothing came", request=request)

        victim = Victim.of(sale, service, "withheld")
        meddler.lurk("POST", "/v1/bids", silent)
        shown, noted = victim.submits()
        assert shown["service"] is None
        assert meddler.seen > 1
        assert "did not answer" in noted
        assert_stands(victim)

    def test_that_calls_the_bid_late_is_believed_by_its_signature_alone(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        """Nobody is turned away for good by who does not sign; without an account it is open."""
        victim = Victim.of(sale, service, "called late")
        late = {"type": "/problems/BidLate", "title": "Late.", "deadline": 1, "blockTime": 2}
        meddler.lurk("POST", "/v1/bids", answering(late, 409))
        words = ("bid", "submit", victim.desk.documents, "--service", service.url)
        told = victim.desk.terminal.json(*words, code=2)
        assert (told["error"], told["reason"]) == ("ReceiptUnsound", "a refusal that nobody signed")
        shown, noted = victim.submits()
        assert shown["service"] is None
        assert "a refusal that nobody signed" in noted
        assert_stands(victim)

    def test_that_calls_the_bid_final_is_not_believed(
        self, sale: Sale, service: TenderService, meddler: Meddler
    ) -> None:
        """It sent it, and the chain says so; what it signs beyond that has to be the buyer's."""
        victim = Victim.of(sale, service, "final")
        forged = victim.receipt(STRANGER, state=ReceiptState.FINAL)
        digest = victim.kept.newest().digest.hex()
        answer = answering({"state": "final", "final": forged})
        meddler.lurk("GET", f"/messages/0x{digest}", answer)
        shown, noted = victim.submits()
        assert (shown["service"], shown["block"]) == (service.url, None)
        assert "The receipt is not by the buyer's key" in noted
        assert victim.kept.said(1, "final") is None

    def test_that_alters_a_secret_delays_nothing(
        self, sale: Sale, town: TenderTown, service: TenderService, meddler: Meddler
    ) -> None:
        victim, other = (Victim.of(sale, service, f"secret {n}") for n in (1, 2))
        for each in (victim, other):
            each.submits()
        town.go(sale.ends[1])
        service.work()
        wrong = altered(lambda body: body.update(secret="0x" + "07" * 32))
        meddler.lurk("POST", "/disclosures", wrong)
        shown, noted = victim.types("disclose", sale.id)
        assert shown["service"] is None
        assert "CommitmentMismatch" in noted
        assert standing(victim)["disclosed"] == [1]


def _replace(body: dict[str, Any], into: dict[str, Any]) -> None:
    into.update(body)


def standing(victim: Victim) -> Any:
    return victim.desk.terminal.json("bid", "status", victim.sale.id)["bid"]


def assert_stands(victim: Victim) -> None:
    """What the bidder sealed is on the chain, and no receipt is kept that is none."""
    assert standing(victim)["state"] == "LIVE"
    assert standing(victim)["version"] == 1
    assert victim.kept.said(1, "receipt") is None


def flipped_token(token: str) -> str:
    return token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
