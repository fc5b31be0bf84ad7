"""Judging a bundle: events by their blocks, blocks by a node or by a block that somebody knows."""

from collections.abc import Callable, Collection
from typing import Any

from ledger.chain.archived_documents import ArchivedDocuments
from ledger.chain.block_proofs import BlockUnproven
from ledger.chain.blocks import BlockRef, by_number, read_head
from ledger.chain.deployments import Deployment
from ledger.chain.inclusion import ask
from ledger.chain.rpc import Node
from ledger.chain.tender_archive import Archive, ArchiveRead, known_until, linked, read
from ledger.tenders.audit.assembly import Shelf, assembled
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import Provenance
from ledger.tenders.audit.report import AuditReport
from ledger.tenders.shown_licences import Bench
from wallet.tenders.archived_bench import bench_by
from wallet.tenders.bundles import Bundle
from wallet.tenders.signers import ANSWERS, FILINGS, RECEIPTS, REFUSALS, Signers, supervisors_of

Vouch = Callable[[Archive, list[BlockRef]], Provenance]
"""Says of blocks whether they are the chain's."""


def judge(
    bundle: Bundle, deployment: Deployment, vouch: Vouch, now: int, bench: Bench | None = None
) -> AuditReport:
    """Return the report about a bundle at `now`; contracts are those of `deployment`.

    Without a `bench` licences are judged by what the bundle proves of them; where nobody vouches
    for it they are told of as recorded.
    """
    archive, holdings = bundle.archive, bundle.holdings
    found = read(archive, deployment)
    until = _known_until(archive, found, vouch)
    told = vouch(archive, sorted(found.refs, key=lambda ref: ref.block))
    provenance = _whole(archive, found, told, is_complete=until is not None)
    if bench is None and until is not None and found.buyer is not None:
        bench = bench_by(ArchivedDocuments(found, deployment), found.buyer)
    signers = Signers.of(found, archive, lambda refs: vouch(archive, refs))
    genuine, doubtful = signers.sorted(holdings.receipts, RECEIPTS)
    filed, unsure = signers.sorted(holdings.filings, FILINGS)
    answers, untrusted = signers.sorted(holdings.answers, ANSWERS)
    refused, doubted = signers.sorted(holdings.refusals, REFUSALS)
    shelf = Shelf(
        papers=holdings.papers,
        unseal=holdings.unsealer(archive.ledger) if holdings.files else None,
        receipts=genuine if holdings.receipts else None,
        doubtful=(*doubtful, *doubted),
        filings=filed,
        answers=answers,
        filing_doubts=(*unsure, *(untrusted if filed else ())),
        refusals=refused,
        block_times=_times(found, {each.block for each in refused}) if until else {},
        signer_of=signers.signer_of,
        blinds=(*holdings.blinds, *archive.blinds),
        places=tuple(holdings.places),
        known_until=None if found.gaps else until,
        record=holdings.record,
        bench=bench,
        supervisors=supervisors_of(found, archive, lambda refs: vouch(archive, refs)),
    )
    made = assembled(
        archive.ledger,
        deployment.tenders.awards,
        archive.tender,
        found.events,
        shelf,
        found.mailbox_roots,
        provenance,
    )
    last = max((each.place.block_time for each in found.events), default=0)
    return audit(made, max(now, last))


def by_node(node: Node) -> Vouch:
    """Vouch for blocks that a node has; raises `ChainUnavailable` where it cannot say."""

    def vouch(_: Archive, refs: list[BlockRef]) -> Provenance:
        heads = ask(node, [by_number(ref.block) for ref in refs])
        open_, faults = [], []
        for ref, value in zip(refs, heads, strict=True):
            if value is None:
                open_.append({"block": ref.block, "error": "BlockUnknown"})
            elif read_head(value).hash != ref.hash:
                faults.append({"block": ref.block, "error": "BlockForeign"})
        return Provenance(tuple(faults), tuple(open_))

    return vouch


def by_head(head: bytes) -> Vouch:
    """Vouch for blocks that the bundle's headers lead to from a block that somebody knows."""

    def vouch(archive: Archive, refs: list[BlockRef]) -> Provenance:
        try:
            known = linked(archive, head)
        except BlockUnproven as exc:
            fault = {"block": archive.head.block, "error": "BlockForeign", "reason": exc.reason}
            return Provenance((fault,))
        return Provenance(open_=tuple(_unvouched(ref) for ref in refs if ref.hash not in known))

    return vouch


def by_nobody(_: Archive, refs: list[BlockRef]) -> Provenance:
    """Vouch for nothing: events are as good as whoever made the bundle."""
    return Provenance(open_=tuple(_unvouched(ref) for ref in refs[:1]))


def _times(found: ArchiveRead, blocks: Collection[int]) -> dict[int, int]:
    """Return the times of blocks that the headers tell of."""
    heads = (each.head for each in found.headers)
    return {each.block: each.time for each in heads if each.block in blocks}


def _unvouched(ref: BlockRef) -> dict[str, Any]:
    return {"block": ref.block, "error": "BlockUnvouched"}


def _whole(
    archive: Archive, found: ArchiveRead, told: Provenance, *, is_complete: bool
) -> Provenance:
    """Return what is wrong with the events, and what nobody vouched for.

    Headers that are not known to be the chain's exclude no gap.
    """
    unlinked = {"block": archive.head.block, "error": "HeadersUnlinked"}
    open_ = told.open_ if is_complete else (*told.open_, unlinked)
    return Provenance((*found.faults, *told.faults), open_, tuple(found.gaps))


def _known_until(archive: Archive, found: ArchiveRead, vouch: Vouch) -> int | None:
    """Return the time up to which no event is missing; None where nobody vouches for that."""
    if archive.gathered_at is not None:
        return archive.gathered_at
    told = vouch(archive, [archive.head])
    if told.faults or told.open_ or found.faults:
        return None
    return known_until(archive, found)
