"""Licences shown with a bid: what each is worth for what was asked."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.keys import SignatureInvalid
from ledger.licences.sd_jwt import bind, parse, present
from ledger.tenders.ids import Place, TenderId
from ledger.tenders.qualification import Ask, Judged, judge
from ledger.tenders.requests import (
    Requirement,
    StandingRequest,
    StandingRequestMalformed,
    missing,
    nonce_of,
    read,
    read_requirement,
    sign,
)
from ledger.values import Status, Window
from ledger.verification.check import Verdict
from tests.support import verification
from tests.support.licences import AGENCY_KEY, CATALOGUE, FIELDS, HOLDER_KEY, STRANGER_KEY
from tests.support.tender_story import LEDGER, address
from tests.support.verification import AT, DAY, Sample, sample

TYPE = "cn.construction-qualification"
VCT = "urn:suizheng:licence:cn.construction-qualification:1"
PLACE = Place(LEDGER, TenderId(b"\x01" * 32), 0, address("Ann"))
AUDIENCE = "https://buyer.example"
ASK = Ask(AUDIENCE, nonce_of(PLACE), Window(AT - 10 * DAY, AT), AT, FIELDS[TYPE]["holder_code"])
ASKED = Requirement(
    "builder",
    VCT,
    ("holder_name", "holder_code", "qualifications"),
    "organisation",
    90,
    optional=False,
)


def shown(
    of: Sample, *, claims: tuple[str, ...] = ASKED.claims, made: int = AT - DAY, **given: Any
) -> str:
    place = given.get("place", PLACE)
    part = present(parse(of.document), claims)
    signed = bind(
        part,
        given.get("holder", HOLDER_KEY),
        audience=given.get("audience", AUDIENCE),
        nonce=nonce_of(place),
        issued_at=made,
    )
    return signed.compact


def judged(of: Sample, document: str | None = None, asked: Requirement = ASKED) -> Judged:
    given = shown(of) if document is None else document
    return judge(given, asked, ASK, of.evidence, of.policy, CATALOGUE)


SAMPLE = sample(TYPE).with_events()


class TestJudge:
    def test_a_good_one_made_days_before_the_deadline(self) -> None:
        found = judged(SAMPLE)
        assert (found.verdict, found.reasons) == (Verdict.VALID, ())
        assert found.claims["qualifications"]

    @pytest.mark.parametrize(
        ("given", "reason"),
        [
            ({"place": replace(PLACE, lot=1)}, "presentation.not-bound"),
            ({"place": replace(PLACE, bidder=address("Bo"))}, "presentation.not-bound"),
            ({"audience": "https://other.example"}, "presentation.not-bound"),
            ({"holder": STRANGER_KEY}, "presentation.not-bound"),
            ({"made": AT}, "presentation.made-outside"),
            ({"made": AT - 10 * DAY - 1}, "presentation.made-outside"),
            ({"claims": ("holder_name", "holder_code")}, "presentation.claims-missing"),
            ({"claims": ("holder_name", "qualifications")}, "presentation.claims-missing"),
        ],
    )
    def test_what_serves_no_other_bid_and_no_other_time(
        self, given: dict[str, Any], reason: str
    ) -> None:
        found = judged(SAMPLE, shown(SAMPLE, **given))
        assert (found.verdict, found.reasons) == (Verdict.INVALID, (reason,))

    def test_another_licence_than_asked_for(self) -> None:
        other = replace(ASKED, vct="urn:suizheng:licence:cn.safety-production:1")
        assert judged(SAMPLE, asked=other).reasons == ("presentation.other-type",)

    def test_another_organisations(self) -> None:
        found = judge(
            shown(SAMPLE),
            ASKED,
            replace(ASK, holder="91440101MASAMPLE01"),
            SAMPLE.evidence,
            SAMPLE.policy,
            CATALOGUE,
        )
        assert (found.verdict, found.reasons) == (
            Verdict.INVALID,
            ("presentation.other-organisation",),
        )

    def test_an_organisations_code_is_looked_at_though_nobody_asked(self) -> None:
        lax = replace(ASKED, claims=("qualifications",))
        hidden = judged(SAMPLE, shown(SAMPLE, claims=("qualifications",)), lax)
        assert hidden.reasons == ("presentation.claims-missing",)
        own = shown(SAMPLE, claims=("holder_code", "qualifications"))
        assert judged(SAMPLE, own, lax).verdict is Verdict.VALID

    def test_a_persons_is_not_held_against_the_organisation(self) -> None:
        persons = replace(ASKED, who="staff", claims=("qualifications",))
        found = judged(SAMPLE, shown(SAMPLE, claims=("qualifications",)), persons)
        assert found.verdict is Verdict.VALID

    def test_one_that_ends_before_the_work_does(self) -> None:
        long = replace(ASKED, min_validity_days=36_500)
        assert judged(SAMPLE, asked=long).reasons == ("presentation.ends-too-soon",)

    def test_without_any_binding(self) -> None:
        bare = present(parse(SAMPLE.document), ASKED.claims).compact
        assert judged(SAMPLE, bare).reasons == ("presentation.not-bound",)

    def test_what_is_no_licence(self) -> None:
        found = judged(SAMPLE, "nonsense")
        assert (found.verdict, found.claims) == (Verdict.INVALID, {})

    def test_suspended_the_day_before(self) -> None:
        spoilt = sample(TYPE)
        spoilt = spoilt.with_events(spoilt.event(Status.SUSPENDED, 210, AT - 60))
        found = judged(spoilt)
        assert (found.verdict, found.reasons) == (Verdict.INVALID, ("status.suspended",))

    def test_nobody_could_say(self) -> None:
        assert judged(verification.unreachable(SAMPLE)).verdict is Verdict.UNCONFIRMED


class TestMissing:
    def test_is_what_nothing_was_shown_for_but_the_optional(self) -> None:
        optional = replace(ASKED, id="extra", optional=True)
        assert missing([ASKED, optional], []) == ("builder",)
        assert missing([ASKED, optional], ["builder"]) == ()


class TestRequests:
    REQUEST = StandingRequest(AUDIENCE, "n" * 22, AT - 10 * DAY, AT, "0x" + "01" * 32, (ASKED,))

    def test_stands_until_the_bids_are_due(self) -> None:
        assert read(sign(self.REQUEST, AGENCY_KEY), AGENCY_KEY.public_key) == self.REQUEST

    def test_of_another_key(self) -> None:
        with pytest.raises(SignatureInvalid):
            read(sign(self.REQUEST, STRANGER_KEY), AGENCY_KEY.public_key)

    def test_the_same_requirement_twice(self) -> None:
        twice = replace(self.REQUEST, wanted=(ASKED, ASKED))
        with pytest.raises(StandingRequestMalformed):
            read(sign(twice, AGENCY_KEY), AGENCY_KEY.public_key)

    @pytest.mark.parametrize(
        "change", [{"who": "cat"}, {"minValidityDays": -1}, {"claims": [1]}, {"more": 1}]
    )
    def test_requirements_of_another_form(self, change: dict[str, Any]) -> None:
        told = {
            "id": "builder",
            "vct": VCT,
            "claims": ["holder_name"],
            "who": "organisation",
            "minValidityDays": 90,
            "optional": False,
        }
        assert read_requirement(told).claims == ("holder_name",)
        with pytest.raises(StandingRequestMalformed):
            read_requirement(told | change)

    def test_a_nonce_of_its_own_for_each_bid_and_one_for_all_its_versions(self) -> None:
        others = {
            nonce_of(replace(PLACE, lot=1)),
            nonce_of(replace(PLACE, bidder=address("Bo"))),
            nonce_of(replace(PLACE, tender=TenderId(b"\x02" * 32))),
        }
        assert nonce_of(PLACE) not in others
        assert len(others) == 3
        assert len(nonce_of(PLACE)) == 43
