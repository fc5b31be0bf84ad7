"""Certificates taken in, and lists that may not go back, revive or lose keys."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from ledger.certlogic.rules import CertificateType
from ledger.health.hcert.certificates import (
    ALL_USAGES,
    CertificateNotIssued,
    CertificateUnreadable,
    check_issued,
    read_certificate,
    usages_of,
)
from ledger.health.hcert.trust import (
    KeyRevived,
    KeysDropped,
    ListOverfull,
    ListReplayed,
    TrustedKey,
    TrustList,
    renewed,
    successor_faults,
    trust_list,
)
from ledger.values import KeyState, Seconds
from tests.support.health_codes import NOW, Issuer

ISSUERS = [Issuer() for _ in range(10)]
DAY = 86_400


def key(
    place: int,
    state: KeyState = KeyState.ACTIVE,
    country: str = "XX",
    start: int = NOW - DAY,
    end: int = NOW + 10 * DAY,
) -> TrustedKey:
    issuer = ISSUERS[place]
    public = issuer.key.public_key()
    return TrustedKey(issuer.kid, public, ALL_USAGES, Seconds(start), Seconds(end), country, state)


def listed(*keys: TrustedKey, sequence: int = 1) -> TrustList:
    return trust_list("sample", sequence, NOW, keys)


class TestReadCertificate:
    @pytest.mark.parametrize("bits", [0, 2048])
    def test_keeps_what_a_gate_needs(self, bits: int) -> None:
        issuer = Issuer(bits=bits)
        found = read_certificate(issuer.der)
        assert (found.kid, found.country, found.usages) == (issuer.kid, "XX", ALL_USAGES)
        assert (found.not_before, found.not_after) == (issuer.not_before, issuer.not_after)

    @pytest.mark.parametrize(
        ("oids", "usages"),
        [
            ((), ALL_USAGES),
            (("1.3.6.1.4.1.1847.2021.1.1",), {CertificateType.TEST}),
            (("1.3.6.1.4.1.1847.2021.1.2",), {CertificateType.VACCINATION}),
            (("1.3.6.1.4.1.0.1847.2021.1.3",), {CertificateType.RECOVERY}),
            (("2.23.136.1.1.14.2",), set()),
            (("1.3.6.1.4.1.1847.2021.1.11",), set()),
            (("2.5.29.37.0", "1.3.6.1.4.1.1847.2021.1.1"), {CertificateType.TEST}),
        ],
    )
    def test_usages(self, oids: tuple[str, ...], usages: object) -> None:
        assert usages_of(oids) == usages
        assert read_certificate(Issuer(usages=oids).der).usages == usages

    @pytest.mark.parametrize(
        ("extension", "usages"),
        [(b"\x30\x00", ALL_USAGES), (b"\x30\x03\x06\x01", None), (b"", None)],
    )
    def test_what_only_the_lenient_parser_reads(self, extension: bytes, usages: object) -> None:
        found = read_certificate(Issuer(extension=extension).der)
        assert found.usages == usages

    def test_another_curve(self) -> None:
        issuer = Issuer()
        issuer.key = ec.generate_private_key(ec.SECP384R1())
        with pytest.raises(CertificateUnreadable):
            read_certificate(issuer.der)

    @given(st.binary(max_size=60), st.integers(0, 200))
    def test_no_bytes_raise_anything_else(self, data: bytes, at: int) -> None:
        der = ISSUERS[0].der
        for hostile in (data, der[:at], der[:at] + data + der[at + len(data) :]):
            try:
                read_certificate(hostile)
            except CertificateUnreadable:
                continue


class TestCheckIssued:
    @pytest.mark.parametrize("bits", [0, 2048])
    def test_by_its_issuer_alone(self, bits: int) -> None:
        issuer = Issuer(bits=bits)
        check_issued(issuer.der, issuer.der)
        for other in (ISSUERS[0].der, Issuer(bits=2048).der, b"", issuer.der[:-1]):
            with pytest.raises(CertificateNotIssued):
                check_issued(issuer.der, other)
        with pytest.raises(CertificateNotIssued):
            check_issued(issuer.der[:-1] + bytes([issuer.der[-1] ^ 1]), issuer.der)


class TestTrustList:
    def test_eight_keys_of_one_kid(self) -> None:
        same = [
            TrustedKey(b"k" * 8, i.key.public_key(), ALL_USAGES, NOW, NOW, "XX") for i in ISSUERS
        ]
        assert len(listed(*same[:8]).candidates(b"k" * 8)) == 8
        assert listed(*same[:8]).candidates(b"x" * 8) == ()
        with pytest.raises(ListOverfull):
            listed(*same[:9])

    def test_usages_that_cannot_be_read_are_an_operators(self) -> None:
        found = read_certificate(ISSUERS[0].der)
        unread = type(found)(
            found.kid, found.key, None, found.not_before, found.not_after, found.country
        )
        assert TrustedKey.of(unread).usages == frozenset()
        usages = frozenset((CertificateType.TEST,))
        assert TrustedKey.of(unread, usages=usages).usages == usages
        assert TrustedKey.of(found, usages=usages).usages == ALL_USAGES


class TestRenewed:
    def test_sequences_only_grow(self) -> None:
        held = listed(key(0), sequence=2)
        assert renewed(held, listed(key(0), sequence=3)).sequence == 3
        for sequence in (1, 2):
            with pytest.raises(ListReplayed):
                renewed(held, listed(key(0), sequence=sequence))

    def test_a_compromised_key_stays_so(self) -> None:
        held = listed(key(0, KeyState.COMPROMISED), key(1))
        again = listed(key(0), key(1), sequence=2)
        with pytest.raises(KeyRevived):
            renewed(held, again)
        frozen = listed(key(0, KeyState.FROZEN), key(1))
        assert renewed(frozen, again) is again

    def test_more_than_a_fifth_of_a_countrys_keys_waits_for_an_operator(self) -> None:
        others = [key(place, country="YY") for place in range(5, 10)]
        held = listed(*(key(place) for place in range(5)), *others)
        four = listed(*(key(place) for place in range(4)), *others, sequence=2)
        assert renewed(held, four) is four
        three = listed(*(key(place) for place in range(3)), *others, sequence=2)
        with pytest.raises(KeysDropped) as dropped:
            renewed(held, three)
        assert dropped.value.values() == {"country": "XX", "before": 5, "kept": 3}
        assert renewed(held, three, confirmed={"XX"}) is three
        assert renewed(held, three, max_drop=0.4) is three
        with pytest.raises(KeysDropped):
            renewed(held, four, max_drop=0.19)
        with pytest.raises(KeysDropped):
            renewed(held, listed(sequence=2), confirmed={"XX"})


class TestSuccessorFaults:
    def test_announced_a_day_before_and_overlapping(self) -> None:
        held = listed(key(0))
        good = key(1, start=NOW + DAY)
        assert not successor_faults(held, listed(key(0), good, sequence=2), 9 * DAY)

    def test_used_too_early(self) -> None:
        early = key(1, start=NOW + DAY - 1)
        found = successor_faults(listed(key(0)), listed(key(0), early), 9 * DAY)
        assert found == {early.kid: {"lead"}}

    def test_overlapping_too_little(self) -> None:
        late = key(1, start=NOW + 2 * DAY)
        found = successor_faults(listed(key(0)), listed(key(0), late), 9 * DAY)
        assert found == {late.kid: {"overlap"}}

    def test_a_country_that_is_new_has_no_predecessor(self) -> None:
        assert not successor_faults(listed(key(0)), listed(key(1, country="YY")), DAY)
