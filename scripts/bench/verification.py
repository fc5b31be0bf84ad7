"""Verification: in process, against a node, over HTTP, as a command."""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

import httpx2

from ledger.licences.catalogue import load_catalogue
from ledger.licences.issuance import Licence
from ledger.verification.check import Verdict
from ledger.verification.evidence import Evidence, Query
from ledger.verification.policy import Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.verify import query_of, verify
from scripts.bench import limits
from scripts.bench.bulk import one_job
from scripts.bench.load import Plan, load, request_of
from scripts.bench.loads import latency, rate
from scripts.bench.memory import watched
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run
from scripts.bench.sample import SampleAgency
from scripts.bench.site import Server, Site, admitted, command, site
from scripts.bench.timing import measure

SUBJECT: Final = "verification"
LICENCES: Final = 200
STRANGERS: Final = 12_000
"""Licences of which each is asked about once before the first comes again: more than any process
keeps proofs of."""
REQUESTS: Final = 5_000
NOTE: Final = (
    "Verification: size is the leaves of the licence's batch in process, on line and as a command, "
    "the licences in the database over HTTP (32 connections, one worker with its verifiers, 200 "
    "documents in turn, or 12,000; "
    "the proof is looked up). The limit is a bare P-256 check, a bare read of the Lens, a bare "
    "start of Python, or a bare ASGI answer; the peer looks at no anchor, status or issuer."
)
_COMMAND_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """A licence with what a verifier gathers."""

    licence: Licence
    proof: ProofFile
    query: Query
    evidence: Evidence


def verification(run: Run) -> Iterator[Row]:
    """Measure all four ways."""
    with admitted() as (folder, agency):
        for leaves in run.sizes_or(100, 10_000, 1_000_000):
            run.say(f"verification: batch of {leaves:,}")
            cases = _cases(agency, leaves)
            yield from _in_process(run, agency, cases, leaves)
            yield from _as_command(run, agency, cases[0], folder, leaves)
    with site(run.databases[0], run.server) as place:
        yield from _over_http(run, place)


def _cases(agency: SampleAgency, leaves: int) -> list[Case]:
    licences = agency.issue(LICENCES, agency.client.head().time, os.urandom)
    proofs = agency.anchor(licences, leaves)
    now = agency.client.head().time
    queries = [query_of(one.document, proof) for one, proof in zip(licences, proofs, strict=True)]
    return [
        Case(licence, proof, query, agency.client.evidence(query, proof, now=now))
        for licence, proof, query in zip(licences, proofs, queries, strict=True)
    ]


def _in_process(
    run: Run, agency: SampleAgency, cases: Sequence[Case], leaves: int
) -> Iterator[Row]:
    client, catalogue = agency.client, load_catalogue()
    now = client.head().time
    policy = Policy(frozenset([client.deployment.ledger]), max_evidence_age=300)
    turn = cycle(cases)
    signature = agency.issuer.signer.sign(b"limit")

    def judge(case: Case, evidence: Evidence) -> None:
        report = verify(case.licence.document, evidence, policy, now, catalogue)
        if report.verdict is not Verdict.VALID:
            raise ValueError(f"{report.verdict}: {report}")

    def in_process() -> None:
        case = next(turn)
        judge(case, case.evidence)

    def on_line() -> None:
        case = next(turn)
        query = query_of(case.licence.document, case.proof)
        judge(case, client.evidence(query, case.proof, now=now))

    acts = {
        "P-256 verify": lambda: agency.issuer.signer.public_key.verify(b"limit", signature),
        "in process": in_process,
        "Lens read": lambda: client.read(next(turn).query, now=now),
        "on line, local node": on_line,
    }
    found = {
        name: Row.of(SUBJECT, name, Unit.SECONDS, seconds, size=leaves, note=NOTE)
        for name, seconds in measure(acts, rounds=1_000, block=50).items()
    }
    peer = run.find("TrustVC: check integrity")
    yield found["in process"].beside(limit=found["P-256 verify"], peer=peer)
    yield found["on line, local node"].beside(limit=found["Lens read"])


