"""A checkpoint of plainly invented parties, for measuring: what it knows, and codes to show it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.agreements.agreement import Agreement, Version
from ledger.agreements.health_policy import Policy, read_policy
from ledger.authority import Agency, DocumentKey
from ledger.canonical import canonical_json
from ledger.health import allow_list, passes, presentations, signed
from ledger.health.allow_list import AllowList, Segment
from ledger.health.gate.evidence import (
    Block,
    GateEvidence,
    HeldAllow,
    HeldStatus,
    IssuerKey,
    Part,
    keys_by_kid,
)
from ledger.health.gate.lane import Lane
from ledger.health.gate.recognition import HCERT, PASS
from ledger.health.hcert import writing
from ledger.health.hcert.certificates import ALL_USAGES
from ledger.health.hcert.trust import TrustedKey, trust_list
from ledger.health.passes import HealthPass, Mode, Recognition
from ledger.health.rule_bundles import RuleBundle
from ledger.keys import PrivateKey
from ledger.status_list import StatusList
from ledger.values import (
    OPEN_END,
    AgencyStatus,
    Digest,
    KeyUsage,
    RecordType,
    Seconds,
    Window,
    agency_id,
    jurisdiction_id,
)

NOW: Final = Seconds(1_800_000_000)
LANE: Final = Lane("XB", "Sample Checkpoint", "port-1", "7", 0)
_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR
_SEGMENTS: Final = 24
"""An hour each."""
_BEGAN: Final = NOW - 10 * _DAY
_AGENCY: Final = Agency(
    agency_id("XB", "1"), "XB", "1", "Sample Health Bureau", AgencyStatus.ACTIVE
)
_TEXTS: Final = {"zh-Hans": "示例", "zh-Hant": "示例", "en": "Sample", "pt": "Exemplo"}
_DIGEST: Final = "0x" + "11" * 32
_GRADE: Final[dict[str, Any]] = {
    "code": 0,
    "name": "green",
    "colour": "#00aa00",
    "order": 0,
    "texts": _TEXTS,
    "measure": "none",
}
_POLICY: Final[dict[str, Any]] = {
    "v": 1,
    "id": "0x" + "0a" * 16,
    "from": "XA",
    "to": "XB",
    "recordType": "health:pass",
    "version": 1,
    "grades": {"from": [_GRADE], "to": [_GRADE]},
    "gradeMap": {"0": 0},
    "test": {
        "required": False,
        "kinds": [],
        "result": "negative",
        "maxAge": "P7D",
        "clock": "sampled",
    },
    "freshness": {"for": "PT24H"},
    "maxUses": 0,
    "quota": {"port-1": 5_000},
    "purposes": {"0": "entry"},
    "lanes": {"auto": [0], "manual": [], "none": []},
    "presentation": {"modes": ["A", "B", "C"], "stamp": "PT60S", "skew": "PT30S"},
    "paper": {"allowed": True, "freshness": "PT24H", "idMatch": "required"},
    "offlineMaxAge": {"trust": "PT24H", "status": "PT6H", "allow": "PT1H", "rules": "P7D"},
    "issuance": {"batch": 8, "window": "PT24H", "overlap": "PT4H", "ahead": "P28D"},
    "bind": "none",
    "hint": "none",
    "rules": [],
    "valueSets": _DIGEST,
    "tolerances": [],
    "grace": "PT6H",
    "notice": "P7D",
    "retention": {"scan": "P14D", "custody": "P28D", "consent": "P90D"},
    "consent": {
        "fields": ["name"],
        "recipients": ["Sample Health Bureau"],
        "textHash": dict.fromkeys(_TEXTS, _DIGEST),
    },
    "appeals": {"answerWithin": "PT24H", "contact": "appeals@health.example"},
}
_CERTIFICATE: Final[dict[str, Any]] = {
    "ver": "1.3.0",
    "nam": {"fn": "Sample", "fnt": "SAMPLE"},
    "dob": "1990-07-23",
    "v": [
        {
            "tg": "840539006",
            "vp": "1119349007",
            "mp": "EU/1/20/1528",
            "ma": "ORG-100030215",
            "dn": 2,
            "sd": 2,
            "dt": "2026-05-20",
            "co": "XX",
            "is": "Sample Health Office",
            "ci": "URN:UVCI:01:XX:SAMPLE",
        }
    ],
}


class NothingRemembered:
    """A gate's memory of its first moment."""

    def was_shown(self, subject: bytes, time: int) -> bool:
        """Never."""
        del subject, time
        return False

    def uses(self, subject: bytes) -> int:
        """None."""
        del subject
        return 0

    def admitted(self, source: str, port: str) -> int:
        """Nobody."""
        del source, port
        return 0


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the gate knows, the key that signed the passes, and codes as they are scanned."""

    evidence: GateEvidence
    signer: PrivateKey
    paper: Sequence[str]
    live: Sequence[str]
    foreign: Sequence[str]


def checkpoint(live_passes: int, codes: int) -> Checkpoint:
    """Return a checkpoint that knows of so many live passes, `codes` of which are at hand.

    Every holder has a key of their own, as in life: no cache of keys helps a gate there.
    """
    signer, country = _fresh_key(), _fresh_key()
    holders = [_fresh_key() for _ in range(codes)]
    encoded = [passes.sign(_content(holder), signer) for holder in holders]
    shown = [
        presentations.present([each], NOW - 5, os.urandom(8), holder)
        for each, holder in zip(encoded, holders, strict=True)
    ]
    foreign = [_foreign(country, number) for number in range(codes)]
    digests = [signed.read(each).digest for each in encoded]
    return Checkpoint(
        _evidence(signer, country, digests, live_passes),
        signer,
        [passes.to_text(each) for each in encoded],
        shown,
        foreign,
    )


def _fresh_key() -> PrivateKey:
    return PrivateKey.from_secret(b"\x00" + os.urandom(31))


def _content(holder: PrivateKey) -> HealthPass:
    return HealthPass(
        jurisdiction="XB",
        cti=os.urandom(16),
        issued_at=NOW - _HOUR,
        not_before=NOW - _HOUR,
        expires_at=NOW + 5 * _HOUR,
        grade=0,
        list=0,
        index=int.from_bytes(os.urandom(2)),
        modes=Mode.DYNAMIC | Mode.CHALLENGE | Mode.PAPER,
        purposes=1,
        holder=holder.public_key,
        recognition=Recognition("XA", 1),
        hint="C L 07-23",
    )


def _foreign(country: PrivateKey, number: int) -> str:
    entry = _CERTIFICATE["v"][0] | {"ci": f"URN:UVCI:01:XX:SAMPLE{number}"}
    times = Seconds(NOW - _DAY), Seconds(NOW + _DAY)
    return writing.write(_CERTIFICATE | {"v": [entry]}, "XX", *times, country, times[1])


def _evidence(
    signer: PrivateKey, country: PrivateKey, digests: Sequence[Digest], live_passes: int
) -> GateEvidence:
    of_passes, of_others = _policy("XA", "health:pass"), _policy("XX", "health:hcert")
    agreements = (_agreement("XA", PASS, of_passes), _agreement("XX", HCERT, of_others))
    point = country.public_key
    kid = signed.kid_of(point.key_id)
    trusted = TrustedKey(
        kid, point.loaded(), ALL_USAGES, Seconds(_BEGAN), Seconds(NOW + _DAY), "XX"
    )
    return GateEvidence(
        sequence=1,
        block=Block(1, bytes(32), NOW - 60),
        trust=Part(1, NOW - 60),
        rules=Part(1, NOW - 60),
        keys=keys_by_kid([_issuer_key(signer)]),
        foreign=trust_list("sample", 1, NOW, [trusted]),
        revoked=Part(1, NOW - 60),
        agreements={each.id: each for each in agreements},
        policies={each.digest: each for each in (of_passes, of_others)},
        bundles={bytes(32): RuleBundle((), {})},
        status={(_AGENCY.id, 0): HeldStatus(StatusList.empty(), Part(1, NOW - 60))},
        allow={
            _AGENCY.id: HeldAllow(AllowList(_segments(digests, live_passes)), Part(1, NOW - 60))
        },
    )


def _issuer_key(signer: PrivateKey) -> IssuerKey:
    key = DocumentKey(signer.public_key, KeyUsage.DOCUMENTS, _BEGAN, _BEGAN, OPEN_END, OPEN_END)
    accredited = {PASS: (Window(_BEGAN, OPEN_END),)}
    return IssuerKey(_AGENCY, key, ((_BEGAN, AgencyStatus.ACTIVE),), accredited)


def _policy(source: str, record_type: str) -> Policy:
    return read_policy(canonical_json(_POLICY | {"from": source, "recordType": record_type}))


def _agreement(source: str, record_type: RecordType, policy: Policy) -> Agreement:
    parties = jurisdiction_id(source), jurisdiction_id("XB")
    times = {"valid_from": _BEGAN, "valid_to": NOW + 10 * _DAY, "notice": 7 * _DAY}
    version = Version(
        number=1,
        policy_hash=policy.digest,
        bundle_hash=bytes(32),
        proposer=parties[0],
        proposed_at=_BEGAN - 4 * _DAY,
        signed_at=_BEGAN - 3 * _DAY,
        **times,
    )
    return Agreement(*parties, record_type, (version,))


def _segments(digests: Sequence[Digest], live_passes: int) -> list[Segment]:
    """The passes at hand in the last hour's segment, all others before and beside them."""
    others = [Digest(os.urandom(32)) for _ in range(max(0, live_passes - len(digests)))]
    first = NOW - _SEGMENTS * _HOUR
    return [
        allow_list.segment_of(
            _AGENCY.id,
            number,
            first + number * _HOUR,
            first + (number + 1) * _HOUR,
            [*others[number::_SEGMENTS], *(digests if number == _SEGMENTS - 1 else ())],
        )
        for number in range(_SEGMENTS)
    ]
