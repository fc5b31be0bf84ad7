"""The small parts of a release: values, periods, documents, references to organisations."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ledger.tenders.ocds.facts import (
    AnchorFacts,
    DocumentFacts,
    Inclusion,
    Money,
    OrganisationFacts,
    Period,
)
from ledger.verification.proof_file import PROOF_TYPE

Json = dict[str, Any]


def filled(members: Mapping[str, Any]) -> Json:
    """Return the members that say something: OCDS takes an empty list for an empty field."""
    return {name: value for name, value in members.items() if value is not None and value != []}


def moment(seconds: int) -> str:
    """Return a time as OCDS wants it: RFC 3339 with a zone."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def value(money: Money | None) -> Json | None:
    """Return an amount as the JSON number that OCDS asks for; cents survive up to 10^13."""
    if money is None:
        return None
    exact = Decimal(money.amount)
    whole = exact == exact.to_integral_value()
    return {"amount": int(exact) if whole else float(exact), "currency": money.currency}


def period(span: Period | None) -> Json | None:
    """Return a span of time."""
    if span is None:
        return None
    return {"startDate": moment(span.start), "endDate": moment(span.end)}


def reference(id_: str | None, known: Mapping[str, OrganisationFacts]) -> Json | None:
    """Return how other parts name an organisation among `parties`."""
    return None if id_ is None else {"id": id_, "name": known[id_].name}


def references(ids: Iterable[str], known: Mapping[str, OrganisationFacts]) -> list[Json]:
    """Return as `reference`, each organisation once, in the order in which they first come."""
    return [{"id": id_, "name": known[id_].name} for id_ in dict.fromkeys(ids)]


def documents(found: Iterable[DocumentFacts]) -> list[Json]:
    """Return documents with their digests, proofs and anchors."""
    return [_document(each) for each in found]


def _document(facts: DocumentFacts) -> Json:
    integrity = [
        {"scheme": str(scheme), "id": digest.hex()} for scheme, digest in facts.digests.items()
    ]
    return filled(
        {
            "id": facts.id,
            "documentType": facts.type,
            "title": facts.title,
            "url": facts.url,
            "datePublished": moment(facts.published_at),
            "format": facts.media_type,
            "language": facts.language,
            "integrity": integrity,
            "proof": _proof(facts.inclusion),
            "anchor": _anchor(facts.anchor),
        }
    )


def _proof(inclusion: Inclusion | None) -> Json | None:
    if inclusion is None:
        return None
    proof = inclusion.proof
    return filled(
        {
            "type": PROOF_TYPE,
            "treeSize": proof.tree_size,
            "leafIndex": proof.leaf_index,
            "path": [hexadecimal(node) for node in proof.path],
            "root": hexadecimal(inclusion.root),
        }
    )


def _anchor(anchor: AnchorFacts | None) -> Json | None:
    if anchor is None:
        return None
    return {
        "chainId": anchor.ledger.chain_id,
        "ledger": anchor.ledger.address,
        "agency": hexadecimal(anchor.agency),
        "transaction": hexadecimal(anchor.transaction),
        "block": anchor.block,
        "blockTime": moment(anchor.block_time),
    }


def hexadecimal(raw: bytes) -> str:
    """Return 0x-hex, as proof files spell hashes."""
    return "0x" + raw.hex()
