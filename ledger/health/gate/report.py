"""What the gate says, and all that is needed to say it again at an appeal."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ledger.health.gate.evidence import Block, Part
from ledger.health.gate.findings import GateCheck, GateFinding
from ledger.health.gate.lane import Lane
from ledger.health.gate.messages import sentences_of, words_of
from ledger.health.gate.outcome import SIGNS, Outcome
from ledger.licences.catalogue import LANGUAGES
from ledger.values import AgreementState
from ledger.verification.check import rfc3339


class Recognition(NamedTuple):
    """Under which agreement a code was judged: codes of FROM and TO, and its state then.

    `version` is 0 and `state` None for a pass of TO itself, whose policy is no agreement's.
    `causes` are those of the suspensions in effect that cover this code.
    """

    source: str
    target: str
    record_type: str
    version: int
    policy_hash: bytes
    state: AgreementState | None
    causes: tuple[int, ...] = ()


class Citations(NamedTuple):
    """What a verdict rests on; parts that the code did not come to are None."""

    bundle: int
    block: Block
    is_online: bool
    trust: Part
    rules: Part
    status: Part | None = None
    allow: Part | None = None
    recognition: Recognition | None = None


class Shown(NamedTuple):
    """What the officer sees of a genuine code: the grade in the gate's own words, never more.

    `grade` is an entry of TO's scale in the policy, None where the policy is not at hand; `lane` is
    where that grade goes: auto, manual or none. `hint` is what the pass shows to the eye.
    """

    grade: Mapping[str, Any] | None
    lane: str | None
    expires_at: int
    hint: str | None


class Effects(NamedTuple):
    """What the caller has to remember.

    At once, whatever the outcome: the scan of `subject` (a pass's cti, or what stands for a foreign
    code; only ever kept under a day key) and that it was `shown_at` that time, where it said one.
    When the person passes: one use of `subject` where `counts_use`, and one more admitted from
    `source`; empty where no agreement was found.
    """

    subject: bytes
    shown_at: int | None = None
    counts_use: bool = False
    source: str = ""


class PersonReport(NamedTuple):
    """The answer about one person; `headline` None for ACCEPT, `findings` in the order of reasons.

    `shown` and `effects` are None unless the code is genuine, whatever else speaks against it.
    """

    outcome: Outcome
    headline: GateFinding | None
    findings: tuple[GateFinding, ...]
    checks: tuple[GateCheck, ...]
    citations: Citations
    shown: Shown | None = None
    effects: Effects | None = None


class GateReport(NamedTuple):
    """The answer about one code: `outcome` is the worst of its people, and `headline` that one's.

    One amber does not stop the others: each of `people` is told apart, in the code's order.
    """

    outcome: Outcome
    headline: GateFinding | None
    people: tuple[PersonReport, ...]
    at: int
    lane: Lane

    def to_json(self, languages: Sequence[str] = LANGUAGES) -> dict[str, Any]:
        """Return the report as a JSON object; nothing of it tells who the person is but a hint."""
        spoken = tuple(languages)
        return {
            "outcome": self.outcome.value,
            "sign": _sign(self.outcome, spoken),
            "headline": None if self.headline is None else self.headline.reason.value,
            "at": rfc3339(self.at),
            "gate": {
                "jurisdiction": self.lane.jurisdiction,
                "checkpoint": self.lane.checkpoint,
                "port": self.lane.port,
                "lane": self.lane.name,
                "automatic": self.lane.is_automatic,
                "purpose": self.lane.purpose,
            },
            "people": [_person(person, self.at, spoken) for person in self.people],
        }


def _person(person: PersonReport, at: int, languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "outcome": person.outcome.value,
        "sign": _sign(person.outcome, languages),
        "headline": None if person.headline is None else person.headline.reason.value,
        "findings": [_finding(finding, languages) for finding in person.findings],
        "checks": [
            {"number": check.number, "name": check.name, "result": check.result.value}
            for check in person.checks
        ],
        "shown": None if person.shown is None else _shown(person.shown),
        "citations": citations_to_json(person.citations, at),
    }


def citations_to_json(citations: Citations, at: int) -> dict[str, Any]:
    """Return what a verdict at `at` rests on as JSON: hashes 0x-hex, ages in seconds."""
    block, recognition = citations.block, citations.recognition
    return {
        "bundle": citations.bundle,
        "block": {
            "number": block.number,
            "hash": "0x" + block.hash.hex(),
            "time": rfc3339(block.time),
        },
        "online": citations.is_online,
        **{
            name: None
            if part is None
            else {"sequence": part.sequence, "asOf": rfc3339(part.as_of), "age": part.age(at)}
            for name, part in (
                ("trust", citations.trust),
                ("status", citations.status),
                ("allow", citations.allow),
                ("rules", citations.rules),
            )
        },
        "agreement": None if recognition is None else _recognition(recognition),
    }


def _recognition(cited: Recognition) -> dict[str, Any]:
    return {
        "from": cited.source,
        "to": cited.target,
        "recordType": cited.record_type,
        "version": cited.version or None,
        "policyHash": "0x" + cited.policy_hash.hex(),
        "state": None if cited.state is None else cited.state.name,
        "causes": list(cited.causes),
    }


def _sign(outcome: Outcome, languages: tuple[str, ...]) -> dict[str, Any]:
    sign = SIGNS[outcome]
    return {
        "colourName": sign.colour_name,
        "colour": sign.colour,
        "shape": sign.shape,
        "sound": sign.sound,
        "word": words_of(outcome, languages),
    }


def _finding(finding: GateFinding, languages: tuple[str, ...]) -> dict[str, Any]:
    return {
        "reason": finding.reason.value,
        "outcome": finding.outcome.value,
        "check": finding.check,
        "result": None if finding.check is None else finding.result.value,
        "detail": finding.detail,
        "sentence": sentences_of(finding, languages),
    }


def _shown(shown: Shown) -> dict[str, Any]:
    grade = shown.grade
    members = ("code", "name", "colour", "texts", "measure")
    return {
        "grade": None if grade is None else {name: grade[name] for name in members},
        "lane": shown.lane,
        "expiresAt": rfc3339(shown.expires_at),
        "hint": shown.hint,
    }
