"""The opening of a lot as anybody does it: what opens, what stays closed and why, and when."""

from dataclasses import replace
from typing import Any

import orjson
import pytest

from ledger.tenders.bid_flags import Terms
from ledger.tenders.errors import DigestMismatch, WindowNotOpen
from ledger.tenders.opening import Found, LicencesUnconfirmed
from ledger.tenders.opening_record import Cause, OpeningUnaccounted
from ledger.tenders.requests import Requirement
from ledger.tenders.shown_licences import Result, Standing
from tests.support.opened_tender import OpenedTender, bidder_key, identity_of
from tests.support.sealed_bids import sealed_bid

NAMES = ("甲", "乙", "丙")
CEILING = {"amount": "900000.00", "currency": "CNY"}


def told(*names: str) -> OpenedTender:
    """Bids of these, all disclosed, as many trustees as it takes."""
    tender = OpenedTender()
    for name in names or NAMES:
        tender.submit(name)
    tender.disclose(*(names or NAMES))
    tender.release(1, 3, 5)
    return tender


@pytest.fixture(scope="module")
def three() -> OpenedTender:
    return told()


class TestOpening:
    def test_opens_all_and_makes_the_record(self, three: OpenedTender) -> None:
        found = three.open_all()
        opening = three.opening()
        assert [each.cause for each in found.values()] == [None, None, None]
        assert opening.due(found) == ()
        opening.require_recordable(found)
        record = orjson.loads(opening.record(three.events, found))
        assert {each["name"] for each in record["bids"]} == {
            identity_of(name)["name"] for name in NAMES
        }
        assert record["notOpened"] == []
        assert all(each["flags"] == ["UNSIGNED"] for each in record["bids"])

    def test_opens_nothing_while_bidders_give_their_own_secrets(self) -> None:
        """Who recovers second must not know what the first one's bid says."""
        tender = OpenedTender()
        for name in NAMES:
            tender.submit(name)
        tender.disclose(*NAMES)
        tender.release(1, 2)
        tender.now = tender.ends.release_end
        tender.recover("甲")
        assert tender.opening().due({}) == ()
        tender.now = tender.ends.fallback_end
        found = tender.open_all()
        assert [each.cause for each in found.values()] == [None]
        record = orjson.loads(tender.opening().record(tender.events, found))
        causes = {each["key"]: each["cause"] for each in record["notOpened"]}
        assert causes == {tender.key("乙"): "NOT_RELEASED", tender.key("丙"): "NOT_RELEASED"}

    def test_a_silent_bidder_does_not_hold_up_the_others(self) -> None:
        tender = OpenedTender()
        for name in (*NAMES, "丁"):
            tender.submit(name)
        tender.disclose(*NAMES)
        tender.release(1, 3, 5)
        found = tender.open_all()
        tender.opening().require_recordable(found)
        record = orjson.loads(tender.opening().record(tender.events, found))
        assert record["notOpened"] == [{"key": tender.key("丁"), "cause": "UNDISCLOSED"}]


class TestBadShares:
    def spoilt(self) -> OpenedTender:
        tender = OpenedTender()
        for name in NAMES:
            made = sealed_bid(bidder_key(name), who=identity_of(name))
            broken = tuple(bytes(81) for _ in made.envelopes)
            tender.submit(name, replace(made, envelopes=broken) if name == "乙" else made)
        tender.disclose(*NAMES)
        tender.release(1, 3, 5)
        return tender

    def test_are_their_bidders_fault_once_nothing_can_be_mended(self) -> None:
        tender = self.spoilt()
        found = tender.open_all()
        bad = found[tender.key("乙")]
        assert (bad.cause, bad.evidence) == (Cause.SHARES_BAD, {"broken": [1, 3, 5]})
        assert tender.opening().due(found) == ()
        with pytest.raises(WindowNotOpen) as early:
            tender.opening().require_recordable(found)
        assert early.value.opens_at == tender.ends.fallback_end
        tender.now = tender.ends.fallback_end
        tender.opening().require_recordable(found)
        record = orjson.loads(tender.opening().record(tender.events, found))
        assert record["notOpened"] == [{"key": tender.key("乙"), "cause": "SHARES_BAD"}]

    def test_are_mended_by_the_bidders_own_secret(self) -> None:
        tender = self.spoilt()
        found = tender.open_all()
        tender.recover("乙")
        (due,) = tender.opening().due(found)
        assert due.bidder == tender.key("乙")
        found = tender.open_all(found)
        assert found[tender.key("乙")].cause is None
        tender.opening().require_recordable(found)


