"""Gates that prove themselves to a holder, and everything that only looks like one."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.authority import Agency, DocumentKey
from ledger.errors import Refused, Unavailable
from ledger.health import cbor, cose, presentations, readers, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.presentations import Challenge
from ledger.health.readers import Fault, Reader, ReaderRefused, ReaderUnknown, Voucher
from ledger.keys import PrivateKey, PublicKey
from ledger.values import AgencyStatus, KeyUsage, agency_id

AGENCY_KEY = PrivateKey.from_secret(b"\x07" * 32)
GATE = PrivateKey.from_secret(b"\x08" * 32)
OTHER = PrivateKey.from_secret(b"\x09" * 32)
NOON = 1_795_262_400
DAY = 86_400
AGENCY = Agency(
    agency_id("XB", "SAMPLE-CHECKPOINTS"),
    "XB",
    "SAMPLE-CHECKPOINTS",
    "Sample Checkpoint Agency of XB",
    AgencyStatus.ACTIVE,
)
KEY = DocumentKey(
    AGENCY_KEY.public_key,
    KeyUsage.READERS,
    announced_at=NOON - 30 * DAY,
    sign_from=NOON - 20 * DAY,
    sign_until=NOON + 20 * DAY,
    verify_until=NOON + 30 * DAY,
)
VOUCHER = Voucher(AGENCY, KEY)
READER = Reader(
    jurisdiction="XB",
    agency="SAMPLE-CHECKPOINTS",
    checkpoint="Sample Bridge",
    lane="7",
    purposes=0b101,
    not_before=NOON - DAY,
    expires_at=NOON + 6 * DAY,
    key=GATE.public_key,
)


def asked(reader: Reader = READER, signer: PrivateKey = GATE, **changes: Any) -> Challenge:
    """A challenge as the holder's wallet reads it; `certificate` may be of any bytes."""
    certificate = changes.pop("certificate", None) or readers.sign(reader, AGENCY_KEY)
    parts: dict[str, Any] = {"time": NOON, "random": bytes(16), "purpose": 2} | changes
    text = presentations.challenge(certificate, **parts, reader=signer)
    return presentations.read_challenge(text)


def fault(challenge: Challenge, voucher: Voucher = VOUCHER, at: int = NOON) -> Fault:
    with pytest.raises(ReaderRefused) as refused:
        readers.check(challenge, [voucher], at)
    return refused.value.fault


