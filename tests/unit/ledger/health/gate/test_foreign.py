"""Codes of other countries at a gate: what their reading finds, and what the agreement adds."""

import zlib
from copy import deepcopy
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag

from ledger.health import qr_text
from ledger.health.gate.evidence import Part
from ledger.health.gate.lane import Match, TravelDocument
from ledger.health.gate.recognition import HCERT
from ledger.health.hcert import claims as hcert_claims
from ledger.health.hcert import envelope
from ledger.health.hcert.reading import NO_LISTS
from ledger.health.hcert.revocation import (
    BloomFilter,
    HashType,
    KeyLists,
    Mode,
    PrefixList,
    RevocationLists,
    hashes,
    place_of,
)
from ledger.health.hcert.trust import TrustList, trust_list
from ledger.health.rule_bundles import RuleBundle
from ledger.values import KeyState, Scope, Seconds
from tests.support.gates import (
    BUNDLE_HASH,
    DAY,
    FOREIGN,
    HCERT_POLICY,
    HOUR,
    LANE,
    NOW,
    RememberedMemory,
    agreements,
    evidence,
    judged,
    rule,
    suspension,
    told,
    version,
)
from tests.support.health_codes import Issuer, certificate
from tests.support.policies import sample_policy

ACCEPTED: tuple[str, list[str]] = ("ACCEPT", [])
CODE = FOREIGN.code()


def answer(text: str = CODE, **known: Any) -> tuple[str, list[str]]:
    return told(judged(text, evidence(**known), Match.MATCHED))


def trusted(**changes: Any) -> TrustList:
    return trust_list("sample", 1, Seconds(NOW), [replace(FOREIGN.trusted, **changes)])


def recognised(**changes: Any) -> dict[str, Any]:
    """What a gate knows whose agreement has another policy."""
    policy = sample_policy(**({"from": "XX", "recordType": "health:hcert"} | changes))
    found = agreements(version(policy=policy), source="XX", record_type=HCERT)
    return {"policies": {policy.digest: policy}, "agreements": found}


