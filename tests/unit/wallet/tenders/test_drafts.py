"""What a buyer's folder may say, and what of it is refused before anything leaves it."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.tenders.bid_flags import Terms
from ledger.tenders.policy.document import TenderPresetUnknown
from ledger.tenders.trustees import Request, Seat, state
from tests.support.licences import counted_bytes
from tests.support.sealed_bids import CREATED, document_content, group, trustee_key
from tests.support.sealing import KNOWN, public
from wallet.home import FileMissing, FileUnreadable, write_file
from wallet.tenders.drafts import DraftMalformed, read_draft

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


class TestReadDraft:
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
        ceiling, content = {"amount": "930000.00", "currency": "CNY"}, document_content(trustees=2)
        folder = draft(tmp_path, evaluators=content["evaluators"], ceiling=ceiling)
        tender = read_draft(folder).tender
        for index in (1, 2):
            seat, secret = Seat(KNOWN.ledger, tender, 1, index, group(index)), trustee_key(1, index)
            rehearsal = Request(seat, public(secret)).rehearsal(b"\x09" * 32, b"\x71" * 32)
            stated = state(seat, rehearsal, secret)
            write_file(folder / f"trustees/1-{index}.json", stated.to_bytes())
        _, found = read_draft(folder).documents(KNOWN.ledger, 1, CREATED, counted_bytes(b"salt"))
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
