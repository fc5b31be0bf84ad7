from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest

from api.signer.desk import REFUSALS_PER_MINUTE, KeyNotHeld
from api.signer.limits import Allowance, LimitReached
from api.signer.purposes import PurposeRefused
from api.signer.trail import TrailUnavailable
from ledger.errors import AllowanceTooSmall
from ledger.keys import PrivateKey, SignatureInvalid, Signer
from ledger.list_tokens import TOKEN_TYPE
from ledger.values import KeyId
from tests.support.licences import AGENCY_KEY
from tests.support.signer import (
    BASE_URL,
    KEY_ID,
    KID,
    NOW,
    Recorder,
    Ring,
    desk,
    licence_message,
    lines,
    message,
)

UID = 1000


def list_message() -> bytes:
    payload = {"sub": f"{BASE_URL}/status/1", "iat": NOW, "exp": NOW + 1}
    return message(TOKEN_TYPE, payload)


@pytest.fixture
def trail(tmp_path: Path) -> Path:
    return tmp_path / "trail.jsonl"


class TestSign:
    def test_signs_and_writes_it_down(self, trail: Path) -> None:
        (signature,) = desk(trail).sign(KEY_ID, [licence_message()], UID)
        AGENCY_KEY.public_key.verify(licence_message(), signature)
        with pytest.raises(SignatureInvalid):
            AGENCY_KEY.public_key.verify(licence_message() + b"x", signature)
        assert lines(trail) == [
            {
                "time": NOW,
                "purpose": "licence",
                "kid": KID,
                "digest": sha256(licence_message()).hexdigest(),
                "uid": UID,
                "outcome": "signed",
                "unwritten": 0,
            }
        ]

    def test_writes_down_what_it_refuses(self, trail: Path) -> None:
        at = desk(trail)
        with pytest.raises(PurposeRefused):
            at.sign(KEY_ID, [b"anything"], UID)
        with pytest.raises(KeyNotHeld):
            at.sign(KeyId(bytes(32)), [licence_message()], UID)
        outcomes = [(line["purpose"], line["outcome"]) for line in lines(trail)]
        assert outcomes == [("", "PurposeRefused:form"), ("", "KeyNotHeld")]

    def test_stops_at_the_limit_of_the_purpose(self, trail: Path) -> None:
        at = desk(trail, licence=Allowance(2, 5))
        for _ in range(2):
            at.sign(KEY_ID, [licence_message()], UID)
        with pytest.raises(LimitReached):
            at.sign(KEY_ID, [licence_message()], UID)
        outcomes = [(line["purpose"], line["outcome"]) for line in lines(trail)]
        assert outcomes == [("licence", "signed")] * 2 + [("licence", "LimitReached:60")]

    def test_a_refusal_uses_up_nothing(self, trail: Path) -> None:
        at = desk(trail, licence=Allowance(1, 1))
        with pytest.raises(PurposeRefused):
            at.sign(KEY_ID, [licence_message() + b"="], UID)
        assert at.sign(KEY_ID, [licence_message()], UID)

    def test_a_flood_of_refusals_does_not_fill_the_disk(self, trail: Path) -> None:
        at = desk(trail)
        for _ in range(REFUSALS_PER_MINUTE + 5):
            with pytest.raises(PurposeRefused):
                at.sign(KEY_ID, [b""], UID)
        assert len(lines(trail)) == REFUSALS_PER_MINUTE
        at.sign(KEY_ID, [licence_message()], UID)
        assert len(lines(trail)) == REFUSALS_PER_MINUTE + 1

    def test_finds_a_key_that_came_later(self, trail: Path) -> None:
        ring = Ring([])
        at = desk(trail, ring)
        with pytest.raises(KeyNotHeld):
            at.sign(KEY_ID, [licence_message()], UID)
        ring.held.append(AGENCY_KEY)
        assert at.sign(KEY_ID, [licence_message()], UID)

    def test_a_broken_file_does_not_stop_a_known_key(self, trail: Path) -> None:
        class Breaking(Ring):
            is_broken = False

            def signers(self) -> list[Signer]:
                if self.is_broken:
                    raise KeyNotHeld(b"")
                return self.held

        ring = Breaking()
        at = desk(trail, ring)
        at.sign(KEY_ID, [licence_message()], UID)
        ring.is_broken = True
        assert at.sign(KEY_ID, [licence_message()], UID)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
    def test_gives_no_signature_that_is_not_written_down(self) -> None:
        with pytest.raises(TrailUnavailable):
            desk(Path("/dev/full")).sign(KEY_ID, [licence_message()], UID)

    def test_a_defect_gives_no_signature(self, trail: Path) -> None:
        class Defect(Ring):
            def signers(self) -> NoReturn:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            desk(trail, Defect()).sign(KEY_ID, [licence_message()], UID)


