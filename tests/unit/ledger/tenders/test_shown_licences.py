"""Licences shown with bids, judged as of the deadline when the bids are opened."""

from dataclasses import replace
from typing import Any

import pytest

from ledger.canonical import parse_object
from ledger.licences.sd_jwt import bind, parse, present
from ledger.tenders.bid_flags import Terms, TermsMissing
from ledger.tenders.ids import Place
from ledger.tenders.opening import Found
from ledger.tenders.requests import Requirement, nonce_of
from ledger.tenders.shown_licences import Result, Standing, presented
from ledger.values import Status
from tests.support import verification
from tests.support.licences import FIELDS, HOLDER_KEY
from tests.support.opened_tender import OpenedTender, bidder_key, identity_of
from tests.support.sealed_bids import TENDER, sealed_bid
from tests.support.sealing import KNOWN, account
from tests.support.verification import AT, DAY, Sample, sample

TYPE = "cn.construction-qualification"
ASKED = Requirement(
    "builder",
    "urn:suizheng:licence:cn.construction-qualification:1",
    ("holder_name", "holder_code", "qualifications"),
    "organisation",
    90,
    optional=False,
)
GOOD = sample(TYPE).with_events()
FIRM = identity_of("甲") | {
    "code": FIELDS[TYPE]["holder_code"],
    "name": FIELDS[TYPE]["holder_name"],
}
"""The bidder, who is the holder of the licence."""


def shown(of: Sample, name: str = "甲", tender: bytes = TENDER) -> str:
    place = Place(KNOWN.ledger, TENDER, 0, account(bidder_key(name)))
    signed = bind(
        present(parse(of.document), ASKED.claims),
        HOLDER_KEY,
        audience="0x" + tender.hex(),
        nonce=nonce_of(place),
        issued_at=AT - DAY,
    )
    return signed.compact


def opened(
    of: Sample,
    *presentations: str,
    signer: Any = HOLDER_KEY,
    who: dict[str, str] = FIRM,
    **changes: Any,
) -> Found:
    """Return what is found of the first of three bids, which shows these."""
    tender = OpenedTender(AT - 21 * DAY)
    assert tender.ends.submit_end == AT
    made = sealed_bid(
        bidder_key("甲"),
        signer,
        who,
        presentations=list(presentations),
        **changes,
    )
    tender.submit("甲", made)
    for name in ("乙", "丙"):
        tender.submit(name)
    tender.disclose("甲", "乙", "丙")
    tender.release(1, 2, 3)
    terms = replace(Terms.of(tender.documents, {}), wanted=(ASKED,))
    found = tender.open_all(terms=terms, gather=lambda _: of.evidence, policy=of.policy)
    return found[tender.key("甲")]


class TestResults:
    def test_a_good_one_that_also_signed_the_bid(self) -> None:
        found = opened(GOOD, shown(GOOD))
        assert found.licences == (Result("builder", Standing.VALID),)
        assert found.flags == ()

    def test_suspended_the_day_before_the_deadline(self) -> None:
        spoilt = GOOD.with_events(GOOD.event(Status.SUSPENDED, 210, AT - DAY))
        found = opened(spoilt, shown(spoilt))
        assert found.licences == (Result("builder", Standing.INVALID, ("status.suspended",)),)
        assert found.flags == ("NOT_QUALIFIED",)

    def test_annulled_the_day_after_the_deadline(self) -> None:
        """What became of it later is for the award (R55, R56) and no ground at the opening."""
        later = GOOD.with_events(GOOD.event(Status.REVOKED, 331, AT + DAY)).with_reading(
            block_time=AT + 2 * DAY, read_at=AT + 2 * DAY
        )
        found = opened(later, shown(later))
        assert found.licences == (Result("builder", Standing.VALID),)

    def test_nobody_is_blamed_where_nobody_could_say(self) -> None:
        found = opened(verification.unreachable(GOOD), shown(GOOD))
        assert [each.standing for each in found.licences] == [Standing.UNCONFIRMED]
        assert found.flags == ()
        assert not found.is_confirmed

    def test_shown_for_another_bid_or_tender(self) -> None:
        for other in (shown(GOOD, "乙"), shown(GOOD, tender=b"\x07" * 32)):
            (result,) = opened(GOOD, other).licences
            assert (result.standing, result.reasons) == (
                Standing.INVALID,
                ("presentation.not-bound",),
            )

    def test_a_bad_one_beside_a_good_one_does_no_harm(self) -> None:
        found = opened(GOOD, shown(GOOD, "乙"), shown(GOOD))
        assert found.licences == (Result("builder", Standing.VALID),)

    def test_what_cannot_be_read_is_as_if_nothing_was_shown(self) -> None:
        found = opened(GOOD, "nonsense", "{}")
        assert found.licences == (Result("builder", Standing.MISSING),)
        assert found.flags == ("UNSIGNED", "NOT_QUALIFIED")

    def test_of_a_member_of_a_joint_bid(self) -> None:
        members = [
            {"identity": identity_of("甲"), "presentations": []},
            {"identity": FIRM, "presentations": [shown(GOOD)]},
        ]
        found = opened(GOOD, who=identity_of("甲"), members=members)
        assert found.licences == (Result("builder", Standing.VALID),)
        assert found.flags == ("UNSIGNED", "MEMBER_UNSIGNED")

    def test_of_another_firm_that_may_be_a_member_but_does_not_show_it(self) -> None:
        """Neither does it qualify the bid, nor does its key sign for it."""
        members: list[dict[str, Any]] = [
            {"identity": each, "presentations": []} for each in (identity_of("甲"), FIRM)
        ]
        for given in ({}, {"members": members}):
            found = opened(GOOD, shown(GOOD), who=identity_of("甲"), **given)
            silent = ("MEMBER_UNSIGNED",) if given else ()
            assert found.licences == (
                Result("builder", Standing.INVALID, ("presentation.other-organisation",)),
            )
            assert found.flags == ("UNSIGNED", *silent, "NOT_QUALIFIED")


