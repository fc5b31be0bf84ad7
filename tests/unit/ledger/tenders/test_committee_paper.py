"""The committee's paper is read whole or not at all, and an audit draws again from it."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from ledger.canonical import canonical_json
from ledger.errors import Refused
from ledger.tenders import events
from ledger.tenders.audit.bundle import TenderBundle
from ledger.tenders.audit.drawing import check_draw
from ledger.tenders.audit.draws import draws_of
from ledger.tenders.committee_paper import (
    MOST_BYTES,
    CommitteePaper,
    SeatsDiffer,
    require_drawn,
    require_seats,
    tells_draw,
)
from ledger.tenders.contract_errors import SecretForeign
from ledger.tenders.draw import DealNotAcknowledged, DrawMalformed
from ledger.tenders.draw_papers import DrawPaperMalformed
from ledger.tenders.policy.document import preset
from ledger.verification.check import Check, Result
from tests.support.drawn_committee import POOL, Told, declining, draw_told, drawn_committee
from tests.support.papered_story import PaperedStory, awarded
from tests.support.tender_story import LEDGER, secret

STORY = awarded(PaperedStory(real=True))
PAPER = drawn_committee(STORY.id)
OUTSIDERS = tuple(each for each in POOL if each not in PAPER.members)


DRAWING = draw_told(PAPER)


def altered_pool() -> CommitteePaper:
    """One expert less to draw from, put into the paper after everything was signed."""
    setting = PAPER.drawing.setting
    quota = replace(setting.quotas[0], pool=tuple(each for each in POOL if each != OUTSIDERS[0]))
    drawing = replace(PAPER.drawing, setting=replace(setting, quotas=(quota,)))
    return replace(PAPER, drawing=drawing)


def judged(
    *papers: bytes | None,
    seats: int = 5,
    until: type[events.TenderEvent] | None = None,
    drawing: Sequence[Told] = DRAWING,
) -> Check:
    """Audit the story's draw with these papers: the committee's, then one for each replacement.

    Those that are None are not at hand; nothing is told from the first event of kind `until` on.
    `drawing` is what the ledger says of the draw before the committee sits.
    """
    digests = [hashlib.sha256(each or b"").digest() for each in papers]
    told: list[Any] = []
    for event in STORY.events[1:]:
        if until is not None and isinstance(event, until):
            break
        if isinstance(event, events.DrawEvent):
            continue
        if not isinstance(event, events.CommitteeCommitted):
            told.append(event)
            continue
        told += [
            kind(replace(event.place, block=event.place.block + spot), STORY.id, *values)
            for spot, (kind, values) in enumerate(drawing)
        ]
        told.append(replace(event, digest=digests[0], seats=seats))
        told += [
            events.ExpertReplaced(
                place=event.place,
                tender_id=event.tender_id,
                lot=event.lot,
                part=event.part,
                digest=each,
                seat=1,
                reason=b"\x0e" * 32,
            )
            for each in digests[1:]
        ]
    held = {digest: each for digest, each in zip(digests, papers, strict=True) if each is not None}
    draws = draws_of(told, held) or None
    return check_draw(TenderBundle(LEDGER, STORY.id, tuple(told), policy=preset("cn"), draws=draws))


def drawn_at(*blocks: int) -> Check:
    """Audit the story's draw, its steps in blocks so far behind the opening record."""
    told: list[Any] = []
    blocks_left = iter(blocks)
    for event in STORY.events[1:]:
        if isinstance(event, events.DrawEvent):
            place = replace(event.place, block=1_000 + next(blocks_left))
            told.append(replace(event, place=place))
        else:
            told.append(event)
    draws = draws_of(told, STORY.papers)
    return check_draw(TenderBundle(LEDGER, STORY.id, tuple(told), draws=draws))


