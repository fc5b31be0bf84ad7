"""The policy of an agreement about health documents: what one version means, as one document.

RFC 8785 JSON of at most 64 KiB that follows `health_policy.schema.json`; its SHA-256 is the
`policyHash` that both parties sign on chain. What the schema cannot say is checked here, first
fault first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.agreements.durations import seconds_in
from ledger.agreements.policy import (
    AgreementPolicy,
    PolicyInvalid,
    check_duration,
    check_notice,
    check_schema,
    digest_of,
    read_document,
    refuse_kind,
    require_two_parties,
)
from ledger.values import LICENCE_KIND

REFUSE: Final = "refuse"
_DURATIONS: Final = (
    *(("test", "maxAge"), ("presentation", "stamp"), ("presentation", "skew")),
    *(("paper", "freshness"), ("appeals", "answerWithin"), ("grace",)),
    *(("offlineMaxAge", part) for part in ("trust", "status", "allow", "rules")),
    *(("issuance", part) for part in ("window", "overlap", "ahead")),
    *(("retention", part) for part in ("scan", "custody", "consent")),
)


@dataclass(frozen=True)
class Policy(AgreementPolicy):
    """A policy about health documents that was checked."""

    @cached_property
    def scale(self) -> Mapping[int, Mapping[str, Any]]:
        """The grades of TO by code."""
        return {grade["code"]: grade for grade in self.document["grades"]["to"]}

    @cached_property
    def lanes(self) -> Mapping[int, str]:
        """Which lanes let a grade of TO through: auto, manual or none."""
        lanes = self.document["lanes"].items()
        return {grade: str(lane) for lane, grades in lanes for grade in grades}

    def grade_for(self, grade: int) -> int | None:
        """Return the grade of TO for one of FROM; None where it is refused.

        Raises `PolicyInvalid` for a grade that FROM's scale does not have.
        """
        found = self.document["gradeMap"].get(str(grade))
        if found is None:
            raise PolicyInvalid("gradeMap", f"no grade {grade}")
        return None if found == REFUSE else int(found)


def read_policy(encoded: bytes) -> Policy:
    """Return the policy about health documents that `encoded` is.

    Raises:
        PolicyKindWrong: for one about licences.
        PolicyInvalid: for anything else that it is not.
    """
    policy = _read(encoded)
    require_two_parties(policy.document)
    return policy


def read_domestic_policy(encoded: bytes) -> Policy:
    """Return the policy of a jurisdiction for its own passes; raise `PolicyInvalid`.

    It has the form of an agreement's, with the same jurisdiction and the same scale on both sides.
    """
    policy = _read(encoded)
    if policy.document["from"] != policy.document["to"]:
        raise PolicyInvalid("to", "another jurisdiction than the source")
    if policy.document["grades"]["from"] != policy.document["grades"]["to"]:
        raise PolicyInvalid("grades.to", "another scale than the source's")
    return policy


def _read(encoded: bytes) -> Policy:
    document = read_document(encoded)
    refuse_kind(document, LICENCE_KIND)
    check_schema(document, "health_policy.schema.json")
    _check_durations(document)
    _check_scales(document["grades"])
    _check_grade_map(document)
    _check_lanes(document)
    _check_paper(document)
    return Policy(document, digest_of(encoded))


def _check_durations(document: Mapping[str, Any]) -> None:
    for path in _DURATIONS:
        value: Any = document
        for part in path:
            value = value[part]
        check_duration(".".join(path), value)
    if "for" in document["freshness"]:
        check_duration("freshness.for", document["freshness"]["for"])
    if "endOfLocalDay" in document["freshness"]:
        _check_zone(document["freshness"]["endOfLocalDay"])
    check_notice(document)
    issuance = document["issuance"]
    if seconds_in(issuance["overlap"]) >= seconds_in(issuance["window"]):
        raise PolicyInvalid("issuance.overlap", "not shorter than the window")


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError) as exc:
        raise PolicyInvalid("freshness.endOfLocalDay", "no time zone") from exc


def _check_scales(grades: Mapping[str, Any]) -> None:
    for side, scale in grades.items():
        for member in ("code", "name", "order"):
            if len({grade[member] for grade in scale}) != len(scale):
                raise PolicyInvalid(f"grades.{side}", f"the same {member} twice")


def _check_grade_map(document: Mapping[str, Any]) -> None:
    """Total; no better source is treated worse; and nothing becomes better than it was."""
    grades, mapped = document["grades"], document["gradeMap"]
    if {str(grade["code"]) for grade in grades["from"]} != mapped.keys():
        raise PolicyInvalid("gradeMap", "not exactly the grades of the source")
    targets = {grade["code"]: grade["order"] for grade in grades["to"]}
    worst = -1
    for grade in sorted(grades["from"], key=lambda each: each["order"]):
        path, target = f"gradeMap.{grade['code']}", mapped[str(grade["code"])]
        if target != REFUSE and target not in targets:
            raise PolicyInvalid(path, "no grade of the receiver")
        order = len(targets) + max(targets.values()) if target == REFUSE else targets[target]
        if order < worst:
            raise PolicyInvalid(path, "better than what a better grade becomes")
        if order < grade["order"]:
            raise PolicyInvalid(path, "better than it was")
        worst = order


def _check_lanes(document: Mapping[str, Any]) -> None:
    codes = [code for lane in document["lanes"].values() for code in lane]
    if sorted(codes) != sorted(grade["code"] for grade in document["grades"]["to"]):
        raise PolicyInvalid("lanes", "not every grade of the receiver exactly once")


def _check_paper(document: Mapping[str, Any]) -> None:
    if ("C" in document["presentation"]["modes"]) != document["paper"]["allowed"]:
        raise PolicyInvalid("paper.allowed", "not as the modes say")
