"""Licences of an opened bid, judged apart from its opening: people's, and the winner's again."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ledger.canonical import parse_object
from ledger.chain.client import LedgerClient
from ledger.chain.tender_history import tender_history
from ledger.errors import Refused, Unavailable
from ledger.tenders import manifest, personal, shown_licences
from ledger.tenders.bid_flags import Terms
from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.documents import Documents
from ledger.tenders.errors import DocumentsOutdated, UnsealedInvalid
from ledger.tenders.history import tenders_of
from ledger.tenders.opening import asked
from ledger.tenders.qualification import Ask
from ledger.tenders.shown_licences import Bench, Presented, Result, Standing, presented
from ledger.tenders.state import Bid, TenderState
from ledger.values import Address, LedgerRef
from wallet.home import read_file
from wallet.surroundings import Surroundings
from wallet.tenders.folders import standing_requests
from wallet.tenders.opening import bench_of


@dataclass(eq=False)
class WinnerLapsed(Refused):
    """Licences of the winner no longer hold. Award the next (R55), or give why not: --reason.

    The evaluation committee may confirm that the bidder can perform all the same (R56): its paper
    is that reason. `requirements` are those that nothing meets any more.
    """

    requirements: tuple[str, ...]


@dataclass(eq=False)
class WinnerUnconfirmed(Unavailable):
    """Nobody could say whether the winner's licences still hold. Ask again, or give --reason."""

    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Looking:
    """One opened bid whose licences are looked at, by what the chain says of it."""

    bid: Bid
    ask: Ask
    bench: Bench
    said: Mapping[str, Any]

    @classmethod
    def of(
        cls,
        outside: Surroundings,
        client: LedgerClient,
        papers: tuple[Documents, Path],
        said: Mapping[str, Any],
    ) -> "Looking":
        """Find the bid whose manifest this is; `papers` are the documents and their folder.

        Raises:
            TenderUnknown: for what the chain does not have.
            DocumentsOutdated: where the documents are not the present ones.
            UnsealedInvalid: for a manifest that no bid on chain committed itself to.
            TermsMissing: where the folder lacks the standing request.
        """
        documents, folder = papers
        happened = tender_history(client.node, client.deployment, documents.tender)
        state = tenders_of(happened)[documents.tender]
        if state.docs[-1] != documents.digest:
            raise DocumentsOutdated(state.docs[-1])
        ledger = LedgerRef(client.deployment.chain_id, client.deployment.tenders.ledger)
        bid = _bid_of(ledger, state, said)
        terms = Terms.of(documents, standing_requests(documents, folder))
        bench = bench_of(terms.wanted, outside, client, state.announcement.agency)
        ask = asked(ledger, state, bid, terms.audience, said["identity"]["code"])
        return cls(bid, ask, bench, said)

    def personal(self, shown: Iterator[Presented]) -> tuple[Result, ...]:
        """Return what people's licences are worth as of the deadline."""
        return shown_licences.personal_results(shown, self.ask, self.bench)

    def now(self, at: int) -> tuple[Result, ...]:
        """Return what the organisations' licences are worth at a time after the deadline.

        How long they had to last was counted from the deadline; now it is enough that they do.
        """
        shown = shown_licences.shown_in(self.said)
        wanted = tuple(replace(each, min_validity_days=0) for each in self.bench.wanted)
        bench = replace(self.bench, wanted=wanted)
        return shown_licences.results(shown, replace(self.ask, at=at), bench)


def judged_paper(
    outside: Surroundings,
    client: LedgerClient,
    papers: tuple[Documents, Path],
    said: Mapping[str, Any],
    out: Path,
) -> bytes:
    """Return the verdicts on people's licences in an opened confidential part; see `Looking.of`."""
    looking = Looking.of(outside, client, papers, said)
    results = looking.personal(_presented_in(out, said))
    return personal.paper(looking.bid.bidder, looking.ask.at, results)


def winner_looked_at(
    outside: Surroundings,
    client: LedgerClient,
    papers: tuple[Documents, Path],
    opened: Path,
    winner: Address,
) -> tuple[Result, ...]:
    """Return what the winner's licences are worth now; `opened` is where its part was opened to.

    Raises as `Looking.of`, and `UnsealedInvalid` for another bidder's manifest.
    """
    looking = Looking.of(outside, client, papers, _manifest_in(opened / winner.lower()))
    if looking.bid.bidder != winner:
        raise UnsealedInvalid("bidder")
    return looking.now(client.head().time)


def require_qualified(results: Iterable[Result]) -> None:
    """Raise `WinnerLapsed` or `WinnerUnconfirmed` unless every licence still holds."""
    told = tuple(results)
    bad = (Standing.INVALID, Standing.MISSING)
    lapsed = tuple(each.requirement for each in told if each.standing in bad)
    if lapsed:
        raise WinnerLapsed(lapsed)
    unsaid = tuple(each.requirement for each in told if each.standing is Standing.UNCONFIRMED)
    if unsaid:
        raise WinnerUnconfirmed(unsaid)


def _manifest_in(folder: Path) -> dict[str, Any]:
    """Return the manifest of the opened bid in a folder."""
    return parse_object(read_file(folder / manifest.MANIFEST))


def _presented_in(out: Path, said: Mapping[str, Any]) -> Iterator[Presented]:
    for path in sorted((out / personal.FOLDER).glob("*")):
        text = read_file(path).decode("ascii", "replace").strip()
        yield presented(text, said["identity"])


def _bid_of(ledger: LedgerRef, state: TenderState, said: Mapping[str, Any]) -> Bid:
    """Return the bid on chain that committed itself to this manifest."""
    content = manifest.write({k: v for k, v in said.items() if k != "type"})
    part, digest = said["part"], manifest.digest_of(content)
    for bid in state.lot(said["lot"]).bids.values():
        if bid.told is None or part > len(bid.told.bid.parts):
            continue
        message = bid.told.bid
        context = message.place(ledger).context(part, message.version)
        if commitment(Tag.MANIFEST, context, digest) == message.parts[part - 1].manifest:
            return bid
    raise UnsealedInvalid("manifest's commitment")
