"""Sealed tenders in OCDS: made from what is final on the chain, through the gate, never otherwise.

Nothing is kept: whoever has the chain and the papers makes the same. What would say otherwise than
the chain, or more than is public, is withheld whole.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol

from api.services.at_head import AtHead
from api.services.tender_papers import PaperUnknown, TenderPapers
from api.store.tenders import TenderStore
from ledger.errors import AgencyUnknown, Refused, Unavailable
from ledger.events import AgencyAdmitted, AgencyRenamed
from ledger.finality import Confirmations, final_block
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import PolicyRegistered, TenderEvent, TenderPublished
from ledger.tenders.forms import MAX_BYTES
from ledger.tenders.ids import TenderId
from ledger.tenders.ocds.checks import PublicationRefused
from ledger.tenders.ocds.extension import url_of
from ledger.tenders.ocds.publishing import buyer_of, record_of, releases_of
from ledger.tenders.ocds.releases import Publication
from ledger.tenders.ocds.story import Sources, Told, digests_in, told
from ledger.values import Address, AgencyId, Digest, LedgerRef

Json = dict[str, Any]
_MOST_FAULTS: Final = 20


@dataclass(eq=False)
class PublicationWithheld(Unavailable):
    """What would be published is not so, or not public yet: its operator has to look at why."""

    faults: tuple[str, ...]


class Names(Protocol):
    """What agencies were called, and from when on."""

    def agency_names(self, agency: AgencyId) -> tuple[AgencyAdmitted | AgencyRenamed, ...]:
        """Return what told an agency's name, in chain order."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who publishes, and where: the prefix as OCP registered it, the service's own address.

    `awards` is the AwardLedger, `ledger` the TenderLedger.
    """

    prefix: str
    base_url: str
    ledger: LedgerRef
    awards: Address


class TenderPublications:
    """Makes publications for anybody who asks, as of the last final block."""

    def __init__(
        self,
        store: TenderStore,
        papers: TenderPapers,
        at_head: AtHead,
        names: Names,
        confirmations: Confirmations,
        site: Site | None,
    ) -> None:
        """Publish at `site`; none where the ledger has no tenders."""
        self._store = store
        self._papers = papers
        self._at_head = at_head
        self._names = names
        self._confirmations = confirmations
        self._site = site

    def releases(self, tender: TenderId) -> Json:
        """Return the package of a tender's releases, oldest first.

        Raises:
            TenderUnknown: where nothing final was published under that id.
            PaperMissing: when a paper that everything rests on is not here.
            PublicationWithheld: when a release would say what is not so, or not public yet.
        """
        return self._at_head.kept(("ocds releases", tender), lambda: self._made(tender, "releases"))

    def record(self, tender: TenderId) -> Json:
        """Return the package of a tender's record; raises as `releases`."""
        return self._at_head.kept(("ocds record", tender), lambda: self._made(tender, "record"))

    def _made(self, tender: TenderId, what: str) -> Json:
        happened = self._final(tender)
        site = self._site
        if site is None:
            raise TenderUnknown(tender)
        published = next(each for each in happened if isinstance(each, TenderPublished))
        agency = self._at_head.agency(published.agency)
        if agency is None:
            raise AgencyUnknown(published.agency)
        at = f"{site.base_url}/v1/tenders/0x{tender.hex()}"
        contents = self._contents(tender, digests_in(happened, tender))
        sources = Sources(
            site.ledger,
            site.awards,
            buyer_of(agency),
            contents,
            f"{at}/papers",
            names=self._names.agency_names(published.agency),
        )
        publication = Publication(site.prefix, agency.name, site.base_url, (url_of(site.base_url),))
        make = releases_of if what == "releases" else record_of
        try:
            changes: tuple[Told, ...] = told(happened, tender, sources)
            return make(changes, publication, f"{at}/ocds/{what}")
        except PublicationRefused as refused:
            faults = tuple(f"{each.code} {each.place}" for each in refused.findings[:_MOST_FAULTS])
            raise PublicationWithheld(faults) from refused
        except Refused as refused:  # papers that nobody can read, not the caller's fault
            raise PublicationWithheld((type(refused).__name__,)) from refused

    def _final(self, tender: TenderId) -> tuple[TenderEvent | PolicyRegistered, ...]:
        head = self._at_head.look()
        final = final_block(self._confirmations, head.block, head.finalized)
        told_ = self._store.history(tender)
        happened = tuple(each for each in told_ if each.place.block <= final)
        if not any(isinstance(each, TenderPublished) for each in happened):
            raise TenderUnknown(tender)
        return happened

    def _contents(self, tender: TenderId, digests: tuple[bytes, ...]) -> dict[bytes, bytes]:
        """The papers that are here and public; of those too long to be read, none."""
        found = {}
        for digest in digests:
            try:
                kept = self._papers.read(tender, Digest(digest))
            except PaperUnknown:
                continue
            if kept.row.size <= MAX_BYTES:
                found[digest] = b"".join(self._papers.pieces(kept))
        return found
