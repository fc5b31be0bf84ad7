"""The standing request for licences: signed by a key of the buyer's, and what its documents ask."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ledger import jws
from ledger.errors import LedgerError, Refused
from ledger.keys import PublicKey
from ledger.tenders import documents, requests
from ledger.tenders.audit.bundle import RequestEvidence, TenderBundle
from ledger.tenders.bid_flags import requested
from ledger.tenders.documents import Documents
from ledger.tenders.events import TenderAmended, TenderEvent, TenderPublished
from ledger.tenders.requests import StandingRequest
from ledger.tenders.standing import Asked, require_end
from ledger.tenders.trustees import octets
from ledger.values import KeyUsage

SignerOf = Callable[[str, int, KeyUsage], PublicKey | str]
"""Returns the buyer's key of a `kid` that was good at a time for a use, or why there is none."""

Facts = list[dict[str, Any]]


def request_of(
    own: Sequence[TenderEvent], papers: Mapping[bytes, bytes], signer_of: SignerOf | None
) -> RequestEvidence | None:
    """Return the request that a tender's present documents name; None where they name none.

    None as well where the documents are not at hand. `own` are the tender's events.
    """
    named = [each for each in own if isinstance(each, TenderPublished | TenderAmended)]
    first, last = named[0], named[-1]
    assert isinstance(first, TenderPublished)  # a tender begins with it
    told = last if isinstance(last, TenderAmended) else last.announcement
    paper = papers.get(told.docs)
    known = None if paper is None else _documents(paper)
    if known is None or not requested(known):
        return None
    (entry,) = requested(known)
    wanted = tuple(map(requests.read_requirement, known.content.get("requirements", ())))
    token = papers.get(octets(entry["sha256"]))
    request, why = _genuine(token, signer_of)
    return RequestEvidence(first.agency, wanted, told.ends.submit_end, request, why)


def unfit_request(bundle: TenderBundle) -> tuple[Facts, Facts]:
    """Return what is wrong with a tender's standing request, and what nobody can say of it."""
    found = bundle.request
    if found is None:
        return [], []
    told: dict[str, Any] = {"paper": "standing-request"}
    if found.request is not None:
        try:
            Asked(found.agency, bundle.tender, found.wanted).require_fit(found.request)
            require_end(found.request, found.submit_end)
        except Refused as refused:
            return [told | {"error": type(refused).__name__, **refused.values()}], []
    if found.why == _FORGED:
        return [told | {"error": _FORGED}], []
    return [], [told | {"why": found.why}] if found.why else []


_FORGED = "SignatureInvalid"


def _genuine(token: bytes | None, signer_of: SignerOf | None) -> tuple[StandingRequest | None, str]:
    """Return what a request says, and why it is not known to be the buyer's."""
    if token is None:
        return None, "no-paper"
    try:
        said = requests.told_in(token)
        kid = requests.key_of(token)
    except Refused as refused:
        return None, type(refused).__name__
    if signer_of is None:
        return said, "key-unknown"
    key = signer_of(kid, said.issued_at, KeyUsage.REQUESTS)
    if isinstance(key, str):
        return said, key
    try:
        jws.parse(token.decode("ascii").strip(), requests.TYPE).verify(key)
    except Refused as refused:
        return said, type(refused).__name__
    return said, ""


def _documents(paper: bytes) -> Documents | None:
    try:
        return documents.read(paper)
    except LedgerError:
        return None
