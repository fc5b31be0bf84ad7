from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.tenders import documents
from ledger.tenders.documents import DocumentsInvalid
from ledger.tenders.errors import LotUnknown
from ledger.tenders.forms import FormInvalid
from ledger.tenders.ids import TenderId
from ledger.tenders.packages import PathRefused
from ledger.tenders.shares import ThresholdImpossible
from ledger.tenders.trustees import Statement, StatementInvalid
from ledger.values import Address, LedgerRef
from tests.support.sealed_bids import (
    TENDER,
    document_content,
    group,
    statement,
    tender_documents,
    trustee_key,
    with_statements,
)
from tests.support.sealing import KNOWN, account, public

Change = Callable[[dict[str, Any]], None]


class TestRead:
    def test_gives_what_a_wallet_seals_with(self) -> None:
        encoded, files = tender_documents(parts=2)
        found = documents.read(encoded)
        assert (found.ledger, found.tender, found.lots) == (KNOWN.ledger, TENDER, (0,))
        assert (found.parts, found.threshold, len(found.recipients)) == (2, 3, 2)
        keys = found.keys(files)
        assert keys[2] == [public(trustee_key(2, index)) for index in range(1, 6)]

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda c: c.update(number="GZ-2026-0002"), "tender"),
            (lambda c: c["lots"].append({"lot": 2, "title": "三标段"}), "lots"),
            (lambda c: c["trustees"].reverse(), "trustees"),
            (lambda c: c["trustees"].pop(1), "trustees"),
            (lambda c: c.update(parts=2), "trustees"),
            (
                lambda c: c["trustees"][1].update(key=c["trustees"][0]["key"]),
                "trustees' keys",
            ),
            (
                lambda c: [c["trustees"][n].update(group="0x" + "09" * 32) for n in range(3)],
                "trustees' groups",
            ),
        ],
        ids=["tender", "lots", "order", "gap", "part", "key twice", "group"],
    )
    def test_refuses_what_contradicts_itself(self, change: Change, reason: str) -> None:
        content = document_content()
        change(content)
        with pytest.raises(DocumentsInvalid) as caught:
            documents.write(content)
        assert caught.value.reason == reason

    def test_lets_one_group_have_fewer_than_it_takes(self) -> None:
        content = document_content()
        for each in content["trustees"][:2]:
            each["group"] = "0x" + group(9).hex()
        documents.write(content)

    def test_refuses_a_threshold_beyond_the_trustees(self) -> None:
        with pytest.raises(ThresholdImpossible):
            documents.write(document_content(threshold=4, trustees=3))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("threshold", 1),
            ("currency", "RMB¥"),
            ("evaluators", []),
            ("salt", "short"),
            ("bondAuthority", "0x1"),
            ("surprise", 1),
        ],
    )
    def test_refuses_another_form(self, name: str, value: Any) -> None:
        with pytest.raises(FormInvalid):
            documents.write(document_content() | {name: value})

    def test_refuses_a_second_spelling(self) -> None:
        encoded, _ = tender_documents()
        with pytest.raises(FormInvalid):
            documents.read(encoded.replace(b'"lots":', b'"lots": '))

    def test_refuses_paths_that_lead_elsewhere(self) -> None:
        file = {
            "path": "../up",
            "size": 1,
            "sha256": "0x" + "00" * 32,
            "mediaType": "text/plain",
            "role": "docs",
        }
        with pytest.raises(PathRefused):
            documents.write(document_content() | {"files": [file]})

    def test_knows_its_lots(self) -> None:
        found = documents.read(tender_documents()[0])
        found.require_lot(0)
        with pytest.raises(LotUnknown):
            found.require_lot(1)


class TestKeys:
    """A wallet seals to nobody unless every trustee proved its key (tenders §3.2)."""

    def keys_with(self, changed: Statement, index: int = 2) -> None:
        statements = [statement(1, n) if n != index else changed for n in range(1, 6)]
        encoded, files = with_statements(document_content(), statements)
        documents.read(encoded).keys(files)

    def test_needs_every_statement(self) -> None:
        encoded, files = with_statements(document_content(), [statement(1, n) for n in range(1, 5)])
        with pytest.raises(StatementInvalid) as caught:
            documents.read(encoded).keys(files)
        assert caught.value.values() == {"part": 1, "index": 5, "reason": "missing"}

    def test_needs_the_very_files(self) -> None:
        encoded, files = tender_documents()
        other = with_statements(document_content(), [statement(1, 1)])[1]
        for swapped in ({}, files | {"trustees/1-2.json": other["trustees/1-1.json"]}):
            with pytest.raises(DocumentsInvalid):
                documents.read(encoded).keys(swapped)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"group": b"\x09" * 32}, "group"),
            ({"tender": TenderId(bytes(32))}, "place"),
            ({"index": 9}, "place"),
            ({"part": 2}, "place"),
            ({"key": account(b"\x09" * 32)}, "key"),
            ({"rehearsal": bytes(32)}, "signature"),
        ],
    )
    def test_refuses_a_statement_that_is_wrong(self, change: dict[str, Any], reason: str) -> None:
        good = statement(1, 2)
        with pytest.raises(StatementInvalid) as caught:
            self.keys_with(replace(good, key=replace(good.key, **change)))
        assert caught.value.reason == reason

    def test_refuses_a_statement_for_another_ledger(self) -> None:
        elsewhere = LedgerRef(1, Address(KNOWN.ledger.address))
        with pytest.raises(StatementInvalid):
            self.keys_with(replace(statement(1, 2), ledger=elsewhere))

    def test_refuses_a_key_that_the_documents_do_not_name(self) -> None:
        with pytest.raises(StatementInvalid) as caught:
            self.keys_with(statement(1, 2, secret=b"\x09" * 32))
        assert caught.value.reason == "key"
