"""What a gate looks up in its evidence."""

from ledger.agreements.agreement import Agreement
from ledger.authority import Agency, DocumentKey
from ledger.health.gate.evidence import Block, GateEvidence, IssuerKey, Part, keys_by_kid
from ledger.keys import PrivateKey
from ledger.values import (
    OPEN_END,
    AgencyStatus,
    KeyUsage,
    Window,
    agency_id,
    jurisdiction_id,
    licence_record_type,
)

PASS = licence_record_type("sample")
AGENCY = Agency(agency_id("XB", "1"), "XB", "1", "Sample Health Bureau", AgencyStatus.ACTIVE)


def issuer_key(secret: int = 1) -> IssuerKey:
    point = PrivateKey.from_secret(secret.to_bytes(32)).public_key
    key = DocumentKey(point, KeyUsage.DOCUMENTS, 0, 0, OPEN_END, OPEN_END)
    statuses = ((100, AgencyStatus.ACTIVE), (200, AgencyStatus.SUSPENDED))
    return IssuerKey(AGENCY, key, statuses, {PASS: (Window(100, 200), Window(300, 400))})


class TestIssuerKey:
    def test_status_is_that_of_the_last_change(self) -> None:
        key = issuer_key()
        assert [key.agency_status_at(at) for at in (99, 100, 199, 200)] == [
            AgencyStatus.UNKNOWN,
            AgencyStatus.ACTIVE,
            AgencyStatus.ACTIVE,
            AgencyStatus.SUSPENDED,
        ]

    def test_accreditation_has_its_start_inside_and_its_end_outside(self) -> None:
        key = issuer_key()
        found = [at for at in (99, 100, 199, 200, 300, 400) if key.is_accredited_at(PASS, at)]
        assert found == [100, 199, 300]
        assert not key.is_accredited_at(licence_record_type("other"), 100)

    def test_keys_are_found_by_their_first_eight_bytes(self) -> None:
        first, second = issuer_key(1), issuer_key(2)
        by_kid = keys_by_kid([first, second, first])
        assert by_kid[first.key.public_key.key_id[:8]] == (first, first)
        assert by_kid[second.key.public_key.key_id[:8]] == (second,)


class TestGateEvidence:
    def test_agreements_have_a_direction(self) -> None:
        agreement = Agreement(jurisdiction_id("XA"), jurisdiction_id("XB"), PASS, ())
        evidence = GateEvidence(
            1, Block(1, bytes(32), 1), Part(1, 1), Part(1, 1), agreements={agreement.id: agreement}
        )
        for _ in range(2):
            assert evidence.agreement("XA", "XB", PASS) is agreement
            assert evidence.agreement("XB", "XA", PASS) is None

    def test_age_is_counted_from_when_it_was_last_known(self) -> None:
        assert Part(7, 1_000).age(1_060) == 60
        assert Part(7, 1_000).age(990) == -10
