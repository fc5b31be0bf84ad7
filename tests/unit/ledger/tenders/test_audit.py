"""An outsider audits a tender, and finds what was bent."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ledger.tenders import events, messages
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import (
    DrawEvidence,
    EvaluationEvidence,
    Publication,
    TenderBundle,
)
from ledger.tenders.audit.report import NAMES
from ledger.tenders.audit.reports import reports
from ledger.tenders.committee import Statement, report, report_digest
from ledger.tenders.evaluation import Sheet, read_criteria, scores, sheet_digest, write_sheet
from ledger.tenders.events import Outcome, Stage
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import MailboxPlace, fill, leaf
from ledger.tenders.opening_record import Cause, Findings, OpenedBid, record, record_digest
from ledger.tenders.policy.document import preset
from ledger.tenders.receipts import Named, Receipt, ReceiptState, StoredFile
from ledger.tenders.relayed import digest_of
from ledger.tenders.suspensions import shifted
from ledger.values import Root
from ledger.verification.check import Check, Result, Verdict
from tests.support.drawn_committee import POOL, draw_told, drawn_committee
from tests.support.licences import counted_bytes
from tests.support.tender_story import DAY, LEDGER, START, Story, address

NAMES_OPENED = ("Ann", "Cai", "Dee")
CRITERIA = read_criteria(
    {
        "points": [{"id": "plan", "most": "60"}],
        "price": {"kind": "lowest", "most": "40"},
        "averaging": "mean",
        "scale": 2,
    }
)
SALT = b"\x05" * 16


def drawn(story: Story, tender: bytes, **changed: Any) -> DrawEvidence:
    event = next(each for each in story.events if isinstance(each, events.CommitteeCommitted))
    return DrawEvidence(event, 5, replace(drawn_committee(tender), **changed))


def sheets() -> dict[int, bytes]:
    points = {"Ann": "40", "Cai": "55", "Dee": "30"}
    given = {address(name): {"plan": Decimal(each)} for name, each in points.items()}
    return {seat: write_sheet(Sheet(seat, given), SALT) for seat in range(1, 6)}


def receipt(**told: Any) -> Receipt:
    plain = Receipt("operator", "n", START + 1, None, (), ReceiptState.SUBMITTED)
    return replace(plain, **told)


def left_out(bidder: str = "Zoe", version: int = 1, lot: int = 0, **told: Any) -> Receipt:
    """A receipt for a message of the tender that no event tells of."""
    named = Named(BUNDLE.tender, lot, address(bidder), version)
    return receipt(**{"digest": b"\x08" * 32, "named": named} | told)


def told() -> tuple[Story, TenderBundle]:
    """Five bid: Ann replaces, Bo withdraws, Eli stays silent, Cai's shares are bad and mended."""
    story = Story(real=True)
    story.spoilt = {"Cai"}
    story.prices = {"Dee": "800000.00"}
    for name in ("Ann", "Bo", "Cai", "Dee", "Eli"):
        story.submit(name)
    story.submit("Ann", version=2)
    story.withdraw("Bo")
    story.open(NAMES_OPENED)
    story.recover("Cai")
    versions = {"Ann": 2, "Cai": 1, "Dee": 1}
    opened = {
        address(name): OpenedBid(story.manifest(name, version=each))
        for name, each in versions.items()
    }
    found = Findings(opened, {})
    story.record(3, digest=record_digest(record(story.events, story.id, (0, 1), found)))
    for kind, values in draw_told(drawn_committee(story.id)):
        story.tell(kind, *values)
    story.committee()
    for seat, sheet in sheets().items():
        story.score(seat, digest=sheet_digest(sheet))
    statements = (Statement(1), Statement(2, "报价偏低，建议核实"))
    points = [
        Sheet(
            1,
            {address(n): {"plan": Decimal(v)} for n, v in (("Ann", 40), ("Cai", 55), ("Dee", 30))},
        )
    ]
    prices = {address(n): Decimal(story.prices.get(n, "900000.00")) for n in NAMES_OPENED}
    ranked = scores(CRITERIA, points, prices)
    made = report(ranked, (), statements, 5)
    order = ["Cai", "Ann", "Dee"]
    story.report(order, digest=report_digest(made))
    story.notice(story.now + 4 * DAY)
    story.object_(b"\x0a" * 32, Stage.RESULT, "Dee")
    story.at(story.now + DAY).answer(b"\x0a" * 32, Outcome.DISMISSED)
    story.at(story.state.lot(0).course.notice_end).award("Cai")
    story.contract()
    receipts = tuple(
        receipt(digest=messages.digest(LEDGER, each.bid)) for each in story.sealed.values()
    )
    bundle = TenderBundle(
        LEDGER,
        story.id,
        tuple(story.events),
        policy=preset("cn"),
        mailbox_roots={},
        receipts=receipts,
        known_until=story.now,
        findings={(0, 1): found},
        draws=(drawn(story, story.id),),
        evaluations={(0, 1): EvaluationEvidence(CRITERIA, sheets(), (), statements)},
        publication=Publication({"tender": {"status": "complete"}}, {}, {}),
    )
    return story, bundle


