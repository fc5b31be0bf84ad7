"""What travellers in custody sign besides events: who they are, and that they ask."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.health import cbor, custody_registrations, custody_views, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.custody_registrations import Registration
from ledger.health.custody_steps import Kind
from ledger.health.custody_views import CustodyView
from ledger.health.transfers import Person
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.values import AgencyId

KEY, OTHER = (PrivateKey.from_secret(bytes([n]) * 32) for n in (7, 8))
AGENCY = AgencyId(b"\xaa" * 32)
PERSON = Person("Sample Driver", "1979-02-03", "P", "XA", "SAMPLE-1")
TOLD = Registration(AGENCY, 1_795_219_200, Kind.DRIVER, b"\x01" * 16, KEY.public_key, PERSON)
ASKED = CustodyView(AGENCY, 1_795_219_200, b"\x01" * 16)


class TestRegistration:
    @pytest.mark.parametrize("kind", Kind)
    def test_comes_back_as_it_was_signed(self, kind: Kind) -> None:
        told = replace(TOLD, kind=kind)
        envelope = signed.read(custody_registrations.sign(told, KEY))
        assert custody_registrations.verify(envelope) == told

    def test_is_signed_by_the_key_it_names(self) -> None:
        envelope = signed.read(custody_registrations.sign(TOLD, OTHER))
        with pytest.raises(SignatureInvalid):
            custody_registrations.verify(envelope)

    @pytest.mark.parametrize(
        "changes",
        [
            {"subject": bytes(15)},
            {"agency": AgencyId(bytes(31))},
            {"told_at": -1},
            {"person": replace(PERSON, name="")},
            {"person": replace(PERSON, name="a\nb")},
        ],
    )
    def test_says_nothing_that_none_may_say(self, changes: Any) -> None:
        with pytest.raises(ClaimsInvalid):
            custody_registrations.sign(replace(TOLD, **changes), KEY)

    def test_has_a_kind_that_is_known(self) -> None:
        content = cbor.decode(signed.read(custody_registrations.sign(TOLD, KEY)).message.payload)
        assert isinstance(content, dict)
        content[-65553][2] = "visitor"
        with pytest.raises(ClaimsInvalid) as caught:
            custody_registrations.verify(signed.read(signed.sign(content, KEY)))
        assert caught.value.claim == "kind"


class TestView:
    def test_comes_back_as_it_was_signed(self) -> None:
        envelope = signed.read(custody_views.sign(ASKED, KEY))
        assert custody_views.read(envelope) == ASKED
        custody_views.verify(envelope, KEY.public_key)
        with pytest.raises(SignatureInvalid):
            custody_views.verify(envelope, OTHER.public_key)

    def test_is_no_registration_and_none_is_a_view(self) -> None:
        with pytest.raises(ClaimsInvalid):
            custody_registrations.verify(signed.read(custody_views.sign(ASKED, KEY)))
        with pytest.raises(ClaimsInvalid):
            custody_views.read(signed.read(custody_registrations.sign(TOLD, KEY)))

    def test_says_nothing_that_none_may_say(self) -> None:
        with pytest.raises(ClaimsInvalid):
            custody_views.sign(replace(ASKED, subject=b""), KEY)
