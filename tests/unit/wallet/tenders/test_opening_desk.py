"""What a service gives to an opening on one's own machine, and what is made of it."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from ledger.tenders.errors import OpeningDiffers
from ledger.tenders.ids import TenderId
from ledger.tenders.opening_cosignatures import Capacity, CoSigned, co_sign
from tests.support.opened_tender import OpenedTender
from tests.support.tender_story import LEDGER
from wallet.service import AnswerMalformed, Service, ServiceRefused
from wallet.tenders.opening_desk import co_signers, fetch_missing, require_same_record

NAMES = ("甲", "乙", "丙")
OURS = "0x" + "0a" * 32


@pytest.fixture(scope="module")
def tender() -> OpenedTender:
    made = OpenedTender()
    for name in NAMES:
        made.submit(name)
    made.disclose(*NAMES)
    made.release(1, 3, 5)
    return made


class Files:
    """A service that has the sealed files; `refuses` are problems by bidder's key."""

    def __init__(self, tender: OpenedTender) -> None:
        self.files: dict[str, bytes] = {tender.key(name): tender.bids[name].file for name in NAMES}
        self.refuses: dict[str, str] = {}
        self.asked: list[str] = []
        self.service = Service("http://service", transport=httpx2.MockTransport(self._answer))

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        key = request.url.path.rpartition("/")[2]
        self.asked.append(key)
        if key in self.refuses:
            problem = {"type": f"/problems/{self.refuses[key]}", "title": "No."}
            return httpx2.Response(404, json=problem)
        return httpx2.Response(200, content=self.files[key])


class TestFetchMissing:
    def test_brings_what_is_not_here(self, tender: OpenedTender, tmp_path: Path) -> None:
        there = Files(tender)
        first = tender.bids["甲"].bid.parts[0].file
        found = fetch_missing(there.service, tender.opening(), {first: tmp_path / "x"}, tmp_path)
        assert there.asked == [tender.key("乙"), tender.key("丙")]
        assert {path.read_bytes() for path in found.values()} == {
            tender.bids[name].file for name in ("乙", "丙")
        }

    def test_leaves_out_what_is_lost_or_bad(self, tender: OpenedTender, tmp_path: Path) -> None:
        there = Files(tender)
        there.files[tender.key("甲")] = b"another file"
        there.refuses[tender.key("乙")] = "BlobUnknown"
        found = fetch_missing(there.service, tender.opening(), {}, tmp_path)
        assert list(found) == [tender.bids["丙"].bid.parts[0].file]
        assert [path.name for path in tmp_path.iterdir()] == [f"{next(iter(found)).hex()}.age"]

    def test_says_what_else_is_refused(self, tender: OpenedTender, tmp_path: Path) -> None:
        there = Files(tender)
        there.refuses[tender.key("甲")] = "RoleMissing"
        with pytest.raises(ServiceRefused):
            fetch_missing(there.service, tender.opening(), {}, tmp_path)


class TestRequireSameRecord:
    @pytest.mark.parametrize("theirs", [OURS, None])
    def test_takes_the_same_or_none_yet(self, tender: OpenedTender, theirs: str | None) -> None:
        require_same_record(says(theirs), tender.opening(), OURS)

    def test_refuses_another(self, tender: OpenedTender) -> None:
        with pytest.raises(OpeningDiffers) as caught:
            require_same_record(says("0x" + "0b" * 32), tender.opening(), OURS)
        assert caught.value.given == b"\x0b" * 32


def says(digest: str | None) -> Service:
    def answer(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"recordDigest": digest})

    return Service("http://service", transport=httpx2.MockTransport(answer))


class TestCoSigners:
    """What a service says of co-signatures, each looked at again."""

    def told(self, **changes: Any) -> list[dict[str, str]]:
        said = CoSigned(LEDGER, TenderId(bytes(32)), 0, 1, b"\x0d" * 32, Capacity.NOTARY)
        made = co_sign(said, b"\x01" * 32)
        signed = {
            "capacity": "notary",
            "name": "样例公证处",
            "signer": made.signer,
            "takenAt": "2026-01-01T00:00:00Z",
            "signature": "0x" + made.signature.hex(),
        } | changes
        opening = {
            "part": 1,
            "digest": "0x" + "0d" * 32,
            "coSignatures": [signed],
            "awaited": ["supervisor"],
        }
        return self.asked([{"lot": 0, "openings": [opening]}])

    def asked(self, lots: Any) -> list[dict[str, str]]:
        contracts = {"TenderLedger": LEDGER.address}
        deployment = httpx2.Response(200, json={"chainId": LEDGER.chain_id, "contracts": contracts})
        service = Service("http://service", transport=httpx2.MockTransport(lambda _: deployment))
        return co_signers(service, TenderId(bytes(32)), {"lots": lots})

    def test_are_named_with_who_is_awaited(self) -> None:
        signed, awaited = self.told()
        assert (signed["record"], signed["name"], signed["signature"]) == (
            *("0-1", "样例公证处", "good"),
        )
        assert (awaited["capacity"], awaited["signature"]) == ("supervisor", "not signed")

    @pytest.mark.parametrize(
        "changes",
        [
            {"capacity": "supervisor"},
            {"signer": "0x" + "11" * 20},
            {"signature": "0x" + "00" * 65},
            {"signature": "0x"},
        ],
    )
    def test_that_a_service_made_up_are_bad(self, changes: dict[str, str]) -> None:
        assert self.told(**changes)[0]["signature"] == "BAD"

    @pytest.mark.parametrize("changes", [{"capacity": "judge"}, {"signature": "zz"}])
    def test_of_another_form_are_no_answer(self, changes: dict[str, str]) -> None:
        with pytest.raises(AnswerMalformed):
            self.told(**changes)

    def test_of_no_opening_are_none(self) -> None:
        assert self.asked([{"lot": 0, "openings": []}]) == []
