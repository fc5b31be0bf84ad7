"""Rule files: one entry rule with its window, and which rules are in force at a time.

eu-digital-green-certificates/dgc-business-rules-testdata; the shape is the European gateway's.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.certlogic.dates import InstantMalformed, instant
from ledger.certlogic.evaluator import evaluate
from ledger.certlogic.values import NotEvaluable
from ledger.errors import Refused
from ledger.values import Seconds, Window


@dataclass(eq=False)
class RuleMalformed(Refused):
    """The rule file does not have the shape of one."""

    field: str


class RuleType(StrEnum):
    """Whether a rule must hold for a code to be accepted, or takes it out when it holds."""

    ACCEPTANCE = "Acceptance"
    INVALIDATION = "Invalidation"


class CertificateType(StrEnum):
    """The kinds of codes that a rule is about."""

    GENERAL = "General"
    VACCINATION = "Vaccination"
    TEST = "Test"
    RECOVERY = "Recovery"


class Judgement(StrEnum):
    """What a rule says of a code: an expression without value never counts as met."""

    MET = "met"
    NOT_MET = "not met"
    NOT_EVALUABLE = "not evaluable"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule file; `window` in Unix seconds, texts by language, `version` as three numbers."""

    identifier: str
    type: RuleType
    country: str
    version: tuple[int, ...]
    certificate_type: CertificateType
    descriptions: Mapping[str, str]
    window: Window
    affected_fields: tuple[str, ...]
    logic: Mapping[str, Any]

    def judge(self, payload: object, external: Mapping[str, object]) -> Judgement:
        """Return what the rule says of `payload` (null where a code has none)."""
        try:
            value = evaluate(self.logic, {"payload": payload, "external": external})
        except NotEvaluable:
            return Judgement.NOT_EVALUABLE
        if type(value) is not bool:
            return Judgement.NOT_EVALUABLE
        return Judgement.MET if value is (self.type is RuleType.ACCEPTANCE) else Judgement.NOT_MET


def read_rule(document: object) -> Rule:
    """Return the rule that a JSON document states; raise `RuleMalformed` with the first bad field.

    Names, types and formats are checked, AffectedFields for not being empty; whether the parts fit
    one another is for `lifecycle`.
    """
    if type(document) is not dict:
        raise RuleMalformed("")
    for name, form in _FORMS.items():
        if type(document.get(name)) is not str or not form.fullmatch(document[name]):
            raise RuleMalformed(name)
    return Rule(
        identifier=document["Identifier"],
        type=RuleType(document["Type"]),
        country=document["Country"],
        version=tuple(int(part) for part in document["Version"].split(".")),
        certificate_type=CertificateType(document["CertificateType"]),
        descriptions=_descriptions(document.get("Description")),
        window=Window(_seconds(document, "ValidFrom"), _seconds(document, "ValidTo")),
        affected_fields=_fields(document.get("AffectedFields")),
        logic=_logic(document.get("Logic")),
    )


def in_force(
    rules: Iterable[Rule], country: str, certificate_type: CertificateType, at: Seconds
) -> list[Rule]:
    """Return the rules of `country` for codes of a type at `at`, ordered by identifier.

    ValidFrom <= at < ValidTo, the type itself or General, the highest version of each identifier.
    """
    latest: dict[str, Rule] = {}
    for rule in rules:
        if rule.country != country or not rule.window.holds(at):
            continue
        if rule.certificate_type not in (CertificateType.GENERAL, certificate_type):
            continue
        other = latest.get(rule.identifier)
        if other is None or other.version < rule.version:
            latest[rule.identifier] = rule
    return [latest[identifier] for identifier in sorted(latest)]


def payload_fields(logic: object) -> set[str]:
    """Return the paths under `payload.` that an expression reads, without that prefix.

    Inside a reduction the payload is reached as `data.payload.`, however often reduced.
    """
    return {
        found["path"]
        for path in _paths(logic)
        if (found := _PAYLOAD_PATH.fullmatch(path)) is not None
    }


_ENGINE: Final = "CERTLOGIC"
_VERSION: Final = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}", re.ASCII)
_FORMS: Final[Mapping[str, re.Pattern[str]]] = {
    "Identifier": re.compile(r"(GR|VR|TR|RR|IR)-[A-Z]{2}-\d{4}", re.ASCII),
    "Type": re.compile("|".join(RuleType)),
    "Country": re.compile(r"[A-Z]{2}"),
    "Version": _VERSION,
    "SchemaVersion": _VERSION,
    "Engine": re.compile(_ENGINE),
    "EngineVersion": _VERSION,
    "CertificateType": re.compile("|".join(CertificateType)),
}
_PAYLOAD_PATH: Final = re.compile(r"(data\.)*payload\.(?P<path>.+)", re.DOTALL)


def _paths(logic: Any) -> Iterator[str]:
    if type(logic) is list:
        for item in logic:
            yield from _paths(item)
    elif type(logic) is dict:
        for operator, operands in logic.items():
            if operator == "var" and type(operands) is str:
                yield operands
            else:
                yield from _paths(operands)


def _descriptions(value: object) -> dict[str, str]:
    """Texts by language; the last of two in one language counts."""
    if type(value) is not list or not value:
        raise RuleMalformed("Description")
    texts: dict[str, str] = {}
    for entry in value:
        language, text = _text_of(entry)
        texts[language] = text
    return texts


def _text_of(entry: object) -> tuple[str, str]:
    if type(entry) is dict:
        language, text = entry.get("lang"), entry.get("desc")
        if type(language) is str and type(text) is str:
            return language, text
    raise RuleMalformed("Description")


def _seconds(document: Mapping[str, Any], name: str) -> int:
    """A moment rounded up: whole seconds lie on the same side of it as before."""
    try:
        return -(-instant(document[name]).milliseconds // 1000)
    except (KeyError, TypeError, InstantMalformed) as exc:
        raise RuleMalformed(name) from exc


def _fields(value: object) -> tuple[str, ...]:
    if type(value) is not list or not value or any(type(item) is not str for item in value):
        raise RuleMalformed("AffectedFields")
    return tuple(value)


def _logic(value: object) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise RuleMalformed("Logic")
    return value