class TestPaper:
    def test_is_read_as_it_was_written(self) -> None:
        assert CommitteePaper.read(PAPER.to_bytes()) == PAPER
        assert tells_draw(PAPER.to_bytes())

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("drawers", ["0x07"]),
            ("drawers", [each.lower() for each in PAPER.drawers]),
            ("deals", []),
            ("deals", [["0x" + "02" * 33]] * 3),
            ("acknowledgements", [[], [], []]),
            ("scalars", ["0x" + "01" * 32] * 2),
            ("declined", "nobody"),
            ("members", ["0x" + "01" * 32] * 65),
            ("members", ["Dr Sample"]),
            ("setting", None),
            ("names", ["Dr Sample"]),
        ],
    )
    def test_of_another_form_is_refused(self, member: str, value: Any) -> None:
        told = orjson.loads(PAPER.to_bytes()) | {member: value}
        with pytest.raises(DrawPaperMalformed):
            CommitteePaper.read(canonical_json(told))

    def test_in_another_spelling_or_too_large_is_refused(self) -> None:
        for encoded in (PAPER.to_bytes() + b"\n", b" " * (MOST_BYTES + 1), b"{", b"[]"):
            with pytest.raises(DrawPaperMalformed):
                CommitteePaper.read(encoded)
        assert not tells_draw(b" " * (MOST_BYTES + 1))
        assert not tells_draw(b"%PDF-1.7")

    def test_root_that_is_not_the_pools_is_refused(self) -> None:
        told = orjson.loads(PAPER.to_bytes())
        told["setting"]["poolRoot"] = "0x" + "07" * 32
        with pytest.raises(DrawPaperMalformed, match="setting"):
            CommitteePaper.read(canonical_json(told))

    @pytest.mark.parametrize(
        ("bent", "error"),
        [
            (replace(PAPER, scalars=(secret("other"), *PAPER.scalars[1:])), SecretForeign),
            (replace(PAPER, scalars=PAPER.scalars[::-1]), SecretForeign),
            (replace(PAPER, members=(OUTSIDERS[0], *PAPER.members[1:])), DrawMalformed),
            (replace(PAPER, members=PAPER.members[::-1]), DrawMalformed),
            (replace(PAPER, declined=(OUTSIDERS[0],)), DrawMalformed),
            (replace(PAPER, representatives=PAPER.members[:1]), DrawMalformed),
            (altered_pool(), DealNotAcknowledged),
        ],
    )
    def test_that_is_not_what_the_draw_gives(
        self, bent: CommitteePaper, error: type[Refused]
    ) -> None:
        require_drawn(PAPER)
        with pytest.raises(error):
            require_drawn(bent)

    def test_recused_expert_does_not_come_back_as_representative(self) -> None:
        recusing = drawn_committee(STORY.id, recused=(OUTSIDERS[0],))
        with pytest.raises(DrawMalformed):
            require_drawn(replace(recusing, representatives=(OUTSIDERS[0],)))


