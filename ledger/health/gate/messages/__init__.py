"""What the gate says, by reason, in four languages; one JSON file each."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import orjson

from ledger.health.gate.findings import GateFinding
from ledger.health.gate.outcome import Outcome
from ledger.verification.check import rfc3339

_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR


def sentences_of(finding: GateFinding, languages: tuple[str, ...]) -> dict[str, str]:
    """Return the sentence of a finding in each of `languages`."""
    return {language: _sentence(finding, language) for language in languages}


def words_of(outcome: Outcome, languages: tuple[str, ...]) -> dict[str, str]:
    """Return the word that stands beside an outcome's colour, in each of `languages`."""
    return {language: texts_in(language)["outcomes"][outcome] for language in languages}


@cache
def texts_in(language: str) -> Mapping[str, Any]:
    """Return the texts of a language: `sentences` by reason, `outcomes`, forms of an age."""
    return MappingProxyType(orjson.loads((files(__name__) / f"{language}.json").read_bytes()))


def _sentence(finding: GateFinding, language: str) -> str:
    texts = texts_in(language)
    sentences = texts["sentences"]
    narrower = f"{finding.reason}.{finding.outcome}"
    template: str = sentences.get(narrower) or sentences[finding.reason]
    return template.format(
        asOf=_moment(finding.facts.get("as_of"), texts),
        age=_age(finding.facts.get("age"), texts),
        rule=_rule(finding, language),
    )


def _moment(seconds: int | None, texts: Mapping[str, Any]) -> str:
    return str(texts["never"]) if seconds is None else rfc3339(seconds)


def _age(seconds: int | None, texts: Mapping[str, Any]) -> str:
    """An age in its two greatest units; a list that lies ahead of the clock has none."""
    if seconds is None or seconds < 0:
        return str(texts["never"])
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, _HOUR)
    form = texts["age"][0 if days else 1 if hours else 2]
    return str(form.format(days=days, hours=hours, minutes=rest // 60))


def _rule(finding: GateFinding, language: str) -> str:
    """The rule's own text, in English where it has none in this language; ours are in the files."""
    told = finding.facts.get("rule", {})
    text = told.get(language) or told.get("en") or texts_in(language)["rules"].get(finding.detail)
    return str(text or finding.detail).rstrip("。.")
