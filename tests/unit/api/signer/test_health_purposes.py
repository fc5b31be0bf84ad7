from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.signer.health_purposes import LOOKED_AT_SECONDS
from api.signer.purposes import CLOCK_SECONDS, Purpose, PurposeRefused
from ledger.canonical import canonical_json, parse_object
from ledger.health import (
    allow_list,
    appeals,
    cbor,
    custody_events,
    erasures,
    passes,
    readers,
    signed,
    status_cwt,
    transfers,
)
from ledger.health.allow_list import segment_of
from ledger.health.appeals import Answer, Appeal, Judgement
from ledger.health.custody import Event
from ledger.health.custody_steps import Party, Step
from ledger.health.erasures import Cause, Erasure
from ledger.health.gate.evidence import Block, Part
from ledger.health.gate.outcome import Outcome
from ledger.health.gate_bundle import manifest
from ledger.health.gate_bundle.manifest import FileRef, Manifest
from ledger.health.hcert import writing
from ledger.health.passes import HealthPass, Mode
from ledger.health.readers import Reader
from ledger.health.reasons import Reason
from ledger.health.transfers import HealthTest, Person, Transfer
from ledger.keys import PrivateKey, Signer
from ledger.list_tokens import ListChain
from ledger.status_list import StatusList
from ledger.values import Address, AgencyId, Digest, LedgerRef, Seconds
from tests.support.health_codes import certificate
from tests.support.licences import AGENCY_KEY
from tests.support.signer import BASE_URL, KEY_ID, KID, NOW, RULES, Recorder, desk, lines