STORY, BUNDLE = told()


def judged(bundle: TenderBundle, at: int | None = None) -> Any:
    return audit(bundle, STORY.now if at is None else at)


def bent(kind: type, change: Callable[[Any], dict[str, Any]], which: int = 0) -> TenderBundle:
    """The bundle with one event of a kind told otherwise."""
    places = [n for n, each in enumerate(BUNDLE.events) if isinstance(each, kind)]
    happened: list[Any] = list(BUNDLE.events)
    spot = places[which]
    happened[spot] = replace(happened[spot], **change(happened[spot]))
    return replace(BUNDLE, events=tuple(happened))


class TestAudit:
    def test_a_clean_tender_is_valid_in_every_step(self) -> None:
        found = judged(BUNDLE)
        assert found.verdict is Verdict.VALID
        assert [check.code for check in found.checks] == [f"{name}.ok" for name in NAMES]
        assert [check.number for check in found.checks] == list(range(1, 12))
        assert found.skipped == ()
        told_ = found.to_json()
        assert told_["verdict"] == "valid"
        assert [each["name"] for each in told_["checks"]] == list(NAMES)

    def test_what_cannot_be_done_is_skipped_by_name(self) -> None:
        found = judged(TenderBundle(LEDGER, BUNDLE.tender, BUNDLE.events))
        assert found.verdict is Verdict.VALID
        assert found.skipped == (
            "clocks", "lists", "files", "opening", "draw", "scores", "publication",
        )  # fmt: skip
        assert found.check("files").code == "files.no-files"

    def test_a_step_that_is_required_and_skipped_leaves_it_open(self) -> None:
        found = judged(TenderBundle(LEDGER, BUNDLE.tender, BUNDLE.events))
        assert found.requiring(()) == found
        assert found.requiring(["secrets"]).verdict is Verdict.VALID
        for names in (["files"], NAMES):
            asked = found.requiring(names)
            assert asked.verdict is Verdict.UNCONFIRMED
            assert asked.to_json()["required"] == list(names)

    def test_nothing_skipped_excuses_what_is_wrong(self) -> None:
        found = judged(TenderBundle(LEDGER, TenderId(bytes(32)), BUNDLE.events))
        assert found.skipped
        assert found.requiring(NAMES).verdict is Verdict.INVALID
        assert judged(BUNDLE).requiring(NAMES).verdict is Verdict.VALID

    def test_a_calendar_that_nobody_has_leaves_it_open(self) -> None:
        later, first = 400 * DAY, BUNDLE.events[1]
        assert isinstance(first, events.TenderPublished)
        start = first.place.block_time + later
        announced = replace(first.announcement, ends=shifted(first.announcement.ends, 0, later))
        place = replace(first.place, block_time=start)
        moved = replace(first, place=place, announcement=announced)
        bundle = TenderBundle(LEDGER, BUNDLE.tender, (BUNDLE.events[0], moved), preset("cn"))
        found = judged(bundle, start)
        assert found.verdict is Verdict.UNCONFIRMED
        assert found.check("clocks").facts["open"][0]["year"] == 2027

    @pytest.mark.parametrize(("days", "result"), [(3, Result.VALID), (30, Result.INVALID)])
    def test_an_answer_a_month_late_is_found(self, days: int, result: Result) -> None:
        story = Story()
        story.admit(Stage.DOCUMENTS, digest=b"\x0a" * 32)
        story.at(story.now + days * DAY).answer(
            next(iter(story.state.objections)), Outcome.DISMISSED
        )
        found = audit(TenderBundle(LEDGER, story.id, tuple(story.events)), story.now)
        assert found.check("objections").result is result

    def test_an_objection_that_came_too_late_or_twice_is_found(self) -> None:
        for stage, again in ((Stage.RESULT, False), (Stage.DOCUMENTS, True)):
            story = Story()
            story.submit("Ann")
            story.object_(b"\x0a" * 32, stage, "Ann")
            if again:
                story.answer(b"\x0a" * 32, Outcome.DISMISSED)
                assert self.objections_of(story).result is Result.VALID
                story.object_(b"\x0b" * 32, stage, "Ann")
            found = self.objections_of(story)
            error = "ObjectionAlreadyLodged" if again else "TenderNotOpen"
            assert [each["error"] for each in found.facts["faults"]] == [error]

    def test_a_hold_that_was_lifted_before_it_was_overdue_is_found(self) -> None:
        for days, errors in ((3, []), (2, ["WindowNotOpen"])):
            story = Story()
            id_ = story.admit(Stage.DOCUMENTS)
            story.at(story.now + days * DAY).resume(id_)
            found = self.objections_of(story).facts.get("faults", [])
            assert [each["error"] for each in found] == errors

    @staticmethod
    def objections_of(story: Story) -> Check:
        bundle = TenderBundle(LEDGER, story.id, tuple(story.events))
        return audit(bundle, story.now).check("objections")

    @pytest.mark.parametrize(
        ("bundle", "step"),
        [
            (bent(events.SecretDisclosed, lambda e: {"secret": e.secret[::-1]}), "secrets"),
            (bent(events.SecretRecovered, lambda _: {"secret": bytes(32)}), "secrets"),
            (bent(events.TrusteeReleased, lambda _: {"secret": b"\x01" * 32}), "secrets"),
            (bent(events.BidSubmitted, lambda _: {"signature": bytes(65)}), "messages"),
            (bent(events.BidSubmitted, lambda e: {"shares": bytes(len(e.shares))}), "messages"),
            (bent(events.BidSubmitted, lambda _: {"docs_version": 2}), "messages"),
            (bent(events.BidSubmitted, lambda _: {"bidder": address("Zoe")}, 4), "messages"),
            (bent(events.BidWithdrawn, lambda _: {"valid_until": 1}), "messages"),
            (bent(events.OpeningRecorded, lambda _: {"digest": bytes(32)}), "opening"),
            (bent(events.OpeningRecorded, lambda _: {"opened": 2}), "opening"),
            (bent(events.ReportRecorded, lambda _: {"digest": bytes(32)}), "scores"),
            (
                bent(events.ReportRecorded, lambda _: {"bidders": (address("Ann"),)}),
                "scores",
            ),
            (bent(events.NoticePublished, lambda e: {"until": e.until - 2 * DAY}), "clocks"),
            (bent(events.Awarded, lambda _: {"winner": address("Ann")}), "objections"),
            (bent(events.ObjectionAnswered, lambda _: {"outcome": Outcome.OPEN}), "objections"),
            (replace(BUNDLE, receipts=(left_out(),)), "lists"),
            (
                replace(BUNDLE, draws=(drawn(STORY, BUNDLE.tender, members=POOL[:5]),)),
                "draw",
            ),
            (replace(BUNDLE, draws=(replace(drawn(STORY, BUNDLE.tender), seats=7),)), "draw"),
            (replace(BUNDLE, draws=(drawn(STORY, bytes(32)),)), "draw"),
            (
                replace(BUNDLE, publication=Publication({"tender": {"status": "active"}}, {}, {})),
                "publication",
            ),
        ],
    )
    def test_each_lie_is_found_at_its_step(self, bundle: TenderBundle, step: str) -> None:
        found = judged(bundle)
        assert found.verdict is Verdict.INVALID
        assert found.check(step).result is Result.INVALID
        assert found.check(step).facts["faults"]

    def test_another_manifest_than_committed(self) -> None:
        assert BUNDLE.findings is not None
        given = BUNDLE.findings[0, 1]
        other = {**given.opened, address("Dee"): OpenedBid(STORY.manifest("Dee", version=9))}
        found = judged(replace(BUNDLE, findings={(0, 1): Findings(other, {})}))
        assert found.check("files").facts["faults"][0]["error"] == "CommitmentMismatch"

    def test_nobody_is_blamed_for_shares_that_join(self) -> None:
        assert BUNDLE.findings is not None
        opened = dict(BUNDLE.findings[0, 1].opened)
        del opened[address("Dee")]
        blamed = Findings(opened, {address("Dee"): Cause.SHARES_BAD})
        found = judged(replace(BUNDLE, findings={(0, 1): blamed}))
        assert found.check("files").result is Result.INVALID

    def test_bad_shares_are_told_even_without_files(self) -> None:
        happened = tuple(
            each for each in BUNDLE.events if not isinstance(each, events.SecretRecovered)
        )
        found = judged(TenderBundle(LEDGER, BUNDLE.tender, happened))
        assert found.check("files").facts["sharesBad"] == [
            {"lot": 0, "part": 1, "bidder": address("Cai")}
        ]

    def test_a_missing_sheet_changes_the_report(self) -> None:
        assert BUNDLE.evaluations is not None
        shown = BUNDLE.evaluations[0, 1]
        fewer = {seat: each for seat, each in shown.sheets.items() if seat != 5}
        bundle = replace(BUNDLE, evaluations={(0, 1): replace(shown, sheets=fewer)})
        assert judged(bundle).check("scores").result is Result.INVALID

    def test_an_unknown_mailbox_root_leaves_a_listing_open(self) -> None:
        found = judged(bent(events.BidSubmitted, lambda _: {"root": b"\x07" * 32}))
        assert found.check("messages").result is Result.ERROR

    @pytest.mark.parametrize(
        "bundle",
        [
            replace(BUNDLE, events=()),
            replace(BUNDLE, events=BUNDLE.events[1:]),
            replace(BUNDLE, events=(BUNDLE.events[0], *BUNDLE.events[2:])),
            replace(BUNDLE, events=(*BUNDLE.events[:2], *BUNDLE.events[:1:-1])),
            replace(BUNDLE, tender=TenderId(bytes(32))),
            bent(events.PolicyRegistered, lambda _: {"policy": bytes(32)}),
            bent(events.SecretDisclosed, lambda _: {"bidder": address("Zoe")}),
            bent(events.SecretDisclosed, lambda _: {"lot": 9}),
        ],
    )
    def test_events_that_are_no_history(self, bundle: TenderBundle) -> None:
        found = judged(bundle)
        assert found.verdict is Verdict.INVALID
        assert found.check("events").result is Result.INVALID
        assert len(found.skipped) == 10


