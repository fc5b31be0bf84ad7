"""Gathering evidence: from a node, or from a signed bundle without any network.

Nothing here judges. Whatever keeps a source from speaking becomes `Unreachable` with its reason, so
that verification answers *unconfirmed*.
"""

from pathlib import Path

from ledger import jws
from ledger.errors import Refused, Unavailable
from ledger.verification.bundle import TYPE, Bundle, parse_bundle
from ledger.verification.evidence import Evidence, Unreachable
from ledger.verification.proof_file import ProofFile
from ledger.verification.records import OpenedRecord, query_about, wants_history
from wallet.home import read_file
from wallet.ledgers import open_ledger
from wallet.trust import Trust, TrustedLedger, TrustFile


def from_node(
    record: OpenedRecord,
    proof: ProofFile | None,
    ledger: TrustedLedger,
    *,
    now: int,
    past: bool,
) -> Evidence:
    """Return what the ledger's nodes say; `past` for questions about an earlier time."""
    try:
        query = query_about(record, proof)
    except Refused as exc:
        return _nothing(proof, exc)  # verification says what is wrong with it
    try:
        with open_ledger(ledger) as client:
            return client.evidence(query, proof, now=now, past=past or wants_history(record))
    except Unavailable as exc:
        return _nothing(proof, exc)


def from_bundle(
    record: OpenedRecord, proof: ProofFile | None, bundle: Path, trusted: TrustFile, *, now: int
) -> Evidence:
    """Return what a bundle says; its sequence is kept, and lower ones are refused from then on.

    Raises:
        FileMissing, FileUnreadable: for the bundle's file.
    """
    token = read_file(bundle).decode("utf-8", "replace").strip()
    try:
        opened = open_bundle(token, trusted, now)
        return opened.evidence(query_about(record, proof), proof)
    except (Refused, Unavailable) as exc:
        return _nothing(proof, exc)


def open_bundle(token: str, trusted: TrustFile, now: int) -> Bundle:
    """Return the bundle in `token` and move its publisher's sequence forward.

    Raises:
        BundleMalformed, BundleUntrusted, BundleStale, BundleRolledBack: as `parse_bundle`.
    """
    trust = trusted.load()
    keys = [publisher.key for publisher in trust.publishers]
    bundle = parse_bundle(token, keys, now, _last_sequence(token, trust))
    moved = trust.seen(bundle.kid, bundle.content.sequence)
    if moved != trust:
        trusted.save(moved)
    return bundle


def _last_sequence(token: str, trust: Trust) -> int:
    try:
        kid = jws.parse(token, TYPE).kid
    except Refused:
        return 0  # parse_bundle refuses it
    return next((known.sequence for known in trust.publishers if known.key.kid == kid), 0)


def _nothing(proof: ProofFile | None, reason: Refused | Unavailable) -> Evidence:
    return Evidence(proof, Unreachable(str(reason)))
