"""Licences of an opened bid on a chain: people's as of the deadline, the winner's as of now."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.canonical import parse_object
from ledger.chain import calls
from ledger.status_list import word_changes
from ledger.tenders import personal
from ledger.tenders.errors import UnsealedInvalid
from ledger.tenders.shown_licences import Result, Standing
from ledger.typed_data import StatusOrder
from ledger.values import Address, Status
from tests.support.licences import AGENCY
from tests.support.papered_story import NAMES
from tests.support.played_licences import Played, played_on_a_node
from tests.support.qualified_tender import HOLDER, QualifiedTender
from tests.support.tender_story import address
from tests.support.terminal import Terminal
from wallet.home import write_file
from wallet.ledgers import open_ledger
from wallet.tenders.folders import read_manifest
from wallet.tenders.licences_again import judged_paper, winner_looked_at

OTHER = next(each for each in NAMES if each != HOLDER)


class Staffed(QualifiedTender):
    """Wants the same licence of whoever leads the work, too."""

    requirements = (
        *QualifiedTender.requirements,
        {**QualifiedTender.requirements[0], "id": "manager", "who": "project-manager"},
    )


@dataclass(frozen=True)
class Room:
    """An officer with the documents and the opened bids."""

    played: Played
    officer: Terminal
    documents: Path
    opened: Path

    def winner(self, name: str = HOLDER) -> Address:
        return address(name)

    def manifest(self, name: str = HOLDER) -> dict[str, Any]:
        return parse_object(self.played.told.manifest(name))

    def looked_at(self, winner: Address, opened: Path | None = None) -> tuple[Result, ...]:
        papers = (read_manifest(self.documents), self.documents)
        with open_ledger(self.officer.outside.trust.load().ledgers[0]) as client:
            where = opened or self.opened
            return winner_looked_at(self.officer.outside, client, papers, where, winner)

    def personal(self, folder: Path, *texts: str, name: str = HOLDER) -> dict[str, Any]:
        """The paper about people's licences in an opened confidential part."""
        for number, text in enumerate(texts):
            write_file(folder / f"licences/{number}.jwt", text.encode())
        papers = (read_manifest(self.documents), self.documents)
        with open_ledger(self.officer.outside.trust.load().ledgers[0]) as client:
            said = self.manifest(name)
            made = judged_paper(self.officer.outside, client, papers, said, folder)
        return parse_object(made)

    def award(self, *words: object, code: int) -> Any:
        letter = self.officer.folder / "letter.txt"
        write_file(letter, b"we award")
        where = ("--documents", self.documents, "--opened", self.opened)
        tender = "0x" + self.played.told.id.hex()
        command = ("tender", "award", tender, letter, "--to", self.winner())
        return self.officer.json(*command, *where, *words, code=code)

    def suspend(self) -> None:
        """Suspend the licence from the last block on: after the deadline."""
        of, standing = self.played.licence.licence, self.played.standing
        at = standing.client.head().time
        changes = word_changes([of.index])
        order = StatusOrder(AGENCY.id, of.list, changes, Status.SUSPENDED, 101, at, 0)
        standing.send(calls.change_status(standing.deployment, order), standing.office)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with played_on_a_node(Staffed) as played:
        told = played.told
        documents, opened = tmp_path / "documents", tmp_path / "opened"
        write_file(documents / "documents.json", told.papers[told.state.docs[-1]])
        for name in (HOLDER, OTHER):
            folder = opened / address(name).lower()
            write_file(folder / "manifest.json", told.manifest(name))
        officer = played.terminal(tmp_path / "officer")
        officer.run("key", "new", "account", "tenderer")
        yield Room(played, officer, documents, opened)


class TestWinner:
    def test_is_looked_at_again_as_of_now(self, room: Room, tmp_path: Path) -> None:
        assert room.looked_at(room.winner()) == (Result("builder", Standing.VALID),)
        room.suspend()
        (found,) = room.looked_at(room.winner())
        assert (found.standing, found.reasons) == (Standing.INVALID, ("status.suspended",))
        refused = room.award(code=1)
        assert refused == {"error": "WinnerLapsed", "requirements": ["builder"]}
        reason = tmp_path / "confirmed.txt"
        write_file(reason, b"the committee confirms (R56)")
        assert room.award("--reason", reason, code=1)["error"] != "WinnerLapsed"
        alien = tmp_path / "alien"
        write_file(
            alien / room.winner().lower() / "manifest.json", room.played.told.manifest(OTHER)
        )
        with pytest.raises(UnsealedInvalid):
            room.looked_at(room.winner(), alien)


class TestPersonal:
    def test_is_judged_as_of_the_deadline_and_told_without_people(
        self, room: Room, tmp_path: Path
    ) -> None:
        (shown,) = room.manifest()["presentations"]
        room.suspend()
        told = room.personal(tmp_path / "a", shown)
        assert told["results"] == [{"requirement": "manager", "verdict": "valid", "reasons": []}]
        (found,) = personal.read(orjson.dumps(told))
        assert (found.bidder, found.verdict) == (room.winner(), Standing.VALID)
        assert "holder" not in str(told)
        none = room.personal(tmp_path / "b")
        assert none["results"][0]["verdict"] == "missing"
        others = room.personal(tmp_path / "c", shown, name=OTHER)
        assert others["results"][0]["reasons"] == ["presentation.not-bound"]
