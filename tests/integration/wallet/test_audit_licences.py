"""An outsider judges the licences in bids again, by the chain that they are anchored on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]  # it comes without types

from ledger.chain import calls
from ledger.chain.archived_documents import ArchivedDocuments
from ledger.chain.block_proofs import receipts_root
from ledger.chain.client import LedgerClient
from ledger.chain.tender_archive import read
from ledger.events import Accredited, AgencyAdmitted, BatchAnchored, StatusChanged
from ledger.status_list import word_changes
from ledger.tenders.audit.report import NAMES as STEPS
from ledger.typed_data import StatusOrder
from ledger.values import Status
from ledger.verification.evidence import Reading, Source
from ledger.verification.records import open_record, query_about
from tests.support.licences import AGENCY
from tests.support.papered_story import NAMES
from tests.support.played_licences import played_on_a_node
from tests.support.qualified_tender import HOLDER, QualifiedTender
from tests.support.standing import Standing
from tests.support.tender_story import DAY, address
from tests.support.terminal import Terminal
from tests.support.verification import Sample
from wallet.tenders.bundles import open_bundle

Told = StatusChanged | BatchAnchored | AgencyAdmitted | Accredited


@dataclass(frozen=True)
class Held:
    """A tender whose opening is recorded, and an auditor with the licence's ledger and archive."""

    standing: Standing
    licence: Sample
    id: str
    archive: Path
    auditor: Terminal

    def audit(self, *words: object, code: int = 0) -> Any:
        report = self.auditor.json(
            "tender", "audit", self.id, "--archive", self.archive, *words, code=code
        )
        return step(report)

    def suspend(self) -> None:
        """Suspend the licence from long before the deadline on."""
        of = self.licence.licence
        changes = word_changes([of.index])
        order = StatusOrder(AGENCY.id, of.list, changes, Status.SUSPENDED, 101, 1, 0)
        call = calls.change_status(self.standing.deployment, order)
        self.standing.send(call, self.standing.office)


def step(report: Any, name: str = "opening") -> Any:
    return report["checks"][STEPS.index(name)]


def held_with(folder: Path, verdict: str, *, is_suspended: bool = False) -> Iterator[Held]:
    with played_on_a_node() as played:
        id_ = "0x" + played.told.id.hex()
        archive, auditor = folder / "archive", played.terminal(folder)
        held = Held(played.standing, played.licence, id_, archive, auditor)
        if is_suspended:
            held.suspend()
        played.told.record_verdict(verdict)
        played.told.keep_in(archive)
        yield held


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    yield from held_with(tmp_path_factory.mktemp("honest"), "valid")


@pytest.fixture(scope="module")
def suspended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    """The licence was suspended before the record, which says so."""
    yield from held_with(tmp_path_factory.mktemp("suspended"), "invalid", is_suspended=True)


@pytest.fixture(scope="module")
def lying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    yield from held_with(tmp_path_factory.mktemp("lying"), "invalid")


class TestWithANode:
    def test_a_record_that_is_right_is_confirmed(self, honest: Held) -> None:
        assert honest.audit()["code"] == "opening.ok"

    def test_one_that_calls_a_good_licence_bad_is_found(self, lying: Held) -> None:
        found = lying.audit(code=1)
        (fault,) = found["facts"]["faults"]
        (told,) = fault["licences"]
        assert (told["recorded"], told["found"]) == ("invalid", "valid")

    def test_what_the_chain_learnt_later_is_nobodys_fault(self, honest: Held) -> None:
        honest.suspend()
        assert honest.audit()["code"] == "opening.ok"