HOLDER = PrivateKey.from_secret(b"\x09" * 32).public_key
PASS = HealthPass(
    *("XB", b"\x01" * 16, NOW, NOW, NOW + 600, 0, 65_536, 7, Mode.DYNAMIC, 1), holder=HOLDER
)
TRANSFER = Transfer(
    *("XA", "XB", NOW, NOW + 600, b"\x02" * 16, HOLDER, 0, 1),
    Person("Sample Person", "1980-07-23", "P", "XA", "SAMPLE-1"),
    HealthTest("LP6464-4", "negative", NOW, "Sample Laboratory"),
    *(1 << 17, 7),
)
SEGMENT = segment_of(AgencyId(b"\xaa" * 32), 0, NOW - 9, NOW, [Digest(b"\x03" * 32)])
LEDGER = LedgerRef(1, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"))
ROW = Digest(b"\x04" * 32)
MANIFEST = Manifest(
    *("XB", "SAMPLE-HEALTH", 7, NOW, LEDGER, Block(5, bytes(32), NOW - 9)),
    *(Part(1, NOW), Part(1, NOW), None),
    # As many files as a large bundle has: more items than any other document may have.
    files={f"allow/{n:04}": FileRef(Digest(n.to_bytes(32)), 9) for n in range(1_500)},
)
ERASURE = Erasure(b"\x05" * 16, "XB/SAMPLE-HEALTH", Cause.RETENTION, NOW, (ROW,))
REFUSAL = Judgement(Outcome.DENY, (Reason.STATUS,))
ANSWER = Answer(
    Appeal(b"\x06" * 16, ROW, NOW - 9, NOW + 9),
    *(NOW, REFUSAL, REFUSAL, {"bundle": 5}, None, "officer-7", "The pass is on the list."),
)
RELEASE = Event(
    *(b"\x04" * 16, 4, Step.RELEASED, NOW, "sample-hotel", "sample-hotel", "", 0),
    *(b"\x05" * 32, b"\x06" * 16),
)


def as_authority(event: Event, signer: Any) -> bytes:
    return custody_events.sign(event, Party.HEALTH_AUTHORITY, signer).signature


def recorded(sign: Callable[[Any, Any], bytes], content: Any) -> bytes:
    recorder = Recorder()
    sign(content, recorder)
    return recorder.messages[0]


def sign_list(
    issued_at: int, signer: Signer, *, uri: str = f"{BASE_URL}/status/XB/X/65536"
) -> bytes:
    chain = ListChain(LEDGER, AgencyId(b"\xaa" * 32), 65_536, 5, bytes(32))
    entries = StatusList.from_words({})
    return status_cwt.sign_list(entries, uri=uri, issued_at=issued_at, chain=chain, signer=signer)


def sign_certificate(content: dict[str, Any], signer: Signer) -> bytes:
    times = Seconds(NOW), Seconds(NOW + 600)
    return writing.write(content, "XB", *times, signer, Seconds(NOW + 600)).encode()


MESSAGES = {
    Purpose.HEALTH_CERTIFICATE: recorded(sign_certificate, certificate()),
    Purpose.HEALTH_PASS: recorded(passes.sign, PASS),
    Purpose.HEALTH_TRANSFER: recorded(transfers.sign, TRANSFER),
    Purpose.HEALTH_ALLOW: recorded(allow_list.sign, SEGMENT),
    Purpose.HEALTH_CUSTODY: recorded(as_authority, RELEASE),
    Purpose.GATE_BUNDLE: recorded(manifest.sign, MANIFEST),
    Purpose.STATUS_LIST: recorded(sign_list, NOW),
    Purpose.SCAN_ERASURE: erasures.write_receipt(ERASURE),
    Purpose.APPEAL_ANSWER: appeals.write_answer(ANSWER),
}
OF_CBOR = [purpose for purpose, found in MESSAGES.items() if not found.startswith(b"{")]
OLDEST = {
    Purpose.HEALTH_CERTIFICATE: CLOCK_SECONDS,
    Purpose.HEALTH_PASS: CLOCK_SECONDS,
    Purpose.HEALTH_TRANSFER: CLOCK_SECONDS,
    Purpose.HEALTH_CUSTODY: CLOCK_SECONDS,
    Purpose.GATE_BUNDLE: LOOKED_AT_SECONDS + CLOCK_SECONDS,
    Purpose.STATUS_LIST: LOOKED_AT_SECONDS + CLOCK_SECONDS,
}


def refused(found: bytes, now: int = NOW, kid: str = KID) -> str:
    with pytest.raises(PurposeRefused) as caught:
        RULES.purpose_of(found, kid, now)
    return caught.value.part


@pytest.mark.parametrize("purpose", MESSAGES)
class TestHealth:
    def test_is_known_by_what_it_says(self, purpose: Purpose) -> None:
        assert RULES.purpose_of(MESSAGES[purpose], KID, NOW) is purpose

    def test_of_the_future_is_refused(self, purpose: Purpose) -> None:
        RULES.purpose_of(MESSAGES[purpose], KID, NOW - CLOCK_SECONDS)
        assert refused(MESSAGES[purpose], NOW - CLOCK_SECONDS - 1) == "iat"

    def test_cut_or_lengthened_is_refused(self, purpose: Purpose) -> None:
        found = MESSAGES[purpose]
        assert {refused(found[:-1]), refused(found + b"\x00"), refused(found[:20])} == {"form"}

    def test_has_its_line_in_the_book(self, purpose: Purpose, tmp_path: Path) -> None:
        found = MESSAGES[purpose]
        (signature,) = desk(tmp_path / "trail").sign(KEY_ID, [found], 1000)
        AGENCY_KEY.public_key.verify(found, signature)
        (line,) = lines(tmp_path / "trail")
        assert (line["purpose"], line["outcome"]) == (purpose, "signed")
        assert line["digest"] == sha256(found).hexdigest()


@pytest.mark.parametrize("purpose", OF_CBOR)
def test_what_names_another_key_is_refused(purpose: Purpose) -> None:
    assert refused(MESSAGES[purpose], kid="A" * 43) == "header"


@pytest.mark.parametrize("purpose", OLDEST)
def test_what_is_too_old_is_refused(purpose: Purpose) -> None:
    RULES.purpose_of(MESSAGES[purpose], KID, NOW + OLDEST[purpose])
    assert refused(MESSAGES[purpose], NOW + OLDEST[purpose] + 1) == "iat"


@pytest.mark.parametrize("purpose", MESSAGES.keys() - OLDEST.keys())
def test_what_waits_for_its_signature_may_be_old(purpose: Purpose) -> None:
    assert RULES.purpose_of(MESSAGES[purpose], KID, NOW + 30 * 86_400) is purpose


@pytest.mark.parametrize("claims", [{}, {1: "XB"}, {6: NOW}])
def test_other_claims_are_refused(claims: dict[int, Any]) -> None:
    assert refused(recorded(signed.sign, claims)) == "claims"


def test_vouches_for_no_gate() -> None:
    """A service that was taken over makes no reader certificates: the agency's wallet does."""
    reader = Reader("XB", "SAMPLE-HEALTH", "Sample Checkpoint", "7", 1, NOW, NOW + 60, HOLDER)
    assert refused(recorded(readers.sign, reader)) == "claims"


@pytest.mark.parametrize("purpose", [Purpose.SCAN_ERASURE, Purpose.APPEAL_ANSWER])
def test_other_json_is_refused(purpose: Purpose) -> None:
    spelt = parse_object(MESSAGES[purpose])
    for changed in (spelt | {"more": 1}, spelt | {"v": "1"}, dict(list(spelt.items())[1:])):
        assert refused(canonical_json(changed)) == "claims"
    assert refused(b" " + MESSAGES[purpose]) == "form"


def test_a_list_of_another_service_is_refused() -> None:
    def elsewhere(at: int, signer: Signer) -> bytes:
        return sign_list(at, signer, uri=f"{BASE_URL}.example/status/XB/X/0")

    assert refused(recorded(elsewhere, NOW)) == "sub"


def test_a_list_for_longer_than_its_life_is_refused() -> None:
    frame, protected, no_bytes, payload = cbor.decode(MESSAGES[Purpose.STATUS_LIST])
    claims = cbor.decode(payload)
    for ends, part in ((NOW, "exp"), (NOW + 86_401, "exp"), ("", "claims")):
        longer = cbor.encode(claims | {4: ends})
        assert refused(cbor.encode([frame, protected, no_bytes, longer])) == part


def test_a_pass_under_the_headers_of_a_list_is_refused() -> None:
    frame, _, no_bytes, payload = cbor.decode(MESSAGES[Purpose.HEALTH_PASS])
    protected = cbor.decode(MESSAGES[Purpose.STATUS_LIST])[1]
    assert refused(cbor.encode([frame, protected, no_bytes, payload])) == "claims"


def test_what_is_longer_than_its_kind_is_refused() -> None:
    files = {f"allow/{n:064}": FileRef(Digest(n.to_bytes(32)), 9) for n in range(19_990)}
    assert refused(recorded(manifest.sign, replace(MANIFEST, files=files))) == "length"
    assert refused(b"{" + bytes(2**22)) == "length"


class TestCustody:
    @pytest.mark.parametrize("party", [each for each in Party if each != "health-authority"])
    def test_of_others_is_not_signed_by_an_agency(self, party: Party) -> None:
        recorder = Recorder()
        custody_events.sign(RELEASE, party, recorder)
        assert refused(recorder.messages[0]) == "party"

    @pytest.mark.parametrize("step", [Step.ADMITTED, Step.EXITED, Step.LODGED])
    def test_is_what_the_health_authority_does(self, step: Step) -> None:
        found = recorded(as_authority, replace(RELEASE, step=step))
        assert refused(found) == "party"
        moved = recorded(as_authority, replace(RELEASE, step=Step.TRANSFERRED))
        assert RULES.purpose_of(moved, KID, NOW) is Purpose.HEALTH_CUSTODY
