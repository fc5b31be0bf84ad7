"""An outsider judges the licences in bids again, by the chain that they are anchored on."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.chain.tender_archive import gather, read
from ledger.status_list import word_changes
from ledger.tenders.audit.report import NAMES
from ledger.typed_data import StatusOrder
from ledger.values import (
    OPEN_END,
    KeyUsage,
    LedgerRef,
    RecordKind,
    Role,
    Status,
    jurisdiction_id,
    licence_record_type,
)
from tests.support.anvil import anvil
from tests.support.licences import AGENCY, AGENCY_KEY, ISSUED_AT
from tests.support.qualified_tender import TYPE, QualifiedTender
from tests.support.reopened import played
from tests.support.standing import JURISDICTION, Standing, stand_up
from tests.support.tender_chain import Stage
from tests.support.tender_story import DAY, Where
from tests.support.terminal import Terminal
from tests.support.verification import Sample, sample
from wallet.trust import Trust, TrustedLedger


def licensed(standing: Standing) -> Sample:
    """Anchor a licence of builders by an agency that may issue it; its proof names the block."""
    found, at, agency = sample(TYPE), standing.deployment, AGENCY.id
    place, window = jurisdiction_id(JURISDICTION), KeyWindow(0, OPEN_END, OPEN_END)
    for call in (
        calls.admit_agency(at, place, AGENCY.code, AGENCY.name, standing.council.address),
        calls.accredit(at, agency, licence_record_type(TYPE)),
        calls.announce_key(at, agency, AGENCY_KEY.public_key, KeyUsage.DOCUMENTS, window),
        calls.grant_role(at, agency, Role.ISSUER, standing.office.address),
        calls.grant_role(at, agency, Role.REGISTRAR, standing.office.address),
    ):
        standing.send(call)
    proof = found.evidence.proof
    assert proof is not None
    size = proof.proof.tree_size
    call = calls.anchor(at, agency, RecordKind.LICENCE, proof.root, size)
    mined = standing.send(call, standing.office)
    return found.with_proof(ledger=at.ledger, transaction=mined.transaction, block=mined.block)


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


def step(report: Any) -> Any:
    return report["checks"][NAMES.index("opening")]


def held_with(folder: Path, verdict: str) -> Iterator[Held]:
    with anvil("--timestamp", str(ISSUED_AT + 60)) as running:
        standing = stand_up(running)
        with closing(standing.node):
            licence, stage = licensed(standing), Stage(standing)
            proof = licence.evidence.proof
            assert proof is not None
            ledger = LedgerRef(standing.deployment.chain_id, stage.at.ledger)
            told = QualifiedTender(
                licence.document,
                Where("GZ-2026-0001", ISSUED_AT + 2 * DAY, ledger, standing.agency),
                lambda shown: replace(proof, document=shown).to_json().decode(),
            )
            told.on = stage.play
            told.happened = lambda: (
                read(
                    gather(standing.node, standing.deployment, told.id), standing.deployment
                ).events
            )
            played(told).record_verdict(verdict)
            auditor = Terminal(folder, now=told.now + DAY)
            trusted = TrustedLedger(standing.deployment, (running.url,))
            auditor.outside.trust.save(Trust((trusted,)))
            archive = told.keep_in(folder / "archive")
            yield Held(standing, licence, "0x" + told.id.hex(), archive, auditor)


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    yield from held_with(tmp_path_factory.mktemp("honest"), "valid")


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


class TestOffLine:
    def test_licences_are_told_of_as_recorded(self, honest: Held, tmp_path: Path) -> None:
        bundle = tmp_path / "bundle"
        honest.audit("--out", bundle)
        head = json.loads((bundle / "bundle.json").read_text())["head"]["hash"]
        words = ("tender", "verify", bundle)
        found = step(honest.auditor.json(*words, "--head", head, code=2))
        assert [each["why"] for each in found["facts"]["open"]] == ["as-recorded"]
        url = honest.standing.anvil.url
        assert step(honest.auditor.json(*words, "--node", url))["code"] == "opening.ok"
