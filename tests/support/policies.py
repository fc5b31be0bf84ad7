"""Policies of agreements between two plainly invented jurisdictions."""

from copy import deepcopy
from typing import Any, Final

from ledger.agreements.health_policy import Policy, read_domestic_policy, read_policy
from ledger.agreements.licence_policy import LicencePolicy, read_licence_policy
from ledger.canonical import canonical_json

_TEXTS: Final = {"zh-Hans": "示例", "zh-Hant": "示例", "en": "Sample", "pt": "Exemplo"}
_DIGEST: Final = "0x" + "11" * 32


def grade(code: int, order: int | None = None) -> dict[str, Any]:
    """Return a grade whose order is its code, unless told."""
    return {
        "code": code,
        "name": f"grade-{code}",
        "colour": "#00aa00",
        "order": code if order is None else order,
        "texts": _TEXTS,
        "measure": "none",
    }


_DOCUMENT: Final[dict[str, Any]] = {
    "v": 1,
    "id": "0x" + "0a" * 16,
    "from": "XA",
    "to": "XB",
    "recordType": "health:pass",
    "version": 1,
    "grades": {"from": [grade(0), grade(1), grade(2)], "to": [grade(0), grade(2)]},
    "gradeMap": {"0": 0, "1": 2, "2": "refuse"},
    "test": {
        "required": True,
        "kinds": ["LP6464-4"],
        "result": "negative",
        "maxAge": "P7D",
        "clock": "sampled",
    },
    "freshness": {"for": "PT6H"},
    "maxUses": 0,
    "quota": {"port-1": 5000},
    "purposes": {"0": "entry", "1": "work site"},
    "lanes": {"auto": [0], "manual": [2], "none": []},
    "presentation": {"modes": ["A", "B", "C"], "stamp": "PT60S", "skew": "PT30S"},
    "paper": {"allowed": True, "freshness": "PT24H", "idMatch": "required"},
    "offlineMaxAge": {"trust": "PT24H", "status": "PT6H", "allow": "PT1H", "rules": "P7D"},
    "issuance": {"batch": 8, "window": "PT24H", "overlap": "PT4H", "ahead": "P28D"},
    "bind": "none",
    "hint": "initials-month-day",
    "rules": [{"id": "GR-XB-0001", "version": "1.0.0", "sha256": _DIGEST}],
    "valueSets": _DIGEST,
    "tolerances": [],
    "grace": "PT6H",
    "notice": "P7D",
    "retention": {"scan": "P14D", "custody": "P28D", "consent": "P90D"},
    "consent": {
        "fields": ["name", "birth date"],
        "recipients": ["Sample Health Bureau of XB"],
        "textHash": dict.fromkeys(_TEXTS, _DIGEST),
    },
    "appeals": {"answerWithin": "PT24H", "contact": "appeals@health.example"},
}

_LICENCES: Final[dict[str, Any]] = {
    "v": 1,
    "from": "XA",
    "to": "XB",
    "recordType": "licence:cn.construction-qualification",
    "version": 1,
    "notice": "P7D",
}


def licence_policy_document(**changes: Any) -> dict[str, Any]:
    """Return a policy about licences of builders, with some of its members changed."""
    return _LICENCES | changes


def sample_licence_policy(**changes: Any) -> LicencePolicy:
    """Return it read."""
    return read_licence_policy(canonical_json(licence_policy_document(**changes)))


def policy_document(**changes: Any) -> dict[str, Any]:
    """Return the document with some of its members changed."""
    return deepcopy(_DOCUMENT) | changes


def sample_policy(**changes: Any) -> Policy:
    """Return it read."""
    return read_policy(canonical_json(policy_document(**changes)))


def sample_domestic_policy(**changes: Any) -> Policy:
    """Return the policy of XB for its own passes."""
    scale = policy_document()["grades"]["to"]
    same = {"from": "XB", "grades": {"from": scale, "to": scale}, "gradeMap": {"0": 0, "2": 2}}
    return read_domestic_policy(canonical_json(policy_document(**(same | changes))))
