from collections.abc import Callable
from typing import Any

import pytest

from api.signer.purposes import CLOCK_SECONDS, Purpose, PurposeRefused
from ledger.health import allow_list, passes, signed, transfers
from ledger.health.allow_list import segment_of
from ledger.health.passes import HealthPass, Mode
from ledger.health.transfers import HealthTest, Person, Transfer
from ledger.keys import PrivateKey
from ledger.values import AgencyId, Digest
from tests.support.signer import KID, NOW, RULES, Recorder

HOLDER = PrivateKey.from_secret(b"\x09" * 32).public_key
PASS = HealthPass(
    *("XB", b"\x01" * 16, NOW, NOW, NOW + 600, 0, 65_536, 7, Mode.DYNAMIC, 1), holder=HOLDER
)
TRANSFER = Transfer(
    *("XA", "XB", NOW, NOW + 600, b"\x02" * 16, HOLDER, 0, 1),
    Person("Sample Person", "1980-07-23", "P", "XA", "SAMPLE-1"),
    HealthTest("LP6464-4", "negative", NOW, "Sample Laboratory"),
)
SEGMENT = segment_of(AgencyId(b"\xaa" * 32), 0, NOW - 9, NOW, [Digest(b"\x03" * 32)])


def recorded(sign: Callable[[Any, Any], bytes], content: Any) -> bytes:
    recorder = Recorder()
    sign(content, recorder)
    return recorder.messages[0]


MESSAGES = {
    Purpose.HEALTH_PASS: recorded(passes.sign, PASS),
    Purpose.HEALTH_TRANSFER: recorded(transfers.sign, TRANSFER),
    Purpose.HEALTH_ALLOW: recorded(allow_list.sign, SEGMENT),
}


def refused(found: bytes, now: int = NOW, kid: str = KID) -> str:
    with pytest.raises(PurposeRefused) as caught:
        RULES.purpose_of(found, kid, now)
    return caught.value.part


@pytest.mark.parametrize("purpose", MESSAGES)
class TestHealth:
    def test_is_known_by_its_claims(self, purpose: Purpose) -> None:
        assert RULES.purpose_of(MESSAGES[purpose], KID, NOW) is purpose

    def test_for_another_key_is_refused(self, purpose: Purpose) -> None:
        assert refused(MESSAGES[purpose], kid="A" * 43) == "header"

    def test_of_the_future_is_refused(self, purpose: Purpose) -> None:
        RULES.purpose_of(MESSAGES[purpose], KID, NOW - CLOCK_SECONDS)
        assert refused(MESSAGES[purpose], NOW - CLOCK_SECONDS - 1) == "iat"

    def test_cut_or_lengthened_is_refused(self, purpose: Purpose) -> None:
        found = MESSAGES[purpose]
        assert {refused(found[:-1]), refused(found + b"\x00"), refused(found[:20])} == {"form"}


@pytest.mark.parametrize("purpose", [Purpose.HEALTH_PASS, Purpose.HEALTH_TRANSFER])
def test_what_is_old_is_refused(purpose: Purpose) -> None:
    assert refused(MESSAGES[purpose], NOW + CLOCK_SECONDS + 1) == "iat"


def test_a_segment_may_be_of_a_quiet_chain() -> None:
    found = MESSAGES[Purpose.HEALTH_ALLOW]
    assert RULES.purpose_of(found, KID, NOW + 86_400) is Purpose.HEALTH_ALLOW


@pytest.mark.parametrize("claims", [{}, {1: "XB"}, {6: NOW}])
def test_other_claims_are_refused(claims: dict[int, Any]) -> None:
    assert refused(recorded(signed.sign, claims)) == "claims"
