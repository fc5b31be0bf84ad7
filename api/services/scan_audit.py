"""Scan logs as the audit sees them: rows that their digests name, and how late they were anchored.

A gate that decides has lists that are not older than its policy's `offlineMaxAge`, so it met a
network within that time, and could have handed its rows on. Later is no difference between database
and chain: it is told and proves nothing against anybody.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from api.services.policies import cited_hash, health_policy_in
from api.store.audit import AuditedScan
from ledger.health import scans
from ledger.health.gate.lists import OFFLINE_MAX_AGE
from ledger.health.scans import ScanMalformed, ScanRow

AHEAD_SECONDS: Final = 300
"""By how much a row may be of after its block: what the service takes, and blocks stand still."""


def judged(
    found: Iterable[AuditedScan], document: Callable[[bytes], bytes | None], batch_seconds: int
) -> dict[str, Any]:
    """Return what is told of rows that are kept.

    `document` gives a policy's bytes by digest; `batch_seconds` is how long rows wait for a batch.
    `wrong` names rows that are none or not what their digest says; `late` and `ahead` by the root
    of each segment the most seconds beyond what the policy cited by a row allows, and before it.
    """
    rows = pending = 0
    wrong: list[str] = []
    late: dict[str, int] = {}
    ahead: dict[str, int] = {}
    allowed = _Allowed(document, batch_seconds)
    for each in found:
        rows += 1
        try:
            row = scans.read_row(each.row)
        except ScanMalformed:
            wrong.append("0x" + each.digest.hex())
            continue
        if scans.digest_of(each.row) != each.digest:
            wrong.append("0x" + each.digest.hex())
        if each.anchored_at is None:
            pending += 1
            continue
        lateness, root = scans.lateness(row, each.anchored_at), "0x" + each.root.hex()
        _keep_most(late, root, lateness - allowed.seconds(row))
        _keep_most(ahead, root, -lateness - AHEAD_SECONDS)
    return {"rows": rows, "pending": pending, "wrong": wrong, "late": late, "ahead": ahead}


class _Allowed:
    """How late rows may be by the policies that they cite, each read once."""

    def __init__(self, document: Callable[[bytes], bytes | None], batch_seconds: int) -> None:
        self._document = document
        self._batch_seconds = batch_seconds
        self._known: dict[bytes, int] = {}

    def seconds(self, row: ScanRow) -> int:
        """Return after how many seconds a row is late."""
        digest = cited_hash(row.citations)
        if digest not in self._known:
            self._known[digest] = self._shortest(digest) + self._batch_seconds
        return self._known[digest]

    def _shortest(self, digest: bytes) -> int:
        document = self._document(digest)
        policy = None if document is None else health_policy_in(document)
        if policy is None:
            return min(OFFLINE_MAX_AGE.values())
        return min(policy.seconds("offlineMaxAge", part) for part in OFFLINE_MAX_AGE)


def _keep_most(found: dict[str, int], root: str, seconds: int) -> None:
    if seconds > 0:
        found[root] = max(seconds, found.get(root, 0))
