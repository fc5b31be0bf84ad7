"""What a buyer's folder may say, and what of it is refused before anything leaves it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.tenders.bid_flags import Terms
from ledger.tenders.bonds import BondTooHigh, EstimateMissing
from ledger.tenders.documents import Documents
from ledger.tenders.policy.document import TenderPresetUnknown
from ledger.tenders.trustees import Request, Seat, state
from tests.support.licences import counted_bytes
from tests.support.sealed_bids import CREATED, document_content, group, trustee_key
from tests.support.sealing import KNOWN, public
from wallet.home import FileMissing, FileUnreadable, write_file
from wallet.tenders.drafts import BasePriceUnsupported, DraftMalformed, read_draft

SAID: dict[str, Any] = {
    "agency": "CN-GD/11440100MBSAMPLE01",
    "number": "GZ-2026-0001",
    "title": "样例",
    "lots": ["一标段"],
    "policy": "cn",
    "threshold": 2,
    "evaluators": [],
}


def draft(folder: Path, **changes: Any) -> Path:
    write_file(folder / "tender.json", orjson.dumps(SAID | changes))
    return folder


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def documents_of(folder: Path, **said: Any) -> Documents:
    """The documents of a draft with two trustees."""
    draft(folder, evaluators=document_content(trustees=2)["evaluators"], **said)
    tender = read_draft(folder).tender
    for index in (1, 2):
        seat, secret = Seat(KNOWN.ledger, tender, 1, index, group(index)), trustee_key(1, index)
        rehearsal = Request(seat, public(secret)).rehearsal(b"\x09" * 32, b"\x71" * 32)
        stated = state(seat, rehearsal, secret)
        write_file(folder / f"trustees/1-{index}.json", stated.to_bytes())
    return read_draft(folder).documents(KNOWN.ledger, 1, CREATED, counted_bytes(b"salt"))[1]


class TestBonds:
    """招标投标法实施条例 art. 26 and 58."""

    def test_of_as_much_as_the_law_allows_stand_in_the_documents(self, tmp_path: Path) -> None:
        bond, estimate = money("20000.00"), money("1000000.00")
        found = documents_of(
            tmp_path, bond=bond, estimate=estimate, performanceBond={"share": "0.10"}
        )
        assert (found.content["bond"], found.content["estimate"]) == (bond, estimate)
        assert Terms.of(found, {}).bond == bond

    @pytest.mark.parametrize(
        ("said", "values"),
        [
            (
                {"bond": money("20000.01"), "estimate": money("1000000.00")},
                ("bid", "20000.0000", "20000.01"),
            ),
            ({"performanceBond": {"share": "0.11"}}, ("performance", "0.10", "0.11")),
        ],
    )
    def test_of_more_are_refused(
        self, tmp_path: Path, said: dict[str, Any], values: tuple[str, str, str]
    ) -> None:
        with pytest.raises(BondTooHigh) as refused:
            documents_of(tmp_path, **said)
        assert (refused.value.kind, refused.value.most, refused.value.asked) == values
        free = documents_of(tmp_path, policy="eu-2014-24", **_in("EUR", said))
        assert free.content["currency"] == "EUR"

    def test_want_an_estimate_that_anybody_can_hold_them_against(self, tmp_path: Path) -> None:
        with pytest.raises(EstimateMissing):
            documents_of(tmp_path, bond=money("1.00"))


def _in(currency: str, said: dict[str, Any]) -> dict[str, Any]:
    return {
        name: each | {"currency": currency} if "currency" in each else each
        for name, each in said.items()
    }


class TestReadDraft:
    def test_refuses_a_base_price_that_nobody_would_keep(self, tmp_path: Path) -> None:
        with pytest.raises(BasePriceUnsupported):
            read_draft(draft(tmp_path, basePrice=money("1.00")))

    def test_names_every_file_but_its_own(self, tmp_path: Path) -> None:
        folder = draft(tmp_path)
        for name in ("documents.json", "standing-request.jwt", "图纸/一.pdf"):
            write_file(folder / name, name.encode())
        found = read_draft(folder)
        roles = {each.named["path"]: each.named["role"] for each in found.files}
        assert roles == {"standing-request.jwt": "standing-request", "图纸/一.pdf": "document"}
        assert not found.has_mailbox

    def test_takes_a_policy_of_ones_own(self, tmp_path: Path) -> None:
        preset = Path("ledger/tenders/policy/presets/eu-2014-24.json").read_bytes()
        write_file(tmp_path / "ours.json", preset)
        assert read_draft(draft(tmp_path, policy="ours.json")).policy.name == "eu-2014-24"

    def test_documents_name_the_ceiling(self, tmp_path: Path) -> None:
        ceiling = money("930000.00")
        found = documents_of(tmp_path, ceiling=ceiling)
        assert found.content["ceiling"] == ceiling
        assert Terms.of(found, {}).ceiling == ceiling

    @pytest.mark.parametrize(
        ("changes", "member"),
        [
            ({"colour": "red"}, "colour"),
            ({"agency": "CN-GD"}, "agency"),
            ({"agency": 7}, "agency"),
            ({"mailbox": "CN-GD/a/b"}, "mailbox"),
            ({"lots": "one"}, "lots"),
            ({"trusteeNames": []}, "trusteeNames"),
            ({"ceiling": {"amount": "930000.00", "currency": "EUR"}}, "ceiling"),
            ({"previous": "0x07"}, "previous"),
            ({"previous": "0x" + "zz" * 32}, "previous"),
        ],
    )
    def test_refuses_what_it_cannot_read(
        self, tmp_path: Path, changes: dict[str, Any], member: str
    ) -> None:
        with pytest.raises(DraftMalformed) as refused:
            read_draft(draft(tmp_path, **changes))
        assert refused.value.member == member

    def test_refuses_what_is_missing_or_no_json(self, tmp_path: Path) -> None:
        with pytest.raises(FileMissing):
            read_draft(tmp_path)
        write_file(tmp_path / "tender.json", b"[]")
        with pytest.raises(DraftMalformed):
            read_draft(tmp_path)
        write_file(tmp_path / "tender.json", b"{}")
        with pytest.raises(DraftMalformed) as refused:
            read_draft(tmp_path)
        assert refused.value.member == "agency"

    def test_refuses_links_and_policies_that_nobody_knows(self, tmp_path: Path) -> None:
        folder = draft(tmp_path, policy="mars")
        with pytest.raises(TenderPresetUnknown):
            read_draft(folder)
        (folder / "link.pdf").symlink_to(folder / "tender.json")
        with pytest.raises(FileUnreadable):
            read_draft(folder)
