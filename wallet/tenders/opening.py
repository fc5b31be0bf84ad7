"""Opening a tender's bids on one's own machine: chain from a node, files from a folder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Final

from ledger.agreements.agreement import InForce
from ledger.chain.client import LedgerClient
from ledger.chain.deployments import AgreementsAbsent
from ledger.chain.recognition import RecognitionClient
from ledger.chain.tender_history import TenderHistory, tender_history
from ledger.errors import Refused
from ledger.licences.catalogue import load_catalogue
from ledger.tenders import opening_record
from ledger.tenders.bid_flags import Terms
from ledger.tenders.errors import DocumentsOutdated, OpeningNotRecorded
from ledger.tenders.events import OpeningRecorded
from ledger.tenders.history import tenders_of
from ledger.tenders.ids import TenderId
from ledger.tenders.opening import Found, Lost, Opening, file_of
from ledger.tenders.recognition import recognising
from ledger.tenders.requests import Requirement
from ledger.tenders.shown_licences import Bench, Presented
from ledger.tenders.state import Bid
from ledger.tenders.unsealing import Opened, open_part
from ledger.values import Address, AgencyId, JurisdictionId, LedgerRef, RecordType
from ledger.verification.evidence import Evidence, Unreachable
from ledger.verification.policy import Policy
from ledger.verification.records import open_record, query_about
from wallet import evidence
from wallet.home import private_folder
from wallet.surroundings import Surroundings
from wallet.tenders.archive import reading
from wallet.tenders.folders import Known, standing_requests
from wallet.tenders.unpacking import unpacking
from wallet.trust import Trust

NODE_AGE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class OpeningRoom:
    """What an opening needs besides the files: events, documents, and who vouches for licences."""

    happened: TenderHistory
    opening: Opening

    @classmethod
    def of(
        cls,
        client: LedgerClient,
        known: Known,
        folder: Path,
        place: tuple[int, int],
        outside: Surroundings,
    ) -> "OpeningRoom":
        """Return the room for one part of a lot as of the chain's last block.

        Raises:
            TenderUnknown, LotUnknown: for what the chain does not have.
            DocumentsOutdated: where the documents are not the present ones.
            TermsMissing: where the folder lacks the standing request that they name.
        """
        at = client.head().time  # before the events: it never says that it is later than it is
        documents = known.documents
        happened = tender_history(client.node, client.deployment, documents.tender)
        state = tenders_of(happened)[TenderId(documents.tender)]
        if state.docs[-1] != documents.digest:
            raise DocumentsOutdated(state.docs[-1])
        state.lot(place[0])
        terms = Terms.of(documents, standing_requests(documents, folder))
        ledger = LedgerRef(client.deployment.chain_id, client.deployment.tenders.ledger)
        bench = bench_of(terms.wanted, outside, client, state.announcement.agency)
        return cls(happened, Opening(ledger, state, *place, at, terms, bench))

    def as_recorded(self) -> tuple["OpeningRoom", OpeningRecorded]:
        """Return the room as it was just before its record was anchored, and that record.

        Raises `OpeningNotRecorded` where none is.
        """
        opening = self.opening
        recorded = opening.state.lot(opening.lot).openings.get(opening.part)
        if recorded is None:
            raise OpeningNotRecorded(opening.lot, opening.part)
        tender = opening.state.id
        earlier = opening_record.before(self.happened, tender, opening.lot, opening.part)
        state, at = tenders_of(earlier)[tender], recorded.place.block_time
        return replace(self, opening=replace(opening, state=state, at=at)), recorded

    def open_all(self, files: Mapping[bytes, Path], out: Path) -> dict[Address, Found]:
        """Open every bid that may be opened, each into a folder of its key; return what was found.

        One that was opened there before is opened again and compared, and its folder stays.
        """
        found: dict[Address, Found] = {}
        for bid in self.opening.due(found):
            found[bid.bidder] = self._open(bid, files, out)
        return found

    def _open(self, bid: Bid, files: Mapping[bytes, Path], out: Path) -> Found:
        opening = self.opening
        path = files.get(file_of(bid, opening.part))

        def unseal(key: bytes) -> Opened | Lost:
            if path is None or bid.told is None:
                return Lost()
            arguments = (key, opening.ledger, bid.told.bid, opening.part)
            folder = out / bid.bidder.lower()
            with reading(path) as source:
                if folder.exists():
                    return open_part(source, *arguments, _nowhere)
                private_folder(out)
                with unpacking(folder) as taken:
                    opened = open_part(source, *arguments, taken.receive)
                    taken.finish(opened.files)
                    return opened

        return opening.open(bid, unseal)


def _nowhere(_number: int, _path: str, _size: int) -> "_Nowhere":
    return _Nowhere()


class _Nowhere:
    """A sink that keeps nothing."""

    def write(self, octets: bytes, /) -> None:
        """Forget what comes."""


def bench_of(
    wanted: tuple[Requirement, ...], outside: Surroundings, client: LedgerClient, buyer: AgencyId
) -> Bench:
    """Return who judges licences here: this node, and those of other ledgers that are trusted.

    Agreements are those of the ledger on which `buyer` holds the tender.
    """
    trust = outside.trust.load()
    ledgers = {each.deployment.ledger for each in trust.ledgers} | {client.deployment.ledger}

    def gather(shown: Presented) -> Evidence:
        record, now = open_record(shown.text), outside.now()
        named = client.deployment.ledger if shown.proof is None else shown.proof.ledger
        if named != client.deployment.ledger:
            return _from_another(trust, shown, now)
        try:
            query = query_about(record, shown.proof)
        except Refused as exc:
            return Evidence(shown.proof, Unreachable(str(exc)))  # the verdict says what is wrong
        return client.evidence(query, shown.proof, now=now, past=True)

    policy = Policy(frozenset(ledgers), NODE_AGE_SECONDS)
    recognises = recognising(_home(client, buyer), partial(_in_force, client))
    return Bench(wanted, policy, load_catalogue(), gather, recognises)


def _home(client: LedgerClient, buyer: AgencyId) -> Callable[[], str | None]:
    @cache
    def home() -> str | None:
        found = client.agency(buyer)
        return None if found is None else found.jurisdiction

    return home


def _in_force(
    client: LedgerClient,
    source: JurisdictionId,
    target: JurisdictionId,
    record_type: RecordType,
    at: int,
) -> InForce | None:
    agreements = RecognitionClient(client.node, client.deployment)
    try:
        return agreements.in_force_at(source, target, record_type, at).in_force
    except AgreementsAbsent:
        return None


def _from_another(trust: Trust, shown: Presented, now: int) -> Evidence:
    """Ask the ledger that the document's proof names, if this wallet trusts it."""
    for ledger in trust.ledgers:
        if shown.proof is not None and ledger.deployment.ledger == shown.proof.ledger:
            record = open_record(shown.text)
            return evidence.from_node(record, shown.proof, ledger, now=now, past=True)
    return Evidence(shown.proof, Unreachable("its ledger is not trusted here"))
