"""Everything on one machine: chain, contracts, service and worker, their state in one folder.

Whatever is killed comes back with all that was there: the chain from its copies and journal, the
service from its database, children that end are started again.
"""

import fcntl
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import httpx2

from ledger.chain.deployments import (
    Deployment,
    check_deployment,
    load_deployment,
    require_own_contracts,
)
from ledger.chain.rpc import Node
from ledger.errors import ChainUnavailable, LedgerError, Refused, Unavailable
from wallet.accounts import COUNCIL, OPERATOR, make_accounts, read_password
from wallet.embedded import CHAIN_ID, Clocks, EmbeddedChain
from wallet.home import private_folder, write_file
from wallet.keyring import KeyNameUnknown, Keyring, Randomness
from wallet.layout import Layout, Ports, Urls
from wallet.processes import Backoff, Child, ProgramEnded
from wallet.surroundings import KEYS
from wallet.trust import TrustedLedger, TrustFile

READY_SECONDS: Final = 60.0
PASS_SECONDS: Final = 0.1
PORT_SECONDS: Final = 3.0
_READY: Final = 200
_WALLET_SETTINGS: Final = frozenset(
    f"SUIZHENG_{name}" for name in ("HOME", "NODE", "SERVICE", "ACCOUNT", "VECTORS")
)
"""The service refuses settings that it does not know, since a misspelt one would go unseen."""


@dataclass(eq=False)
class FolderInUse(Refused):
    """Another `suizheng up` keeps this folder. End it first, or name another with --home."""

    folder: str


@dataclass(eq=False)
class ChainLost(Refused):
    """The chain's state is gone, but a ledger was deployed on it. Put a backup of the folder back.

    To delete the whole state folder begins an empty ledger.
    """

    folder: str


@dataclass(eq=False)
class PortTaken(Refused):
    """Another program listens on the port. End it, or choose others: --port and --chain-port."""

    port: int


@dataclass(eq=False)
class ServiceNotReady(Unavailable):
    """The service did not get ready in time. Read the logs, then start again."""

    url: str
    logs: str
    last_answer: str


