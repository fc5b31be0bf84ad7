"""An outsider opens sealed files again and holds them against the record that was anchored."""

from collections.abc import Callable
from typing import Any

import pytest

from ledger.canonical import canonical_json, parse_object
from ledger.tenders.audit.assembly import Shelf, assembled
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import Provenance, TenderBundle
from ledger.tenders.messages import SubmitBid
from ledger.tenders.opening_record import Cause, Findings, OpenedBid, record
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import legal_end
from ledger.tenders.receipts import Receipt, ReceiptState, StoredFile
from ledger.tenders.unsealing import Opened
from ledger.verification.check import Result, Verdict
from tests.support.papered_story import AWARDS, CEILING, NAMES
from tests.support.reopened import judged, played
from tests.support.sealed_tender import SealedTender
from tests.support.tender_story import DAY, Story, address
from tests.support.verification import sample

TYPE = "cn.construction-qualification"
DEE = address("Dee")
Bend = Callable[[dict[str, Any]], None]


class _Asking(SealedTender):
    """Wants a licence, which no bid shows."""

    flags = ("UNSIGNED", "NOT_QUALIFIED")
    requirements = (
        {
            "id": "builder",
            "vct": f"urn:suizheng:licence:{TYPE}:1",
            "claims": ["holder_name"],
            "who": "organisation",
            "minValidityDays": 90,
            "optional": False,
        },
    )


class _Shown(_Asking):
    """Wants a licence, and every bid shows the same."""

    flags = ("UNSIGNED", "TWO_BIDS")
    presentations = (sample(TYPE).document,)


def findings(told: SealedTender, lost: tuple[str, ...] = ()) -> Findings:
    opened = {
        address(name): OpenedBid(told.manifest(name), told.flags)
        for name in NAMES
        if name not in lost
    }
    causes = {address(name): Cause.FILE_LOST for name in lost}
    return Findings(opened, causes, CEILING)


def recorded(
    found: Findings | None = None,
    bend: Bend | None = None,
    kind: type[SealedTender] = SealedTender,
) -> SealedTender:
    """One whose record says what `found` does, or what `bend` makes of it."""
    told = played(kind())
    found = findings(told) if found is None else found
    paper = parse_object(record(told.events, told.id, (0, 1), found))
    if bend is not None:
        bend(paper)
    told.record(len(paper["bids"]), digest=told.keep(canonical_json(paper)))
    return told


def file_of(told: SealedTender, name: str) -> bytes:
    bid = told.state.lot(0).bids[address(name)]
    assert bid.told is not None
    return bid.told.bid.parts[0].file


class TestLostFiles:
    """A record may say that the platform lost a file; the file is tried nevertheless."""

    def lying(self) -> SealedTender:
        return recorded(findings(played(SealedTender()), lost=("Dee",)))

    def test_an_honest_record_is_confirmed(self) -> None:
        assert judged(recorded()).code == "opening.ok"

    def test_a_file_at_hand_was_not_lost(self) -> None:
        found = judged(self.lying())
        assert found.result is Result.INVALID
        assert found.facts["faults"][0]["bidders"] == [DEE]

    def test_the_rivals_own_copy_is_enough(self) -> None:
        told = self.lying()
        own = file_of(told, "Dee")
        found = judged(told, {own: told.files[own]})
        assert found.result is Result.INVALID
        assert found.facts["faults"][0]["bidders"] == [DEE]

    def test_without_the_file_nobody_can_say(self) -> None:
        told = self.lying()
        own = file_of(told, "Dee")
        found = judged(told, {key: each for key, each in told.files.items() if key != own})
        assert found.result is Result.ERROR
        assert found.facts["open"] == [{"lot": 0, "part": 1, "bidder": DEE, "why": "no-file"}]

    def test_whoever_signed_for_the_file_is_named(self) -> None:
        told = self.lying()
        own = file_of(told, "Dee")
        others = {key: each for key, each in told.files.items() if key != own}
        stored, foreign = (
            Receipt(issuer, "n", 1, None, (StoredFile(file, 7, 1),), ReceiptState.STORED)
            for issuer, file in (("https://one.example", own), ("https://two.example", bytes(32)))
        )
        (open_,) = judged(told, others, receipts=(stored, foreign)).facts["open"]
        assert open_["storedBy"] == ["https://one.example"]
        (open_,) = judged(told, others, receipts=(foreign,)).facts["open"]
        assert "storedBy" not in open_

    @pytest.mark.parametrize("cause", [Cause.SHARES_BAD, Cause.UNSEALED_INVALID, Cause.REJECTED])
    def test_no_other_cause_hides_a_file_that_opens(self, cause: Cause) -> None:
        def bend(paper: dict[str, Any]) -> None:
            paper["bids"] = [each for each in paper["bids"] if each["bidder"] != DEE]
            paper["notOpened"].append({"key": DEE, "cause": cause.value})

        found = judged(recorded(bend=bend))
        assert found.result is Result.INVALID
        assert found.facts["faults"][0]["bidders"] == [DEE]

    def test_shares_that_join_blame_nobody_even_without_the_file(self) -> None:
        def bend(paper: dict[str, Any]) -> None:
            paper["bids"] = [each for each in paper["bids"] if each["bidder"] != DEE]
            paper["notOpened"].append({"key": DEE, "cause": Cause.SHARES_BAD.value})

        assert judged(recorded(bend=bend), {}).result is Result.INVALID

    def test_a_price_that_was_bent_shows_beside_a_missing_file(self) -> None:
        def bend(paper: dict[str, Any]) -> None:
            for each in paper["bids"]:
                each["price"]["amount"] = "1.00"

        told = recorded(bend=bend)
        own = file_of(told, "Dee")
        assert judged(told, {own: told.files[own]}).result is Result.INVALID
        assert judged(told, {}).result is Result.ERROR


