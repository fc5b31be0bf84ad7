"""Step 8: the experts' draw, recomputed, and held against the order that the ledger gave it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from ledger.errors import Refused
from ledger.events import Place as EventPlace
from ledger.tenders.audit.bundle import DrawEvidence, Place, TenderBundle
from ledger.tenders.audit.report import judged, skipped
from ledger.tenders.committee_paper import (
    CommitteePaper,
    require_anchored,
    require_continued,
    require_drawn,
)
from ledger.tenders.draw import DrawMalformed, check_committee
from ledger.tenders.draw_course import Round, dealt_last, rounds_of
from ledger.tenders.events import CommitteeCommitted, DrawState, OpeningRecorded, ScoreCommitted
from ledger.verification.check import Check

_ORDER: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "proven": ("setting", "keys", "deals", "secrets", "committee-paper", "scores"),
        "stated": ("who-draws", "who-declined"),
    }
)
"""Which steps the ledger put in order, and what the drawers and the buyer alone say."""
_PAPERS_ORDER: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "proven": ("opening-record", "committee-paper", "scores"),
        "stated": ("setting", "keys", "deals", "secrets", *_ORDER["stated"]),
    }
)
"""The same of a draw that was not anchored step by step."""


def check_draw(bundle: TenderBundle) -> Check:
    """Recompute each draw from what the committee's papers carry, in the order that is proven.

    Setting, keys, deals and secrets stand in the ledger's events, by block and log index; a draw
    whose steps do not, or in one block, is unconfirmed, since whoever knew the secrets could have
    chosen the pool.
    Rounds that were given up are among the facts: they are tries.
    """
    if not bundle.draws:
        return skipped("draw", "not-given")
    judge = _Judge(bundle)
    for held in bundle.draws:
        judge.look_at(held)
    return judged("draw", judge.faults, judge.open_, judge.facts())


@dataclass
class _Judge:
    bundle: TenderBundle
    faults: list[dict[str, Any]] = field(default_factory=list)
    open_: list[dict[str, Any]] = field(default_factory=list)
    earlier: dict[Place, CommitteePaper] = field(default_factory=dict)
    is_anchored: bool = True

    def __post_init__(self) -> None:
        self.rounds: dict[int, tuple[Round, ...]] = {}
        try:
            self.rounds = rounds_of(self.bundle.own)
        except Refused as refused:
            self.is_anchored = False
            self.faults.append(_told(refused))

    def facts(self) -> dict[str, Any]:
        """What stands beside the result: how much of the order is proven, and by which events."""
        told = {"order": dict(_ORDER if self.is_anchored else _PAPERS_ORDER)}
        rounds = [_places(lot, each) for lot, found in self.rounds.items() for each in found]
        declined = [
            {"lot": lot, "part": part, "count": len(paper.declined)}
            for (lot, part), paper in self.earlier.items()
        ]
        return told | {"rounds": rounds, "declined": declined}

    def look_at(self, held: DrawEvidence) -> None:
        """Judge one committee's paper, or a replacement's."""
        event = held.event
        place = {"lot": event.lot, "part": event.part, "block": event.place.block}
        fixed = self._fixed_before(held)
        try:
            if held.told is not None:
                self._judge(held, fixed, place)
                return
            if held.is_held and fixed is not None and fixed.part == event.part:
                raise DrawMalformed("unused")  # chance was cast, and others were seated
        except Refused as refused:
            self.faults.append(place | _told(refused))
        else:
            self._leave_open(place, "no-paper")

    def _judge(self, held: DrawEvidence, fixed: Round | None, place: dict[str, Any]) -> None:
        event, paper = held.event, _require_draw(self.bundle, held)
        first = self.earlier.get((event.lot, event.part))
        if isinstance(event, CommitteeCommitted):
            _require_order(self.bundle, event)
        elif first is not None:
            require_continued(first, paper)
        else:  # it may be a draw of its own, made when scores were known
            self._leave_open(place, "no-earlier-paper")
        if fixed is None:
            self._leave_open(place, "not-anchored")
        else:
            require_anchored(paper, fixed)
            if fixed.state is not DrawState.REVEALED:
                self._leave_open(place, "secrets-not-posted")
            elif not _was_waited_for(fixed):
                self._leave_open(place, "one-block")
        if isinstance(event, CommitteeCommitted) or first is not None:
            self.earlier[event.lot, event.part] = paper

    def _fixed_before(self, held: DrawEvidence) -> Round | None:
        """The round that a committee has to come of: the last that was dealt before it sat.

        Nothing of a part's draw comes after its committee, or there would be no rounds here.
        """
        rounds = self.rounds.get(held.event.lot, ())
        return dealt_last([each for each in rounds if each.part <= held.event.part])

    def _leave_open(self, place: dict[str, Any], why: str) -> None:
        self.is_anchored = False
        self.open_.append(place | {"why": why})


def _require_draw(bundle: TenderBundle, held: DrawEvidence) -> CommitteePaper:
    paper, event = held.told, held.event
    if not isinstance(paper, CommitteePaper):
        assert paper is not None  # whoever has none does not ask
        raise paper
    setting = paper.drawing.setting
    if (setting.tender_id, setting.lot) != (bundle.tender, event.lot):
        raise DrawMalformed("tender or lot")
    experts = len(paper.members)
    if experts + len(paper.representatives) != held.seats:
        raise DrawMalformed("seats")
    if bundle.policy is not None and bundle.policy.committee is not None:
        check_committee(held.seats, experts)
    require_drawn(paper)
    return paper


def _require_order(bundle: TenderBundle, event: CommitteeCommitted) -> None:
    """Raise unless the paper came after its part's opening record and before any score."""
    place = (event.lot, event.part)
    own = bundle.own
    before = own[: own.index(event)]
    if any(isinstance(each, ScoreCommitted) and (each.lot, each.part) == place for each in before):
        raise DrawMalformed("order")
    if not any(
        isinstance(each, OpeningRecorded) and (each.lot, each.part) == place for each in before
    ):
        raise DrawMalformed("order")


def _was_waited_for(round_: Round) -> bool:
    """Whether no key joined in the setting's block, and no secret came in the deals' block.

    Within a block a log index tells an order that nobody could have seen and acted upon.
    """
    joined, dealt, revealed = round_.joined, round_.dealt, round_.revealed
    assert joined is not None  # as in every round whose
    assert dealt is not None  # secrets are out
    return round_.begun.place.block < joined.place.block and dealt.place.block < min(
        each.place.block for each in revealed
    )


def _places(lot: int, round_: Round) -> dict[str, Any]:
    """Return a round as a fact: how far it came, and where each step stands on the chain."""
    steps: list[tuple[str, Sequence[Any]]] = [
        ("setting", [round_.begun]),
        ("keys", [round_.joined] if round_.joined else []),
        ("deals", [round_.dealt] if round_.dealt else []),
        ("secrets", round_.revealed),
    ]
    head = {"lot": lot, "part": round_.part, "round": round_.number, "state": round_.state.name}
    return head | {name: [_spot(each.place) for each in found] for name, found in steps}


def _spot(place: EventPlace) -> tuple[int, int]:
    return place.block, place.log_index


def _told(refused: Refused) -> dict[str, Any]:
    values = {name: str(each) for name, each in refused.values().items()}
    return {"error": type(refused).__name__} | values
