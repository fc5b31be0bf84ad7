"""What each step of an audit says, by code, in four languages; one JSON file each."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import orjson


def sentence(code: str, language: str) -> str:
    """Return the sentence for a code in one of the catalogue's `LANGUAGES`."""
    return str(texts_in(language)["sentences"][code])


def step(name: str, language: str) -> str:
    """Return what a step is called."""
    return str(texts_in(language)["steps"][name])


def skipped(language: str) -> str:
    """Return what stands before the names of steps that were not taken."""
    return str(texts_in(language)["skipped"])


def co_signed(language: str, *, is_signed: bool) -> str:
    """Return what stands before who co-signed a record, or did not."""
    return str(texts_in(language)["coSigned" if is_signed else "notCoSigned"])


def few_copies(language: str) -> str:
    """Return what stands before a file of which a receipt tells of too few copies."""
    return str(texts_in(language)["fewCopies"])


@cache
def texts_in(language: str) -> Mapping[str, Any]:
    """Return a language's texts: `steps` by name, `sentences` by code, words that stand before."""
    return MappingProxyType(orjson.loads((files(__name__) / f"{language}.json").read_bytes()))