class TestReading:
    def test_accepted_without_anchor(self) -> None:
        found = judged(CODE, None, Match.MATCHED)
        assert told(found) == ACCEPTED
        results = [check.result.value for check in found.people[0].checks]
        assert results == ["VALID", "VALID", "SKIPPED", "VALID", "VALID", "VALID", "VALID"]

    def test_unknown_key(self) -> None:
        assert answer(Issuer().code()) == ("UNKNOWN", ["KEY_UNKNOWN"])
        assert answer(foreign=None) == ("UNKNOWN", ["KEY_UNKNOWN"])

    def test_two_keys_of_one_kid_the_second_right(self) -> None:
        first = replace(Issuer().trusted, kid=FOREIGN.kid)
        both = trust_list("sample", 1, Seconds(NOW), [first, FOREIGN.trusted])
        assert answer(foreign=both) == ACCEPTED
        alone = trust_list("sample", 1, Seconds(NOW), [first])
        assert answer(foreign=alone) == ("DENY", ["SIGNATURE"])

    def test_claims(self) -> None:
        broken = deepcopy(certificate())
        del broken["dob"]
        assert answer(FOREIGN.code(broken)) == ("DENY", ["CLAIMS"])

    def test_tolerated_by_the_agreement_alone(self) -> None:
        unusual = deepcopy(certificate())
        unusual["dob"] = "1990-07"
        unusual["ver"] = "1.0.0"
        code = FOREIGN.code(unusual)
        assert answer(code) == ("DENY", ["CLAIMS"])
        assert answer(code, **recognised(tolerances=["dob-partial"])) == ACCEPTED

    def test_key_usage(self) -> None:
        assert answer(foreign=trusted(usages=frozenset())) == ("DENY", ["KEY_USAGE"])

    @pytest.mark.parametrize(
        ("state", "outcome"), [(KeyState.FROZEN, "UNKNOWN"), (KeyState.COMPROMISED, "DENY")]
    )
    def test_key_state(self, state: KeyState, outcome: str) -> None:
        assert answer(foreign=trusted(state=state)) == (outcome, ["KEY_STATE"])

    def test_of_a_stolen_key_stands_what_was_converted_before(self) -> None:
        stolen = {"state": KeyState.COMPROMISED, "distrust_from": Seconds(NOW - HOUR)}
        digest = envelope.digest_of(envelope.read(CODE), LANE.jurisdiction)
        elsewhere = envelope.digest_of(envelope.read(CODE), "XC")
        for anchors, expected in (
            ({digest: NOW - HOUR - 1}, ACCEPTED),
            ({digest: NOW - HOUR}, ("DENY", ["KEY_STATE"])),
            ({elsewhere: NOW - HOUR - 1}, ("DENY", ["KEY_STATE"])),
            ({}, ("DENY", ["KEY_STATE"])),
        ):
            assert answer(foreign=trusted(**stolen), anchors=anchors) == expected
        for_good = stolen | {"distrust_from": None}
        known = {digest: NOW - DAY}
        assert answer(foreign=trusted(**for_good), anchors=known) == ("DENY", ["KEY_STATE"])

    def test_of_a_stolen_key_stands_nothing_that_only_shares_its_random_number(self) -> None:
        known = envelope.read(CODE)
        payload = envelope.read(FOREIGN.code(certificate() | {"dob": "1999-09-09"})).payload
        signature = FOREIGN.signature_like(known, known.protected, payload)
        message = cbor2.dumps(CBORTag(18, [known.protected, {}, payload, signature]))
        forged = qr_text.encode(envelope.PREFIX, zlib.compress(message))
        assert answer(forged) == ACCEPTED  # while the key is trusted
        stolen = trusted(state=KeyState.COMPROMISED, distrust_from=Seconds(NOW - HOUR))
        anchors = {envelope.digest_of(known, LANE.jurisdiction): NOW - DAY}
        assert answer(CODE, foreign=stolen, anchors=anchors) == ACCEPTED
        assert answer(forged, foreign=stolen, anchors=anchors) == ("DENY", ["KEY_STATE"])

    def test_key_of_a_list_that_grew_old(self) -> None:
        assert answer(foreign=trusted(listed_at=Seconds(NOW - DAY))) == ACCEPTED
        old = trusted(listed_at=Seconds(NOW - DAY - 1))
        assert answer(foreign=old) == ("UNKNOWN", ["STALE_LIST"])

    def test_time(self) -> None:
        late = judged(CODE, evidence(), Match.MATCHED, at=NOW + 2 * DAY)
        assert "TIME" in told(late)[1]
        assert late.outcome.value == "DENY"

    def test_positive_and_future_tests(self) -> None:
        positive = deepcopy(certificate("t"))
        positive["t"][0]["tr"] = "260373001"
        assert answer(FOREIGN.code(positive)) == ("DENY", ["RULE"])
        early = deepcopy(certificate("t"))
        early["t"][0]["sc"] = "2030-01-01T00:00:00Z"
        assert answer(FOREIGN.code(early)) == ("DENY", ["RULE"])


class TestRevocation:
    MESSAGE = envelope.read(CODE)
    DIGEST = hashes(MESSAGE, hcert_claims.read(MESSAGE.payload))[HashType.SIGNATURE]

    def listed(self, piece: Any) -> RevocationLists:
        place = place_of(self.DIGEST, Mode.POINT)
        kinds = frozenset({HashType.SIGNATURE})
        return RevocationLists({FOREIGN.kid: KeyLists(Mode.POINT, kinds, {place: [piece]})})

    def test_withdrawn(self) -> None:
        exact = PrefixList(16, [self.DIGEST])
        assert answer(revocation=self.listed(exact)) == ("DENY", ["STATUS"])

    def test_perhaps_withdrawn_is_to_be_asked_about_and_never_red(self) -> None:
        for piece in (BloomFilter(1, b"\xff" * 8), PrefixList(4, [self.DIGEST[:4]])):
            found = judged(CODE, evidence(revocation=self.listed(piece)), Match.MATCHED)
            assert told(found) == ("UNKNOWN", ["STATUS"])
            assert found.people[0].checks[4].result.value == "ERROR"

    def test_old_lists(self) -> None:
        assert answer(revoked=Part(1, NOW - 7 * HOUR)) == ("UNKNOWN", ["STALE_LIST"])
        assert answer(revoked=None, revocation=NO_LISTS) == ("UNKNOWN", ["STALE_LIST"])


