"""Judging a bundle: events by their blocks, blocks by a node or by a block that somebody knows."""

from collections.abc import Callable, Mapping
from typing import Any

from ledger import jws
from ledger.canonical import EncodingNotCanonical, b64url_decode
from ledger.chain.archived_documents import ArchivedDocuments
from ledger.chain.block_proofs import BlockUnproven
from ledger.chain.blocks import BlockRef, by_number, read_head
from ledger.chain.deployments import Deployment
from ledger.chain.inclusion import ask
from ledger.chain.rpc import Node
from ledger.chain.tender_archive import Archive, ArchiveRead, known_until, linked, read
from ledger.errors import Refused
from ledger.tenders import receipts
from ledger.tenders.audit.assembly import Shelf, assembled
from ledger.tenders.audit.audit import audit
from ledger.tenders.audit.bundle import Provenance
from ledger.tenders.audit.key_stories import KeyStory
from ledger.tenders.audit.report import AuditReport
from ledger.tenders.receipts import Receipt
from ledger.tenders.shown_licences import Bench
from wallet.tenders.archived_bench import bench_by
from wallet.tenders.bundles import Bundle

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
    genuine, doubtful = _receipts(found, holdings.receipts, vouch, archive)
    shelf = Shelf(
        papers=holdings.papers,
        unseal=holdings.unsealer(archive.ledger) if holdings.files else None,
        receipts=tuple(genuine) if holdings.receipts else None,
        doubtful=tuple(doubtful),
        blinds=(*holdings.blinds, *archive.blinds),
        places=tuple(holdings.places),
        known_until=None if found.gaps else until,
        record=holdings.record,
        bench=bench,
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


def key_ids(tokens: list[str]) -> set[bytes]:
    """Return the ids of the keys that receipts say they are signed by."""
    found = set()
    for token in tokens:
        try:
            found.add(b64url_decode(jws.parse(token, receipts.TYPE).kid))
        except (Refused, EncodingNotCanonical):
            continue
    return {each for each in found if len(each) == len(bytes(32))}


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


def _receipts(
    found: ArchiveRead, tokens: list[str], vouch: Vouch, archive: Archive
) -> tuple[list[Receipt], list[Mapping[str, Any]]]:
    """Return the genuine receipts, and for each other its number and why it is in doubt."""
    genuine: list[Receipt] = []
    doubtful: list[Mapping[str, Any]] = []
    keys = {kid: each for kid, each in found.keys.items() if _is_vouched(each, vouch, archive)}
    for spot, token in enumerate(tokens, 1):
        told = _genuine(token, keys, found, archive)
        if isinstance(told, Receipt):
            genuine.append(told)
        else:
            doubtful.append({"receipt": str(spot), "why": told})
    return genuine, doubtful


def _is_vouched(story: KeyStory, vouch: Vouch, archive: Archive) -> bool:
    told = vouch(archive, [BlockRef(each.block, each.block_hash) for each in story.places])
    return not told.faults and not told.open_


def _genuine(
    token: str, keys: Mapping[str, KeyStory], found: ArchiveRead, archive: Archive
) -> Receipt | str:
    """Return what a receipt says, or why it is in doubt.

    A forged receipt is in doubt as well: whoever put it there accuses nobody with it. Off line a
    key is good only where the headers show that nothing else was told of it.
    """
    try:
        kid = jws.parse(token, receipts.TYPE).kid
        if kid not in keys:
            return "key-unknown"
        said = receipts.read(token, keys[kid].key.public_key)
    except Refused as refused:
        return type(refused).__name__
    if archive.gathered_at is None and kid in found.untold:
        return "key-untold"
    why = keys[kid].doubt_at(said.issued_at)
    return f"key-{why}" if why else said


def _known_until(archive: Archive, found: ArchiveRead, vouch: Vouch) -> int | None:
    """Return the time up to which no event is missing; None where nobody vouches for that."""
    if archive.gathered_at is not None:
        return archive.gathered_at
    told = vouch(archive, [archive.head])
    if told.faults or told.open_ or found.faults:
        return None
    return known_until(archive, found)
