"""The sentences that a report says, by code, in four languages; one JSON file each.

A sentence says what happened, since when, and what to do next where that helps.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import orjson

from ledger.licences.reasons import REASONS

_WORDED: Final = frozenset({"reason", "field"})
"""Facts that every language has words of its own for."""
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z]+)\}")


def sentence_of(code: str, facts: Mapping[str, Any], language: str) -> str:
    """Return the sentence for `code`; a fact that is not known is worded as such."""
    return sentences_of(code, facts, (language,))[language]


def sentences_of(code: str, facts: Mapping[str, Any], languages: tuple[str, ...]) -> dict[str, str]:
    """Return the sentence for `code` in each of `languages`, as `sentence_of` does."""
    names, templates = _templates_of(code, languages)
    if not names:
        return dict(templates)
    if names.isdisjoint(_WORDED) and None not in map(facts.get, names):
        return {language: template % facts for language, template in templates.items()}
    return {
        language: template % {name: _said(name, facts, language) for name in names}
        for language, template in templates.items()
    }


def placeholders(sentence: str) -> frozenset[str]:
    """Return the names of the facts that a sentence has places for."""
    return frozenset(_PLACEHOLDER.findall(sentence))


@cache
def texts_in(language: str) -> Mapping[str, Any]:
    """Return the texts of a language: `sentences` by code, `unknown` by fact, `reasons` by code.

    These stand where a reason's own name would say its class a second time.
    """
    return MappingProxyType(orjson.loads((files(__name__) / f"{language}.json").read_bytes()))


@cache
def _templates_of(code: str, languages: tuple[str, ...]) -> tuple[frozenset[str], dict[str, str]]:
    """Return the facts that the sentence wants, and how each language puts them (`%` format)."""
    sentences = {language: texts_in(language)["sentences"][code] for language in languages}
    names = frozenset[str]().union(*map(placeholders, sentences.values()))
    if not names:
        return names, sentences
    return names, {
        language: _PLACEHOLDER.sub(r"%(\1)s", sentence.replace("%", "%%"))
        for language, sentence in sentences.items()
    }


def _said(name: str, facts: Mapping[str, Any], language: str) -> str:
    value, texts = facts.get(name), texts_in(language)
    if value is None:
        unknown: str = texts["unknown"].get(name, "?")
        return unknown
    if name == "reason" and value in REASONS:
        # Inside a sentence that names the class already: not "Cancelled: Cancelled: expired".
        within: str = texts["reasons"].get(str(value), REASONS[value].names[language])
        return within
    labels = facts.get("labels")
    if name == "field" and isinstance(labels, Mapping):
        return str(labels.get(language, value))
    return str(value)