class TestReports:
    def test_of_a_tender_to_which_nothing_happened_yet_are_none(self) -> None:
        assert reports((), STORY.state) == {}


ENDS = STORY.state.ends[1]
ARRIVED = messages.digest(LEDGER, next(iter(STORY.sealed.values())).bid)
LEAF = leaf(ARRIVED, b"\x03" * 32)
ROOT = Root(b"\x0a" * 32)


class TestCopies:
    """What receipts tell of the stores that had a file; too few of them are no forgery."""

    def told(self, copies: int | None, **changed: Any) -> Check:
        (file,) = (part.file for part in STORY.sealed[0, address("Dee")].bid.parts)
        stored = StoredFile(file, 7, START + 1, copies), StoredFile(bytes(32), 7, START + 1, 1)
        given = (*(BUNDLE.receipts or ()), receipt(files=stored))
        found: Check = judged(replace(BUNDLE, receipts=given, **changed)).check("files")
        return found

    @pytest.mark.parametrize(("copies", "is_enough"), [(1, False), (2, True), (3, True)])
    def test_are_held_against_the_policys_number(self, copies: int, is_enough: bool) -> None:  # noqa: FBT001  # a parameter of pytest
        check = self.told(copies)
        (found,) = check.facts["copies"]
        told = {"lot": 0, "part": 1, "bidder": address("Dee"), "version": 1, "copies": copies}
        told |= {"wanted": 2, "isEnough": is_enough, "signedBy": "operator"}
        assert {name: found[name] for name in told} == told
        assert (check.result, check.code) == (Result.VALID, "files.ok")

    def test_are_told_of_without_the_files(self) -> None:
        check = self.told(1, findings=None)
        assert check.code == "files.no-files"
        assert [each["isEnough"] for each in check.facts["copies"]] == [False]

    def test_of_a_receipt_that_does_not_tell_are_not_judged(self) -> None:
        (found,) = self.told(None).facts["copies"]
        assert "copies" not in found
        assert "isEnough" not in found

    def test_without_a_policy_are_not_judged(self) -> None:
        (found,) = self.told(1, policy=None).facts["copies"]
        assert found["copies"] == 1
        assert "isEnough" not in found

    def test_of_no_file_of_the_tender_are_nothing(self) -> None:
        assert "copies" not in judged(BUNDLE).check("files").facts


