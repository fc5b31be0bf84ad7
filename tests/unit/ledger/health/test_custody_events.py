"""Custody events as documents: several signatures over one content, in one spelling."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.health import cbor, custody_events
from ledger.health.claims import ClaimsInvalid
from ledger.health.custody import Event, begin, follow
from ledger.health.custody_events import CustodyMalformed, Signature
from ledger.health.custody_steps import SIGNED_BY, Party, Step
from ledger.keys import CURVE_ORDER, PrivateKey, PublicKey, SignatureInvalid
from tests.support.trips import DRIVER_WAY, first_event, next_event

KEYS = {party: PrivateKey.from_secret(bytes([7 + n]) * 32) for n, party in enumerate(Party)}
KNOWN = {party: [key.public_key] for party, key in KEYS.items()}
EVENT = first_event(Step.DECLARED, "port-1")
SIGNATURES = [
    custody_events.sign(EVENT, party, KEYS[party]) for party in (Party.TRAVELLER, Party.CONSIGNEE)
]
DOCUMENT = custody_events.assemble(EVENT, SIGNATURES)


def respelt(parts: Any) -> bytes:
    return b"\xd8\x62" + cbor.encode(parts)


def parts() -> list[Any]:
    found = cbor.decode(DOCUMENT[2:])
    assert isinstance(found, list)
    return found


class TestDocument:
    def test_comes_back_with_its_signers(self) -> None:
        found = custody_events.read(DOCUMENT)
        assert found.event == EVENT
        assert found.signers(KNOWN) == SIGNED_BY[Step.DECLARED]

    def test_is_the_same_in_whatever_order_they_signed(self) -> None:
        assert custody_events.assemble(EVENT, reversed(SIGNATURES)) == DOCUMENT

    def test_each_carries_the_digest_of_the_one_before(self) -> None:
        found = custody_events.read(DOCUMENT)
        trip = begin(found.event, found.digest, found.signers(KNOWN))
        for step, place in DRIVER_WAY[1:]:
            event = next_event(trip, step, place)
            signed = [custody_events.sign(event, each, KEYS[each]) for each in SIGNED_BY[step]]
            found = custody_events.read(custody_events.assemble(event, signed))
            trip = follow(trip, found.event, found.digest, found.signers(KNOWN))
        assert trip.state is Step.EXITED

    def test_may_hold_an_event_that_nobody_signed_yet(self) -> None:
        found = custody_events.read(custody_events.assemble(EVENT, []))
        assert found.signers(KNOWN) == frozenset()

    def test_finds_the_right_one_of_a_partys_keys(self) -> None:
        keys = {**KNOWN, Party.CONSIGNEE: [*KNOWN[Party.TRAVELLER], *KNOWN[Party.CONSIGNEE]]}
        assert custody_events.read(DOCUMENT).signers(keys) == SIGNED_BY[Step.DECLARED]


class TestSignature:
    @pytest.mark.parametrize("keys", [{}, {**KNOWN, Party.CONSIGNEE: KNOWN[Party.PLACE]}])
    def test_of_a_stranger(self, keys: dict[Party, list[PublicKey]]) -> None:
        with pytest.raises(SignatureInvalid):
            custody_events.read(DOCUMENT).signers(keys)

    def test_given_as_one_party_is_none_of_another(self) -> None:
        moved = replace(SIGNATURES[0], party=Party.CUSTODIAN)
        document = custody_events.assemble(EVENT, [moved])
        with pytest.raises(SignatureInvalid):
            custody_events.read(document).signers({Party.CUSTODIAN: KNOWN[Party.TRAVELLER]})

    @pytest.mark.parametrize(
        "change", [{"place": "port-2"}, {"due": EVENT.due + 1}, {"random": b"\x02" * 16}]
    )
    def test_is_over_the_whole_event(self, change: dict[str, Any]) -> None:
        other = custody_events.assemble(replace(EVENT, **change), SIGNATURES)
        with pytest.raises(SignatureInvalid):
            custody_events.read(other).signers(KNOWN)

    def test_with_the_other_s_is_none(self) -> None:
        first = SIGNATURES[0]
        high = CURVE_ORDER - int.from_bytes(first.signature[32:])
        twin = Signature(first.party, first.kid, first.signature[:32] + high.to_bytes(32))
        with pytest.raises(SignatureInvalid):
            custody_events.read(custody_events.assemble(EVENT, [twin])).signers(KNOWN)


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"trip": b"\x07" * 15}, "trip"),
            ({"seq": -1}, "seq"),
            ({"place": ""}, "place"),
            ({"place": "x" * 65}, "place"),
            ({"custodian": "a\nb"}, "custodian"),
            ({"previous": b"\0" * 31}, "previous"),
            ({"at": 2**40}, "at"),
            ({"due": -1}, "due"),
            ({"random": b""}, "random"),
        ],
    )
    def test_content(self, change: dict[str, Any], claim: str) -> None:
        event: Event = replace(EVENT, **change)
        with pytest.raises(ClaimsInvalid) as refused:
            custody_events.sign(event, Party.TRAVELLER, KEYS[Party.TRAVELLER])
        assert refused.value.claim == claim
        with pytest.raises(ClaimsInvalid):
            custody_events.read(custody_events.assemble(event, SIGNATURES))

    def test_step_that_there_is_not(self) -> None:
        found = parts()
        found[2] = cbor.encode(cbor.decode(found[2]) | {3: "flown"})
        with pytest.raises(ClaimsInvalid):
            custody_events.read(respelt(found))

    def test_other_envelopes(self) -> None:
        first, second = parts()[3]
        protected = first[0]
        headers = cbor.decode(protected)
        others = [
            DOCUMENT[1:],
            DOCUMENT + b"\0",
            b"\xd2" + DOCUMENT[2:],
            respelt(parts()[:3]),
            respelt([cbor.encode({1: -7}), *parts()[1:]]),
            respelt([b"", {4: b""}, *parts()[2:]]),
            respelt([*parts()[:2], "text", []]),
            respelt([*parts()[:3], {}]),
            respelt([*parts()[:3], [second, first]]),
            respelt([*parts()[:3], [first, first]]),
            respelt([*parts()[:3], [[protected, {}]]]),
            respelt([*parts()[:3], [[protected, {1: 2}, first[2]]]]),
            respelt([*parts()[:3], [[protected, {}, "text"]]]),
            respelt([*parts()[:3], [[b"\x80", {}, first[2]]]]),
            respelt([*parts()[:3], [[protected + b"\0", {}, first[2]]]]),
        ]
        for change in ({1: -37}, {4: b"short"}, {-65541: "nobody"}, {-65541: [1]}, {5: 1}):
            bad = cbor.encode(headers | change)
            others.append(respelt([*parts()[:3], [[bad, {}, first[2]]]]))
        for other in others:
            with pytest.raises(CustodyMalformed):
                custody_events.read(other)

    def test_more_bytes_than_an_event_has(self) -> None:
        with pytest.raises(CustodyMalformed):
            custody_events.read(DOCUMENT + bytes(custody_events.MAX_BYTES))

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        for encoded in (data, b"\xd8\x62" + data):
            with pytest.raises((CustodyMalformed, ClaimsInvalid)):
                custody_events.read(encoded)

    @given(st.integers(0, len(DOCUMENT) - 1), st.integers(1, 255))
    def test_any_changed_byte(self, at: int, change: int) -> None:
        spoiled = bytearray(DOCUMENT)
        spoiled[at] ^= change
        with pytest.raises(Refused):
            custody_events.read(bytes(spoiled)).signers(KNOWN)
