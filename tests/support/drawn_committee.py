"""A committee's paper whose draw was really held, by three drawers with known secrets."""

from dataclasses import replace
from typing import Any

from ledger.secp256k1 import sign
from ledger.tenders.committee_paper import CommitteePaper, seated
from ledger.tenders.draw import Quota, Setting, acknowledgement
from ledger.tenders.draw_papers import Drawing
from ledger.tenders.feldman import deal
from tests.support.tender_story import address, key, secret

DRAWERS = ("buyer", "centre", "supervisor")
POOL = tuple(sorted(secret(f"expert {n}") for n in range(12)))


def drawn_committee(tender: bytes, lot: int = 0, **changed: Any) -> CommitteePaper:
    """Five experts of twelve; `changed` members of the setting come before anything is signed."""
    setting = replace(Setting(tender, lot, 1, (Quota("建筑工程", 5, POOL),), ()), **changed)
    scalars = tuple(secret(name) for name in DRAWERS)
    deals = tuple(deal((each, secret("other")), len(DRAWERS))[0] for each in scalars)
    signed = {
        (dealer, receiver): sign(key(name), acknowledgement(setting, each, receiver))
        for dealer, each in enumerate(deals)
        for receiver, name in enumerate(DRAWERS)
        if dealer != receiver
    }
    return CommitteePaper(
        Drawing(setting, len(DRAWERS), 2),
        tuple(map(address, DRAWERS)),
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
