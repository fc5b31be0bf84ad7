"""From consent and transfer to the terms of passes."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreements.agreement import InForce, Suspension, Version, scope_of
from ledger.agreements.policy import PolicyInvalid
from ledger.canonical import canonical_json, parse_object
from ledger.certlogic.rules import Rule, read_rule
from ledger.health import cbor, consents, cose, signed, transfers
from ledger.health.claims import ClaimsInvalid
from ledger.health.consents import Consent
from ledger.health.conversion import (
    ConversionRefused,
    Ground,
    Origin,
    Terms,
    check_grade,
    check_recognised,
    check_rules,
    convert,
    fresh_until,
)
from ledger.health.rule_bundles import RuleBundle
from ledger.health.transfers import HealthTest, Person, Transfer
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.values import AgencyId, AgreementState, JurisdictionId, KeyId, Scope
from tests.support.policies import sample_policy

AGENCY = PrivateKey.from_secret(b"\x07" * 32)
HOLDER = PrivateKey.from_secret(b"\x09" * 32)
NOON = 1_795_262_400  # 2026-11-21 12:00 UTC
HOUR = 3_600
DAY = 24 * HOUR
POLICY = sample_policy()
TRANSFER = Transfer(
    source="XA",
    target="XB",
    issued_at=NOON,
    expires_at=NOON + 600,
    cti=b"\x01" * 16,
    holder=HOLDER.public_key,
    grade=0,
    version=1,
    person=Person("Sample Person", "1980-07-23", "P", "XA", "E0000000"),
    test=HealthTest("LP6464-4", "negative", NOON - DAY, "Sample Laboratory"),
    list=1 << 17,
    index=7,
)
CONSENT = Consent(b"\x02" * 16, "entry", "en", NOON, HOLDER.public_key)


class TestTransfer:
    def test_is_read_again(self) -> None:
        envelope = signed.read(transfers.sign(TRANSFER, AGENCY))
        assert transfers.verify(envelope, AGENCY.public_key) == TRANSFER
        with pytest.raises(SignatureInvalid):
            transfers.verify(envelope, HOLDER.public_key)

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"expires_at": NOON + 601}, "exp"),
            ({"expires_at": NOON}, "exp"),
            ({"target": "XA"}, "aud"),
            ({"cti": b""}, "cti"),
            ({"grade": 8}, "grade"),
            ({"version": 0}, "version"),
            ({"index": 1 << 20}, "status"),
            ({"list": -1}, "status"),
            ({"person": replace(TRANSFER.person, name="")}, "person"),
            ({"person": replace(TRANSFER.person, name="a\x00")}, "person"),
            ({"test": replace(TRANSFER.test, sampled_at=-1)}, "test"),
        ],
    )
    def test_is_never_what_none_may_say(self, change: dict[str, Any], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            transfers.sign(replace(TRANSFER, **change), AGENCY)
        assert refused.value.claim == claim

    def test_with_another_claim_is_refused(self) -> None:
        claims = cbor.decode(cose.read(transfers.sign(TRANSFER, AGENCY)).payload)
        envelope = signed.read(signed.sign(claims | {9: 1}, AGENCY))
        with pytest.raises(ClaimsInvalid):
            transfers.verify(envelope, AGENCY.public_key)


class TestConvert:
    def test_gives_the_mapped_grade_until_the_pass_is_stale(self) -> None:
        terms = convert(TRANSFER, POLICY, at=NOON + 1, quota_left=1)
        assert terms == Terms(0, NOON + 1, NOON + 1 + 6 * HOUR, 0)

    def test_ends_with_the_test(self) -> None:
        test = replace(TRANSFER.test, sampled_at=NOON - 7 * DAY + HOUR)
        terms = convert(replace(TRANSFER, test=test), POLICY, at=NOON, quota_left=None)
        assert terms.expires_at == NOON + HOUR

    @pytest.mark.parametrize(
        ("change", "ground"),
        [
            ({"version": 2}, Ground.AGREEMENT),
            ({"source": "XC"}, Ground.AGREEMENT),
            ({"issued_at": NOON + 31, "expires_at": NOON + 60}, Ground.TIME),
            ({"issued_at": NOON - 600, "expires_at": NOON}, Ground.TIME),
            ({"test": replace(TRANSFER.test, kind="other")}, Ground.TEST),
            ({"test": replace(TRANSFER.test, result="positive")}, Ground.TEST),
            ({"test": replace(TRANSFER.test, sampled_at=NOON + 1)}, Ground.TEST),
            ({"test": replace(TRANSFER.test, sampled_at=NOON - 7 * DAY)}, Ground.TEST),
            ({"grade": 2}, Ground.GRADE),
        ],
    )
    def test_names_its_ground(self, change: dict[str, Any], ground: Ground) -> None:
        with pytest.raises(ConversionRefused) as refused:
            convert(replace(TRANSFER, **change), POLICY, at=NOON, quota_left=None)
        assert refused.value.ground is ground

    def test_stops_at_the_quota(self) -> None:
        with pytest.raises(ConversionRefused) as refused:
            convert(TRANSFER, POLICY, at=NOON, quota_left=0)
        assert refused.value.ground is Ground.QUOTA

    def test_of_a_policy_without_test_looks_at_none(self) -> None:
        wanted = POLICY.document["test"] | {"required": False}
        transfer = replace(TRANSFER, test=replace(TRANSFER.test, result="positive"))
        assert convert(transfer, sample_policy(test=wanted), at=NOON, quota_left=None).grade == 0

    @pytest.mark.parametrize(
        ("freshness", "end"),
        [
            ({"endOfLocalDay": "Asia/Macau"}, NOON + 4 * HOUR),  # 20:00 there
            ({"endOfLocalDay": "UTC"}, NOON + 12 * HOUR),
            ({"endOfLocalDay": "Asia/Macau", "for": "PT3H"}, NOON + 3 * HOUR),
        ],
    )
    def test_knows_the_receivers_day(self, freshness: dict[str, str], end: int) -> None:
        assert fresh_until(sample_policy(freshness=freshness), NOON) == end

    def test_of_a_zone_that_is_none_is_no_policy(self) -> None:
        with pytest.raises(PolicyInvalid) as refused:
            sample_policy(freshness={"endOfLocalDay": "Asia/Nowhere"})
        assert refused.value.path == "freshness.endOfLocalDay"


class TestConsent:
    def test_is_read_again(self) -> None:
        receipt = consents.write_receipt(CONSENT, POLICY)
        signature = HOLDER.sign(receipt)
        assert consents.read_receipt(receipt, signature, HOLDER.public_key, POLICY) == CONSENT
        assert parse_object(receipt)["policyHash"] == "0x" + POLICY.digest.hex()

    def test_of_another_holder_is_refused(self) -> None:
        receipt = consents.write_receipt(CONSENT, POLICY)
        with pytest.raises(SignatureInvalid):
            consents.read_receipt(receipt, AGENCY.sign(receipt), HOLDER.public_key, POLICY)
        with pytest.raises(ClaimsInvalid) as refused:
            consents.read_receipt(receipt, AGENCY.sign(receipt), AGENCY.public_key, POLICY)
        assert refused.value.claim == "receipt"

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"id": b""}, "id"),
            ({"purpose": "other"}, "purpose"),
            ({"language": "fr"}, "language"),
            ({"at": -1}, "at"),
        ],
    )
    def test_to_what_the_policy_does_not_ask_is_refused(
        self, change: dict[str, Any], claim: str
    ) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            consents.write_receipt(replace(CONSENT, **change), POLICY)
        assert refused.value.claim == claim

    @pytest.mark.parametrize(
        "change",
        [
            {"fields": ["name"]},
            {"retention": "P1D"},
            {"policyHash": "0x" + "00" * 32},
            {"extra": 1},
            {"at": "noon"},
            {"at": True},
            {"id": "0x"},
            {"purpose": 1},
        ],
    )
    def test_to_other_terms_is_refused(self, change: dict[str, Any]) -> None:
        document = parse_object(consents.write_receipt(CONSENT, POLICY)) | change
        receipt = canonical_json(document)
        with pytest.raises(ClaimsInvalid):
            consents.read_receipt(receipt, HOLDER.sign(receipt), HOLDER.public_key, POLICY)

    @given(st.binary(max_size=200))
    def test_of_any_bytes_is_refused(self, receipt: bytes) -> None:
        with pytest.raises(ClaimsInvalid):
            consents.read_receipt(receipt, HOLDER.sign(receipt), HOLDER.public_key, POLICY)


class TestWithdrawal:
    GIVEN = consents.Withdrawal(b"\x03" * 16, CONSENT.id, NOON, HOLDER.public_key)

    def test_is_read_again(self) -> None:
        document = consents.write_withdrawal(self.GIVEN)
        assert consents.read_withdrawal(document) == (b"\x03" * 16, CONSENT.id, NOON)
        signature = HOLDER.sign(document)
        assert consents.check_withdrawal(document, signature, HOLDER.public_key) == self.GIVEN

    def test_of_another_holder_is_refused(self) -> None:
        document = consents.write_withdrawal(self.GIVEN)
        with pytest.raises(SignatureInvalid):
            consents.check_withdrawal(document, AGENCY.sign(document), HOLDER.public_key)

    @pytest.mark.parametrize("member", ["id", "withdraws", "at", "holder"])
    def test_of_another_content_is_refused(self, member: str) -> None:
        said = parse_object(consents.write_withdrawal(self.GIVEN)) | {member: "x"}
        document = canonical_json(said)
        with pytest.raises(ClaimsInvalid):
            consents.check_withdrawal(document, HOLDER.sign(document), HOLDER.public_key)


ORIGIN = Origin(AgencyId(b"\xaa" * 32), KeyId(b"\xbb" * 32), "port-1")
VERSION = Version(1, b"p" * 32, b"b" * 32, JurisdictionId(b"j" * 32), 0, NOON * 2, DAY, 1)


def in_force(
    state: AgreementState = AgreementState.IN_FORCE, *scopes: tuple[Scope, bytes]
) -> InForce:
    return InForce(VERSION, state, tuple(Suspension(1, 2, 3, *scope) for scope in scopes))


class TestRecognised:
    @pytest.mark.parametrize("state", [AgreementState.IN_FORCE, AgreementState.TERMINATING])
    def test_while_in_force(self, state: AgreementState) -> None:
        others = [(Scope.GRADE, scope_of("1")), (Scope.PORT, scope_of("port-2"))]
        check_recognised(in_force(state, *others), ORIGIN)
        check_grade(in_force(state, *others), 0)

    @pytest.mark.parametrize(
        ("found", "cause"),
        [
            (None, "none in force"),
            (in_force(AgreementState.SUSPENDED), "suspended"),
            (
                in_force(AgreementState.IN_FORCE, (Scope.AGENCY, b"\xaa" * 32)),
                "suspended for this agency",
            ),
            (
                in_force(AgreementState.IN_FORCE, (Scope.KEY, b"\xbb" * 32)),
                "suspended for this key",
            ),
            (
                in_force(AgreementState.IN_FORCE, (Scope.PORT, scope_of("port-1"))),
                "suspended for this port",
            ),
        ],
    )
    def test_not_otherwise(self, found: InForce | None, cause: str) -> None:
        with pytest.raises(ConversionRefused) as refused:
            check_recognised(found, ORIGIN)
        assert (refused.value.ground, refused.value.cause) == (Ground.AGREEMENT, cause)

    def test_of_a_suspended_grade_is_refused(self) -> None:
        with pytest.raises(ConversionRefused) as refused:
            check_grade(in_force(AgreementState.IN_FORCE, (Scope.GRADE, scope_of("2"))), 2)
        assert refused.value.cause == "suspended for this grade"


def rule(logic: Any, **changes: Any) -> Rule:
    document = {
        "Identifier": "GR-XB-0001",
        "Type": "Acceptance",
        "Country": "XB",
        "Version": "1.0.0",
        "SchemaVersion": "1.0.0",
        "Engine": "CERTLOGIC",
        "EngineVersion": "0.7.5",
        "CertificateType": "General",
        "Description": [{"lang": "en", "desc": "Sample"}],
        "ValidFrom": "2026-01-01T00:00:00Z",
        "ValidTo": "2027-01-01T00:00:00Z",
        "AffectedFields": ["grade"],
        "Logic": logic,
    }
    return read_rule(document | changes)


GREEN = {"===": [{"var": "payload.grade"}, 0]}
FRESH = {
    "after": [
        {"plusTime": [{"var": "payload.t.0.sc"}, 2, "day"]},
        {"plusTime": [{"var": "external.validationClock"}, 0, "day"]},
    ]
}
ALLOWED = {"in": [{"var": "payload.t.0.tt"}, {"var": "external.valueSets.kinds"}]}


MET_ONES = (GREEN, FRESH, ALLOWED)


class TestRules:
    def test_met_are_passed(self) -> None:
        rules = tuple(rule(logic, Identifier=f"GR-XB-000{n}") for n, logic in enumerate(MET_ONES))
        check_rules(TRANSFER, RuleBundle(rules, {"kinds": ["LP6464-4"]}), NOON)

    @pytest.mark.parametrize(
        ("transfer", "logic", "cause"),
        [
            (replace(TRANSFER, grade=1), GREEN, "GR-XB-0001 not met"),
            (
                replace(TRANSFER, test=replace(TRANSFER.test, sampled_at=NOON - 3 * DAY)),
                FRESH,
                "GR-XB-0001 not met",
            ),
            (TRANSFER, {"+": [{"var": "payload.nothing"}, 1]}, "GR-XB-0001 not evaluable"),
        ],
    )
    def test_not_met_or_not_evaluable_are_named(
        self, transfer: Transfer, logic: Any, cause: str
    ) -> None:
        with pytest.raises(ConversionRefused) as refused:
            check_rules(transfer, RuleBundle((rule(logic),), {}), NOON)
        assert (refused.value.ground, refused.value.cause) == (Ground.RULE, cause)

    def test_of_another_time_or_kind_are_passed_over(self) -> None:
        never = {"===": [1, 2]}
        past = rule(never, ValidTo="2026-02-01T00:00:00Z")
        vaccinations = rule(never, CertificateType="Vaccination")
        elsewhere = rule(never, Identifier="GR-XC-0001", Country="XC")
        check_rules(TRANSFER, RuleBundle((past, vaccinations, elsewhere), {}), NOON)

    def test_a_date_beyond_all_calendars_harms_nobody(self) -> None:
        late = replace(TRANSFER, test=replace(TRANSFER.test, sampled_at=2**40 - 1))
        check_rules(late, RuleBundle((rule(GREEN),), {}), NOON)
