"""An outsider judges the licences in bids again, by the chain that they are anchored on."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.chain import calls
from ledger.status_list import word_changes
from ledger.tenders.audit.report import NAMES
from ledger.typed_data import StatusOrder
from ledger.values import (
    Status,
)
from tests.support.licences import AGENCY
from tests.support.played_licences import played_on_a_node
from tests.support.standing import Standing
from tests.support.terminal import Terminal
from tests.support.verification import Sample


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
    with played_on_a_node() as played:
        played.told.record_verdict(verdict)
        archive = played.told.keep_in(folder / "archive")
        auditor = played.terminal(folder)
        yield Held(played.standing, played.licence, "0x" + played.told.id.hex(), archive, auditor)


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