class TestBatch:
    def test_signs_each_and_writes_a_line_for_each(self, trail: Path) -> None:
        messages = [licence_message(), list_message(), licence_message()]
        signatures = desk(trail).sign(KEY_ID, messages, UID)
        for message_, signature in zip(messages, signatures, strict=True):
            AGENCY_KEY.public_key.verify(message_, signature)
        assert [(line["purpose"], line["outcome"]) for line in lines(trail)] == [
            ("licence", "signed"),
            ("status-list", "signed"),
            ("licence", "signed"),
        ]
        assert lines(trail)[1]["digest"] == sha256(list_message()).hexdigest()

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_with_one_unlawful_message_signs_none(self, trail: Path, place: int) -> None:
        messages = [licence_message()] * 2
        messages.insert(place, b"anything")
        key = Recorder()
        at = desk(trail, Ring([key]), licence=Allowance(2, 2))
        with pytest.raises(PurposeRefused):
            at.sign(KEY_ID, messages, UID)
        assert key.messages == []
        (line,) = lines(trail)
        assert (line["outcome"], line["unwritten"]) == ("PurposeRefused:form", 2)
        assert (line["purpose"], line["digest"]) == ("", sha256(b"anything").hexdigest())
        assert len(at.sign(KEY_ID, messages[:place] + messages[place + 1 :], UID)) == 2

    def test_beyond_a_limit_signs_and_counts_none(self, trail: Path) -> None:
        key = Recorder()
        at = desk(trail, Ring([key]), licence=Allowance(3, 9))
        at.sign(KEY_ID, [licence_message()], UID)
        for messages in ([licence_message()] * 3, [list_message(), *[licence_message()] * 3]):
            with pytest.raises(LimitReached):
                at.sign(KEY_ID, messages, UID)
        assert len(key.messages) == 1
        _, *found = [(line["purpose"], line["outcome"], line["unwritten"]) for line in lines(trail)]
        assert found == [("licence", "LimitReached:60", 2), ("licence", "LimitReached:60", 3)]
        assert len(at.sign(KEY_ID, [licence_message()] * 2, UID)) == 2

    def test_that_no_allowance_holds_is_told_apart(self, trail: Path) -> None:
        at = desk(trail, licence=Allowance(2, 9))
        with pytest.raises(AllowanceTooSmall):
            at.sign(KEY_ID, [*[licence_message()] * 3, list_message()], UID)
        (line,) = lines(trail)
        assert (line["purpose"], line["outcome"]) == ("licence", "AllowanceTooSmall")

    def test_refused_takes_one_line_of_the_flood(self, trail: Path) -> None:
        at = desk(trail)
        for _ in range(REFUSALS_PER_MINUTE + 1):
            with pytest.raises(PurposeRefused):
                at.sign(KEY_ID, [b""] * 3, UID)
        assert [line["unwritten"] for line in lines(trail)] == [2] * REFUSALS_PER_MINUTE


class TestKeys:
    def test_names_every_key(self, trail: Path) -> None:
        other = PrivateKey.from_secret(bytes(31) + b"\x05")
        ring = Ring([AGENCY_KEY, other])
        assert desk(trail, ring).keys() == (AGENCY_KEY.public_key, other.public_key)
