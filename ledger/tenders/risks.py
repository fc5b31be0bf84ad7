"""What sealing cannot rule out (§3): stable codes with one text each in the four languages."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from ledger.tenders.events import Announcement
from ledger.tenders.policy.terms import Terms

LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en", "pt")


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk that remains, and how it is told by language."""

    code: str
    text: Mapping[str, str]


def risks_of(announcement: Announcement, terms: Terms) -> tuple[Risk, ...]:
    """Return what remains of the risks in a tender as it was published, always in one order."""
    has_mailbox = any(announcement.mailbox)
    has_guarantor = int(announcement.bond_authority, 16) != 0
    codes = (
        "trustees-read-disclosed",
        "choice-in-fallback",
        "service-counts-all-mail" if has_mailbox else "service-sees-uploads",
        "number-shows-at-listing" if has_mailbox else "number-shows-at-once",
        "guarantor-knows-bidders" if has_guarantor else "dummy-bids",
        "silence-sinks-lot" if terms.min_disclosed > 1 else "lone-bid-opens",
        *(("lots-share-keys",) if announcement.lots > 1 else ()),
        "keys-public-after-opening",
    )
    return tuple(Risk(code, texts()[code]) for code in codes)


@cache
def texts() -> Mapping[str, Mapping[str, str]]:
    """Return all texts there are, by code and language."""
    told = files("ledger.tenders").joinpath("risks.json").read_text("utf-8")
    return dict(json.loads(told))
