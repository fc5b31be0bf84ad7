"""A whole service to measure on: chain, contracts, agency, database, and its real processes.

Everything lies in a folder that is gone at the end. Settings are the defaults, but for the limits
on requests, which are off, and the addresses.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx2

from api.config import PREFIX, Settings
from api.parts import Parts
from api.services.jobs import Jobs
from api.services.progress import Proofs
from api.store.batches import BatchStore
from api.store.licences import LicenceStore
from ledger.chain.logs import event_topic
from ledger.chain.rpc import Node
from ledger.chain.wire import octets, rows, spell
from ledger.keystore import KeyKind, lock
from ledger.licences.catalogue import Catalogue, load_catalogue
from ledger.merkle import Tree
from ledger.values import Digest
from ledger.verification.check import Verdict
from ledger.verification.policy import Policy
from ledger.verification.verify import query_of, verify
from scripts.bench import databases
from scripts.bench.patience import TooSlow, until
from scripts.bench.rows import Count
from scripts.bench.sample import SampleAgency
from scripts.ports import free_ports
from scripts.steps import ROOT
from wallet.embedded import CHAIN_ID, Clocks, EmbeddedChain
from wallet.processes import Child
from wallet.service import Service
from wallet.sessions import sign_in

ANSWER_SECONDS: Final = 30.0
LOOKED_AT: Final = 200
"""Licences drawn at random after a run, each verified in full against the chain."""
_PASSWORD: Final = "a made-up password"  # noqa: S105  # opens made-up keys alone
_NO_LIMITS: Final = {f"requests_per_{who}": "0" for who in ("address", "stranger", "account")}
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Server:
    """A running `serve`, with one worker."""

    port: int
    pid: int

    @property
    def origin(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


class Site:
    """One agency's service; `child` runs its processes."""

    def __init__(self, folder: Path, agency: SampleAgency, url: str, node: str) -> None:
        self.folder = folder
        self.agency = agency
        self.url = url
        self._given = _NO_LIMITS | {
            "database_url": url,
            "node_urls": node,
            "deployment": str(folder / "deployment.json"),
            "keys": str(folder / "keys"),
            "password_file": str(folder / "password"),
            "signer_trail": str(folder / "signatures.jsonl"),
        }
        self._write_keys()

    @cached_property
    def parts(self) -> Parts:
        """The service's parts in this process."""
        return Parts(Settings(**self._given))  # type: ignore[arg-type]  # strings, as from the environment

    @cached_property
    def jobs(self) -> Jobs:
        """Orders for bulk issue, as the routes give them on."""
        return self.parts.services().jobs

    def ask(self, question: str) -> Any:
        """Return the one value that a question to the database has."""
        with self.parts.database.read() as connection:
            return connection.exec_driver_sql(question).scalar_one()

    def anchored(self) -> int:
        """Return how many records are in blocks that the service has seen."""
        return int(self.ask("SELECT COALESCE(SUM(size), 0) FROM event_batch_anchored"))

    @contextmanager
    def child(self, *command: str, **settings: str) -> Iterator[Child]:
        """Run one of the service's processes until the block ends."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
        environment |= {PREFIX + k.upper(): v for k, v in (self._given | settings).items()}
        environment |= {"ETH_HASH_BACKEND": "pysha3"}
        program = [sys.executable, "-m", "api.main", *command]
        child = Child(command[0], program, environment, self.folder / f"{command[0]}.log")
        child.start()
        try:
            yield child
        finally:
            child.stop()

    @contextmanager
    def serving(self, port: int | None = None) -> Iterator[Server]:
        """Run `serve` until the block ends; yield it once it is ready."""
        chosen = free_ports(1)[0] if port is None else port
        origin = f"http://127.0.0.1:{chosen}"
        with (
            self.child("serve", "--port", str(chosen), base_url=origin) as child,
            httpx2.Client(timeout=ANSWER_SECONDS) as client,
        ):
            until(lambda: _is_ready(client, origin, child), "serve gets ready")
            assert child.pid is not None
            yield Server(chosen, child.pid)

    def token(self, server: Server) -> str:
        """Return a session's bearer token of the account that holds every role."""
        service = Service(server.origin)
        try:
            return sign_in(service, self.agency.account).token
        finally:
            service.close()

    def documents(self, count: int) -> list[str]:
        """Return so many licences, drawn at random."""
        digests = random.sample(self._digests(), count)
        store = LicenceStore(self.parts.database)
        return [store.get(digest).document for digest in digests]

    def count(self, wanted: int) -> Count:
        """Count the licences in the database and on the chain, and verify some of them."""
        on_chain = self._roots_on_chain()
        digests = self._digests()
        drawn = random.sample(digests, min(LOOKED_AT, len(digests)))
        return Count(
            wanted=wanted,
            stored=len(digests),
            anchored=sum(self._anchored_leaves(on_chain)),
            doubled=sum(times > 1 for times in on_chain.values()),
            looked_at=len(drawn),
            valid=sum(map(self._is_valid, drawn)),
        )

    def close(self) -> None:
        """Close what is open."""
        if "parts" in self.__dict__:
            self.parts.close()
        self.agency.client.node.close()

    def _digests(self) -> list[Digest]:
        with self.parts.database.read() as connection:
            found = connection.exec_driver_sql("SELECT digest FROM licences")
            return [Digest(bytes(digest)) for (digest,) in found]

    def _anchored_leaves(self, on_chain: Counter[bytes]) -> Iterator[int]:
        """Yield the licences of each batch whose tree, built anew, has its root on the chain."""
        store = BatchStore(self.parts.database)
        licences = set(self._digests())
        with self.parts.database.read() as connection:
            numbers = connection.exec_driver_sql("SELECT seq FROM batches").scalars().all()
        for number in numbers:
            leaves = store.leaves(number)
            if on_chain[Tree.of(leaves).root]:
                yield sum(leaf in licences for leaf in leaves)

    def _roots_on_chain(self) -> Counter[bytes]:
        deployment = self.agency.client.deployment
        topic = spell(event_topic("RecordLedger", "BatchAnchored"))
        asked = {
            "address": deployment.record_ledger,
            "fromBlock": spell(deployment.block),
            "toBlock": "latest",
            "topics": [topic, spell(self.agency.issuer.agency.id)],
        }
        logs = rows(self.agency.client.node.call("eth_getLogs", asked))
        return Counter(octets(log["topics"][2], 32) for log in logs)

    def _is_valid(self, digest: Digest) -> bool:
        client, now = self.agency.client, int(time.time())
        document = LicenceStore(self.parts.database).get(digest).document
        proof = self._proofs.proof(digest)
        known = client.evidence(query_of(document, proof), proof, now=now)
        policy = Policy(frozenset([client.deployment.ledger]), max_evidence_age=300)
        return verify(document, known, policy, now, self._catalogue).verdict is Verdict.VALID

    @cached_property
    def _proofs(self) -> Proofs:
        return Proofs(BatchStore(self.parts.database), self.agency.client.deployment.ledger)

    @cached_property
    def _catalogue(self) -> Catalogue:
        return load_catalogue()

    def _write_keys(self) -> None:
        keys = self.folder / "keys"
        (keys / "documents").mkdir(parents=True)
        account, signer = self.agency.account, self.agency.issuer.signer
        (keys / "account.json").write_text(lock(account.private_key, _PASSWORD, KeyKind.ACCOUNT))
        (keys / "documents" / f"{signer.public_key.kid}.json").write_text(
            lock(self.agency.key_secret, _PASSWORD, KeyKind.DOCUMENT)
        )
        (self.folder / "password").write_text(_PASSWORD + "\n")
        (self.folder / "deployment.json").write_text(self.agency.client.deployment.to_json())


