"""The audit: is the projection what the chain says, and every record anchored exactly once?

A fresh follower reads the chain from the deployment's block into an empty projection; the live one
must equal it row for row as of its own cursor. What the service alone knows must agree with both.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from api.services.custody_audit import broken
from api.services.scan_audit import judged
from api.store.audit import AuditedBatch, AuditView, audit_view
from api.store.database import Database, migrate
from api.store.projection import SqlProjection
from ledger.errors import LedgerError
from ledger.health.gate_bundle.foreign_files import read_trust
from ledger.health.hcert.trust import TrustList, countries_in, renewed
from ledger.list_tokens import parse_list
from ledger.merkle import Tree
from ledger.projection import Projection
from ledger.status_list import StatusList
from ledger.tenders.mailbox import LEAVES
from ledger.values import RecordKind


class Reader(Protocol):
    """Whoever reads the chain into a projection (ledger.chain.follower)."""

    def step(self) -> int:
        """Take in the next range."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing compared; `facts` count what was looked at and name what differs."""

    name: str
    ok: bool
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """All comparisons."""

    comparisons: tuple[Comparison, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return all(comparison.ok for comparison in self.comparisons)

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {"ok": self.ok, "comparisons": [asdict(each) for each in self.comparisons]}


class Audit:
    """Compares a database with the chain; changes neither."""

    def __init__(
        self, live: Database, follow: Callable[[Projection], Reader], scan_batch_seconds: float
    ) -> None:
        """`follow` makes a reader of the chain into a projection.

        `scan_batch_seconds`: how long rows of scan logs wait for their batch.
        """
        self._live = live
        self._follow = follow
        self._scan_batch_seconds = scan_batch_seconds

    def run(self) -> Iterator[Comparison]:
        """Yield one comparison after the other; raise `ChainUnavailable` where nobody answers."""
        with TemporaryDirectory(prefix="suizheng-audit-") as folder:
            url = f"sqlite:///{Path(folder) / 'rebuilt.db'}"
            migrate(url)
            fresh = Database.open(url)
            try:
                with audit_view(self._live) as live:
                    self._rebuild(SqlProjection(fresh), live)
                    with audit_view(fresh) as rebuilt:
                        yield from _compare(live, rebuilt)
                        yield _scans(live, self._scan_batch_seconds)
            finally:
                fresh.close()

    def _rebuild(self, projection: SqlProjection, live: AuditView) -> None:
        """Read the chain up to the live cursor and not beyond."""
        cursor = live.cursor()
        target = -1 if cursor is None else cursor.block
        reader = self._follow(projection)
        reached = -1
        while reached < target:
            reader.step()
            now = projection.cursor()
            if now is None or now.block <= reached:
                break  # the chain is shorter than the live projection: the rows will differ
            reached = now.block
        projection.rollback(target, projection.cursor())


def _compare(live: AuditView, rebuilt: AuditView) -> Iterator[Comparison]:
    yield _head(live, rebuilt)
    for name in live.event_tables():
        yield _same_rows(name, live.events(name), rebuilt.events(name))
    yield _same_rows("status_words", live.words(), rebuilt.words())
    yield _same_rows("tender_marks", live.marks(), rebuilt.marks())
    anchored, batches = _batches(live, rebuilt)
    yield batches
    yield _mailboxes(live, rebuilt)
    yield _forgotten(live, rebuilt)
    yield _records(live, anchored)
    yield _documents(live)
    yield _policies(live)
    yield _trust_lists(live)
    yield _custody(live)
    yield _indices(live)
    yield _lists(live, rebuilt)


def _head(live: AuditView, rebuilt: AuditView) -> Comparison:
    """Compare the cursors where the rebuilt one still keeps that block's header."""
    ours, fresh = live.cursor(), rebuilt.cursor()
    same_block = ours is not None and fresh is not None and ours.block == fresh.block
    facts = {"block": None if ours is None else ours.block}
    return Comparison("head", not same_block or ours == fresh, facts)


def _same_rows(
    name: str, live: Iterable[tuple[Any, ...]], rebuilt: Iterable[tuple[Any, ...]]
) -> Comparison:
    rows = differing = 0
    first: list[str] | None = None
    for ours, fresh in zip_longest(live, rebuilt):
        rows += 1
        if ours != fresh:
            differing += 1
            first = first or [_shown(ours), _shown(fresh)]
    facts: dict[str, Any] = {"rows": rows, "differing": differing}
    if first is not None:
        facts |= {"projection": first[0], "chain": first[1]}
    return Comparison(name, differing == 0, facts)


def _shown(row: tuple[Any, ...] | None) -> str:
    if row is None:
        return "no such row"
    return ", ".join("0x" + each.hex() if isinstance(each, bytes) else str(each) for each in row)


def _batches(live: AuditView, rebuilt: AuditView) -> tuple[int, Comparison]:
    """Recompute every root from its leaves and find it on chain at most once; count records."""
    batches = anchored = pending = 0
    wrong: list[str] = []
    for batch in live.batches():
        batches += 1
        anchors = rebuilt.anchors(batch.agency, batch.root)
        if not _is_whole(batch) or len(anchors) > 1 or set(anchors) - {(batch.kind, batch.size)}:
            wrong.append("0x" + batch.root.hex())
        elif anchors:
            anchored += batch.size
        else:
            pending += 1
    facts = {"batches": batches, "pending": pending, "wrong": wrong}
    return anchored, Comparison("batches", not wrong, facts)


def _mailboxes(live: AuditView, rebuilt: AuditView) -> Comparison:
    """Recompute every mailbox's root from its 64 leaves, find each message and the one anchor."""
    boxes = pending = 0
    wrong: list[str] = []
    anchor = (int(RecordKind.TENDER_MAILBOX), LEAVES)
    for box in live.mailboxes():
        boxes += 1
        anchors = rebuilt.anchors(box.agency, box.root)
        is_whole = len(box.leaves) == LEAVES and Tree.of(box.leaves).root == box.root
        has_all = all(dict(enumerate(box.leaves)).get(at) == leaf for at, leaf in box.messages)
        if not (is_whole and has_all) or anchors not in ((), (anchor,)):
            wrong.append("0x" + box.root.hex())
        pending += not anchors
    facts = {"mailboxes": boxes, "pending": pending, "wrong": wrong}
    return Comparison("mailboxes", not wrong, facts)


def _forgotten(live: AuditView, rebuilt: AuditView) -> Comparison:
    """Name what agencies served here have on chain and the database does not know.

    That is left where an older copy of the database was put back, or where an agency anchors by
    another service too. Documents and proofs that holders have stay good.
    """
    known = live.roots()
    agencies = {agency for agency, _ in known}
    anchored = [each for each in rebuilt.anchored() if each[0] in agencies]
    unknown = ["0x" + root.hex() for agency, root in anchored if (agency, root) not in known]
    return Comparison("anchors", not unknown, {"anchors": len(anchored), "unknown": unknown})


def _is_whole(batch: AuditedBatch) -> bool:
    """Whether the leaves are numbered without gap and lead to the root, and its crown is theirs."""
    numbers = [index for index, _ in batch.leaves]
    if not numbers or numbers != list(range(batch.size)):
        return False
    tree = Tree.of([digest for _, digest in batch.leaves])
    return (tree.root, tree.crown.nodes) == (batch.root, batch.crown)


def _records(live: AuditView, anchored: int) -> Comparison:
    """Issued = anchored once + still on the way; a record cannot be in two batches."""
    counts = live.counts()
    facts = asdict(counts) | {"anchored": anchored, "pending": counts.issued - anchored}
    ok = counts.licences == counts.licence_records and anchored <= counts.batched <= counts.issued
    return Comparison("records", ok, facts)


def _documents(live: AuditView) -> Comparison:
    """Recompute every digest: of the issuer-signed part, so up to the first disclosure."""
    checked = 0
    wrong: list[str] = []
    for digest, document in live.documents():
        checked += 1
        signed = document.partition("~")[0].encode()
        if hashlib.sha256(signed).digest() != digest:
            wrong.append("0x" + digest.hex())
    return Comparison("documents", not wrong, {"documents": checked, "wrong": wrong})


def _policies(live: AuditView) -> Comparison:
    """Recompute the digest of every document that an agreement rests on."""
    checked = 0
    wrong: list[str] = []
    for digest, document in live.kept_policies():
        checked += 1
        if hashlib.sha256(document).digest() != digest:
            wrong.append("0x" + digest.hex())
    return Comparison("policies", not wrong, {"documents": checked, "wrong": wrong})


def _trust_lists(live: AuditView) -> Comparison:
    """Go through the lists of each source again: none went back, and no stolen key came back."""
    checked = 0
    wrong: list[str] = []
    held: dict[tuple[bytes, str], TrustList] = {}
    for agency, source, sequence, content in live.trust_lists():
        checked += 1
        before = held.get((agency, source))
        try:
            found = read_trust(content)
            if before is not None:
                renewed(before, found, countries_in(before))
        except LedgerError:
            found = None
        if found is None or (found.source, found.sequence) != (source, sequence):
            wrong.append(f"0x{agency.hex()}/{source}/{sequence}")
        else:
            held[agency, source] = found
    return Comparison("trustLists", not wrong, {"lists": checked, "wrong": wrong})


def _custody(live: AuditView) -> Comparison:
    """Go through every trip again: what was erased of others, its root and receipt tell."""
    events, wrong = broken(live.trips())
    return Comparison("custody", not wrong, {"events": events, "wrong": wrong})


def _scans(live: AuditView, batch_seconds: float) -> Comparison:
    """Recompute the digest of every scan that is kept; tell which segments were anchored late."""
    facts = judged(live.scans(), live.policy, int(batch_seconds))
    return Comparison("scans", not facts["wrong"], facts)


def _indices(live: AuditView) -> Comparison:
    doubled, miscounted = live.doubled_indices(), live.miscounted_lists()
    facts = {"doubled": doubled, "miscountedLists": miscounted}
    return Comparison("indices", doubled == 0 and miscounted == 0, facts)


def _lists(live: AuditView, rebuilt: AuditView) -> Comparison:
    """Compare the newest signed list of each agency with the chain's words at its block."""
    tokens = 0
    wrong: list[str] = []
    for row in live.newest_tokens():
        tokens += 1
        words = rebuilt.words_at(row.agency, row.list, row.block)
        try:
            signed = parse_list(row.token).list
        except LedgerError:
            signed = None
        if signed != StatusList.from_words(words):
            wrong.append(f"0x{row.agency.hex()}/{row.list}")
    return Comparison("lists", not wrong, {"lists": tokens, "wrong": wrong})
