"""Each reason by what raises it, with its outcome and its check, and what just does not."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.agreements.agreement import scope_of
from ledger.health import cbor, cose, passes, qr_text
from ledger.health.gate.evidence import Block, HeldStatus, Part
from ledger.health.gate.lane import Match, TravelDocument
from ledger.health.gate.recognition import PASS
from ledger.health.gate.report import GateReport
from ledger.health.passes import Mode, Recognition, binding_of
from ledger.health.presentations import answer_to
from ledger.health.signed import kid_of, read
from ledger.keys import CURVE_ORDER
from ledger.status_list import StatusList
from ledger.values import AgencyStatus, KeyUsage, Scope, Status, Window
from tests.support.gates import (
    AGENCY,
    BEGAN,
    CTI,
    DAY,
    DOCUMENT_KEY,
    GOOD,
    HOUR,
    INDEX,
    LANE,
    LIST,
    LISTED,
    NOW,
    SIGNER,
    THIEF,
    RememberedMemory,
    agreements,
    allow,
    evidence,
    judged,
    keys,
    live,
    sealed,
    status_lists,
    suspension,
    told,
    version,
)
from tests.support.policies import sample_policy

ACCEPTED: tuple[str, list[str]] = ("ACCEPT", [])


def answer(text: str = "", given: bytes = GOOD, **known: Any) -> tuple[str, list[str]]:
    return told(report(text, given, **known))


def report(text: str = "", given: bytes = GOOD, **known: Any) -> GateReport:
    return judged(text or live(given), evidence(given, **known))


def results(found: GateReport) -> list[str]:
    return [check.result.value for check in found.people[0].checks]


class TestPrefix:
    @pytest.mark.parametrize("text", ["", " ", "SZ3:00", "sZ1:", "Hc1:", "https://example.org"])
    def test_is_not_ours(self, text: str) -> None:
        assert told(judged(text)) == ("DENY", ["PREFIX"])

    def test_nothing_else_is_looked_at(self) -> None:
        assert results(report("x")) == ["INVALID", *["SKIPPED"] * 6]


class TestFormat:
    def test_texts_that_are_no_code(self) -> None:
        for text in ("SZ1:", "SZ1:A", "SZ1::::", "SZ2:00", "SZ4:00", "SZ1:" + "0" * 4_296, "HC1:"):
            assert answer(text) == ("DENY", ["FORMAT"])

    def test_high_s(self) -> None:
        envelope = read(GOOD).message
        s = CURVE_ORDER - int.from_bytes(envelope.signature[32:])
        other = cose.spell(
            envelope.protected, envelope.payload, envelope.signature[:32] + s.to_bytes(32)
        )
        assert answer(passes.to_text(other)) == ("DENY", ["FORMAT"])

    def test_long_form_tail_and_unprotected_header(self) -> None:
        spelt = [GOOD + b"\x00", b"\xd8\x12" + GOOD[1:], GOOD.replace(b"\xa0", b"\xa1\x04\x00", 1)]
        for other in spelt:
            assert answer(passes.to_text(other)) == ("DENY", ["FORMAT"])

    def test_a_bad_pass_inside_a_good_presentation(self) -> None:
        assert answer(live(b"\x00")) == ("DENY", ["FORMAT"])


class TestKeyUnknown:
    def test_is_unknown_and_tells_of_which_day_the_list_is(self) -> None:
        found = report(live(sealed(signer=THIEF)))
        assert told(found) == ("UNKNOWN", ["KEY_UNKNOWN"])
        assert results(found) == ["VALID", "SKIPPED", "SKIPPED", "ERROR", *["SKIPPED"] * 3]
        sentence = found.to_json()["people"][0]["findings"][0]["sentence"]["en"]
        assert sentence == "Issuer key not known here; list of 2021-06-29T20:52:20Z."


class TestSignature:
    def test_another_key_of_the_same_kid(self) -> None:
        by_kid = {kid_of(THIEF.public_key.key_id): keys()[kid_of(SIGNER.public_key.key_id)]}
        found = report(live(sealed(signer=THIEF)), keys=by_kid)
        assert told(found) == ("DENY", ["SIGNATURE"])
        assert results(found)[:3] == ["VALID", "INVALID", "SKIPPED"]

    def test_the_second_of_two_keys_of_one_kid_may_be_right(self) -> None:
        kid = kid_of(SIGNER.public_key.key_id)
        other = keys(replace(DOCUMENT_KEY, public_key=THIEF.public_key))
        by_kid = {kid: (*next(iter(other.values())), *keys()[kid])}
        assert answer(keys=by_kid) == ACCEPTED


class TestClaims:
    def test_signed_nonsense(self) -> None:
        kid = kid_of(SIGNER.public_key.key_id)
        encoded = cose.sign(cbor.encode({1: "XB"}), SIGNER, {cose.KID: kid})
        assert answer(qr_text.encode("SZ1:", encoded)) == ("DENY", ["CLAIMS"])


class TestAnchor:
    def test_not_in_a_list_that_covers_it(self) -> None:
        found = report(allow=allow())
        assert told(found) == ("DENY", ["ANCHOR"])
        assert results(found)[2] == "INVALID"

    def test_newer_than_the_list(self) -> None:
        given = sealed(issued_at=LISTED[1] - 60, not_before=LISTED[1] - 60)
        found = report("", given, allow=allow())
        assert told(found) == ("UNKNOWN", ["ANCHOR"])
        assert results(found)[2] == "ERROR"

    def test_listed_however_new(self) -> None:
        assert answer("", sealed(issued_at=LISTED[1] - 60)) == ACCEPTED

    def test_without_any_list(self) -> None:
        assert answer(allow={}) == ("UNKNOWN", ["ANCHOR", "STALE_LIST"])

    def test_asked_for_on_line(self) -> None:
        digest = read(GOOD).digest
        assert answer(allow=allow(), anchors={digest: NOW - 90}) == ACCEPTED

    def test_a_stolen_key_signs_what_was_never_anchored(self) -> None:
        forged = sealed(cti=bytes(16))
        assert answer(live(forged)) == ("DENY", ["ANCHOR"])
        fresh = sealed(cti=bytes(16), issued_at=NOW)
        assert answer(live(fresh)) == ("UNKNOWN", ["ANCHOR"])


class TestKeyUsage:
    @pytest.mark.parametrize(
        "changes",
        [
            {"key": replace(DOCUMENT_KEY, usage=KeyUsage.STATUS_LISTS)},
            {"accreditations": {}},
            {"accreditations": {PASS: (Window(BEGAN, NOW - DAY),)}},
            {"agency": replace(AGENCY, jurisdiction="XA")},
        ],
    )
    def test_may_not_sign_passes(self, changes: dict[str, Any]) -> None:
        found = report(keys=keys(**changes))
        assert told(found) == ("DENY", ["KEY_USAGE"])
        assert results(found)[3] == "INVALID"

    def test_accredited_perhaps_since_the_list_of_keys(self) -> None:
        """What was granted after the bundle is no reason to turn a fresh pass away."""
        known: dict[str, Any] = {"keys": keys(accreditations={}), "allow": allow()}
        fresh = sealed(issued_at=NOW - 30)
        found = report(live(fresh), **known)
        assert told(found) == ("UNKNOWN", ["ANCHOR", "KEY_USAGE"])
        sentence = found.to_json()["people"][0]["findings"][1]["sentence"]["en"]
        assert sentence == "Not known here whether this key may sign this kind."
        covered = known | {"trust": Part(6, NOW - 30)}
        assert answer(live(fresh), **covered) == ("DENY", ["ANCHOR", "KEY_USAGE"])

    def test_listed_by_a_list_that_is_newer_than_that_of_the_keys(self) -> None:
        known: dict[str, Any] = {"keys": keys(accreditations={})}
        assert answer(trust=Part(5, LISTED[1] - 2), **known) == ("UNKNOWN", ["KEY_USAGE"])
        assert answer(trust=Part(5, LISTED[1] - 1), **known) == ("DENY", ["KEY_USAGE"])

    def test_accreditation_that_ended_after_the_anchor(self) -> None:
        assert answer(keys=keys(accreditations={PASS: (Window(BEGAN, NOW - 30),)})) == ACCEPTED

    def test_accreditation_that_ended_within_the_segment(self) -> None:
        ended = {PASS: (Window(BEGAN, NOW - HOUR // 2),)}
        assert answer(keys=keys(accreditations=ended)) == ("UNKNOWN", ["KEY_USAGE"])


class TestKeyState:
    @pytest.mark.parametrize(
        "times",
        [
            {"verify_until": NOW - HOUR},
            {"sign_until": NOW - HOUR},
            {"sign_from": NOW},
            {"distrust_from": LISTED[0]},
            {"distrust_from": BEGAN},
        ],
    )
    def test_no_longer_good_when_it_was_anchored(self, times: dict[str, Any]) -> None:
        found = report(keys=keys(replace(DOCUMENT_KEY, **times)))
        assert told(found) == ("DENY", ["KEY_STATE"])
        assert results(found)[3] == "INVALID"

    def test_compromised_later_leaves_what_was_anchored_before(self) -> None:
        for since in (LISTED[1], NOW):
            assert answer(keys=keys(replace(DOCUMENT_KEY, distrust_from=since))) == ACCEPTED

    def test_compromised_within_the_segment_is_not_known(self) -> None:
        key = replace(DOCUMENT_KEY, distrust_from=LISTED[1] - 1)
        assert answer(keys=keys(key)) == ("UNKNOWN", ["KEY_STATE"])

    def test_compromised_and_never_anchored_fails_whatever_it_says(self) -> None:
        known: dict[str, Any] = {
            "keys": keys(replace(DOCUMENT_KEY, distrust_from=LISTED[1])),
            "allow": allow(),
        }
        for issued_at, anchor in ((BEGAN, "DENY"), (NOW, "DENY")):
            given = sealed(issued_at=issued_at, not_before=issued_at)
            found = report(live(given), **known)
            assert told(found) == (anchor, ["ANCHOR", "KEY_STATE"])

    def test_compromised_after_the_list_and_not_covered(self) -> None:
        key = replace(DOCUMENT_KEY, distrust_from=NOW - 30)
        fresh = sealed(issued_at=NOW - 40)
        known: dict[str, Any] = {"keys": keys(key), "allow": allow()}
        assert answer(live(fresh), **known) == ("UNKNOWN", ["ANCHOR", "KEY_STATE"])

    def test_frozen_is_unknown(self) -> None:
        found = report(keys=keys(replace(DOCUMENT_KEY, frozen=True)))
        assert told(found) == ("UNKNOWN", ["KEY_STATE"])
        assert results(found)[3] == "ERROR"

    def test_suspended_by_the_receiver_is_unknown(self) -> None:
        scope = SIGNER.public_key.key_id
        given = agreements(suspensions=[suspension(Scope.KEY, scope)])
        assert answer(agreements=given) == ("UNKNOWN", ["KEY_STATE"])
        other = agreements(suspensions=[suspension(Scope.KEY, THIEF.public_key.key_id)])
        assert answer(agreements=other) == ACCEPTED

    def test_agency_that_was_inactive_throughout(self) -> None:
        inactive = ((BEGAN, AgencyStatus.ACTIVE), (BEGAN + 1, AgencyStatus.SUSPENDED))
        assert answer(keys=keys(statuses=inactive)) == ("DENY", ["KEY_STATE"])
        later = ((BEGAN, AgencyStatus.ACTIVE), (NOW, AgencyStatus.SUSPENDED))
        assert answer(keys=keys(statuses=later)) == ACCEPTED

    def test_agency_that_may_be_active_again_since_the_list(self) -> None:
        inactive = ((BEGAN, AgencyStatus.ACTIVE), (BEGAN + 1, AgencyStatus.SUSPENDED))
        known: dict[str, Any] = {"keys": keys(statuses=inactive), "allow": allow()}
        fresh = sealed(issued_at=NOW - 30)
        assert answer(live(fresh), **known) == ("UNKNOWN", ["ANCHOR", "KEY_STATE"])
        covered = known | {"trust": Part(6, NOW - 30)}
        assert answer(live(fresh), **covered) == ("DENY", ["ANCHOR", "KEY_STATE"])

    def test_good_for_part_of_the_segment(self) -> None:
        key = replace(DOCUMENT_KEY, sign_until=NOW - HOUR // 2)
        assert answer(keys=keys(key)) == ("UNKNOWN", ["KEY_STATE"])
        begun = replace(DOCUMENT_KEY, sign_from=NOW - HOUR)  # as the pass was issued
        assert answer(keys=keys(begun)) == ACCEPTED


class TestAgreement:
    def test_none(self) -> None:
        assert answer(agreements={}) == ("DENY", ["AGREEMENT"])

    @pytest.mark.parametrize(
        "changes",
        [
            {"valid_from": NOW + 1, "signed_at": NOW - 3 * DAY},
            {"valid_to": NOW},
            {"noticed": True, "terminates_at": NOW},
            {"signed_at": 0},
        ],
    )
    def test_not_in_force(self, changes: dict[str, Any]) -> None:
        if changes.pop("noticed", None):
            changes["notice_at"] = NOW - 7 * DAY
        assert answer(agreements=agreements(version(**changes))) == ("DENY", ["AGREEMENT"])

    def test_a_version_that_may_be_signed_since_the_bundle(self) -> None:
        given = sealed(recognition=Recognition("XA", 2))
        before = Part(5, NOW - HOUR - 1)  # the pass is of NOW - HOUR
        proposed = version(2, valid_from=NOW - HOUR, signed_at=0)
        for versions in ([version()], [version(), proposed], [proposed]):
            known: dict[str, Any] = {"agreements": agreements(*versions)}
            assert answer("", given, rules=before, **known) == ("UNKNOWN", ["AGREEMENT"])
            assert answer("", given, **known) == ("DENY", ["AGREEMENT"])

    def test_what_no_later_bundle_changes_is_denied_however_old_this_one(self) -> None:
        old = Part(5, NOW - 2 * HOUR)
        cancelled = version(2, valid_from=NOW - 2 * HOUR, ended_at=NOW - DAY)
        over = version(2, valid_from=NOW - DAY, valid_to=NOW - HOUR)
        begins = version(2, valid_from=NOW + HOUR)
        third = version(3, valid_from=NOW - DAY)
        for last in (cancelled, over, begins, third):
            given = sealed(recognition=Recognition("XA", 2))
            known = {"agreements": agreements(version(), last), "rules": old}
            assert answer("", given, **known) == ("DENY", ["AGREEMENT"])

    def test_a_partner_that_the_bundle_does_not_have(self) -> None:
        def aged(age: int) -> tuple[str, list[str]]:
            given = sealed(issued_at=NOW - age, not_before=NOW - HOUR)
            return answer("", given, agreements={}, rules=Part(5, NOW - age))

        assert aged(2 * DAY) == ("DENY", ["AGREEMENT"])
        assert aged(2 * DAY + 1) == ("UNKNOWN", ["AGREEMENT"])
        assert aged(30 * DAY) == ("UNKNOWN", ["AGREEMENT", "STALE_LIST"])

    def test_of_an_old_bundle_says_how_old_it_is(self) -> None:
        found = report(agreements={}, rules=Part(5, NOW - 30 * DAY))
        first, second = found.to_json()["people"][0]["findings"]
        assert first["sentence"]["en"] == (
            "Not known here whether it is recognised; list of 2021-05-30T20:53:20Z."
        )
        assert second["sentence"]["en"] == "A list is out of date (30 d 0 h)."

    def test_one_second_before_and_at_its_begin(self) -> None:
        given = {"agreements": agreements(version(valid_from=NOW, signed_at=NOW - 3 * DAY))}
        early = sealed(issued_at=NOW - 20, not_before=NOW - 20)
        known = evidence(early, **given)
        assert told(judged(live(early), known, at=NOW - 1)) == ("DENY", ["AGREEMENT"])
        assert told(judged(live(early), known, at=NOW)) == ACCEPTED

    def test_until_its_last_second(self) -> None:
        assert answer(agreements=agreements(version(valid_to=NOW + 1))) == ACCEPTED
        ending = version(notice_at=NOW - DAY, terminates_at=NOW + DAY)
        assert answer(agreements=agreements(ending)) == ACCEPTED

    @pytest.mark.parametrize(
        ("kind", "scope"),
        [
            (Scope.ALL, bytes(32)),
            (Scope.GRADE, scope_of("0")),
            (Scope.PORT, scope_of("port-1")),
            (Scope.AGENCY, AGENCY.id),
        ],
    )
    def test_suspended_is_for_a_person_with_its_cause(self, kind: Scope, scope: bytes) -> None:
        found = report(agreements=agreements(suspensions=[suspension(kind, scope)]))
        assert told(found) == ("SECONDARY", ["AGREEMENT"])
        cited = found.people[0].citations.recognition
        assert cited is not None
        assert cited.causes == (42,)
        assert found.people[0].findings[0].facts["cause"] == 42

    @pytest.mark.parametrize(
        ("kind", "scope"),
        [
            (Scope.GRADE, scope_of("2")),
            (Scope.PORT, scope_of("port-2")),
            (Scope.AGENCY, b"\x01" * 32),
        ],
    )
    def test_a_suspension_of_others_is_none(self, kind: Scope, scope: bytes) -> None:
        found = report(agreements=agreements(suspensions=[suspension(kind, scope)]))
        assert told(found) == ACCEPTED

    def test_a_suspension_begins_and_lapses(self) -> None:
        for changes in ({"end": NOW}, {"start": NOW + 1}):
            given = agreements(suspensions=[suspension(**changes)])
            assert answer(agreements=given) == ACCEPTED
        given = agreements(suspensions=[suspension(start=NOW)])
        assert answer(agreements=given) == ("SECONDARY", ["AGREEMENT"])

    def test_superseded_lives_on_for_its_grace(self) -> None:
        newer = version(2, valid_from=NOW - 6 * HOUR, signed_at=NOW - 3 * DAY)
        given = sealed(issued_at=NOW - 7 * HOUR)
        known = evidence(given, agreements=agreements(version(), newer))
        before: dict[str, Any] = {"lane": LANE, "at": NOW - 1}
        assert told(judged(live(given, time=NOW - 1), known, **before)) == ACCEPTED
        assert told(judged(live(given), known)) == ("DENY", ["AGREEMENT"])

    def test_superseded_without_grace(self) -> None:
        policy = sample_policy(grace="PT0S")
        versions = version(policy=policy), version(2, valid_from=NOW - 60, signed_at=NOW - 3 * DAY)
        known: dict[str, Any] = {
            "agreements": agreements(*versions),
            "policies": {policy.digest: policy},
        }
        assert answer(**known) == ("DENY", ["AGREEMENT"])

    def test_issued_under_a_version_that_was_over(self) -> None:
        newer = version(2, valid_from=NOW - 2 * HOUR, signed_at=NOW - 3 * DAY)
        assert answer(agreements=agreements(version(), newer)) == ("DENY", ["AGREEMENT"])

    def test_the_newer_version_s_suspension_counts_for_the_older(self) -> None:
        newer = version(2, valid_from=NOW - 60, signed_at=NOW - 3 * DAY)
        given = agreements(version(), newer, suspensions=[suspension(start=NOW - 10)])
        assert answer(agreements=given) == ("SECONDARY", ["AGREEMENT"])

    def test_issued_before_its_agreement(self) -> None:
        given = sealed(issued_at=BEGAN - DAY, not_before=NOW - HOUR)
        assert answer("", given) == ("DENY", ["AGREEMENT"])

    def test_at_the_gate_of_another_jurisdiction(self) -> None:
        lane = replace(LANE, jurisdiction="XC")
        assert told(judged(live(GOOD), lane=lane)) == ("DENY", ["AGREEMENT"])

    def test_a_domestic_pass_is_judged_by_the_domestic_policy(self) -> None:
        given = sealed(recognition=None)
        assert answer("", given) == ACCEPTED
        assert answer("", given, domestic={}) == ("UNKNOWN", ["STALE_LIST"])

    def test_a_policy_that_is_not_at_hand(self) -> None:
        assert answer(policies={}) == ("UNKNOWN", ["STALE_LIST"])


class TestStatus:
    @pytest.mark.parametrize("status", [Status.REVOKED, Status.SUPERSEDED])
    def test_withdrawn(self, status: Status) -> None:
        found = report(status=status_lists(status))
        assert told(found) == ("DENY", ["STATUS"])
        assert results(found)[4] == "INVALID"

    def test_suspended(self) -> None:
        assert answer(status=status_lists(Status.SUSPENDED)) == ("SECONDARY", ["STATUS"])

    def test_another_entry_says_nothing(self) -> None:
        assert answer("", sealed(index=INDEX + 1), status=status_lists(Status.REVOKED)) == ACCEPTED


class TestTime:
    def test_over(self) -> None:
        assert answer("", sealed(expires_at=NOW + 1)) == ACCEPTED
        found = report("", sealed(expires_at=NOW))
        assert told(found) == ("DENY", ["TIME"])
        assert results(found)[5] == "INVALID"

    def test_not_begun(self) -> None:
        assert answer("", sealed(not_before=NOW + 30)) == ACCEPTED
        assert answer("", sealed(not_before=NOW + 31)) == ("DENY", ["TIME"])
        assert answer("", sealed(issued_at=NOW + 31)) == ("DENY", ["TIME"])

    def test_paper_has_the_policy_s_own_window(self) -> None:
        def on_paper(begins: int) -> tuple[str, list[str]]:
            given = sealed(issued_at=begins, not_before=begins)
            known = evidence(given)
            return told(judged(passes.to_text(given), known, Match.MATCHED))

        assert on_paper(NOW - DAY + 1) == ACCEPTED
        assert on_paper(NOW - DAY) == ("DENY", ["TIME"])

    def test_a_clock_that_is_off_by_minutes_cannot_tell(self) -> None:
        given = sealed(expires_at=NOW, modes=Mode.PAPER, holder=None)
        lane = replace(LANE, clock_error=120)
        known = evidence(given)
        found = judged(passes.to_text(given), known, Match.MATCHED, lane=lane)
        assert told(found) == ("UNKNOWN", ["TIME"])
        late = judged(passes.to_text(given), known, Match.MATCHED, lane=lane, at=NOW + 200)
        assert told(late) == ("DENY", ["TIME"])

    def test_nor_can_one_that_nobody_measured(self) -> None:
        lane = replace(LANE, clock_error=None)
        for expires_at, outcome in ((NOW - 299, "UNKNOWN"), (NOW - 300, "DENY")):
            given = sealed(expires_at=expires_at)
            found = judged(live(given), evidence(given), lane=lane)
            assert told(found) == (outcome, ["TIME"])


class TestStaleList:
    @pytest.mark.parametrize(
        ("name", "longest"),
        [("trust", DAY), ("status", 6 * HOUR), ("allow", HOUR), ("rules", 7 * DAY)],
    )
    def test_each_part_has_its_age(self, name: str, longest: int) -> None:
        def aged(age: int) -> tuple[str, list[str]]:
            part: Any = {
                "trust": Part(1, NOW - age),
                "rules": Part(1, NOW - age),
                "status": status_lists(as_of=NOW - age),
                "allow": allow(GOOD, as_of=NOW - age),
            }[name]
            return answer(**{name: part})

        assert aged(longest) == ACCEPTED
        assert aged(longest + 1) == ("UNKNOWN", ["STALE_LIST"])
        assert aged(-30) == ACCEPTED
        assert aged(-31) == ("UNKNOWN", ["STALE_LIST"])

    def test_a_status_list_that_is_not_there_or_too_short(self) -> None:
        assert answer(status={}) == ("UNKNOWN", ["STALE_LIST"])
        short = {(AGENCY.id, LIST): HeldStatus(StatusList(b"\x00"), Part(1, NOW))}
        assert answer(status=short) == ("UNKNOWN", ["STALE_LIST"])

    def test_a_clock_behind_the_bundle(self) -> None:
        def seen(block_time: int) -> tuple[str, list[str]]:
            return answer(block=Block(1, bytes(32), block_time))

        assert seen(NOW + 30) == ACCEPTED
        assert seen(NOW + 31) == ("UNKNOWN", ["STALE_LIST"])

    def test_what_is_known_stays_known(self) -> None:
        stale = status_lists(Status.REVOKED, as_of=NOW - DAY)
        found = report(status=stale)
        assert told(found) == ("DENY", ["STATUS", "STALE_LIST"])
        age = found.to_json()["people"][0]["findings"][1]["sentence"]
        assert age["en"] == "A list is out of date (1 d 0 h)."
        assert age["zh-Hans"] == "名单已过期（1 天 0 小时）。"


class TestPresentation:
    @pytest.mark.parametrize(
        ("age", "is_good"), [(90, True), (91, False), (-30, True), (-31, False)]
    )
    def test_stamp(self, age: int, *, is_good: bool) -> None:
        found = report(live(GOOD, time=NOW - age))
        assert told(found) == (ACCEPTED if is_good else ("DENY", ["PRESENTATION"]))
        assert results(found)[6] == ("VALID" if is_good else "INVALID")

    def test_another_holder(self) -> None:
        assert answer(live(GOOD, holder=THIEF)) == ("DENY", ["PRESENTATION"])

    def test_a_pass_on_paper_has_no_holder(self) -> None:
        given = sealed(modes=Mode.PAPER, holder=None)
        assert answer("", given) == ("DENY", ["PRESENTATION"])

    def test_a_copy_of_a_pass_that_has_to_be_live(self) -> None:
        given = sealed(modes=Mode.DYNAMIC)
        found = judged(passes.to_text(given), evidence(given), Match.MATCHED)
        assert told(found) == ("DENY", ["PRESENTATION"])

    def test_modes_that_policy_or_lane_do_not_take(self) -> None:
        policy = sample_policy(
            presentation={"modes": ["B", "C"], "stamp": "PT60S", "skew": "PT30S"}
        )
        known: dict[str, Any] = {
            "policies": {policy.digest: policy},
            "agreements": agreements(version(policy=policy)),
        }
        assert answer(**known) == ("SECONDARY", ["PRESENTATION"])
        lane = replace(LANE, modes=Mode.CHALLENGE | Mode.PAPER)
        assert told(judged(live(GOOD), lane=lane)) == ("SECONDARY", ["PRESENTATION"])

    def test_a_gate_unsure_of_its_clock_takes_no_stamps(self) -> None:
        for error, found in ((30, ACCEPTED), (31, ("SECONDARY", ["PRESENTATION"]))):
            lane = replace(LANE, clock_error=error)
            assert told(judged(live(GOOD), lane=lane)) == found

    @pytest.mark.parametrize(
        ("error", "age", "outcome"),
        [
            (180, 0, "SECONDARY"),
            (180, 270, "SECONDARY"),
            (180, 271, "DENY"),
            (180, -210, "SECONDARY"),
            (180, -211, "DENY"),
            (30, 91, "DENY"),
            (None, 90, "ACCEPT"),
            (None, 91, "SECONDARY"),
            (None, 390, "SECONDARY"),
            (None, 391, "DENY"),
            (None, -30, "ACCEPT"),
            (None, -330, "SECONDARY"),
            (None, -331, "DENY"),
        ],
    )
    def test_a_stamp_that_the_clock_may_be_to_blame_for(
        self, error: int | None, age: int, outcome: str
    ) -> None:
        found = judged(live(GOOD, time=NOW - age), lane=replace(LANE, clock_error=error))
        assert told(found) == (outcome, [] if outcome == "ACCEPT" else ["PRESENTATION"])

    @pytest.mark.parametrize(("age", "is_good"), [(0, True), (60, True), (61, False), (-1, False)])
    def test_challenge_of_this_gate(self, age: int, *, is_good: bool) -> None:
        answers = answer_to(b"sample challenge")
        lane = replace(LANE, challenges={answers: NOW - age}, clock_error=300)
        found = judged(live(GOOD, nonce=answers, time=NOW - 5_000), lane=lane)
        assert told(found) == (ACCEPTED if is_good else ("DENY", ["PRESENTATION"]))

    def test_challenge_of_another_gate(self) -> None:
        given = sealed(modes=Mode.CHALLENGE)
        lane = replace(LANE, challenges={answer_to(b"ours"): NOW})
        shown = live(given, nonce=answer_to(b"another"))
        assert told(judged(shown, evidence(given), lane=lane)) == ("DENY", ["PRESENTATION"])


class TestReplay:
    def test_the_same_stamp_twice(self) -> None:
        first = judged(live(GOOD))
        effects = first.people[0].effects
        assert effects is not None
        assert effects.shown_at is not None
        memory = RememberedMemory(shown={(effects.subject, effects.shown_at)})
        found = judged(live(GOOD), memory=memory)
        assert told(found) == ("SECONDARY", ["REPLAY"])
        assert results(found)[6] == "INVALID"
        assert told(judged(live(GOOD, time=NOW - 4), memory=memory)) == ACCEPTED

    def test_a_stranger_s_signature_marks_nothing(self) -> None:
        effects = judged(live(GOOD, holder=THIEF)).people[0].effects
        assert effects is not None
        assert effects.shown_at is None


class TestUses:
    def test_counted_here(self) -> None:
        given = sealed(max_uses=2)
        for used, found in ((1, ACCEPTED), (2, ("SECONDARY", ["USES"]))):
            memory = RememberedMemory(used={CTI: used})
            assert told(judged(live(given), evidence(given), memory=memory)) == found

    def test_says_who_counted(self) -> None:
        given = sealed(max_uses=1)
        for online, detail in ((True, "counted at TO"), (False, "counted by this gate")):
            known = evidence(given, is_online=online)
            found = judged(live(given), known, memory=RememberedMemory(used={CTI: 1}))
            assert found.people[0].findings[0].detail == detail

    def test_unlimited(self) -> None:
        assert told(judged(live(GOOD), memory=RememberedMemory(used={CTI: 99}))) == ACCEPTED


class TestQuota:
    def test_full(self) -> None:
        for inside, found in ((4_999, ACCEPTED), (5_000, ("SECONDARY", ["QUOTA"]))):
            memory = RememberedMemory(inside={("XA", "port-1"): inside})
            assert told(judged(live(GOOD), memory=memory)) == found

    def test_a_port_without_one(self) -> None:
        lane = replace(LANE, port="port-2")
        memory = RememberedMemory(inside={("XA", "port-2"): 9_999})
        assert told(judged(live(GOOD), lane=lane, memory=memory)) == ACCEPTED


class TestGrade:
    def test_manual(self) -> None:
        assert answer("", sealed(grade=2)) == ("SECONDARY", ["GRADE"])

    def test_none(self) -> None:
        policy = sample_policy(lanes={"auto": [0], "manual": [], "none": [2]})
        known: dict[str, Any] = {
            "policies": {policy.digest: policy},
            "agreements": agreements(version(policy=policy)),
        }
        found = report("", sealed(grade=2), **known)
        assert told(found) == ("DENY", ["GRADE"])
        told_in = found.to_json()["people"][0]["findings"][0]["sentence"]
        assert told_in["zh-Hans"] == "该颜色不得通行。"

    def test_not_on_the_scale(self) -> None:
        assert answer("", sealed(grade=5)) == ("SECONDARY", ["GRADE"])

    def test_is_no_fault_of_the_document(self) -> None:
        assert results(report("", sealed(grade=2))) == ["VALID"] * 7


class TestRule:
    def test_another_purpose(self) -> None:
        lane = replace(LANE, purpose=5)
        found = judged(live(GOOD), lane=lane)
        assert told(found) == ("DENY", ["RULE"])
        sentence = found.to_json()["people"][0]["findings"][0]["sentence"]["en"]
        assert sentence == "Entry rule not met: the code is for another purpose."


class TestIdMismatch:
    DOCUMENT = TravelDocument("P", "XA", "SAMPLE-1")
    BOUND = sealed(binding=binding_of("P", "XA", "SAMPLE-1", CTI))

    def on_paper(self, *identities: Any, given: bytes = GOOD) -> tuple[str, list[str]]:
        return told(judged(passes.to_text(given), evidence(given), *identities))

    def test_paper_has_to_be_compared(self) -> None:
        assert self.on_paper(Match.MATCHED) == ACCEPTED
        assert self.on_paper() == ("SECONDARY", ["ID_MISMATCH"])
        assert self.on_paper(Match.MISMATCHED) == ("SECONDARY", ["ID_MISMATCH"])

    def test_a_live_pass_need_not_but_may(self) -> None:
        assert told(judged(live(GOOD), None, Match.NONE)) == ACCEPTED
        assert told(judged(live(GOOD), None, Match.MISMATCHED)) == ("SECONDARY", ["ID_MISMATCH"])

    def test_a_reader_recomputes_the_binding(self) -> None:
        assert self.on_paper(self.DOCUMENT, given=self.BOUND) == ACCEPTED
        other = replace(self.DOCUMENT, number="SAMPLE-2")
        assert self.on_paper(other, given=self.BOUND) == ("SECONDARY", ["ID_MISMATCH"])
        assert self.on_paper(self.DOCUMENT) == ("SECONDARY", ["ID_MISMATCH"])  # bound to nothing

    def test_not_before_all_else_is_green(self) -> None:
        other = replace(self.DOCUMENT, number="SAMPLE-2")
        known = evidence(self.BOUND, status=status_lists(Status.REVOKED))
        found = judged(passes.to_text(self.BOUND), known, other)
        assert told(found) == ("DENY", ["STATUS"])
