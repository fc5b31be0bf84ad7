"""People's licences: judged like the firm's, told by codes, and never by name."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ledger.tenders import personal
from ledger.tenders.committee import report
from ledger.tenders.personal import Personal, PersonalPaperMalformed
from ledger.tenders.qualification import Ask
from ledger.tenders.requests import nonce_of
from ledger.tenders.shown_licences import (
    Bench,
    Result,
    Standing,
    personal_results,
    presented,
    results,
)
from ledger.values import Status, Window
from ledger.verification.check import Result as Outcome
from tests.support import verification
from tests.support.builders import ASKED, LEAD, LEAD_LICENCE, PLACE, shown
from tests.support.licences import CATALOGUE, FIELDS, HOLDER_KEY, STRANGER_KEY
from tests.support.opened_tender import everywhere
from tests.support.papered_story import NAMES
from tests.support.reopened import audited, played
from tests.support.sealed_bids import TENDER
from tests.support.sealed_tender import SealedTender
from tests.support.tender_story import address
from tests.support.verification import AT, DAY, Sample

MANAGER = replace(ASKED, id="manager", who="project-manager", claims=("qualifications",))
SECOND = replace(MANAGER, id="second", who="staff", optional=True, vct="urn:other")
ASK = Ask("0x" + TENDER.hex(), nonce_of(PLACE), Window(AT - 10 * DAY, AT), AT, LEAD["code"])
ANN = address("Ann")


def bench(of: Sample) -> Bench:
    wanted = (ASKED, MANAGER, SECOND)
    return Bench(wanted, of.policy, CATALOGUE, lambda _: of.evidence, everywhere)


def judged(*texts: str, of: Sample = LEAD_LICENCE) -> tuple[Result, ...]:
    given = [presented(text, {**LEAD, "code": "SOMEFIRM"}) for text in texts]
    return personal_results(given, ASK, bench(of))


GOOD = shown(LEAD_LICENCE, HOLDER_KEY)


class TestResults:
    def test_people_have_codes_of_their_own(self) -> None:
        assert judged(GOOD) == (Result("manager", Standing.VALID),)
        firms = results([presented(GOOD, LEAD)], ASK, bench(LEAD_LICENCE))
        assert firms == (Result("builder", Standing.VALID),)

    def test_a_licence_is_bound_to_its_holder_and_this_bid(self) -> None:
        (found,) = judged(shown(LEAD_LICENCE, STRANGER_KEY))
        assert (found.standing, found.reasons) == (Standing.INVALID, ("presentation.not-bound",))

    def test_as_of_the_deadline(self) -> None:
        before = LEAD_LICENCE.with_events(LEAD_LICENCE.event(Status.SUSPENDED, 101, AT - DAY))
        (found,) = judged(GOOD, of=before)
        assert found.reasons == ("status.suspended",)
        after = LEAD_LICENCE.with_events(LEAD_LICENCE.event(Status.SUSPENDED, 101, AT + DAY))
        later = after.with_reading(block_time=AT + 2 * DAY, read_at=AT + 2 * DAY)
        assert judged(GOOD, of=later) == (Result("manager", Standing.VALID),)

    def test_nothing_shown_and_nobody_to_say(self) -> None:
        assert judged("nonsense") == (Result("manager", Standing.MISSING),)
        (found,) = judged(GOOD, of=verification.unreachable(LEAD_LICENCE))
        assert found.standing is Standing.UNCONFIRMED


class TestPaper:
    def test_tells_codes_and_nobody(self) -> None:
        made = personal.paper(ANN, AT, judged(GOOD))
        assert personal.read(made) == (Personal(ANN, "manager", Standing.VALID),)
        for name in ("holder_name", "holder_code", "licence_number"):
            assert str(FIELDS["cn.construction-qualification"][name]) not in made.decode()

    @pytest.mark.parametrize(
        "change",
        [
            {"bidder": "0x"},
            {"results": [{"requirement": "manager", "verdict": "good", "reasons": []}]},
            {"results": [{"requirement": "manager"}]},
            {"holder": "张样例"},
        ],
    )
    def test_of_another_form_is_refused(self, change: dict[str, Any]) -> None:
        told = orjson.loads(personal.paper(ANN, AT, ())) | change
        with pytest.raises(PersonalPaperMalformed):
            personal.read(orjson.dumps(told))

    def test_that_is_no_json_is_refused(self) -> None:
        with pytest.raises(PersonalPaperMalformed):
            personal.read(b"nonsense")


class _Seen(SealedTender):
    personal = (Personal(ANN, "manager", Standing.INVALID),)


class TestReport:
    def test_says_what_was_judged_and_only_then(self) -> None:
        rows = [{"bidder": ANN, "requirement": "manager", "verdict": "valid"}]
        seen = (Personal(ANN, "manager", Standing.VALID),)
        assert orjson.loads(report((), (), (), 1, (), seen))["personalLicences"] == rows
        assert b"personalLicences" not in report((), (), (), 1)

    def test_is_the_same_to_an_outsider(self) -> None:
        told = played(_Seen())
        told.read_out(NAMES)
        told.evaluate(NAMES)
        assert audited(told).check("scores").result is Outcome.VALID