class TestPresented:
    def test_with_its_proof(self) -> None:
        assert GOOD.evidence.proof is not None
        text = shown(GOOD)
        whole = replace(GOOD.evidence.proof, document=text)
        found = presented(whole.to_json().decode(), FIRM)
        assert found.proof is not None
        assert (found.proof.root, found.text) == (whole.root, text)


class TestTwoCodes:
    @pytest.mark.parametrize("is_wanted", [True, False])
    def test_of_one_firm_are_told_by_its_licence(self, *, is_wanted: bool) -> None:
        """Licences that nobody asked for are not the bidder's to have; they tell nothing."""
        tender = OpenedTender()
        for name in ("甲", "乙", "丙"):
            given: dict[str, Any] = {} if name == "丙" else {"presentations": [shown(GOOD, name)]}
            tender.submit(name, sealed_bid(bidder_key(name), who=identity_of(name), **given))
        tender.disclose("甲", "乙", "丙")
        tender.release(1, 2, 3)
        wanted = (ASKED,) if is_wanted else ()
        terms = replace(Terms.of(tender.documents, {}), wanted=wanted)
        told = tender.opening(terms=terms).findings(tender.open_all(terms=terms)).opened
        assert {key for key, each in told.items() if "TWO_BIDS" in each.flags} == (
            {tender.key("甲"), tender.key("乙")} if is_wanted else set()
        )


class TestJointBids:
    def test_a_member_who_bids_elsewhere_too(self) -> None:
        tender = OpenedTender()
        members = [{"identity": identity_of(name), "presentations": []} for name in ("甲", "乙")]
        tender.submit("甲", sealed_bid(bidder_key("甲"), who=identity_of("甲"), members=members))
        tender.submit("乙")
        tender.submit("丙")
        tender.disclose("甲", "乙", "丙")
        tender.release(1, 2, 3)
        found = tender.open_all()
        told = tender.opening().findings(found).opened
        record = parse_object(tender.opening().record(tender.events, found))
        joint = [each["bidder"] for each in record["bids"] if "grades" in each]
        assert joint == [tender.key("甲")]
        unsigned = {"UNSIGNED", "MEMBER_UNSIGNED"}
        flags = {key: set(each.flags) - unsigned for key, each in told.items()}
        assert flags == {
            tender.key("甲"): {"NO_AGREEMENT", "JOINT_CLASH"},
            tender.key("乙"): {"JOINT_CLASH"},
            tender.key("丙"): set(),
        }


class TestTerms:
    def test_want_the_standing_request_that_the_documents_name(self) -> None:
        tender = OpenedTender()
        entry = {"path": "ask.jwt", "role": "standing-request", "sha256": "0x" + "07" * 32}
        named = replace(tender.documents, content={**tender.documents.content, "files": [entry]})
        for given in ({}, {"ask.jwt": b"another"}):
            with pytest.raises(TermsMissing):
                Terms.of(named, given)
