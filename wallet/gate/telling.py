"""A gate's answer as an officer reads and hears it: colour, word, shape and bell, line by line."""

import sys
from collections.abc import Mapping
from typing import Final

import click

from ledger.health.gate.evidence import Part
from ledger.health.gate.findings import GateFinding
from ledger.health.gate.messages import sentences_of, words_of
from ledger.health.gate.outcome import SIGNS, Outcome
from ledger.health.gate.report import Citations, PersonReport
from ledger.health.gate_bundle.reading import Texts
from wallet.console import age, say, when
from wallet.gate.desk import Scanned

_SHAPES: Final = {"circle": "●", "triangle": "▲", "square": "■", "octagon": "⬣"}
_BELLS: Final = {"one-high": 1, "two-level": 2, "three-falling": 3, "one-low": 4}
"""Strokes of a terminal's bell, which has one pitch: each sound has its own number."""


def tell(scanned: Scanned, language: str, texts: Texts) -> None:
    """Print the answer about a code, one person below the other, and ring at a terminal.

    `texts`: the bundle's own, of which one named like a reason stands below that reason's sentence,
    and one named like an outcome below the answer: what to do here, in the agreements' words.
    """
    own = texts.get(language, {})
    report = scanned.report
    if is_heard():
        click.echo("\a" * _BELLS[SIGNS[report.outcome].sound], nl=False)
    say(_sign(report.outcome, language), style=f"bold {SIGNS[report.outcome].colour}")
    is_group = len(report.people) > 1
    for place, (person, number) in enumerate(zip(report.people, scanned.numbers, strict=True)):
        if is_group:
            sign = SIGNS[person.outcome]
            say(f"{place + 1}. {_sign(person.outcome, language)}", style=sign.colour)
        _tell_person(person, number, language, report.at, own)
    _tell_lists(report.people[0].citations, report.at)


def is_heard() -> bool:
    """Whether the answers go to a terminal, which has a bell."""
    return sys.stdout.isatty()


def _tell_person(
    person: PersonReport, number: str, language: str, at: int, own: Mapping[str, str]
) -> None:
    _tell_own(own, person.outcome)
    for finding in person.findings:
        say(f"  {_said(finding, language)} [{finding.reason}: {finding.detail}]")
        _tell_own(own, finding.reason)
    shown = person.shown
    if shown is not None:
        grade = "" if shown.grade is None else str(shown.grade["texts"][language])
        told = (grade, shown.hint or "", f"until {when(shown.expires_at)}")
        say("  " + " · ".join(part for part in told if part))
    cited = person.citations.recognition
    if cited is not None and cited.version:
        state = "" if cited.state is None else f", {cited.state.name}"
        say(f"  Agreement {cited.source} to {cited.target}, version {cited.version}{state}")
    lists = (("status", person.citations.status), ("allow", person.citations.allow))
    said = [_aged(name, part, at) for name, part in lists if part is not None]
    say("  " + " · ".join([f"scan {number}", *said]), style="dim")


def _tell_own(own: Mapping[str, str], name: str) -> None:
    if name in own:
        say(f"  {own[name]}")


def _tell_lists(citations: Citations, at: int) -> None:
    block = citations.block
    parts = [
        f"bundle {citations.bundle}",
        f"block {block.number} of {when(block.time)}",
        _aged("trust", citations.trust, at),
        _aged("rules", citations.rules, at),
    ]
    say("  " + " · ".join(parts), style="dim")


def _aged(name: str, part: Part, at: int) -> str:
    return f"{name} list {part.sequence}, {age(part.age(at))} old"


def _said(finding: GateFinding, language: str) -> str:
    return sentences_of(finding, (language,))[language]


def _sign(outcome: Outcome, language: str) -> str:
    sign = SIGNS[outcome]
    word = words_of(outcome, (language,))[language]
    return f"{_SHAPES[sign.shape]} {outcome.value} {word} ({sign.colour_name})"