class FirstByPrice(QualifiedTender):
    """Its bidder with the licence is the first candidate."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.prices = {HOLDER: "500000.00"}


class TestAward:
    def test_to_a_winner_whose_licence_lapsed_is_found_with_a_node_and_off_line(
        self, tmp_path: Path
    ) -> None:
        with played_on_a_node(FirstByPrice) as played:
            told, archive = played.told, tmp_path / "archive"
            id_ = "0x" + told.id.hex()
            at_first = played.terminal(tmp_path)
            held = Held(played.standing, played.licence, id_, archive, at_first)
            told.record_verdict("valid")
            held.suspend()
            assert told.evaluate(NAMES)[0] == HOLDER
            told.do(told.notice, told.now + 4 * DAY)
            told.at(told.state.lot(0).course.notice_end)
            told.do(told.award, HOLDER)
            told.keep_in(archive)
            auditor = played.terminal(tmp_path / "later")
            bundle = tmp_path / "bundle"
            words = ("tender", "audit", id_, "--archive", archive, "--out", bundle)
            found = auditor.json(*words, code=1)
            check = ("tender", "verify", bundle, "--head", found["head"]["hash"])
            for report in (found, auditor.json(*check, code=1)):
                assert step(report)["code"] == "opening.ok"
                (fault,) = step(report, "objections")["facts"]["faults"]
                assert (fault["error"], fault["winner"]) == ("WinnerLapsed", address(HOLDER))


class TestOffLine:
    """A bundle takes along what the ledger tells of the licences that bids show."""

    def bundle(self, held: Held, folder: Path, code: int = 0) -> Path:
        held.audit("--out", folder / "bundle", code=code)
        return folder / "bundle"

    def judged(self, held: Held, bundle: Path, code: int) -> Any:
        head = json.loads((bundle / "bundle.json").read_text())["head"]["hash"]
        return step(held.auditor.json("tender", "verify", bundle, "--head", head, code=code))

    def not_judged(self, held: Held, bundle: Path) -> Any:
        """What is told of the one licence that the bundle does not prove enough of."""
        found = self.judged(held, bundle, 2)
        assert found["code"] == "opening.unconfirmed"
        recorded, one = found["facts"]["open"]
        assert (recorded["why"], recorded["member"]) == ("as-recorded", "licences")
        return one

    def test_a_record_that_is_right_is_confirmed(self, honest: Held, tmp_path: Path) -> None:
        assert self.judged(honest, self.bundle(honest, tmp_path), 0)["code"] == "opening.ok"

    def test_one_that_calls_a_good_licence_bad_is_found(self, lying: Held, tmp_path: Path) -> None:
        found = self.judged(lying, self.bundle(lying, tmp_path, 1), 1)
        (told,) = found["facts"]["faults"][0]["licences"]
        assert (told["recorded"], told["found"]) == ("invalid", "valid")

    def test_one_that_was_suspended_before_the_record_is_confirmed(
        self, suspended: Held, tmp_path: Path
    ) -> None:
        found = self.judged(suspended, self.bundle(suspended, tmp_path), 0)
        assert found["code"] == "opening.ok"

    @pytest.mark.parametrize("kind", [StatusChanged, BatchAnchored, AgencyAdmitted, Accredited])
    def test_without_what_proves_it_a_licence_is_named_as_not_judged(
        self, suspended: Held, tmp_path: Path, kind: type[Told]
    ) -> None:
        """A suspension that the bundle leaves out makes no licence good, nor any record wrong."""
        bundle = self.bundle(suspended, tmp_path)
        with open_bundle(bundle) as opened:
            told = read(opened.archive, suspended.standing.deployment).told
        own = [each for each in told if isinstance(each, kind) and each.agency == AGENCY.id]
        for each in own:
            (bundle / "blocks" / f"{each.place.block}.json").unlink()
        one = self.not_judged(suspended, bundle)
        assert (one["requirement"], one["recorded"]) == ("builder", "invalid")
        assert one["why"] == "not-judged"

    def test_headers_that_do_not_reach_back_to_the_issuer_leave_it_not_judged(
        self, honest: Held, tmp_path: Path
    ) -> None:
        bundle = self.bundle(honest, tmp_path)
        with open_bundle(bundle) as opened:
            found = read(opened.archive, honest.standing.deployment)
        (admitted,) = [
            each
            for each in found.told
            if isinstance(each, AgencyAdmitted) and each.agency == AGENCY.id
        ]
        headers = bundle / "headers.txt"
        lines = headers.read_text().split()
        later = admitted.place.block + 1 - found.headers[0].head.block
        headers.write_text("\n".join(lines[later:]))
        assert self.not_judged(honest, bundle)["why"] == "not-judged"

    def test_a_block_of_somebodys_own_makes_nobody_an_issuer(
        self, suspended: Held, tmp_path: Path
    ) -> None:
        """It has the number of the one that suspends the licence, and nothing happened in it."""
        bundle = self.bundle(suspended, tmp_path)
        with open_bundle(bundle) as opened:
            told = read(opened.archive, suspended.standing.deployment).told
        (changed,) = [each for each in told if isinstance(each, StatusChanged)]
        block = bundle / "blocks" / f"{changed.place.block}.json"
        proof = json.loads(block.read_text())
        fields = rlp.decode(bytes.fromhex(proof["header"][2:]))
        fields[5], fields[6] = receipts_root(()), bytes(256)
        empty = {"header": "0x" + rlp.encode(fields).hex(), "receipts": [], "transactions": []}
        block.write_text(json.dumps(empty))
        assert self.not_judged(suspended, bundle)["why"] == "not-judged"

    def test_by_a_node_nothing_more_is_needed(self, honest: Held, tmp_path: Path) -> None:
        bundle, url = self.bundle(honest, tmp_path), honest.standing.anvil.url
        words = ("tender", "verify", bundle, "--node", url)
        assert step(honest.auditor.json(*words))["code"] == "opening.ok"

    def test_without_anybodys_word_licences_are_told_of_as_recorded(
        self, honest: Held, tmp_path: Path
    ) -> None:
        words = ("tender", "verify", self.bundle(honest, tmp_path))
        found = step(honest.auditor.json(*words, code=2))
        assert [each["why"] for each in found["facts"]["open"]] == ["as-recorded"]

    def test_what_is_archived_says_what_the_ledger_says(
        self, suspended: Held, tmp_path: Path
    ) -> None:
        """Every member of a reading, put together from events, is what the Lens answers."""
        with open_bundle(self.bundle(suspended, tmp_path)) as opened:
            found = read(opened.archive, suspended.standing.deployment)
        at = suspended.standing.deployment
        licence = suspended.licence
        query = query_about(open_record(licence.document), licence.evidence.proof)
        given = ArchivedDocuments(found, at).evidence(query, licence.evidence.proof)
        asked = LedgerClient(suspended.standing.node, at).read(query, now=0)
        assert isinstance(given.reading, Reading)
        assert given.reading.status_word != 0
        assert replace(given.reading, source=Source.NODE, read_at=0) == asked
        assert given.history == LedgerClient(suspended.standing.node, at).history(
            query.agency, query.list, query.word
        )
