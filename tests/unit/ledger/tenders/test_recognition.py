"""Licences from elsewhere in a tender: by an agreement as it stands at the deadline, or not."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.agreements.agreement import Agreement, InForce, Suspension, Version
from ledger.errors import ChainUnavailable
from ledger.tenders.bid_flags import Terms
from ledger.tenders.opening import Found
from ledger.tenders.recognition import InForceAt, recognising
from ledger.tenders.shown_licences import Recognises, Result, Standing
from ledger.values import Scope, Status, agency_id, jurisdiction_id, licence_record_type
from tests.support.builders import ASKED, LEAD, LEAD_LICENCE, TYPE, shown
from tests.support.licences import AGENCY, AGENCY_KEY, HOLDER_KEY
from tests.support.opened_tender import OpenedTender, bidder_key
from tests.support.sealed_bids import sealed_bid
from tests.support.verification import AT, DAY, Sample

HOME = "MO"
"""Where the tender is held; the licence is of CN-GD."""
PARTIES = (jurisdiction_id("CN-GD"), jurisdiction_id(HOME), licence_record_type(TYPE))
VERSION = Version(1, b"\x01" * 32, b"\x02" * 32, PARTIES[0], AT - DAY, AT + DAY, DAY, 1, 2)


def agreed(*suspensions: Suspension, **changes: Any) -> InForceAt:
    """What an agreement of that direction and type gives, and no other."""
    version = replace(VERSION, **changes)
    agreement = Agreement(*PARTIES, (version,), {1: suspensions})

    def in_force(*asked: Any) -> InForce | None:
        *parties, at = asked
        return agreement.in_force_at(at) if tuple(parties) == PARTIES else None

    return in_force


def suspended(kind: Scope, scope: bytes) -> Suspension:
    return Suspension(AT - 10, AT + 10, 1, kind, scope)


def dead(*_asked: Any) -> InForce | None:
    raise ChainUnavailable("down")


def judged(recognises: Recognises, of: Sample = LEAD_LICENCE) -> Found:
    tender = OpenedTender(AT - 21 * DAY)
    presentations = [shown(of, HOLDER_KEY)]
    made = sealed_bid(bidder_key("甲"), HOLDER_KEY, LEAD, presentations=presentations)
    tender.submit("甲", made)
    for name in ("乙", "丙"):
        tender.submit(name)
    tender.disclose("甲", "乙", "丙")
    tender.release(1, 2, 3)
    terms = replace(Terms.of(tender.documents, {}), wanted=(ASKED,))
    given: dict[str, Any] = {"gather": lambda _: of.evidence, "policy": of.policy}
    return tender.open_all(terms=terms, recognises=recognises, **given)[tender.key("甲")]


def result(in_force: InForceAt, home: str | None = HOME) -> Result:
    (found,) = judged(recognising(lambda: home, in_force)).licences
    return found


VALID = Result("builder", Standing.VALID)
NOT_HERE = Result("builder", Standing.INVALID, ("issuer.not-recognised-here",))
OPEN = Result("builder", Standing.UNCONFIRMED, ("issuer.recognition-unknown",))


class TestForeign:
    def test_counts_by_an_agreement_in_force_at_the_deadline(self) -> None:
        assert result(agreed()) == VALID
        assert result(agreed(notice_at=AT - 5, terminates_at=AT + 5)) == VALID

    @pytest.mark.parametrize(
        "in_force",
        [
            lambda *_: None,
            agreed(valid_from=AT + 1),
            agreed(valid_to=AT),
            agreed(notice_at=AT - 50, terminates_at=AT),
            agreed(suspended(Scope.ALL, bytes(32))),
            agreed(suspended(Scope.AGENCY, AGENCY.id)),
            agreed(suspended(Scope.KEY, AGENCY_KEY.public_key.key_id)),
        ],
        ids=["none", "later", "over", "ended", "suspended", "its agency", "its key"],
    )
    def test_is_genuine_and_not_recognised_here(self, in_force: InForceAt) -> None:
        assert result(in_force) == NOT_HERE
        assert judged(recognising(lambda: HOME, in_force)).flags == ("NOT_QUALIFIED",)

    def test_counts_although_another_agency_or_a_grade_is_suspended(self) -> None:
        other = suspended(Scope.AGENCY, agency_id("CN-GD", "OTHER"))
        assert result(agreed(other, suspended(Scope.GRADE, bytes(32)))) == VALID

    def test_of_a_neighbouring_place_is_not_foreign(self) -> None:
        assert result(lambda *_: None, "CN-BJ") == VALID

    def test_is_open_where_nobody_can_say(self) -> None:
        assert result(dead) == result(agreed(), None) == OPEN
        assert judged(recognising(lambda: HOME, dead)).flags == ()

    def test_that_is_bad_anyway_is_bad(self) -> None:
        spoilt = LEAD_LICENCE.with_events(LEAD_LICENCE.event(Status.SUSPENDED, 210, AT - DAY))
        (found,) = judged(recognising(lambda: HOME, dead), spoilt).licences
        assert (found.standing, found.reasons) == (Standing.INVALID, ("status.suspended",))
