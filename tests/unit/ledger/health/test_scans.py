"""The scan log: what a row says and does not, who can join rows, and what is left of them."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical_json, parse_object
from ledger.health import erasures
from ledger.health.day_keys import DayKey, DayKeyInvalid, day_of, joined
from ledger.health.erasures import Cause, Erasure, ErasureMalformed
from ledger.health.gate.outcome import Outcome
from ledger.health.reasons import Reason
from ledger.health.scans import (
    Override,
    ScanMalformed,
    ScanRow,
    digest_of,
    lateness,
    read_row,
    row_of,
    scan_number,
    write_row,
)
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.values import Digest
from tests.support.gates import CTI, GOOD, HOLDER, LANE, NOW, judged, live

RANDOM = bytes(range(16, 32))
DAY = 86_400
KEY = DayKey("Sample Checkpoint", "2021-06-30", "Asia/Macau", b"\x05" * 32)
AGENCY = PrivateKey.from_secret(b"\x07" * 32)


def scanned(text: str = "", at: int = NOW) -> ScanRow:
    person = judged(text or live(GOOD), at=at).people[0]
    key = None if person.effects is None else KEY.pseudonym(person.effects.subject)
    return row_of(person, LANE, at, random=RANDOM, key=key)


ROW = scanned()
ENCODED = write_row(ROW)


class TestRow:
    def test_says_what_the_gate_decided_and_on_what_grounds(self) -> None:
        assert (ROW.outcome, ROW.reasons) == (Outcome.ACCEPT, ())
        assert (ROW.checkpoint, ROW.lane) == ("Sample Checkpoint", "7")
        assert ROW.citations["bundle"] == 5
        assert ROW.citations["agreement"]["from"] == "XA"
        refused = scanned("HC1:NOT A CODE")
        assert (refused.outcome, refused.reasons) == (Outcome.DENY, (Reason.FORMAT,))
        assert refused.key is None

    def test_keeps_the_minute_and_no_second(self) -> None:
        assert NOW % 60 != 0
        assert ROW.minute == NOW - NOW % 60
        assert ROW.citations["trust"]["age"] == ROW.minute - (NOW - 60)

    def test_comes_back(self) -> None:
        override = Override("officer-7", Outcome.ACCEPT, "paper certificate seen")
        for row in (ROW, replace(ROW, override=override), scanned("HC1:NOT A CODE")):
            assert read_row(write_row(row)) == row

    def test_tells_nothing_of_the_person(self) -> None:
        told = ENCODED.decode()
        secrets = (CTI.hex(), "C L 07-23", GOOD.hex(), HOLDER.public_key.x.hex(), str(NOW))
        assert not [secret for secret in secrets if secret in told]

    def test_of_two_scans_differ_by_their_random_bytes(self) -> None:
        other = write_row(replace(ROW, random=bytes(16)))
        assert digest_of(other) != digest_of(ENCODED)

    def test_number_is_ten_bytes_of_its_digest(self) -> None:
        assert scan_number(Digest(bytes(32))) == "A" * 16
        assert scan_number(Digest(b"\xff" * 32)) == "7" * 16
        assert len({scan_number(digest_of(write_row(ROW))), scan_number(Digest(bytes(32)))}) == 2

    def test_late_is_what_lies_between_minute_and_block(self) -> None:
        assert [lateness(ROW, ROW.minute + seconds) for seconds in (-5, 0, 7_200)] == [-5, 0, 7_200]

    @pytest.mark.parametrize(
        ("change", "member"),
        [
            ({"random": bytes(15)}, "r"),
            ({"checkpoint": ""}, "checkpoint"),
            ({"lane": "x" * 65}, "lane"),
            ({"lane": "a\nb"}, "lane"),
            ({"minute": ROW.minute + 1}, "minute"),
            ({"minute": -60}, "minute"),
            ({"key": bytes(32)}, "key"),
            ({"citations": {"padding": "x" * 8_192}}, "row"),
            ({"override": Override("", Outcome.ACCEPT, "why")}, "by"),
            ({"override": Override("officer-7", Outcome.ACCEPT, "")}, "why"),
            ({"override": Override("officer-7", Outcome.ACCEPT, "x" * 201)}, "why"),
        ],
    )
    def test_of_another_content_is_refused(self, change: dict[str, Any], member: str) -> None:
        with pytest.raises(ScanMalformed) as refused:
            write_row(replace(ROW, **change))
        assert refused.value.member == member

    @pytest.mark.parametrize(
        "change",
        [
            *({"v": 2}, {"r": "0x00"}, {"outcome": "MAYBE"}, {"reasons": ["WEATHER"]}),
            *({"reasons": "GRADE"}, {"citations": []}, {"cti": "0x00"}, {"override": {}}),
            *({"outcome": 1}, {"reasons": [[]]}, {"minute": True}),
        ],
        ids=str,
    )
    def test_of_another_shape_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(ScanMalformed):
            read_row(canonical_json(parse_object(ENCODED) | change))

    def test_of_another_spelling_is_refused(self) -> None:
        with pytest.raises(ScanMalformed):
            read_row(ENCODED.replace(b'"v":1', b'"v": 1'))

    @given(st.binary(max_size=200))
    def test_of_any_bytes_is_refused(self, data: bytes) -> None:
        with pytest.raises(ScanMalformed):
            read_row(data)


class TestDayKeys:
    def test_a_holder_finds_the_rows_about_them(self) -> None:
        other = replace(ROW, key=KEY.pseudonym(b"\x01" * 16))
        nobody = replace(ROW, key=None)
        assert joined([other, ROW, nobody], [KEY], [CTI]) == [ROW]
        assert joined([other, ROW], [KEY], [CTI, b"\x01" * 16]) == [other, ROW]

    def test_nobody_does_once_the_key_is_gone(self) -> None:
        assert joined([ROW], [], [CTI]) == []

    @pytest.mark.parametrize(
        "change",
        [{"checkpoint": "Another Checkpoint"}, {"secret": b"\x06" * 32}],
    )
    def test_two_gates_and_two_days_have_nothing_in_common(self, change: dict[str, Any]) -> None:
        assert joined([ROW], [replace(KEY, **change)], [CTI]) == []

    def test_a_day_is_the_checkpoints_own(self) -> None:
        before_midnight = 1_624_982_399  # 2021-06-29T15:59:59Z
        assert day_of(before_midnight, "Asia/Macau") == "2021-06-29"
        assert day_of(before_midnight + 1, "Asia/Macau") == "2021-06-30"
        assert day_of(before_midnight + 1, "UTC") == "2021-06-29"

    def test_is_destroyed_so_long_after_its_day(self) -> None:
        end = 1_624_982_400 + DAY
        assert KEY.destroyed_at(0) == end
        assert KEY.destroyed_at(14 * DAY) == end + 14 * DAY

    def test_shows_no_secret(self) -> None:
        assert "\\x05" not in repr(KEY)
        assert "05" not in str(KEY)

    @pytest.mark.parametrize(
        "change",
        [{"secret": b""}, {"day": "2021-06-31"}, {"day": "today"}, {"zone": "Asia/Nowhere"}],
    )
    def test_that_is_none_is_refused(self, change: dict[str, Any]) -> None:
        with pytest.raises(DayKeyInvalid):
            replace(KEY, **change)

    def test_zone_that_is_none_is_refused(self) -> None:
        with pytest.raises(DayKeyInvalid):
            day_of(NOW, "../etc/passwd")


class TestErasure:
    RECEIPT = Erasure(RANDOM, "XB/SAMPLE-HEALTH", Cause.REQUEST, NOW, (digest_of(ENCODED),))

    def test_is_signed_and_names_the_scan_number(self) -> None:
        receipt = erasures.write_receipt(self.RECEIPT)
        signature = AGENCY.sign(receipt)
        assert erasures.read_receipt(receipt, signature, AGENCY.public_key) == self.RECEIPT
        assert scan_number(digest_of(ENCODED)).encode() in receipt

    def test_is_nobody_elses(self) -> None:
        receipt = erasures.write_receipt(self.RECEIPT)
        signature = AGENCY.sign(receipt)
        for spoiled in (receipt.replace(b"request", b"retention"), receipt + b" "):
            with pytest.raises(SignatureInvalid):
                erasures.read_receipt(spoiled, signature, AGENCY.public_key)

    @pytest.mark.parametrize(
        ("change", "member"),
        [
            ({"id": b""}, "id"),
            ({"rows": ()}, "rows"),
            ({"rows": (Digest(bytes(32)), Digest(bytes(32)))}, "rows"),
            ({"rows": (Digest(bytes(31)),)}, "rows"),
            ({"erased_at": -1}, "erasedAt"),
            ({"agency": "x" * 67}, "agency"),
        ],
    )
    def test_of_another_content_is_refused(self, change: dict[str, Any], member: str) -> None:
        with pytest.raises(ErasureMalformed) as refused:
            erasures.write_receipt(replace(self.RECEIPT, **change))
        assert refused.value.member == member

    @pytest.mark.parametrize(
        "change", [{"cause": "fun"}, {"numbers": []}, {"v": 2}, {"rows": [1]}, {"more": 1}], ids=str
    )
    def test_of_another_shape_is_refused(self, change: dict[str, Any]) -> None:
        document = parse_object(erasures.write_receipt(self.RECEIPT))
        receipt = canonical_json(document | change)
        with pytest.raises(ErasureMalformed):
            erasures.read_receipt(receipt, AGENCY.sign(receipt), AGENCY.public_key)
