"""A committee's paper whose draw was really held, by three drawers with known secrets."""

from dataclasses import replace
from typing import Any

from ledger.secp256k1 import sign
from ledger.tenders import events
from ledger.tenders.committee_paper import CommitteePaper, seated
from ledger.tenders.draw import Quota, Setting, acknowledgement
from ledger.tenders.draw_papers import Drawing
from ledger.tenders.events import TenderEvent
from ledger.tenders.feldman import deal
from tests.support.tender_story import address, key, secret

DRAWERS = ("buyer", "centre", "supervisor")
POOL = tuple(sorted(secret(f"expert {n}") for n in range(12)))


def drawn_committee(tender: bytes, lot: int = 0, **changed: Any) -> CommitteePaper:
    """Five experts of twelve; `changed` members of the setting come before anything is signed.

    The drawers' secrets are others in each round of each lot.
    """
    setting = replace(Setting(tender, lot, 1, (Quota("建筑工程", 5, POOL),), ()), **changed)
    names = [f"{name} {tender.hex()} {lot} {setting.round}" for name in DRAWERS]
    scalars = tuple(secret(name) for name in names)
    deals = tuple(deal((each, secret("other")), len(DRAWERS))[0] for each in scalars)
    signed = {
        (dealer, receiver): sign(key(name), acknowledgement(setting, each, receiver))
        for dealer, each in enumerate(deals)
        for receiver, name in enumerate(names)
        if dealer != receiver
    }
    return CommitteePaper(
        Drawing(setting, len(DRAWERS), 2),
        tuple(map(address, names)),
        deals,
        signed,
        scalars,
        (),
        seated(setting, scalars, ()),
    )


def declining(paper: CommitteePaper, *declined: bytes) -> CommitteePaper:
    """The paper after somebody had to be replaced."""
    members = seated(paper.drawing.setting, paper.scalars, declined)
    return replace(paper, declined=declined, members=members)


Told = tuple[type[TenderEvent], tuple[Any, ...]]
"""An event's class, and its own members behind the tender."""


def draw_told(paper: CommitteePaper, part: int = 1) -> list[Told]:
    """What the ledger says of the paper's draw, step by step in their order."""
    setting = paper.drawing.setting
    place = (setting.lot, setting.round)
    shown = zip(paper.drawers, paper.scalars, strict=True)
    return [
        (events.DrawBegun, (*place, part, paper.setting_digest)),
        (events.DrawJoined, (*place, paper.drawers)),
        (events.DrawDealt, (*place, paper.deals_digest)),
        *((events.DrawRevealed, (*place, key, scalar)) for key, scalar in shown),
    ]