class Household:
    """Chain, service, worker and jobs of one folder; `start` and `stop` from one thread alone."""

    def __init__(  # each is given by the composition
        self,
        folder: Path,
        ports: Ports,
        clocks: Clocks,
        randomness: Randomness,
        environment: Mapping[str, str],
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.layout = Layout(folder.absolute())
        self.urls = Urls(f"http://127.0.0.1:{ports.service}", f"http://127.0.0.1:{ports.chain}")
        self._ports = ports
        self._clocks = clocks
        self._randomness = randomness
        self._say = say
        self._environment = dict(environment)
        log = self.layout.log("chain")
        self.chain = EmbeddedChain(self.layout.chain, ports.chain, clocks, log)
        self._children = {
            "serve": self._child("serve", "--host", "127.0.0.1", "--port", str(ports.service)),
            "work": self._child("work"),
            "jobs": self._child("jobs"),
        }
        self._backoffs = {name: Backoff() for name in ("chain", *self._children)}
        self._wants_node = True
        self._is_kept = False
        self._trouble = ""
        self._lock: IO[bytes] | None = None
        self._turn = threading.Lock()
        self._ending = threading.Event()
        self._keeper: threading.Thread | None = None

    @property
    def deployment(self) -> Deployment:
        """Where the contracts stand; raises `DeploymentMalformed` before the first start."""
        return load_deployment(self.layout.deployment)

    @property
    def password(self) -> str:
        """The password of the generated keys; raises `FileMissing` before the first start."""
        return read_password(self.layout)

    @property
    def keyring(self) -> Keyring:
        """The keys of operator, council and supervisor."""
        return Keyring(self.layout.wallet / KEYS)

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of the programs that run: `chain`, `serve`, `work`, `jobs`."""
        found = {"chain": self.chain.pid} | {n: c.pid for n, c in self._children.items()}
        return {name: pid for name, pid in found.items() if pid is not None}

    def start(self) -> None:
        """Start all and return once the service is ready.

        Raises:
            FolderInUse, PortTaken: when another process keeps the folder, or a port.
            ChainLost, CopiesUnreadable: when the ledger's chain cannot be brought back.
            AnvilMissing, NodeSilent, ProgramEnded, ServiceNotReady: when something does not start.
        """
        self._take_folder()
        try:
            self._await_ports()
            make_accounts(self.layout, self.keyring, self._randomness, self._say)
            self._start_chain()
            self._begin_keeping()
            self._migrate()
            self._make_health_key()
            for name, child in self._children.items():
                self._say(f"Starting {name}")
                self._backoffs[name].started(self._clocks.monotonic())
                child.start()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all, the chain last; safe to call twice."""
        with self._turn:  # what the keeper started lives while the keeper does
            self._is_kept = False
            for child in reversed(self._children.values()):
                child.stop()
            self.chain.stop()
        self._ending.set()
        if self._keeper is not None:
            self._keeper.join()
            self._keeper = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def stop_node(self) -> None:
        """End the chain and leave the rest running; it is not started again by itself."""
        with self._turn:
            self._wants_node = False
            self.chain.stop()

    def start_node(self) -> None:
        """Start the chain again."""
        with self._turn:
            self.chain.start()
            self._wants_node = True

    def _take_folder(self) -> None:
        private_folder(self.layout.root)
        lock = (self.layout.root / "up.lock").open("wb")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            lock.close()
            raise FolderInUse(str(self.layout.root)) from exc
        self._lock = lock
        self._ending.clear()

    def _await_ports(self) -> None:
        """Wait a little: after a kill the children's ports are free a moment later."""
        deadline = self._clocks.monotonic() + PORT_SECONDS
        for port in (self._ports.chain, self._ports.service):
            while not _is_free(port):
                if self._clocks.monotonic() > deadline:
                    raise PortTaken(port)
                self._clocks.pause(PASS_SECONDS)

    def _start_chain(self) -> None:
        was_deployed = self.layout.deployment.exists()
        if was_deployed and not self.chain.is_kept:
            raise ChainLost(str(self.layout.chain))
        self._say("Starting the chain")
        self._backoffs["chain"].started(self._clocks.monotonic())
        self.chain.start()
        if self.chain.loaded is not None and self.chain.loaded.is_previous:
            self._say("The chain's newest copy was damaged; the one before it is used.")
        if self.chain.replayed:
            self._say(f"Sent {self.chain.replayed} transactions again that no copy had.")
        for entry in self.keyring.list():
            if entry.address is not None:
                self.chain.fund(entry.address)
        if not was_deployed:
            self._deploy()
        require_own_contracts(self.deployment)
        with closing(self._node()) as node:
            check_deployment(node, self.deployment)
        self._trust()

    def _deploy(self) -> None:
        """Deploy, copy twice so that no copy lacks the contracts, then say where they stand."""
        from ledger.chain.deploy import deploy  # noqa: PLC0415  # web3 costs each command 0.2 s

        self._say("Deploying the contracts")
        council = self.keyring.entry(COUNCIL).address
        operator = self.keyring.account(OPERATOR, self.password)
        if council is None:
            raise KeyNameUnknown(COUNCIL)
        with closing(self._node()) as node:
            deployment = deploy(node, operator.private_key, council)
        self.chain.copy()
        self.chain.copy()
        write_file(self.layout.deployment, deployment.to_json().encode())

    def _trust(self) -> None:
        trusted = TrustFile(self.layout.wallet)
        known, own = trusted.load(), TrustedLedger(self.deployment, (self.urls.node,))
        if own not in known.ledgers:
            trusted.save(known.with_ledger(own))

    def _node(self) -> Node:
        return Node([self.urls.node], chain_id=CHAIN_ID)

    def _migrate(self) -> None:
        self._say("Preparing the database")
        migrating = self._child("migrate")
        migrating.start()
        if code := migrating.wait():
            log = str(self.layout.log("migrate"))
            raise ProgramEnded("migrate", code, log, migrating.last_words())

    def _make_health_key(self) -> None:
        """Have the service make its secret of health codes, at the first start alone."""
        if (self.layout.service_keys / "health.json").exists():
            return
        making = self._child("health-key")
        making.start()
        if code := making.wait():
            log = str(self.layout.log("health-key"))
            raise ProgramEnded("health-key", code, log, making.last_words())

    def _wait_until_ready(self) -> None:
        self._say("Waiting for the service")
        url = f"{self.urls.service}/readyz"
        deadline = self._clocks.monotonic() + READY_SECONDS
        answer = ""
        with httpx2.Client(timeout=READY_SECONDS) as client:
            while self._clocks.monotonic() < deadline:
                self._children["serve"].require()
                with suppress(httpx2.HTTPError):
                    response = client.get(url)
                    if response.status_code == _READY:
                        return
                    answer = response.text[:200]
                self._clocks.pause(PASS_SECONDS)
        raise ServiceNotReady(self.urls.service, str(self.layout.root / "log"), answer)

    def _begin_keeping(self) -> None:
        self._is_kept = True
        self._keeper = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        """Keep the chain's state and start again what ended, until all is to end."""
        while not self._ending.wait(PASS_SECONDS):
            with self._turn:
                if self._is_kept:
                    self._keep_chain()
                    self._keep_children()

    def _keep_chain(self) -> None:
        if not self._wants_node:
            return
        try:
            if self.chain.pid is not None:
                self.chain.keep()
            elif self._is_due("chain"):
                self._say("The chain ended; starting it again")
                self.chain.start()
            self._trouble = ""
        except ChainUnavailable:
            pass  # the next pass finds out whether it ended
        except LedgerError as exc:  # a full disk, say; each pass tries again
            if str(exc) != self._trouble:
                self._say(str(exc))
            self._trouble = str(exc)

    def _keep_children(self) -> None:
        for name, child in self._children.items():
            if child.was_started and child.pid is None and self._is_due(name):
                self._say(f"{name} ended; starting it again")
                child.start()

    def _is_due(self, name: str) -> bool:
        now = self._clocks.monotonic()
        if not self._backoffs[name].is_due(now):
            return False
        self._backoffs[name].started(now)
        return True

    def _child(self, *command: str) -> Child:
        program = [sys.executable, "-m", "api.main", *command]
        return Child(command[0], program, self.environment, self.layout.log(command[0]))

    @property
    def environment(self) -> dict[str, str]:
        """The service's environment: what was given, without the settings of a wallet."""
        given = {k: v for k, v in self._environment.items() if k not in _WALLET_SETTINGS}
        defaults = {
            "SUIZHENG_DATABASE_URL": f"sqlite:///{self.layout.database}",
            "SUIZHENG_BASE_URL": self.urls.service,
            "SUIZHENG_BLOBS": ",".join(f"file:{each}" for each in self.layout.blobs),
        }
        return (
            defaults
            | given
            | {
                "ETH_HASH_BACKEND": "pysha3",
                "PYTHONUNBUFFERED": "1",
                "SUIZHENG_NODE_URLS": self.urls.node,
                "SUIZHENG_DEPLOYMENT": str(self.layout.deployment),
                "SUIZHENG_KEYS": str(self.layout.service_keys),
                "SUIZHENG_PASSWORD_FILE": str(self.layout.password),
            }
        )


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
