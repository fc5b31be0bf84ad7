"""The decision as a whole: what wins, groups, bad input, and that nothing raises."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import passes
from ledger.health.allow_list import AllowList, segment_of
from ledger.health.claims import ClaimsInvalid
from ledger.health.gate.evidence import Block, HeldAllow, Part
from ledger.health.gate.lane import Lane, Match
from ledger.health.gate.outcome import Outcome, worst
from ledger.health.gate.report import GateReport
from ledger.health.passes import Mode
from ledger.health.presentations import answer_to
from ledger.health.reasons import Reason
from ledger.values import Scope, Status
from tests.support.gates import (
    AGENCY,
    CTI,
    DOCUMENT_KEY,
    FOREIGN,
    GOOD,
    HOLDER,
    HOUR,
    LANE,
    NOW,
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
)

ACCEPTED: tuple[str, list[str]] = ("ACCEPT", [])
ORDER = [reason.value for reason in Reason]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


@dataclass
class Scene:
    """A scan that is good until something is done to it."""

    content: dict[str, Any] = field(default_factory=dict)
    known: dict[str, Any] = field(default_factory=dict)
    lane: dict[str, Any] = field(default_factory=dict)
    memory: RememberedMemory = field(default_factory=RememberedMemory)
    match: Match = Match.MATCHED
    time: int = NOW - 5
    is_listed: bool = True

    def judged(self) -> GateReport:
        encoded = sealed(**self.content)
        listed = allow(encoded) if self.is_listed else allow()
        known = evidence(**({"allow": listed} | self.known))
        lane = replace(LANE, **self.lane)
        shown = live(encoded, time=self.time)
        return judged(shown, known, self.match, lane=lane, memory=self.memory)


def set_in(part: str, **changes: Any) -> Callable[[Scene], None]:
    def spoil(scene: Scene) -> None:
        getattr(scene, part).update(changes)

    return spoil


def set_on(**changes: Any) -> Callable[[Scene], None]:
    def spoil(scene: Scene) -> None:
        for name, value in changes.items():
            setattr(scene, name, value)

    return spoil


def used(scene: Scene) -> None:
    scene.memory.used[CTI] = 1
    scene.content["max_uses"] = 1


def full(scene: Scene) -> None:
    scene.memory.inside["XA", "port-1"] = 5_000


def replayed(scene: Scene) -> None:
    scene.memory.shown |= {(CTI, time) for time in range(NOW - 200, NOW)}


FAULTS: dict[Reason, tuple[Outcome, Callable[[Scene], None]]] = {
    Reason.ANCHOR: (Outcome.DENY, set_on(is_listed=False)),
    Reason.KEY_USAGE: (Outcome.DENY, set_in("known", keys=keys(accreditations={}))),
    Reason.AGREEMENT: (
        Outcome.SECONDARY,
        set_in("known", agreements=agreements(suspensions=[suspension()])),
    ),
    Reason.STATUS: (Outcome.SECONDARY, set_in("known", status=status_lists(Status.SUSPENDED))),
    Reason.TIME: (Outcome.DENY, set_in("content", expires_at=NOW)),
    Reason.STALE_LIST: (Outcome.UNKNOWN, set_in("known", rules=Part(1, NOW - 200 * HOUR))),
    Reason.PRESENTATION: (Outcome.DENY, set_on(time=NOW - 91)),
    Reason.REPLAY: (Outcome.SECONDARY, replayed),
    Reason.USES: (Outcome.SECONDARY, used),
    Reason.QUOTA: (Outcome.SECONDARY, full),
    Reason.GRADE: (Outcome.SECONDARY, set_in("content", grade=2)),
    Reason.RULE: (Outcome.DENY, set_in("content", purposes=0b10)),
    Reason.ID_MISMATCH: (Outcome.SECONDARY, set_on(match=Match.MISMATCHED)),
}


class TestPrecedence:
    @given(st.sets(st.sampled_from(sorted(FAULTS))))
    def test_worst_wins_and_its_first_reason_is_the_headline(self, faults: set[Reason]) -> None:
        scene = Scene()
        for reason in faults:
            FAULTS[reason][1](scene)
        found = scene.judged().people[0]
        reasons = [finding.reason.value for finding in found.findings]
        assert reasons == sorted(faults, key=ORDER.index)
        outcome = worst(FAULTS[reason][0] for reason in faults)
        assert found.outcome is outcome
        first = next((each for each in reasons if FAULTS[Reason(each)][0] is outcome), None)
        assert (found.headline and found.headline.reason.value) == first

    def test_every_reason_after_the_first_five_is_among_them_or_like_one(self) -> None:
        assert set(Reason) - set(FAULTS) == {*list(Reason)[:5], Reason.KEY_STATE}

    @given(st.sets(st.sampled_from([*Outcome]), min_size=1))
    def test_order_of_outcomes(self, outcomes: set[Outcome]) -> None:
        order = [Outcome.DENY, Outcome.UNKNOWN, Outcome.SECONDARY, Outcome.ACCEPT]
        assert worst(outcomes) is next(each for each in order if each in outcomes)

    @given(st.sets(st.sampled_from(sorted(FAULTS))))
    def test_after_an_unknown_key_nothing_else_is_looked_at(self, faults: set[Reason]) -> None:
        scene = Scene()
        for reason in faults:
            FAULTS[reason][1](scene)
        scene.known["keys"] = {}
        assert told(scene.judged()) == ("UNKNOWN", ["KEY_UNKNOWN"])


class TestGroup:
    FIRST = sealed(cti=bytes(16))
    SECOND = sealed(cti=b"\x01" * 16, grade=2)
    THIRD = sealed(cti=b"\x02" * 16, holder=THIEF.public_key)
    KNOWN = evidence(FIRST, SECOND, THIRD)

    def test_one_line_a_person_and_the_worst_overall(self) -> None:
        found = judged(live(self.FIRST, self.SECOND), self.KNOWN)
        assert [person.outcome.value for person in found.people] == ["ACCEPT", "SECONDARY"]
        assert found.outcome is Outcome.SECONDARY
        assert found.headline is not None
        assert found.headline.reason is Reason.GRADE

    def test_one_who_is_not_the_guardian_s_does_not_stop_the_others(self) -> None:
        found = judged(live(self.FIRST, self.THIRD), self.KNOWN)
        assert [person.outcome.value for person in found.people] == ["ACCEPT", "DENY"]
        assert told(found) == ("DENY", ["PRESENTATION"])

    def test_people_are_compared_in_their_order(self) -> None:
        shown = live(self.FIRST, self.SECOND)
        found = judged(shown, self.KNOWN, Match.MATCHED, Match.MISMATCHED)
        assert told(found) == ("SECONDARY", ["GRADE", "ID_MISMATCH"])
        assert found.people[0].outcome is Outcome.ACCEPT

    def test_people_of_one_code_share_the_day_s_quota(self) -> None:
        memory = RememberedMemory(inside={("XA", "port-1"): 4_999})
        family = [sealed(cti=bytes([each]) * 16) for each in range(3)]
        known = evidence(allow=allow(*family))
        report = judged(live(*family), known, memory=memory)
        outcomes = [(each.outcome.value, each.headline) for each in report.people]
        assert outcomes[0] == ("ACCEPT", None)
        assert [(one, head and head.reason.value) for one, head in outcomes[1:]] == [
            ("SECONDARY", "QUOTA"),
            ("SECONDARY", "QUOTA"),
        ]

    def test_eight_people(self) -> None:
        family = [sealed(cti=bytes([number]) * 16) for number in range(8)]
        found = judged(live(*family), evidence(*family))
        assert len(found.people) == 8
        assert found.outcome is Outcome.ACCEPT


class TestBadInput:
    """UNKNOWN or SECONDARY where the gate cannot know; DENY only where it knows."""

    def test_stale_bundle(self) -> None:
        known = evidence(trust=Part(1, NOW - 25 * HOUR))
        assert told(judged(live(GOOD), known)) == ("UNKNOWN", ["STALE_LIST"])

    def test_clock_off_by_minutes(self) -> None:
        lane = replace(LANE, clock_error=300)
        assert judged(live(GOOD, time=NOW - 200), lane=lane).outcome is Outcome.SECONDARY

    def test_clock_before_the_bundle(self) -> None:
        known = evidence(block=Block(1, bytes(32), NOW + 400))
        assert told(judged(live(GOOD), known)) == ("UNKNOWN", ["STALE_LIST"])

    def test_rolled_back_bundle_hides_no_withdrawal(self) -> None:
        old = evidence(status=status_lists(as_of=NOW - 7 * HOUR))
        assert told(judged(live(GOOD), old)) == ("UNKNOWN", ["STALE_LIST"])

    def test_wrong_jurisdiction_s_gate(self) -> None:
        lane = replace(LANE, jurisdiction="XA")
        assert told(judged(live(GOOD), lane=lane)) == ("DENY", ["AGREEMENT"])

    def test_replayed_dynamic_code(self) -> None:
        memory = RememberedMemory(shown={(CTI, NOW - 5)})
        assert told(judged(live(GOOD), memory=memory)) == ("SECONDARY", ["REPLAY"])

    def test_screenshot_after_its_time(self) -> None:
        assert told(judged(live(GOOD), at=NOW + 90)) == ("DENY", ["PRESENTATION"])

    def test_photo_of_a_photo(self) -> None:
        for text in (passes.to_text(GOOD), FOREIGN.code()):
            assert told(judged(text)) == ("SECONDARY", ["ID_MISMATCH"])

    def test_answer_to_another_gate_s_challenge(self) -> None:
        encoded = sealed(modes=Mode.CHALLENGE)
        shown = live(encoded, nonce=answer_to(b"that gate"), time=NOW)
        lane = replace(LANE, challenges={answer_to(b"this gate"): NOW})
        assert told(judged(shown, evidence(encoded), lane=lane)) == ("DENY", ["PRESENTATION"])

    def test_suspended_agreement_and_stolen_key_at_once(self) -> None:
        known = evidence(
            allow=allow(),
            keys=keys(replace(DOCUMENT_KEY, distrust_from=NOW - HOUR)),
            agreements=agreements(suspensions=[suspension(Scope.ALL)]),
        )
        found = judged(live(GOOD), known)
        assert told(found) == ("DENY", ["ANCHOR", "KEY_STATE", "AGREEMENT"])


class TestScannedLine:
    def test_ends_and_case_of_a_hand_scanner(self) -> None:
        code = live(GOOD)
        for line in (code + "\r\n", code + " ", "]Q1" + code, code.lower(), "\t" + code):
            assert told(judged(line)) == ACCEPTED

    def test_a_single_small_letter_is_no_caps_lock(self) -> None:
        code = live(GOOD)
        place = next(at for at in range(4, len(code)) if code[at].isalpha())
        line = code[:place] + code[place].lower() + code[place + 1 :]
        assert told(judged(line)) == ("DENY", ["FORMAT"])


TEXTS = {
    "paper": passes.to_text(GOOD),
    "live": live(GOOD),
    "group": live(TestGroup.FIRST, TestGroup.SECOND),
    "foreign": FOREIGN.code(),
}


class TestNothingElseIsAccepted:
    @given(st.sampled_from(sorted(TEXTS)), st.integers(0), st.sampled_from(ALPHABET))
    def test_no_mutation_of_one_character(self, kind: str, place: int, letter: str) -> None:
        text = TEXTS[kind]
        place %= len(text)
        mutated = text[:place] + letter + text[place + 1 :]
        if mutated != text:
            found = judged(mutated, TestGroup.KNOWN, Match.MATCHED, Match.MATCHED)
            assert found.outcome is not Outcome.ACCEPT
            assert not (kind == "group" and Outcome.ACCEPT in {p.outcome for p in found.people})

    @given(st.sampled_from(sorted(TEXTS)), st.integers(0), st.sampled_from(ALPHABET))
    def test_no_character_more_or_less(self, kind: str, place: int, letter: str) -> None:
        text = TEXTS[kind]
        place %= len(text)
        longer, shorter = text[:place] + letter + text[place:], text[:place] + text[place + 1 :]
        for mutated in (longer, shorter):
            found = judged(mutated, TestGroup.KNOWN, Match.MATCHED, Match.MATCHED)
            assert found.outcome is not Outcome.ACCEPT


class TestNeverRaises:
    @given(st.text(max_size=400))
    def test_whatever_is_scanned(self, text: str) -> None:
        assert judged(text).outcome is not Outcome.ACCEPT

    @given(st.sampled_from(["SZ1:", "SZ2:", "SZ4:", "HC1:"]), st.text(ALPHABET, max_size=300))
    def test_whatever_follows_a_prefix(self, prefix: str, rest: str) -> None:
        found = judged(prefix + rest)
        assert found.outcome in (Outcome.DENY, Outcome.UNKNOWN)
        assert found.to_json()["people"]

    @given(
        grade=st.integers(0, 7),
        issued_at=st.integers(0, 2**40 - 1),
        not_before=st.integers(0, 2**39),
        life=st.integers(1, 2**38),
        purposes=st.integers(0, 2**32 - 1),
        index=st.integers(0, 2**20 - 1),
        modes=st.integers(1, 7),
        at=st.integers(0, 2**40),
        purpose=st.integers(0, 31),
        clock_error=st.integers(0, 10_000),
    )
    def test_whatever_is_signed(self, *, life: int, at: int, purpose: int, **said: int) -> None:
        clock_error = said.pop("clock_error")
        changes: dict[str, Any] = said | {"expires_at": said["not_before"] + life}
        changes["modes"] = Mode(said["modes"])
        changes["holder"] = None if changes["modes"] is Mode.PAPER else HOLDER.public_key
        encoded = sealed(**changes)
        lane: Lane = replace(LANE, purpose=purpose, clock_error=clock_error)
        for text in (passes.to_text(encoded), live(encoded)):
            found = judged(text, evidence(encoded), Match.MATCHED, lane=lane, at=at)
            assert found.to_json()["outcome"] == found.outcome.value


class TestLists:
    def test_a_missing_segment_makes_no_list(self) -> None:
        segments = [segment_of(AGENCY.id, seq, seq, seq + 1, []) for seq in (1, 3)]
        with pytest.raises(ClaimsInvalid):
            AllowList(segments)

    def test_the_segment_tells_when_whatever_the_pass_says(self) -> None:
        """Anchored before the theft or after it, in two segments of one list."""
        early, late = sealed(cti=b"\x05" * 16), sealed(cti=b"\x06" * 16)
        turn = NOW - HOUR
        passes_of = {1: (turn - HOUR, turn, early), 2: (turn, NOW - 60, late)}
        segments = [
            segment_of(AGENCY.id, seq, start, end, [passes.from_text(passes.to_text(one)).digest])
            for seq, (start, end, one) in passes_of.items()
        ]
        known = evidence(
            allow={AGENCY.id: HeldAllow(AllowList(segments), Part(2, NOW - 60))},
            keys=keys(replace(DOCUMENT_KEY, distrust_from=turn)),
        )
        assert told(judged(live(early), known)) == ACCEPTED
        assert told(judged(live(late), known)) == ("DENY", ["KEY_STATE"])
