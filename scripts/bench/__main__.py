"""`make bench`: verification, trees and chain reads; writes var/bench/latest.json."""

import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Any

from ledger.chain.accounts import Account
from ledger.chain.rpc import Node
from ledger.licences.catalogue import load_catalogue
from ledger.merkle import Tree
from ledger.values import Digest
from ledger.verification.check import Verdict
from ledger.verification.policy import Policy
from ledger.verification.verify import query_of, verify
from scripts.bench.sample import SampleAgency
from scripts.bench.timing import Row, measure
from scripts.ports import free_ports
from scripts.steps import ROOT
from wallet.embedded import CHAIN_ID, Clocks, EmbeddedChain

LATEST = ROOT / "var" / "bench" / "latest.json"
LICENCES = 200
LEAVES = 1_000_000


@contextmanager
def sample_agency() -> Iterator[SampleAgency]:
    """Give a made-up agency on an embedded chain of its own."""
    secret = hashlib.sha256(b"a made-up account").digest()
    account = Account(secret)
    clocks = Clocks(lambda: int(time.time()), time.monotonic, time.sleep)
    with tempfile.TemporaryDirectory() as folder:
        (port,) = free_ports(1)
        chain = EmbeddedChain(Path(folder) / "chain", port, clocks, Path(folder) / "anvil.log")
        chain.start()
        try:
            chain.fund(account.address)
            yield SampleAgency.admit(Node([chain.url], chain_id=CHAIN_ID), account, secret)
        finally:
            chain.stop()


def verification(agency: SampleAgency) -> list[Row]:
    """Measure verification in process and on line, beside a bare P-256 check and a Lens read."""
    catalogue = load_catalogue()
    issued_at = agency.client.head().time
    licences = agency.issue(LICENCES, issued_at, os.urandom)
    proofs = agency.anchor(licences)
    now = agency.client.head().time
    policy = Policy(frozenset([agency.client.deployment.ledger]), max_evidence_age=300)
    queries = [query_of(one.document, proof) for one, proof in zip(licences, proofs, strict=True)]
    evidence = [
        agency.client.evidence(query, proof, now=now)
        for query, proof in zip(queries, proofs, strict=True)
    ]
    cases = cycle(list(zip(licences, proofs, queries, evidence, strict=True)))
    signature = agency.issuer.signer.sign(b"limit")

    def in_process() -> None:
        licence, _, _, known = next(cases)
        report = verify(licence.document, known, policy, now, catalogue)
        assert report.verdict is Verdict.VALID, report

    def on_line() -> None:
        licence, proof, _, _ = next(cases)
        known = agency.client.evidence(query_of(licence.document, proof), proof, now=now)
        report = verify(licence.document, known, policy, now, catalogue)
        assert report.verdict is Verdict.VALID, report

    return measure(
        {
            "verify one licence, in process": in_process,
            "verify one licence, on line against a local node": on_line,
            "issue one licence: build and sign": lambda: agency.issue(1, issued_at, os.urandom),
            "limit: read the Lens": lambda: agency.client.read(next(cases)[2], now=now),
            "limit: P-256 verify": lambda: agency.issuer.signer.public_key.verify(
                b"limit", signature
            ),
        },
        rounds=2_000,
        block=50,
    )


def trees() -> list[Row]:
    """Measure the tree of a million leaves beside as many bare hashes."""
    digests = [Digest(number.to_bytes(32)) for number in range(LEAVES)]

    def bare() -> None:
        for digest in digests:
            hashlib.sha256(digest).digest()

    return measure(
        {
            f"tree of {LEAVES:,} leaves, all levels kept": lambda: Tree.of(digests),
            f"limit: {LEAVES:,} bare SHA-256": bare,
        },
        rounds=5,
    )


def surroundings() -> dict[str, Any]:
    """Return what the numbers depend on."""
    packages = ("web3", "cryptography", "coincurve", "jsonschema", "sqlalchemy", "fastapi")
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "loadAverage": os.getloadavg(),
        "packages": {name: version(name) for name in packages},
    }


def main() -> int:
    """Measure everything, print a table, write the report."""
    before = surroundings()
    with sample_agency() as agency:
        rows = verification(agency)
    rows += trees()
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    report = {"surroundings": before, "rows": [row.shown() for row in rows]}
    LATEST.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    for row in rows:
        print(f"{row.name:55} {row.median * 1e3:10.3f} ms  n = {row.samples}")
    print(f"written to {LATEST.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