class TestStep:
    def test_is_valid_and_says_which_order_is_proven(self) -> None:
        found = judged(PAPER.to_bytes())
        assert (found.result, found.code) == (Result.VALID, "draw.ok")
        steps = ("setting", "keys", "deals", "secrets", "committee-paper", "scores")
        assert found.facts["order"]["proven"] == steps
        assert found.facts["order"]["stated"] == ("who-draws", "who-declined")
        (round_,) = found.facts["rounds"]
        assert (round_["round"], round_["state"], len(round_["secrets"])) == (1, "REVEALED", 3)

    @pytest.mark.parametrize(
        ("bent", "error"),
        [
            (replace(PAPER, scalars=(secret("other"), *PAPER.scalars[1:])), "SecretForeign"),
            (replace(PAPER, members=(OUTSIDERS[0], *PAPER.members[1:])), "DrawMalformed"),
            (altered_pool(), "DealNotAcknowledged"),
            (drawn_committee(STORY.id, lot=1), "DrawMalformed"),
            (drawn_committee(bytes(32)), "DrawMalformed"),
        ],
    )
    def test_is_invalid_for_a_swap(self, bent: CommitteePaper, error: str) -> None:
        found = judged(bent.to_bytes())
        assert found.result is Result.INVALID
        assert [each["error"] for each in found.facts["faults"]] == [error]

    def test_is_invalid_for_a_paper_that_is_not_of_its_form(self) -> None:
        found = judged(PAPER.to_bytes() + b" ")
        assert found.facts["faults"][0]["error"] == "DrawPaperMalformed"

    def test_counts_seats_and_experts(self) -> None:
        both = (b"\x01" * 32, b"\x02" * 32)
        assert judged(PAPER.to_bytes(), seats=7).result is Result.INVALID
        mixed = replace(PAPER, representatives=both)
        assert judged(mixed.to_bytes(), seats=7).result is Result.VALID
        many = replace(PAPER, representatives=(*both, b"\x03" * 32, b"\x04" * 32))
        found = judged(many.to_bytes(), seats=9)
        assert found.facts["faults"][0]["error"] == "CommitteeInvalid"

    def test_replacement_goes_on_with_the_same_draw(self) -> None:
        first, second = PAPER.members[:2]
        once, twice = declining(PAPER, first), declining(PAPER, first, second)
        assert judged(*(each.to_bytes() for each in (PAPER, once, twice))).result is Result.VALID
        again = drawn_committee(STORY.id, round=2)
        back = judged(once.to_bytes(), declining(PAPER, second).to_bytes())
        for found in (judged(PAPER.to_bytes(), again.to_bytes()), back):
            assert found.facts["faults"][0]["error"] == "DrawMalformed"

    def test_replacement_alone_confirms_nothing(self) -> None:
        told = ("评标委员会名单".encode(), PAPER.to_bytes())
        found = judged(*told, until=events.ReportRecorded, drawing=())
        assert found.code == "draw.unconfirmed"
        whys = [each["why"] for each in found.facts["open"]]
        assert whys == ["no-earlier-paper", "not-anchored"]

    @pytest.mark.parametrize("kind", [events.OpeningRecorded, events.ScoreCommitted])
    def test_is_invalid_for_a_paper_out_of_order(self, kind: type[events.TenderEvent]) -> None:
        told: list[Any] = [each for each in STORY.events if not isinstance(each, events.DrawEvent)]
        committed = next(each for each in told if isinstance(each, events.CommitteeCommitted))
        told.remove(committed)
        spot = next(n for n, each in enumerate(told) if isinstance(each, kind))
        told.insert(spot if kind is events.OpeningRecorded else spot + 1, committed)
        bundle = TenderBundle(LEDGER, STORY.id, tuple(told), draws=draws_of(told[1:], STORY.papers))
        found = check_draw(bundle)
        assert [each["reason"] for each in found.facts["faults"]] == ["order"]

    def test_is_skipped_where_no_paper_tells_of_a_draw(self) -> None:
        assert judged(None, drawing=()).code == "draw.not-given"
        assert judged("评标委员会名单".encode(), drawing=()).code == "draw.not-given"

    def test_is_unconfirmed_while_one_paper_is_missing(self) -> None:
        found = judged(PAPER.to_bytes(), None)
        assert (found.result, found.code) == (Result.ERROR, "draw.unconfirmed")
        assert [each["why"] for each in found.facts["open"]] == ["no-paper"]


