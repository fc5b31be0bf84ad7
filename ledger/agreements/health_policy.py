"""The policy of an agreement about health documents: what one version means, as one document.

RFC 8785 JSON of at most 64 KiB that follows `health_policy.schema.json`; its SHA-256 is the
`policyHash` that both parties sign on chain. What the schema cannot say is checked here, first
fault first.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jsonschema_rs import Draft202012Validator

from ledger.agreements.durations import DurationMalformed, seconds_in
from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused

MAX_BYTES: Final = 65_536
REFUSE: Final = "refuse"
_DAY: Final = 86_400
_SHORTEST_NOTICE: Final = 7 * _DAY
_DURATIONS: Final = (
    *(("test", "maxAge"), ("presentation", "stamp"), ("presentation", "skew")),
    *(("paper", "freshness"), ("appeals", "answerWithin"), ("grace",), ("notice",)),
    *(("offlineMaxAge", part) for part in ("trust", "status", "allow", "rules")),
    *(("issuance", part) for part in ("window", "overlap", "ahead")),
    *(("retention", part) for part in ("scan", "custody", "consent")),
)


@dataclass(eq=False)
class PolicyInvalid(Refused):
    """The document is no policy: where, as a dotted path, and what is wrong there."""

    path: str
    reason: str


@dataclass(frozen=True)
class Policy:
    """A policy that was checked; `document` as it was signed, `digest` its SHA-256."""

    document: Mapping[str, Any]
    digest: bytes

    @cached_property
    def scale(self) -> Mapping[int, Mapping[str, Any]]:
        """The grades of TO by code."""
        return {grade["code"]: grade for grade in self.document["grades"]["to"]}

    @cached_property
    def lanes(self) -> Mapping[int, str]:
        """Which lanes let a grade of TO through: auto, manual or none."""
        lanes = self.document["lanes"].items()
        return {grade: str(lane) for lane, grades in lanes for grade in grades}

    def seconds(self, *path: str) -> int:
        """Return the length of the duration at a path, such as `"test", "maxAge"`."""
        value: Any = self.document
        for part in path:
            value = value[part]
        return seconds_in(value)

    def grade_for(self, grade: int) -> int | None:
        """Return the grade of TO for one of FROM; None where it is refused.

        Raises `PolicyInvalid` for a grade that FROM's scale does not have.
        """
        found = self.document["gradeMap"].get(str(grade))
        if found is None:
            raise PolicyInvalid("gradeMap", f"no grade {grade}")
        return None if found == REFUSE else int(found)


def read_policy(encoded: bytes) -> Policy:
    """Return the policy that `encoded` is; raise `PolicyInvalid` for anything else.

    The bytes are canonical, so that a policy has one digest.
    """
    policy = _read(encoded)
    if policy.document["from"] == policy.document["to"]:
        raise PolicyInvalid("to", "the same jurisdiction as the source")
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
    if len(encoded) > MAX_BYTES:
        raise PolicyInvalid("", f"longer than {MAX_BYTES} bytes")
    try:
        document = parse_object(encoded)
        is_canonical = canonical_json(document) == encoded
    except LedgerError as exc:
        raise PolicyInvalid("", "no JSON object") from exc
    if not is_canonical:
        raise PolicyInvalid("", "not canonical (RFC 8785)")
    _check_schema(document)
    _check_durations(document)
    _check_scales(document["grades"])
    _check_grade_map(document)
    _check_lanes(document)
    _check_paper(document)
    return Policy(document, hashlib.sha256(encoded).digest())


@cache
def _validator() -> Draft202012Validator:
    text = files("ledger.agreements").joinpath("health_policy.schema.json").read_text()
    return Draft202012Validator(json.loads(text))


def _check_schema(document: Mapping[str, Any]) -> None:
    for error in _validator().iter_errors(document):
        path = ".".join(map(str, error.instance_path))
        raise PolicyInvalid(path, str(error.kind.name))


def _check_durations(document: Mapping[str, Any]) -> None:
    for path in _DURATIONS:
        value: Any = document
        for part in path:
            value = value[part]
        _check_duration(".".join(path), value)
    if "for" in document["freshness"]:
        _check_duration("freshness.for", document["freshness"]["for"])
    if "endOfLocalDay" in document["freshness"]:
        _check_zone(document["freshness"]["endOfLocalDay"])
    if seconds_in(document["notice"]) < _SHORTEST_NOTICE:
        raise PolicyInvalid("notice", "less than seven days")
    issuance = document["issuance"]
    if seconds_in(issuance["overlap"]) >= seconds_in(issuance["window"]):
        raise PolicyInvalid("issuance.overlap", "not shorter than the window")


def _check_duration(path: str, text: str) -> None:
    try:
        seconds_in(text)
    except DurationMalformed as exc:
        raise PolicyInvalid(path, "no duration") from exc


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