@contextmanager
def chain() -> Iterator[tuple[Path, EmbeddedChain]]:
    """Run a fresh node until the block ends; yield a folder of the moment, and the node."""
    clocks = Clocks(lambda: int(time.time()), time.monotonic, time.sleep)
    with tempfile.TemporaryDirectory(dir=_folder()) as name:
        folder = Path(name)
        (port,) = free_ports(1)
        made = EmbeddedChain(folder / "chain", port, clocks, folder / "anvil.log")
        made.start()
        try:
            yield folder, made
        finally:
            made.stop()


@contextmanager
def admitted() -> Iterator[tuple[Path, SampleAgency]]:
    """Give a made-up agency on a chain of its own."""
    with chain() as (folder, node):
        yield folder, SampleAgency.admit(Node([node.url], ANSWER_SECONDS, chain_id=CHAIN_ID), node)


@contextmanager
def site(kind: str, server: str) -> Iterator[Site]:
    """Give a service of that kind of database; its projection stands at the head."""
    with admitted() as (folder, agency), databases.fresh(kind, folder, server) as url:
        made = Site(folder, agency, url, agency.url)
        try:
            with made.child("work") as work:
                until(lambda: _has_caught_up(made, work), "the projection's start")
            yield made
        finally:
            made.close()


def _has_caught_up(place: Site, work: Child) -> bool:
    work.require()
    head = place.agency.client.head().block
    return int(place.ask("SELECT COALESCE(MAX(block), 0) FROM projected_blocks")) >= head


def _is_ready(client: httpx2.Client, origin: str, child: Child) -> bool:
    child.require()
    try:
        return client.get(f"{origin}/readyz").status_code == _OK
    except httpx2.TransportError:
        return False


def _folder() -> Path:
    """Return where databases of the moment lie: on the disk that counts, not in memory."""
    folder = ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def command(words: list[str], seconds: float, **options: Any) -> str:
    """Return what a program printed; raise `TooSlow`, or `RuntimeError` when it failed."""
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=seconds, check=False, **options
        )
    except subprocess.TimeoutExpired as exc:
        raise TooSlow(f"{words[0]}: not in {seconds:.0f} s") from exc
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:3])}: {done.stderr.strip()[-300:]}")
    return str(done.stdout)
