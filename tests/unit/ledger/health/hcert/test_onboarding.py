"""Taking in a list: what vouches for a certificate, and what of the list is left out."""

import hashlib
from typing import Any

import pytest

from ledger.certlogic.rules import CertificateType
from ledger.health.hcert.onboarding import ListedCertificate, OfferedList, Onboarded, onboard
from ledger.health.hcert.trust import ListReplayed, TrustList, merged
from ledger.values import KeyState, Seconds
from tests.support.health_codes import NOW, Issuer

FIRST, SECOND, RSA = Issuer(), Issuer(), Issuer(bits=2048)
NOBODY: dict[str, frozenset[bytes]] = {}


def listed(signer: Issuer, **changes: Any) -> ListedCertificate:
    return ListedCertificate(signer.der, **changes)


def offered(*certificates: ListedCertificate, sequence: int = 1, **changes: Any) -> OfferedList:
    authorities = changes.get("authorities", [each.der for each in certificates])
    source = changes.get("source", "sample")
    return OfferedList(source, sequence, NOW, authorities, certificates)


def reasons(found: Onboarded) -> list[str]:
    return [each.reason for each in found.left_out]


class TestAuthorities:
    @pytest.mark.parametrize("signer", [FIRST, RSA])
    def test_one_that_issued_the_signer_vouches_for_it(self, signer: Issuer) -> None:
        # Self-issued, so that the certificate of the authority is another's bytes all the same.
        given = offered(listed(signer), authorities=[SECOND.der, signer.der])
        assert len(onboard(given, None, NOBODY).trust.by_kid) == 1

    def test_another_does_not(self) -> None:
        for authorities in ([], [SECOND.der], [b""], [FIRST.der[:-1]]):
            found = onboard(offered(listed(FIRST), authorities=authorities), None, NOBODY)
            assert reasons(found) == ["no authority here issued it"]
            assert found.trust.by_kid == {}

    def test_must_be_the_one_that_the_agreement_names(self) -> None:
        given = offered(listed(FIRST), listed(SECOND))
        agreed = {"XX": frozenset((hashlib.sha256(FIRST.der).digest(),))}
        found = onboard(given, None, agreed)
        assert set(found.trust.by_kid) == {FIRST.kid}
        assert reasons(found) == ["its authority is not the agreed one"]
        elsewhere = {"YY": frozenset((bytes(32),))}
        assert len(onboard(given, None, elsewhere).trust.by_kid) == 2


class TestOnboard:
    def test_keeps_what_the_operator_says(self) -> None:
        since = Seconds(NOW - 5)
        one = listed(
            FIRST,
            country="YY",
            usages=frozenset((CertificateType.TEST,)),
            state=KeyState.COMPROMISED,
            distrust_from=since,
        )
        (key,) = onboard(offered(one), None, NOBODY).trust.by_kid[FIRST.kid]
        assert (key.country, key.usages, key.state, key.distrust_from) == (
            "YY",
            frozenset((CertificateType.TEST,)),
            KeyState.COMPROMISED,
            since,
        )

    def test_takes_the_same_certificate_once(self) -> None:
        found = onboard(offered(listed(FIRST), listed(FIRST)), None, NOBODY)
        assert len(found.trust.by_kid[FIRST.kid]) == 1

    def test_goes_forward_alone(self) -> None:
        held = onboard(offered(listed(FIRST), sequence=2), None, NOBODY).trust
        with pytest.raises(ListReplayed):
            onboard(offered(listed(FIRST), sequence=2), held, NOBODY)
        later = onboard(offered(listed(FIRST), listed(SECOND), sequence=3), held, NOBODY)
        assert set(later.faults) == {SECOND.kid}


class TestMerged:
    @staticmethod
    def of(source: str, sequence: int, *certificates: ListedCertificate) -> TrustList:
        given = offered(*certificates, sequence=sequence, source=source)
        return onboard(given, None, NOBODY).trust

    def test_believes_the_worse_of_two_sources(self) -> None:
        stolen = listed(FIRST, state=KeyState.COMPROMISED)
        lists = [self.of("a", 2, listed(FIRST), listed(SECOND)), self.of("b", 3, stolen)]
        for order in (lists, lists[::-1]):
            found = merged(order)
            assert found is not None
            assert [key.state for key in found.candidates(FIRST.kid)] == [KeyState.COMPROMISED]
            assert (found.sequence, found.source) == (5, "a, b")
            assert {key.listed_at for keys in found.by_kid.values() for key in keys} == {NOW}

    def test_of_none_is_none(self) -> None:
        assert merged([]) is None
