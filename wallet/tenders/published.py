"""Tender documents held against the chain, before a bid is sealed or sent under them.

Whoever seals to trustees that the contract does not know has a bid that nobody opens; whoever seals
to a threshold or to groups other than the announced ones has one that too few may open.
"""

from dataclasses import dataclass
from typing import Final

from ledger.chain.tender_reading import TenderAsStored, TenderReader
from ledger.errors import Refused
from ledger.tenders.documents import Documents
from ledger.tenders.errors import DocumentsOutdated
from ledger.tenders.events import Trustee
from ledger.tenders.policy.document import TenderPolicy
from ledger.values import Address
from wallet.service import AnswerMalformed, Service

_NOBODY: Final = Address("0x" + "00" * 20)


@dataclass(eq=False)
class DocumentsNotAsPublished(Refused):
    """The tender documents say otherwise than the chain. Get them from the buyer anew."""

    member: str


@dataclass(eq=False)
class ReplicasTooFew(Refused):
    """The service keeps sealed files on too few stores. Its operator adds one (SUIZHENG_BLOBS)."""

    required: int
    given: int


def require_replicas(service: Service, policy: TenderPolicy) -> None:
    """Raise `ReplicasTooFew` unless a service keeps files on as many stores as the policy wants."""
    given = service.get("/v1/bids/storage").get("replicas")
    if not isinstance(given, int):
        raise AnswerMalformed(service.base_url)
    if given < policy.replicas:
        raise ReplicasTooFew(policy.replicas, given)


def require_published(documents: Documents, reader: TenderReader) -> TenderAsStored:
    """Return the tender as it stands, once the documents are found to be those of the chain.

    Raises:
        DocumentsOutdated: where the present documents are others.
        And as `require_same_tender`.
    """
    stored = reader.tender(documents.tender)
    if stored.docs != documents.digest:
        raise DocumentsOutdated(stored.docs)
    return require_same_tender(documents, reader)


def require_same_tender(documents: Documents, reader: TenderReader) -> TenderAsStored:
    """Return the tender as it stands, once the documents agree with all that never changes.

    Raises:
        TenderUnknown: where nothing was published under that id.
        DocumentsNotAsPublished: where trustees, their groups, the threshold, lots, parts, the
            guarantor or the policy differ, or the tender falls short of its policy.
    """
    stored = reader.tender(documents.tender)
    appointed = tuple(Trustee(each.key, each.group) for each in documents.trustees)
    terms = reader.terms(stored.policy)
    least = (terms.min_trustees, terms.min_threshold)
    followed = (stored.min_bids, stored.min_disclosed) == (terms.min_bids, terms.min_disclosed)
    bond = documents.content["bondAuthority"] or _NOBODY
    for member, agrees in (
        ("trustees", appointed == reader.appointed(documents.tender)),
        ("threshold", documents.threshold == stored.threshold),
        ("lots", len(documents.lots) == stored.lots),
        ("parts", documents.parts == stored.parts),
        ("bondAuthority", bond.lower() == stored.bond_authority.lower()),
        ("policy", terms.id == stored.policy and followed),
        ("policy", stored.trustees >= least[0] and stored.threshold >= least[1]),
    ):
        if not agrees:
            raise DocumentsNotAsPublished(member)
    return stored
