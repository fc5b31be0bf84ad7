"""Who signed a bid: the bidder its manifest, the members of a joint bid that they take part."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from ledger.keys import PrivateKey
from ledger.tenders.bid_flags import Terms
from ledger.tenders.joint import grades_in
from ledger.tenders.opening import Found
from ledger.tenders.requests import Requirement
from ledger.tenders.shown_licences import Result, Standing
from ledger.tenders.signatures import AGREEMENT, Consent
from tests.support.builders import (
    AGREED,
    ASKED,
    CONSENT,
    HOME_MADE,
    LEAD,
    LEAD_LICENCE,
    MEMBER,
    MEMBER_KEY,
    MEMBER_LICENCE,
    PAPER,
    PLACE,
    shown,
)
from tests.support.licences import HOLDER_KEY, STRANGER_KEY
from tests.support.opened_tender import OpenedTender, bidder_key
from tests.support.sealed_bids import bid_files, sealed_bid
from tests.support.verification import AT, DAY, Sample

LEADS = shown(LEAD_LICENCE, HOLDER_KEY)
MEMBERS = shown(MEMBER_LICENCE, MEMBER_KEY)


def found(wanted: tuple[Requirement, ...] = (ASKED,), **given: Any) -> Found:
    """What the opening finds of the first of three bids."""
    tender = OpenedTender(AT - 21 * DAY)
    made = sealed_bid(bidder_key("甲"), given.pop("signer", HOLDER_KEY), LEAD, **given)
    tender.submit("甲", made)
    for name in ("丙", "丁"):
        tender.submit(name)
    tender.disclose("甲", "丙", "丁")
    tender.release(1, 2, 3)
    by_digest = {
        each.opened_digest: each.evidence
        for each in map(_Known, (LEAD_LICENCE, MEMBER_LICENCE, HOME_MADE))
    }
    terms = replace(Terms.of(tender.documents, {}), wanted=wanted)
    opened = tender.open_all(
        terms=terms,
        gather=lambda each: by_digest[each.opened.digest],
        policy=LEAD_LICENCE.policy,
    )
    return opened[tender.key("甲")]


class _Known:
    def __init__(self, of: Sample) -> None:
        self.evidence = of.evidence
        self.opened_digest = hashlib.sha256(of.document.split("~")[0].encode()).digest()


class TestManifest:
    def test_by_the_key_of_the_licence_that_names_the_bidder(self) -> None:
        assert found(presentations=[LEADS]).flags == ()

    @pytest.mark.parametrize("signer", [None, STRANGER_KEY, MEMBER_KEY])
    def test_by_nobody_or_another_firm(self, signer: PrivateKey | None) -> None:
        """Another firm's licence may lie beside, its key signs for that firm alone."""
        flags = found(presentations=[LEADS, MEMBERS], signer=signer).flags
        assert flags == ("UNSIGNED",)

    def test_by_a_licence_that_the_bidder_made_itself_beside_the_good_one(self) -> None:
        told = found(presentations=[LEADS, shown(HOME_MADE, STRANGER_KEY)], signer=STRANGER_KEY)
        assert told.licences == (Result("builder", Standing.VALID),)
        assert told.flags == ("UNSIGNED",)

    def test_by_a_licence_that_nobody_asked_for_and_nobody_judges(self) -> None:
        other = replace(ASKED, vct="urn:suizheng:licence:cn.business-licence:1", optional=True)
        assert found((other,), presentations=[LEADS]).flags == ("UNSIGNED",)
        assert found((), presentations=[LEADS]).flags == ()


def joint(consent: str | None = None, agreement: bytes | None = PAPER, **given: Any) -> Found:
    """A joint bid of two with their agreement, of which the second consents."""
    second = {"identity": MEMBER, "presentations": [MEMBERS]}
    second |= {} if consent is None else {"consent": consent}
    members = [{"identity": LEAD, "presentations": [LEADS]}, second]
    more = [] if agreement is None else bid_files({AGREED: agreement}, AGREEMENT)
    return found(members=members, more=more, **given)


class TestGrades:
    def test_of_a_trade_are_the_lowest_that_members_show(self) -> None:
        """招标投标法 art. 31; what the record tells of a joint bid, and of no other."""
        members = [
            {"identity": LEAD, "presentations": [LEADS]},
            {"identity": MEMBER, "presentations": [MEMBERS]},
        ]
        assert grades_in({"identity": LEAD, "presentations": [], "members": members}) == [
            {"trade": "市政公用工程施工总承包", "grade": "三级"},
            {"trade": "建筑工程施工总承包", "grade": "二级"},
        ]
        alone = {"identity": LEAD, "presentations": [LEADS, MEMBERS], "members": []}
        assert {each["grade"] for each in grades_in(alone)} == {"特级", "三级"}


class TestMembers:
    def test_each_agrees_by_its_own_key(self) -> None:
        told = joint(CONSENT.sign(MEMBER_KEY))
        assert (told.flags, told.licences) == ((), (Result("builder", Standing.VALID),))

    def test_who_is_silent_is_told(self) -> None:
        assert joint().flags == ("MEMBER_UNSIGNED",)

    @pytest.mark.parametrize(
        ("consent", "key"),
        [
            (CONSENT, HOLDER_KEY),
            (CONSENT, STRANGER_KEY),
            (replace(CONSENT, constant=replace(PLACE, lot=1).constant), MEMBER_KEY),
            (replace(CONSENT, agreement=bytes(32)), MEMBER_KEY),
            (replace(CONSENT, lead="CN/other"), MEMBER_KEY),
            (replace(CONSENT, member=CONSENT.lead), MEMBER_KEY),
        ],
        ids=["lead's key", "stranger's key", "other bid", "other paper", "other lead", "not it"],
    )
    def test_to_something_else_or_by_another(self, consent: Consent, key: PrivateKey) -> None:
        assert joint(consent.sign(key)).flags == ("MEMBER_SIGNATURE_WRONG",)

    @pytest.mark.parametrize("text", ["nonsense", "a.b.c", "é", "{}"])
    def test_what_cannot_be_read_is_wrong_and_no_failure(self, text: str) -> None:
        assert joint(text).flags == ("MEMBER_SIGNATURE_WRONG",)

    def test_to_no_agreement(self) -> None:
        assert joint(CONSENT.sign(MEMBER_KEY), None).flags == ("MEMBER_SIGNATURE_WRONG",)

    def test_of_a_member_that_shows_no_licence_of_its_own(self) -> None:
        bare = {"identity": MEMBER, "presentations": [], "consent": CONSENT.sign(MEMBER_KEY)}
        told = found(
            presentations=[LEADS],
            members=[{"identity": LEAD, "presentations": []}, bare],
            more=bid_files({AGREED: PAPER}, AGREEMENT),
        )
        assert told.flags == ("MEMBER_SIGNATURE_WRONG",)