class TestLostFile:
    def test_waits_for_a_copy_until_the_end(self) -> None:
        tender = told()
        digest = tender.bids["丙"].bid.parts[0].file
        kept = tender.files.pop(digest)
        found = tender.open_all()
        lost = found[tender.key("丙")]
        assert (lost.cause, lost.evidence) == (Cause.FILE_LOST, {"file": "0x" + digest.hex()})
        with pytest.raises(WindowNotOpen):
            tender.opening().require_recordable(found)
        tender.files[digest] = kept
        found = tender.open_all(found)
        assert found[tender.key("丙")].cause is None
        tender.opening().require_recordable(found)

    def test_a_bad_copy_blames_nobody(self) -> None:
        tender = told()
        digest = tender.bids["丙"].bid.parts[0].file
        tender.files[digest] = tender.files[digest][:-1] + b"\x00"
        with pytest.raises(DigestMismatch):
            tender.open_all()


class TestInvalid:
    def test_what_was_not_committed_is_shown_to_all(self) -> None:
        tender = OpenedTender()
        for name in NAMES:
            other: Any = {"identity": identity_of("戊")} if name == "乙" else {}
            made = sealed_bid(bidder_key(name), who=identity_of(name), **other)
            tender.submit(name, made)
        tender.disclose(*NAMES)
        tender.release(2, 3, 4)
        found = tender.open_all()
        bad = found[tender.key("乙")]
        assert (bad.cause, bad.evidence) == (Cause.UNSEALED_INVALID, {"reason": "identity"})
        assert tender.opening().due(found) == ()


class TestFlags:
    def test_one_organisation_under_two_keys(self) -> None:
        tender = OpenedTender()
        for name in NAMES:
            who = identity_of("甲" if name == "乙" else name)
            tender.submit(name, sealed_bid(bidder_key(name), who=who))
        tender.disclose(*NAMES)
        tender.release(1, 2, 3)
        found = tender.open_all()
        opened = tender.opening().findings(found).opened
        assert {key: "TWO_BIDS" in each.flags for key, each in opened.items()} == {
            tender.key("甲"): True,
            tender.key("乙"): True,
            tender.key("丙"): False,
        }

    def test_over_the_ceiling(self, three: OpenedTender) -> None:
        terms = replace(Terms.of(three.documents, {}), ceiling=CEILING)
        found = three.open_all(terms=terms)
        assert all("OVER_CEILING" in each.flags for each in found.values())
        high = replace(terms, ceiling={"amount": "930000.00", "currency": "CNY"})
        found = three.open_all(terms=high)
        assert not any("OVER_CEILING" in each.flags for each in found.values())

    def test_nothing_shown_for_a_requirement(self, three: OpenedTender) -> None:
        asked = Requirement("builder", "urn:x", (), "organisation", 0, optional=False)
        terms = replace(Terms.of(three.documents, {}), wanted=(asked,))
        found = three.open_all(terms=terms)
        for each in found.values():
            assert each.licences == (Result("builder", Standing.MISSING),)
            assert "NOT_QUALIFIED" in each.flags

    def test_unconfirmed_is_asked_again_before_it_is_recorded(self, three: OpenedTender) -> None:
        found = three.open_all()
        key = three.key("甲")
        open_ = Result("builder", Standing.UNCONFIRMED)
        found[key] = replace(found[key], licences=(open_,))
        with pytest.raises(LicencesUnconfirmed):
            three.opening().require_recordable(found)
        assert three.opening().asked_again(found[key]).licences == ()
        late = replace(three.opening(), at=three.ends.fallback_end)
        late.require_recordable(found)


class TestRecord:
    def test_leaves_nobody_out(self, three: OpenedTender) -> None:
        found = three.open_all()
        del found[three.key("甲")]
        with pytest.raises(OpeningUnaccounted):
            three.opening().record(three.events, found)

    def test_goes_by_the_version_that_stands(self, three: OpenedTender) -> None:
        found = three.open_all()
        key = three.key("甲")
        old: Found = replace(found[key], version=0)
        (due,) = three.opening().due({**found, key: old})
        assert due.bidder == key
