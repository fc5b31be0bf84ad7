"""Other countries' sample codes at a gate off line: keys taken in, shipped, believed."""

from functools import cache

from ledger.health.gate.evidence import Block, GateEvidence, Part
from ledger.health.gate.lane import Match
from ledger.health.gate.recognition import HCERT
from ledger.health.gate_bundle.foreign_files import read_trust, write_trust
from ledger.health.hcert.onboarding import ListedCertificate, OfferedList, onboard
from ledger.health.hcert.schema import TOLERABLE
from ledger.health.rule_bundles import RuleBundle
from ledger.values import Seconds
from scripts.check_dgc import cases
from scripts.dgc_cases import Case
from tests.support.gates import BUNDLE_HASH, LANE, RememberedMemory, agreements, judged, version
from tests.support.policies import sample_policy
from tests.support.vectors import VECTORS, needs_vectors

POLICY = sample_policy(**{"from": "XX"}, recordType="health:hcert", tolerances=sorted(TOLERABLE))
MOMENTS = {"proposed_at": 1, "signed_at": 2, "valid_from": 3, "valid_to": 2**35}


@cache
def believed() -> list[Case]:
    found = [case for _, case in cases((VECTORS / "dgc",)) if case.verdict()[0] == "valid"]
    assert len(found) > 100
    return found


def moment(case: Case) -> Seconds:
    return case.clock or (case.times or (Seconds(0),))[0]


def known(case: Case, sequence: int = 1) -> GateEvidence:
    """What a gate has when the case's certificate came in a bundle, a minute ago."""
    at = moment(case)
    listed = ListedCertificate(case.der, country="XX")
    offered = OfferedList("cases", sequence, Seconds(at - 60), [case.der], [listed])
    shipped = read_trust(write_trust(onboard(offered, None, {}).trust))
    part = Part(1, at - 60)
    in_force = version(policy=POLICY, **MOMENTS)
    return GateEvidence(
        sequence=1,
        block=Block(1, bytes(32), at - 120),
        trust=part,
        rules=part,
        revoked=part,
        foreign=shipped,
        agreements=agreements(in_force, source="XX", record_type=HCERT),
        policies={POLICY.digest: POLICY},
        bundles={BUNDLE_HASH: RuleBundle((), {})},
    )


@needs_vectors("dgc")
class TestOthers:
    def test_are_accepted_by_whoever_took_their_keys_in(self) -> None:
        refused = []
        for case in believed():
            text = case.picture or case.prefixed or ""
            memory = RememberedMemory()
            at = moment(case)
            report = judged(text, known(case), Match.MATCHED, lane=LANE, at=at, memory=memory)
            if report.outcome.value != "ACCEPT":
                refused.append([each.reason.value for each in report.people[0].findings])
        # Case files let a code expire a second later than the specification does.
        assert all(reasons == ["TIME"] for reasons in refused), refused
        assert len(refused) < len(believed()) // 10

    def test_of_another_key_are_not_known(self) -> None:
        first, *others = believed()
        stranger = next(case for case in others if case.der != first.der)
        text = stranger.picture or stranger.prefixed or ""
        report = judged(text, known(first), Match.MATCHED, at=moment(first))
        assert report.headline is not None
        assert report.headline.reason.value == "KEY_UNKNOWN"