class TestCheck:
    def test_names_the_gate_that_asks(self) -> None:
        assert readers.check(asked(), [VOUCHER], NOON) == READER

    def test_finds_the_right_one_of_two_keys_of_one_kid(self) -> None:
        other = Voucher(AGENCY, replace(KEY, public_key=_Twin(OTHER.public_key, AGENCY_KEY)))
        assert readers.check(asked(), [other, VOUCHER], NOON) == READER

    def test_a_key_that_is_not_known_is_no_forgery(self) -> None:
        with pytest.raises(ReaderUnknown) as unknown:
            readers.check(asked(), [], NOON)
        assert isinstance(unknown.value, Unavailable)
        assert unknown.value.kid == signed.kid_of(AGENCY_KEY.public_key.key_id)

    @pytest.mark.parametrize(
        ("change", "wanted"),
        [
            ({"usage": KeyUsage.DOCUMENTS | KeyUsage.BUNDLES}, Fault.KEY_USAGE),
            ({"frozen": True}, Fault.KEY_STATE),
            ({"distrust_from": NOON + 1}, Fault.KEY_STATE),
            ({"sign_from": READER.not_before + 1}, Fault.KEY_STATE),
            ({"sign_until": READER.not_before}, Fault.KEY_STATE),
            ({"verify_until": NOON}, Fault.KEY_STATE),
        ],
    )
    def test_key_that_may_not_vouch(self, change: dict[str, Any], wanted: Fault) -> None:
        assert fault(asked(), Voucher(AGENCY, replace(KEY, **change))) is wanted

    @pytest.mark.parametrize(
        "change",
        [{"jurisdiction": "XA"}, {"code": "ANOTHER"}, {"status": AgencyStatus.SUSPENDED}],
    )
    def test_agency_that_it_is_not_of(self, change: dict[str, Any]) -> None:
        assert fault(asked(), Voucher(replace(AGENCY, **change), KEY)) is Fault.AGENCY

    @pytest.mark.parametrize("at", [READER.not_before - 1, READER.expires_at])
    def test_certificate_outside_its_time(self, at: int) -> None:
        assert fault(asked(time=at), at=at) is Fault.TIME

    @pytest.mark.parametrize("at", [READER.not_before, READER.expires_at - 1])
    def test_certificate_at_the_ends_of_its_time(self, at: int) -> None:
        assert readers.check(asked(time=at), [VOUCHER], at) == READER

    def test_another_gate_with_a_copied_certificate(self) -> None:
        assert fault(asked(signer=OTHER)) is Fault.CHALLENGE_SIGNATURE

    @pytest.mark.parametrize(("age", "is_good"), [(-31, False), (-30, True), (60, True)])
    def test_challenge_of_an_age(self, age: int, is_good: bool) -> None:  # noqa: FBT001  # a parameter
        challenge = asked(time=NOON - age)
        if is_good:
            assert readers.check(challenge, [VOUCHER], NOON) == READER
        else:
            assert fault(challenge) is Fault.CHALLENGE_TIME

    def test_challenge_that_was_photographed_a_minute_ago(self) -> None:
        assert fault(asked(time=NOON - 61)) is Fault.CHALLENGE_TIME

    @pytest.mark.parametrize("purpose", [1, 31])
    def test_purpose_that_it_may_not_ask_for(self, purpose: int) -> None:
        assert fault(asked(purpose=purpose)) is Fault.PURPOSE

    def test_claims_of_another_document(self) -> None:
        envelope = signed.sign({1: "XB"}, AGENCY_KEY)
        assert fault(asked(certificate=envelope)) is Fault.CLAIMS

    @given(st.binary(min_size=1, max_size=200))
    def test_bytes_that_are_no_certificate(self, data: bytes) -> None:
        assert fault(asked(certificate=data)) is Fault.FORM

    @given(st.data())
    def test_changed_in_one_byte_is_never_believed(self, data: st.DataObject) -> None:
        certificate = bytearray(readers.sign(READER, AGENCY_KEY))
        at = data.draw(st.integers(0, len(certificate) - 1))
        certificate[at] ^= data.draw(st.integers(1, 255))
        with pytest.raises((ReaderRefused, ReaderUnknown)):
            readers.check(asked(certificate=bytes(certificate)), [VOUCHER], NOON)


class TestCertificate:
    def test_fits_the_challenge_that_a_screen_shows(self) -> None:
        text = presentations.challenge(readers.sign(READER, AGENCY_KEY), NOON, bytes(16), 2, GATE)
        assert len(text) <= 520  # version 14 at level M

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"expires_at": READER.not_before + 7 * DAY + 1}, "exp"),
            ({"expires_at": READER.not_before}, "exp"),
            ({"purposes": 0}, "purposes"),
            ({"purposes": 2**32}, "purposes"),
            ({"lane": ""}, "lane"),
            ({"lane": "x" * 49}, "lane"),
            ({"checkpoint": "a\nb"}, "checkpoint"),
            ({"agency": ""}, "agency"),
            ({"jurisdiction": "x" * 17}, "iss"),
            ({"not_before": -1}, "nbf"),
            ({"key": PublicKey(bytes(32), bytes(32))}, "cnf"),
        ],
    )
    def test_of_another_content_is_refused(self, change: dict[str, Any], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            readers.sign(replace(READER, **change), AGENCY_KEY)
        assert refused.value.claim == claim

    def test_of_another_spelling_is_refused(self) -> None:
        message = cose.read(readers.sign(READER, AGENCY_KEY))
        claims = cbor.decode(message.payload)
        loose = b"\xb8\x05" + message.payload[1:]  # the map's size in the long form
        assert cbor.decode(loose) == claims
        kid = signed.kid_of(AGENCY_KEY.public_key.key_id)
        respelt = signed.read(cose.sign(loose, AGENCY_KEY, {cose.KID: kid}))
        with pytest.raises(Refused) as refused:
            readers.verify(respelt, AGENCY_KEY.public_key)
        assert isinstance(refused.value, ClaimsInvalid)


class _Twin(PublicKey):
    """A key that has, by a chance of one in 2^64, the first bytes of another's id."""

    def __init__(self, key: PublicKey, namesake: PrivateKey) -> None:
        super().__init__(key.x, key.y)
        object.__setattr__(self, "namesake", namesake.public_key)

    @property
    def key_id(self) -> Any:
        return self.namesake.key_id  # type: ignore[attr-defined]  # set above