def _as_command(
    run: Run, agency: SampleAgency, case: Case, folder: Path, leaves: int
) -> Iterator[Row]:
    """Measure `suizheng verify` from its start to its exit code."""
    path = folder / f"licence-{leaves}.sd-jwt"
    path.write_text(case.licence.document)
    (folder / f"licence-{leaves}.proof.json").write_bytes(case.proof.to_json())
    deployment = folder / "deployment.json"
    deployment.write_text(agency.client.deployment.to_json())
    words = ["verify", str(path), "--json", "--deployment", str(deployment), "--node", agency.url]
    environment = os.environ | {"SUIZHENG_HOME": str(folder / "wallet")}

    def as_command() -> None:
        said = command(
            [sys.executable, "-m", "wallet.cli", *words], _COMMAND_SECONDS, env=environment
        )
        if json.loads(said)["verdict"] != "valid":
            raise ValueError(said)

    acts = {
        "start of Python": lambda: command([sys.executable, "-c", "pass"], _COMMAND_SECONDS),
        "command `suizheng verify`": as_command,
    }
    bare, ours = (
        Row.of(SUBJECT, name, Unit.SECONDS, seconds, size=leaves, note=NOTE)
        for name, seconds in measure(acts, run.rounds).items()
    )
    yield ours.beside(limit=bare)


def _over_http(run: Run, place: Site) -> list[Row]:
    found: list[Row] = []
    stored = 0
    with (
        place.child("work") as work,
        place.child("jobs") as jobs,
        place.serving() as server,
        limits.bare_server() as bare,
        watched(server.pid) as memory,
    ):
        for number, size in enumerate(run.sizes_or(1_000, 10_000, 100_000)):
            run.say(f"verification: {size:,} licences in the database")
            one_job(place, size - stored, number, work, jobs)
            stored = size
            found += _posts(run, place, server, bare, size)
            found += _strangers(run, place, server, size)
    name = "memory of a worker"
    found.append(Row.of(SUBJECT, name, Unit.MEGABYTES, [memory.megabytes], size=stored))
    void = place.count(stored).fault()
    return [row.voided(void) for row in found]


def _posts(run: Run, place: Site, server: Server, bare: int, size: int) -> Iterator[Row]:
    headers = {"Content-Type": "application/json"}
    bodies = [json.dumps({"document": one}) for one in place.documents(min(LICENCES, size))]
    posts = [request_of("POST", "/v1/verifications", headers, body) for body in bodies]
    ours = Plan(server.port, posts, REQUESTS, limits.CONNECTIONS, REQUESTS // 10)
    theirs = Plan(bare, posts, REQUESTS, limits.CONNECTIONS, REQUESTS // 10)
    loads, bares = [], []
    for _ in run.each_round(f"verification: HTTP, {size:,} licences"):
        loads.append(load(ours))
        bares.append(load(theirs))
    void = _why_void(server, headers, bodies)
    rates = rate(SUBJECT, "over HTTP", loads, size=size, note=NOTE, void=void)
    yield rates.beside(limit=rate(SUBJECT, "bare ASGI", bares))
    yield latency(SUBJECT, "over HTTP, latency at full load", loads, size=size, void=void)


def _strangers(run: Run, place: Site, server: Server, size: int) -> Iterator[Row]:
    """Measure what nobody asked about before: the proof is read, not remembered."""
    if size < STRANGERS:
        return
    headers = {"Content-Type": "application/json"}
    bodies = [json.dumps({"document": one}) for one in place.documents(STRANGERS)]
    posts = [request_of("POST", "/v1/verifications", headers, body) for body in bodies]
    plan = Plan(server.port, posts, STRANGERS, limits.CONNECTIONS, REQUESTS // 10)
    loads = [load(plan) for _ in run.each_round(f"verification: HTTP, each of {STRANGERS:,}", 3)]
    void = _why_void(server, headers, bodies[:LICENCES])
    name = "over HTTP, another licence each time"
    yield rate(SUBJECT, name, loads, size=size, void=void)
    yield latency(SUBJECT, f"{name}, latency", loads, size=size, void=void)


def _why_void(server: Server, headers: dict[str, str], bodies: Sequence[str]) -> str | None:
    """Ask once more about each document; an answer in time that is not *valid* is worth nothing."""
    with httpx2.Client(base_url=server.origin, headers=headers) as client:
        answers = [client.post("/v1/verifications", content=body).json() for body in bodies]
    valid = sum(answer["verdict"] == "valid" for answer in answers)
    return None if valid == len(bodies) else f"{valid} valid of {len(bodies)}"
