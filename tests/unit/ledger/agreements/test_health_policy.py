"""What an agreement may say: the schema, and what no schema can."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.agreements.durations import DurationMalformed, seconds_in
from ledger.agreements.health_policy import read_domestic_policy, read_policy
from ledger.agreements.policy import MAX_BYTES, PolicyInvalid
from ledger.canonical import canonical_json
from tests.support.policies import (
    grade,
    policy_document,
    sample_domestic_policy,
    sample_policy,
)


def refused(document: Any) -> PolicyInvalid:
    encoded = document if isinstance(document, bytes) else canonical_json(document)
    with pytest.raises(PolicyInvalid) as found:
        read_policy(encoded)
    return found.value


class TestPolicy:
    def test_is_named_by_the_digest_of_its_bytes(self) -> None:
        encoded = canonical_json(policy_document())
        assert sample_policy().digest == hashlib.sha256(encoded).digest()

    def test_answers_grades_lanes_and_durations(self) -> None:
        policy = sample_policy()
        assert [policy.grade_for(each) for each in (0, 1, 2)] == [0, 2, None]
        assert policy.lanes == {0: "auto", 2: "manual"}
        assert policy.seconds("presentation", "stamp") == 60
        with pytest.raises(PolicyInvalid):
            policy.grade_for(3)

    def test_keeps_its_bytes_canonical(self) -> None:
        assert refused(canonical_json(policy_document()) + b"\n").reason.startswith("not canon")
        assert refused(b"[]").reason == "no JSON object"
        assert refused(b"\xff").reason == "no JSON object"
        assert refused(b" " * (MAX_BYTES + 1)).reason == "longer than 65536 bytes"

    @pytest.mark.parametrize("member", sorted(policy_document()))
    def test_has_every_member(self, member: str) -> None:
        document = policy_document()
        del document[member]
        error = refused(document)
        assert (error.reason, error.path) == ("required", member)

    def test_has_no_other_member(self) -> None:
        error = refused(policy_document(extra=1))
        assert (error.reason, error.path) == ("additionalProperties", "extra")
        assert refused(policy_document(freshness={"for": "PT1H", "x": 1})).path == "freshness.x"

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"from": "xa"}, "from"),
            ({"to": "XA"}, "to"),
            ({"version": 0}, "version"),
            ({"recordType": "health:other"}, "recordType"),
            ({"notice": "P6DT23H"}, "notice"),
            ({"grace": "PT"}, "grace"),
            ({"grace": "P1M"}, "grace"),
            ({"freshness": {}}, "freshness"),
            ({"freshness": {"for": "PTH"}}, "freshness.for"),
            ({"lanes": {"auto": [0], "manual": [], "none": []}}, "lanes"),
            ({"lanes": {"auto": [0], "manual": [0, 2], "none": []}}, "lanes"),
            ({"lanes": {"auto": [0], "manual": [2, 3], "none": []}}, "lanes"),
            ({"presentation": {"modes": ["A"], "stamp": "PT1S", "skew": "PT1S"}}, "paper.allowed"),
            ({"quota": {"port": -1}}, "quota.port"),
            ({"purposes": {"32": "x"}}, "purposes"),
            (
                {"issuance": {"batch": 1, "window": "PT4H", "overlap": "PT4H", "ahead": "P1D"}},
                "issuance.overlap",
            ),
        ],
    )
    def test_is_refused_at_the_place_that_is_wrong(
        self, changes: dict[str, Any], path: str
    ) -> None:
        assert refused(policy_document(**changes)).path == path


class TestGrades:
    @pytest.mark.parametrize(
        ("mapped", "reason"),
        [
            ({"0": 0, "1": 2}, "not exactly the grades of the source"),
            ({"0": 0, "1": 2, "2": 2, "3": 2}, "not exactly the grades of the source"),
            ({"0": 0, "1": 1, "2": 2}, "no grade of the receiver"),
            ({"0": 0, "1": "refuse", "2": 2}, "better than what a better grade becomes"),
            ({"0": 0, "1": 0, "2": 2}, "better than it was"),
            ({"0": 2, "1": 2, "2": 0}, "better than what a better grade becomes"),
        ],
    )
    def test_are_mapped_totally_in_order_and_never_up(
        self, mapped: dict[str, Any], reason: str
    ) -> None:
        assert refused(policy_document(gradeMap=mapped)).reason == reason

    def test_are_told_apart(self) -> None:
        scale = {"from": [grade(0), grade(1), grade(2)], "to": [grade(0), grade(2, 0)]}
        assert refused(policy_document(grades=scale)).path == "grades.to"

    @given(
        st.permutations(range(4)),
        st.permutations(range(4)),
        st.lists(st.sampled_from([0, 1, 2, 3, "refuse"]), min_size=4, max_size=4),
    )
    def test_of_any_policy_that_is_read_never_improve(
        self, source: list[int], target: list[int], images: list[Any]
    ) -> None:
        document = policy_document(
            grades={
                "from": [grade(code, order) for code, order in enumerate(source)],
                "to": [grade(code, order) for code, order in enumerate(target)],
            },
            gradeMap={str(code): image for code, image in enumerate(images)},
            lanes={"auto": [0], "manual": [1, 2], "none": [3]},
        )
        try:
            policy = read_policy(canonical_json(document))
        except PolicyInvalid:
            return
        by_order = sorted(range(4), key=lambda code: source[code])
        found = [policy.grade_for(code) for code in by_order]
        orders = [99 if each is None else target[each] for each in found]
        assert orders == sorted(orders)
        assert all(new >= source[code] for new, code in zip(orders, by_order, strict=True))


class TestDurations:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("PT60S", 60),
            ("PT1H", 3600),
            ("P7D", 604_800),
            ("P1DT12H", 129_600),
            ("PT0S", 0),
            ("P0DT1M5S", 65),
        ],
    )
    def test_of_fixed_length_are_counted(self, text: str, seconds: int) -> None:
        assert seconds_in(text) == seconds

    @pytest.mark.parametrize(
        "text",
        ["", "P", "PT", "P1DT", "P1Y", "P1M", "P1W", "PT1.5S", "1D", "P-1D", "PT1S ", "P１D"],
    )
    def test_of_another_kind_are_refused(self, text: str) -> None:
        with pytest.raises(DurationMalformed):
            seconds_in(text)


class TestDomesticPolicy:
    def test_is_of_one_jurisdiction_and_one_scale(self) -> None:
        policy = sample_domestic_policy()
        assert policy.document["from"] == policy.document["to"] == "XB"
        with pytest.raises(PolicyInvalid):
            read_policy(canonical_json(dict(policy.document)))

    @pytest.mark.parametrize(
        ("changes", "path"),
        [
            ({"from": "XA"}, "to"),
            (
                {"grades": policy_document()["grades"], "gradeMap": {"0": 0, "1": 2, "2": 2}},
                "grades.to",
            ),
        ],
    )
    def test_no_other_is_domestic(self, changes: dict[str, Any], path: str) -> None:
        document = dict(sample_domestic_policy().document) | changes
        with pytest.raises(PolicyInvalid) as found:
            read_domestic_policy(canonical_json(document))
        assert found.value.path == path