class TestWhatFollows:
    """Flags and the ceiling follow from manifests and documents, whatever the record says."""

    @pytest.mark.parametrize(
        "bend",
        [
            lambda paper: paper.update(ceiling=None),
            lambda paper: paper["ceiling"].update(amount="900000.00"),
            lambda paper: paper["bids"][0].update(flags=[]),
            lambda paper: paper["bids"][0]["flags"].append("OVER_CEILING"),
            lambda paper: paper["bids"][0].update(
                licences=[{"requirement": "r", "verdict": "valid"}]
            ),
        ],
        ids=["no-ceiling", "ceiling", "no-flags", "flag", "licence"],
    )
    def test_a_record_that_says_otherwise_is_wrong(self, bend: Bend) -> None:
        assert judged(recorded(bend=bend)).result is Result.INVALID

    def test_without_documents_they_are_taken_as_recorded_and_told(self) -> None:
        told = recorded()
        del told.papers[told.state.docs[-1]]
        found = judged(told)
        assert found.result is Result.ERROR
        members = {each["member"] for each in found.facts["open"]}
        assert members == {"licences", "flags", "ceiling"}


def saying(verdict: str) -> Bend:
    def bend(paper: dict[str, Any]) -> None:
        for each in paper["bids"]:
            each["licences"] = [{"requirement": "builder", "verdict": verdict}]
            each["flags"].sort()

    return bend


class TestLicences:
    def test_that_nobody_showed_are_missing(self) -> None:
        assert judged(recorded(bend=saying("missing"), kind=_Asking)).code == "opening.ok"
        for lie in ("valid", "invalid", "unconfirmed"):
            found = judged(recorded(bend=saying(lie), kind=_Asking))
            assert found.result is Result.INVALID

    def test_that_were_shown_are_told_as_recorded(self) -> None:
        found = judged(recorded(bend=saying("valid"), kind=_Shown))
        assert found.result is Result.ERROR
        assert found.facts["open"] == [
            {"lot": 0, "part": 1, "why": "as-recorded", "member": "licences"}
        ]

    @pytest.mark.parametrize("verdict", ["invalid", "missing", "splendid"])
    def test_a_verdict_and_its_flag_go_together(self, verdict: str) -> None:
        assert judged(recorded(bend=saying(verdict), kind=_Shown)).result is Result.INVALID

    def test_one_that_was_shown_is_not_missing(self) -> None:
        def bend(paper: dict[str, Any]) -> None:
            saying("missing")(paper)
            for each in paper["bids"]:
                each["flags"] = ["NOT_QUALIFIED", "TWO_BIDS", "UNSIGNED"]

        assert judged(recorded(bend=bend, kind=_Shown)).result is Result.INVALID

    def test_a_licence_that_was_shown_is_not_left_out(self) -> None:
        assert judged(recorded(kind=_Shown)).result is Result.INVALID


class TestKeptClosed:
    def test_names_the_trustees_who_were_silent(self) -> None:
        story = Story()
        for name in ("Ann", "Bo", "Cai"):
            story.submit(name)
        story.open(("Ann", "Bo", "Cai"), trustees=(2, 4))
        end = story.ends.fallback_end
        bundle = TenderBundle(story.ledger, story.id, tuple(story.events))
        assert audit(bundle, end - 1).check("opening").facts == {}
        found = audit(bundle, end).check("opening")
        assert found.code == "opening.not-recorded"
        assert found.facts == {"notOpened": [{"lot": 0, "part": 1, "silentTrustees": [1, 3, 5]}]}


class TestUnrecorded:
    def test_an_opening_that_nobody_records_is_a_fault_when_it_is_due(self) -> None:
        told = played(SealedTender())
        end = told.ends.fallback_end
        due = legal_end(preset("cn"), "openingRecord", end).at
        assert due > end
        assert judged(told, at=end - 1).code == "opening.not-recorded"
        place = {"lot": 0, "part": 1, "error": "OpeningNotRecorded", "dueAt": due}
        for files in (told.files, {}):
            for moment in (end, due - 1):
                found = judged(told, files, moment)
                assert (found.result, found.facts) == (Result.ERROR, {"open": [place]})
            found = judged(told, files, due)
            assert (found.result, found.facts) == (Result.INVALID, {"faults": [place]})

    def test_where_no_policy_says_when_it_is_due_it_stays_open(self) -> None:
        told = played(SealedTender())
        bundle = TenderBundle(told.ledger, told.id, tuple(told.events))
        found = audit(bundle, told.ends.fallback_end + 400 * DAY).check("opening")
        assert found.result is Result.ERROR
        assert found.facts["open"] == [{"lot": 0, "part": 1, "error": "OpeningNotRecorded"}]

    def test_its_files_are_opened_all_the_same(self) -> None:
        told = played(SealedTender())

        def unseal(bid: SubmitBid, _part: int, _key: bytes) -> Opened | None:
            tried.append(bid.bidder)
            return None

        tried: list[str] = []
        shelf = Shelf(told.papers, unseal)
        made = assembled(told.ledger, AWARDS, told.id, told.events, shelf, {}, Provenance())
        assert set(tried) == {address(name) for name in NAMES}
        assert audit(made, told.now).verdict is Verdict.UNCONFIRMED
