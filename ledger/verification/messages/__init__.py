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

_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z]+)\}")


def sentence_of(code: str, facts: Mapping[str, Any], language: str) -> str:
    """Return the sentence for `code`; a fact that is not known is worded as such."""
    texts = texts_in(language)
    sentence: str = texts["sentences"][code]
    return _PLACEHOLDER.sub(lambda found: _said(found[1], facts, language, texts), sentence)


def placeholders(sentence: str) -> frozenset[str]:
    """Return the names of the facts that a sentence has places for."""
    return frozenset(_PLACEHOLDER.findall(sentence))


@cache
def texts_in(language: str) -> Mapping[str, Any]:
    """Return the texts of a language: `sentences` by code, `unknown` by fact, `reasons` by code.

    These stand where a reason's own name would say its class a second time.
    """
    return MappingProxyType(orjson.loads((files(__name__) / f"{language}.json").read_bytes()))


def _said(name: str, facts: Mapping[str, Any], language: str, texts: Mapping[str, Any]) -> str:
    value = facts.get(name)
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