class TestAgreement:
    def test_none_with_that_country(self) -> None:
        other = trusted(country="XY")
        assert answer(foreign=other) == ("DENY", ["AGREEMENT"])

    def test_perhaps_since_the_bundle(self) -> None:
        def aged(age: int) -> tuple[str, list[str]]:
            return answer(foreign=trusted(country="XY"), rules=Part(1, NOW - age))

        assert aged(48 * HOUR) == ("DENY", ["AGREEMENT"])
        assert aged(48 * HOUR + 1) == ("UNKNOWN", ["AGREEMENT"])
        assert aged(30 * 24 * HOUR) == ("UNKNOWN", ["AGREEMENT", "STALE_LIST"])

    def test_suspended(self) -> None:
        def under(kind: Scope, scope: bytes) -> tuple[str, list[str]]:
            given = agreements(
                version(policy=HCERT_POLICY),
                suspensions=[suspension(kind, scope)],
                source="XX",
                record_type=HCERT,
            )
            return answer(agreements=given)

        assert under(Scope.ALL, bytes(32)) == ("SECONDARY", ["AGREEMENT"])
        assert under(Scope.KEY, FOREIGN.kid + b"\x01" * 24) == ("UNKNOWN", ["KEY_STATE"])
        assert under(Scope.KEY, b"\x01" * 32) == ACCEPTED
        assert under(Scope.AGENCY, b"\x01" * 32) == ACCEPTED

    def test_is_paper(self) -> None:
        assert told(judged(CODE)) == ("SECONDARY", ["ID_MISMATCH"])
        reader = TravelDocument("P", "XX", "SAMPLE")
        assert told(judged(CODE, None, reader)) == ("SECONDARY", ["ID_MISMATCH"])
        modes = {"modes": ["A", "B"], "stamp": "PT60S", "skew": "PT30S"}
        paper = {"allowed": False, "freshness": "PT24H", "idMatch": "required"}
        live_only = recognised(presentation=modes, paper=paper)
        assert answer(**live_only) == ("SECONDARY", ["PRESENTATION"])

    def test_uses_and_quota_are_counted_by_what_cannot_be_forged(self) -> None:
        first = judged(CODE, evidence(**recognised(maxUses=1)), Match.MATCHED)
        effects = first.people[0].effects
        assert effects is not None
        assert (effects.counts_use, len(effects.subject)) == (True, 32)
        memory = RememberedMemory(used={effects.subject: 1}, inside={("XX", "port-1"): 5_000})
        known = evidence(**recognised(maxUses=1))
        found = judged(CODE, known, Match.MATCHED, memory=memory)
        assert told(found) == ("SECONDARY", ["USES", "QUOTA"])

    def test_counts_as_the_best_grade_of_its_country(self) -> None:
        shown = judged(CODE, None, Match.MATCHED).people[0].shown
        assert shown is not None
        assert shown.grade is not None
        assert (shown.grade["code"], shown.lane) == (0, "auto")
        refused = recognised(gradeMap={"0": "refuse", "1": "refuse", "2": "refuse"})
        assert answer(**refused) == ("DENY", ["GRADE"])


FALSE = {"===": [{"var": "payload.ver"}, "0"]}
BROKEN = {">": [{"var": "payload.ver"}, 1]}


class TestRules:
    def under(self, *rules: Any) -> dict[str, Any]:
        return {"bundles": {BUNDLE_HASH: RuleBundle(rules, {})}}

    def test_false_refuses_and_says_which(self) -> None:
        known = evidence(**self.under(rule(Logic=FALSE)))
        found = judged(CODE, known, Match.MATCHED)
        assert told(found) == ("DENY", ["RULE"])
        texts = found.to_json()["people"][0]["findings"][0]["sentence"]
        assert texts["en"] == "Entry rule not met: Sample rule."
        assert texts["zh-Hans"] == "未满足入境要求：Sample rule。"

    def test_not_evaluable_is_for_a_person(self) -> None:
        assert answer(**self.under(rule(Logic=BROKEN))) == ("SECONDARY", ["RULE"])

    @pytest.mark.parametrize(
        "changes",
        [
            {"Country": "XA", "Identifier": "GR-XA-0001"},
            {"CertificateType": "Test", "Identifier": "TR-XB-0001"},
            {"ValidTo": "2021-06-01T00:00:00Z"},
        ],
    )
    def test_rules_that_are_not_in_use_here(self, changes: dict[str, Any]) -> None:
        assert answer(**self.under(rule(Logic=FALSE, **changes))) == ACCEPTED

    def test_the_highest_version_counts(self) -> None:
        older, newer = rule(Logic=FALSE), rule(Version="1.0.1")
        assert answer(**self.under(older, newer)) == ACCEPTED

    def test_no_rules_at_hand(self) -> None:
        assert answer(bundles={}) == ("UNKNOWN", ["STALE_LIST"])

    def test_of_a_jurisdiction_within_a_country(self) -> None:
        lane = replace(LANE, jurisdiction="XB-1")
        assert told(judged(CODE, None, Match.MATCHED, lane=lane))[1] == ["AGREEMENT"]