class TestReceipts:
    """What receipts say of a list; whoever is not provably left out accuses nobody."""

    def check(self, *receipts: Receipt, **changed: Any) -> Any:
        return judged(replace(BUNDLE, receipts=receipts, **changed)).check("lists")

    def test_one_that_is_left_out(self) -> None:
        found = self.check(left_out())
        assert found.result is Result.INVALID
        who = left_out().issuer
        assert found.facts["faults"] == [{"digest": "0x" + "08" * 32, "signedBy": who}]

    def test_known_to_the_end_of_listing_and_no_second_less(self) -> None:
        assert self.check(left_out(), known_until=ENDS.list_end).result is Result.INVALID
        assert self.check(left_out(), known_until=ENDS.list_end - 1).result is Result.ERROR
        assert self.check(left_out(), known_until=None).result is Result.ERROR

    @pytest.mark.parametrize(
        "unknown",
        [
            receipt(digest=b"\x08" * 32),
            left_out(issued_at=ENDS.submit_end),
            left_out("Cai"),
            left_out(lot=9),
            receipt(leaf=LEAF),
        ],
        ids=["of nobody knows what", "late", "of the version that stands", "no lot", "a leaf"],
    )
    def test_what_is_not_known_is_open(self, unknown: Receipt) -> None:
        assert self.check(unknown).result is Result.ERROR

    def test_of_a_listing_that_is_left_out_is_found_with_its_signer(self) -> None:
        """Before, nothing told it from a late bid: its signer was named and never accused."""
        given = left_out(issued_at=ENDS.list_end - 1, root=ROOT)
        roots = {ROOT: ENDS.submit_end - 1}
        found = self.check(given, mailbox_roots=roots)
        told = {"digest": "0x" + "08" * 32, "root": "0x" + ROOT.hex(), "signedBy": given.issuer}
        assert (found.result, found.facts["faults"]) == (Result.INVALID, [told])
        early = self.check(given, mailbox_roots=roots, known_until=ENDS.list_end - 1)
        assert [each["error"] for each in early.facts["open"]] == ["NotDue"]

    @pytest.mark.parametrize(
        ("issued_at", "roots", "why"),
        [
            (ENDS.list_end, {ROOT: ENDS.submit_end - 1}, "NotDue"),
            (ENDS.list_end - 1, {ROOT: ENDS.submit_end}, "NotDue"),
            (ENDS.list_end - 1, {}, "MailboxRootUnknown"),
            (ENDS.list_end - 1, None, "MailboxRootUnknown"),
        ],
        ids=["taken too late", "anchored too late", "of no known root", "of no root"],
    )
    def test_of_a_listing_that_nobody_can_judge_accuses_nobody(
        self, issued_at: int, roots: dict[Root, int] | None, why: str
    ) -> None:
        given = left_out(issued_at=issued_at, root=ROOT)
        found = self.check(given, mailbox_roots=roots)
        assert (found.result, found.facts["open"][0]["error"]) == (Result.ERROR, why)

    def test_of_a_listing_that_came_is_right(self) -> None:
        roots = {ROOT: ENDS.submit_end - 1}
        given = left_out(digest=ARRIVED, issued_at=ENDS.submit_end, root=ROOT)
        assert self.check(given, mailbox_roots=roots).code == "lists.ok"
        overtaken = left_out("Ann", issued_at=ENDS.submit_end, root=ROOT)
        assert self.check(overtaken, mailbox_roots=roots).code == "lists.ok"

    def test_one_that_a_later_version_overtook(self) -> None:
        assert self.check(left_out("Ann")).code == "lists.ok"
        assert self.check(left_out("Ann", version=3)).result is Result.INVALID

    def test_of_secrets_that_were_posted(self) -> None:
        happened = [digest_of(LEDGER, each) for each in BUNDLE.own]
        digests = [each for each in happened if each is not None]
        assert len(digests) > len(STORY.sealed)
        assert self.check(*(receipt(digest=each) for each in digests)).code == "lists.ok"

    def test_after_a_change_of_the_documents_a_message_may_be_refused(self) -> None:
        story = Story()
        story.submit("Ann")
        story.amend(affects_bids=True)
        story.at(story.now + 1).amend()  # a clarification shuts nobody out
        named, end = Named(story.id, 0, address("Zoe"), 1), story.state.ends[1].list_end
        changed_at = story.events[-2].place.block_time
        for issued, result in ((changed_at, Result.ERROR), (changed_at + 1, Result.INVALID)):
            given = (left_out(named=named, issued_at=issued),)
            happened = tuple(story.events)
            bundle = TenderBundle(LEDGER, story.id, happened, receipts=given, known_until=end)
            assert audit(bundle, end).check("lists").result is result

    def test_of_another_tender_says_nothing_of_this_one(self) -> None:
        named = Named(TenderId(bytes(32)), 0, address("Zoe"), 1)
        found = self.check(left_out(named=named), receipt())
        assert (found.result, found.code) == (Result.SKIPPED, "lists.none-of-it")

    def test_a_doubtful_one_is_told_with_its_reason(self) -> None:
        doubt = {"receipt": "1", "why": "key-frozen"}
        found = self.check(doubtful=(doubt,))
        assert (found.result, found.facts["open"]) == (Result.ERROR, [doubt])

    def test_a_leaf_under_a_root_in_time_is_all_that_was_owed(self) -> None:
        kept = fill([LEAF], counted_bytes())
        place = MailboxPlace(LEAF, kept.root, kept.places[0], kept.path(0))
        end = ENDS.submit_end
        given = receipt(leaf=LEAF)

        def told(place: MailboxPlace, at: int = end - 1) -> Any:
            return self.check(given, places=(place,), mailbox_roots={kept.root: at})

        assert told(place).code == "lists.ok"
        assert told(place, end).result is Result.ERROR
        assert self.check(given, places=(place,)).result is Result.ERROR
        for bent in ({"index": place.index ^ 1}, {"path": place.path[:5]}, {"data": ARRIVED}):
            assert told(replace(place, **bent)).result is Result.ERROR

    def test_a_leaf_is_matched_by_its_bidders_blind(self) -> None:
        assert self.check(receipt(leaf=LEAF), blinds=(b"\x03" * 32,)).code == "lists.ok"
        assert self.check(receipt(leaf=LEAF), blinds=(b"\x04" * 32,)).result is Result.ERROR