class TestOrder:
    """Whose steps the ledger put in order, and what an outsider says where it did not."""

    def faults(self, found: Check) -> list[str]:
        assert found.result is Result.INVALID
        return [each.get("reason", each["error"]) for each in found.facts["faults"]]

    def test_of_a_draw_that_was_never_anchored_is_unconfirmed(self) -> None:
        found = judged(PAPER.to_bytes(), drawing=())
        assert (found.result, found.code) == (Result.ERROR, "draw.unconfirmed")
        assert [each["why"] for each in found.facts["open"]] == ["not-anchored"]
        assert "setting" in found.facts["order"]["stated"]

    @pytest.mark.parametrize("steps", [1, 2])
    def test_of_a_draw_that_was_not_dealt_is_unconfirmed(self, steps: int) -> None:
        found = judged(PAPER.to_bytes(), drawing=DRAWING[:steps])
        assert [each["why"] for each in found.facts["open"]] == ["not-anchored"]

    @pytest.mark.parametrize("steps", [3, 4, 5])
    def test_without_all_secrets_is_unconfirmed(self, steps: int) -> None:
        found = judged(PAPER.to_bytes(), drawing=DRAWING[:steps])
        assert [each["why"] for each in found.facts["open"]] == ["secrets-not-posted"]

    def test_pool_swapped_after_a_key(self) -> None:
        other = drawn_committee(STORY.id, recused=(OUTSIDERS[0],))
        assert self.faults(judged(other.to_bytes())) == ["setting"]

    def test_drawers_other_than_those_who_joined(self) -> None:
        (begun, _, *rest), foreign = DRAWING, draw_told(drawn_committee(STORY.id, round=2))[1][1]
        joined: Told = (events.DrawJoined, (0, 1, foreign[2]))
        dealt = [each for each in rest if each[0] is events.DrawDealt]
        assert self.faults(judged(PAPER.to_bytes(), drawing=[begun, joined, *dealt])) == ["drawers"]

    def test_deals_other_than_those_acknowledged_before_the_reveal(self) -> None:
        dealt: Told = (events.DrawDealt, (0, 1, b"\x07" * 32))
        told = [*DRAWING[:2], dealt, *DRAWING[3:]]
        assert self.faults(judged(PAPER.to_bytes(), drawing=told)) == ["deals"]

    def test_draw_of_another_round_than_was_dealt(self) -> None:
        second = drawn_committee(STORY.id, round=2)
        assert self.faults(judged(second.to_bytes())) == ["round"]

    def test_other_lots_setting(self) -> None:
        other = drawn_committee(STORY.id, lot=1)
        told = [(kind, (0, *values[1:])) for kind, values in draw_told(other)]
        assert self.faults(judged(other.to_bytes(), drawing=told)) == ["tender or lot"]
        assert self.faults(judged(PAPER.to_bytes(), drawing=told)) == ["setting"]

    def test_setting_anchored_after_a_reveal(self) -> None:
        last = [*DRAWING[1:], DRAWING[0]]
        assert "order" in self.faults(judged(PAPER.to_bytes(), drawing=last))

    def test_step_in_the_block_of_the_one_before_was_waited_for_by_nobody(self) -> None:
        found = drawn_at(0, 0, 1, 2, 3, 4)
        assert [each["why"] for each in found.facts["open"]] == ["one-block"]
        assert drawn_at(0, 1, 2, 2, 3, 4).facts["open"] == found.facts["open"]
        assert drawn_at(0, 1, 1, 2, 2, 2).result is Result.VALID

    def test_draw_whose_committees_paper_is_kept_back_is_unconfirmed(self) -> None:
        """Nobody sees whether it was used; without any paper nothing is said of it."""
        others = {b"\x01" * 32: b"a paper of the archive"}
        own = STORY.events[1:]
        assert draws_of(own, {}) == ()
        (held,) = draws_of(own, others)
        found = check_draw(TenderBundle(LEDGER, STORY.id, tuple(own), draws=(held,)))
        assert [each["why"] for each in found.facts["open"]] == ["no-paper"]

    def test_draw_that_was_cast_and_not_used(self) -> None:
        appointed = "评标委员会名单".encode()
        assert self.faults(judged(appointed)) == ["unused"]
        assert judged(appointed, drawing=DRAWING[:2]).code == "draw.not-given"

    def test_tries_are_shown(self) -> None:
        second = drawn_committee(STORY.id, round=2)
        told = [*DRAWING[:2], *draw_told(second)]
        found = judged(second.to_bytes(), drawing=told)
        assert found.result is Result.VALID
        states = [(each["round"], each["state"]) for each in found.facts["rounds"]]
        assert states == [(1, "JOINED"), (2, "REVEALED")]
        declined = judged(declining(PAPER, *PAPER.members[:2]).to_bytes())
        assert declined.facts["declined"] == [{"lot": 0, "part": 1, "count": 2}]


class TestSeats:
    def test_are_those_of_the_paper(self) -> None:
        paper = drawn_committee(b"\x01" * 32)
        require_seats(paper.to_bytes(), 5)
        with pytest.raises(SeatsDiffer) as refused:
            require_seats(paper.to_bytes(), 7)
        assert (refused.value.told, refused.value.given) == (5, 7)
        with pytest.raises(DrawMalformed):
            require_seats(replace(paper, members=paper.members[1:]).to_bytes(), 4)

    def test_of_a_paper_without_a_draw_are_as_given(self) -> None:
        require_seats(b"five people, appointed", 5)
