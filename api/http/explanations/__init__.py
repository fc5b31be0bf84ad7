"""What each problem means and what to do next: one JSON file for each language.

A title in English is the error's own. Meaning and advice stand under the error's name, else under
its status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import orjson

from api.http.problems import members_of, status_of
from ledger.errors import LedgerError

LANGUAGES: Final = ("zh-Hans", "en")


@dataclass(frozen=True, slots=True)
class Explanation:
    """A kind of problem in one language; `members` are the names of its values."""

    title: str
    meaning: str
    advice: str
    members: tuple[str, ...]


def explained(kind: type[LedgerError], language: str) -> Explanation:
    """Return what happened, what that means for the caller, and what to do next."""
    texts, name, status = texts_in(language), kind.__name__, str(status_of(kind))
    meanings, advice = texts["meanings"], texts["advice"]
    return Explanation(
        title=texts["titles"].get(name, kind.title()),
        meaning=meanings.get(name, meanings[status]),
        advice=advice.get(name, advice[status]),
        members=members_of(kind),
    )


@cache
def texts_in(language: str) -> Mapping[str, Any]:
    """Return a language's `labels`, `titles` by name, `meanings` and `advice` by name or status."""
    return MappingProxyType(orjson.loads((files(__name__) / f"{language}.json").read_bytes()))
