"""The HTTP service over a real database, with the chain's events put in by hand.

`World` plays the chain: what it `says` becomes a block of the projection. Nothing here needs a
node; `LiveFake` stands for one and can be switched off.
"""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.blobs.replicas import Replica, Replicas
from api.http.limits import Allowances, Rates
from api.services.at_head import AtHead
from api.services.composition import DeploymentView, Ports, Services, compose
from api.services.health_keys import HealthKeys
from api.services.intents import Intents
from api.services.issuers import Issuers
from api.services.lists import ListSigning
from api.services.sign_ins import Roles
from api.store.batches import BatchStore, Sealed
from api.store.database import Database
from api.store.indices import IndexStore
from api.store.licences import LicenceStore
from api.store.lists import ListStore
from api.store.projection import SqlProjection
from api.store.recognitions import RecognitionStore
from api.store.registry import Registry
from api.store.tables import metadata
from ledger.chain.accounts import Account
from ledger.chain.deployments import Deployment, TenderContracts
from ledger.errors import ChainUnavailable
from ledger.events import (
    Accredited,
    AgencyAdmitted,
    AgencyStatusChanged,
    BatchAnchored,
    Event,
    JurisdictionAdmitted,
    KeyAnnounced,
    Place,
    RoleGranted,
    StatusChanged,
)
from ledger.keys import PrivateKey, Signer
from ledger.merkle import Tree
from ledger.projection import Header
from ledger.status_list import word_changes
from ledger.tenders.ocds.publishing import UNREGISTERED
from ledger.values import (
    OPEN_END,
    Address,
    AgencyId,
    AgencyStatus,
    Digest,
    KeyUsage,
    LedgerRef,
    RecordKind,
    Role,
    Root,
    Status,
    agency_id,
    jurisdiction_id,
    licence_record_type,
    role_id,
)
from ledger.verification.evidence import Evidence, Query, Unreachable
from ledger.verification.policy import Policy
from ledger.verification.proof_file import ProofFile
from tests.support.apps import app_over
from tests.support.blobs import MemoryBlobs
from tests.support.declared import Problems
from tests.support.fake_projection import take_in
from tests.support.licences import AGENCY, AGENCY_KEY, CATALOGUE, FIELDS, ISSUED_AT

NO_LIMITS = Rates()
BASE_URL = "http://licences.example:8080"
CHAIN_ID = 31337
FOREIGN = "11440300MBEXAMPX09"
FOREIGN_ID = agency_id("CN-GD", FOREIGN)
LEDGER = LedgerRef(CHAIN_ID, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"))
TENDERS = LedgerRef(CHAIN_ID, Address("0x00000000000000000000000000000000000000AA"))
OTHER_CONTRACT = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: int = ISSUED_AT

    def __call__(self) -> int:
        return self.now


@dataclass
class Keys:
    """A key ring that can lose its keys."""

    held: list[Signer] = field(default_factory=lambda: [AGENCY_KEY])

    def signers(self) -> list[Signer]:
        return self.held


@dataclass
class LiveFake:
    """A node that knows what the projection knows, or is gone."""

    registry: Registry
    is_up: bool = True
    asked: list[tuple[int, bool]] = field(default_factory=list)
    uncosigned: int = 0
    accepted: set[tuple[Address, bytes]] = field(default_factory=set)

    def uncosigned_revocations(self, agency: AgencyId, at: int) -> int:
        assert (len(agency), at > 0) == (32, True)
        self._answer()
        return self.uncosigned

    def accepts_signature(self, account: Address, digest: bytes, signature: bytes) -> bool:
        self._answer()
        return len(digest) == 32 and (account, signature) in self.accepted

    def _answer(self) -> None:
        if not self.is_up:
            raise ChainUnavailable("no node answers")

    def evidence(
        self, query: Query, proof: ProofFile | None, *, now: int, past: bool = False
    ) -> Evidence:
        self.asked.append((now, past))
        if not self.is_up:
            return Evidence(proof, Unreachable(str(ChainUnavailable("no node answers"))))
        reading = self.registry.reading(query)
        history = self.registry.history(query.agency, query.list, query.word)
        return Evidence(proof, reading, history)


def account(name: str) -> Account:
    """Return a made-up person's account."""
    return Account(hashlib.sha256(name.encode()).digest())


class World:
    """A service, its people, and the chain that it believes in."""

    def __init__(self, url: str, rates: Rates) -> None:
        self.clock = Clock()
        self.keys = Keys()
        self.database = Database.open(url)
        self.registry = Registry(self.database, LEDGER)
        self.projection = SqlProjection(self.database)
        self.live = LiveFake(self.registry)
        self.blobs = MemoryBlobs()
        self.replicas = Replicas([self.blobs], lambda: self.steady)
        self.most_blob_bytes = 2**32
        self.operator = account("operator")
        self.issuer = account("issuer")
        self.registrar = account("registrar")
        self.approver = account("approver")
        self.stranger = account("stranger")
        self.foreigner = account("foreigner")
        self.log: list[Mapping[str, Any]] = []
        self.lists = ListStore(self.database)
        self.batches = BatchStore(self.database)
        self._block = 0
        self._logs = 0
        self.steady = 0.0
        self.pace = 3600.0  # an hour at each look: what may be remembered for a moment, never is
        self.services = self.compose()
        self.time = 0.0
        self.app = app_over(self.services, self, limits=Allowances(rates, lambda: self.time))
        self.problems = Problems(self.app)
        self.client = TestClient(self.app, base_url=BASE_URL)
        self.client.event_hooks["request"] = [name_order]
        self.client.event_hooks["response"] = [self._inspect]
        self._tokens: dict[Address, str] = {}

    def info(self, event: str, **values: Any) -> None:
        self.log.append({"event": event, **values})

    error = info

    def another_store(self) -> MemoryBlobs:
        """Let the service keep files on one more store from now on."""
        made = MemoryBlobs()
        name = str(len(self.replicas.each) + 1)
        self.replicas.each = (*self.replicas.each, Replica(name, made))
        return made

    # The chain.

    def say(self, *said: Any) -> None:
        """Put events, as functions of their place, into one new block of this moment."""
        self._block += 1
        digest = hashlib.sha256(self._block.to_bytes(8)).digest()
        events: list[Event] = []
        for make in said:
            self._logs += 1
            transaction = hashlib.sha256(b"tx" + self._logs.to_bytes(8)).digest()
            events.append(make(Place(self._block, digest, self.clock.now, transaction, self._logs)))
        take_in(self.projection, [Header(self._block, digest, self.clock.now)], events)
        self.projection.seen(self.clock.now)

    def begin(self) -> None:
        """Admit two agencies, accredit the first, announce its key, grant everybody's roles."""
        guangdong = jurisdiction_id("CN-GD")
        key = AGENCY_KEY.public_key
        start = self.clock.now - 1000
        usage = KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS | KeyUsage.BUNDLES
        types = [t.record_type for t in CATALOGUE.all() if t.id != "cn.road-transport"]
        roles = [
            (AGENCY.id, Role.ISSUER, self.issuer),
            (AGENCY.id, Role.REGISTRAR, self.registrar),
            (AGENCY.id, Role.APPROVER, self.approver),
            (AGENCY.id, Role.APPROVER, self.operator),
            (AGENCY.id, Role.APPROVER, self.registrar),
            (FOREIGN_ID, Role.ISSUER, self.foreigner),
            (FOREIGN_ID, Role.REGISTRAR, self.foreigner),
        ]
        self.clock.now -= 500
        self.say(
            lambda place: JurisdictionAdmitted(place, guangdong, "CN-GD"),
            lambda place: AgencyAdmitted(place, AGENCY.id, guangdong, AGENCY.code, AGENCY.name),
            lambda place: AgencyStatusChanged(place, AGENCY.id, AgencyStatus.ACTIVE),
            lambda place: AgencyAdmitted(place, FOREIGN_ID, guangdong, FOREIGN, "示例乙局"),
            lambda place: AgencyStatusChanged(place, FOREIGN_ID, AgencyStatus.ACTIVE),
            lambda place: KeyAnnounced(
                place, AGENCY.id, key.key_id, key.x, key.y, usage, start, OPEN_END, OPEN_END
            ),
            *(_accredited(AGENCY.id, record_type, start) for record_type in types),
            _accredited(FOREIGN_ID, licence_record_type("cn.food-business"), start),
            *(_granted(subject, role, who) for subject, role, who in roles),
        )
        self.clock.now += 500
        self.say()

    def anchor(self, kind: RecordKind = RecordKind.LICENCE) -> None:
        """Close a batch of what waits and let the chain say that it is anchored."""

        def seal(digests: Any) -> Sealed:
            tree = Tree.of(digests)
            intent = self.intents.anchor(AGENCY.id, kind, Root(tree.root), tree.size)
            return Sealed.of(tree, intent)

        closed = self.batches.close(AGENCY.id, kind, 10_000, self.clock.now, seal)
        assert closed is not None
        self.say(lambda place: BatchAnchored(place, AGENCY.id, closed.root, int(kind), closed.size))

    def change(
        self, digest: Digest, status: Status, reason: int, effective_at: int = 1, until: int = 0
    ) -> None:
        """Let the chain say that a licence's status changed."""
        row = LicenceStore(self.database).get(digest)
        (word,) = word_changes([row.index])
        self.say(
            lambda place: StatusChanged(
                place,
                AGENCY.id,
                row.list,
                word.word,
                word.mask,
                status,
                reason,
                effective_at,
                until,
            )
        )

    def revoke(self, digest: str) -> None:
        """Let the chain say that a licence, by its 0x-hex digest, was revoked."""
        self.change(Digest(bytes.fromhex(digest[2:])), Status.REVOKED, 331)

    def announce(self, key: PrivateKey) -> None:
        """Let the chain say that the agency signs documents with one more key."""
        public, start = key.public_key, self.clock.now - 1
        window = (KeyUsage.DOCUMENTS, start, OPEN_END, OPEN_END)
        self.say(
            lambda place: KeyAnnounced(place, AGENCY.id, public.key_id, public.x, public.y, *window)
        )

    def grant_approver(self, account: Address) -> None:
        """Let the chain say that an account, a contract perhaps, is an approver."""
        role = role_id(AGENCY.id, Role.APPROVER)
        self.say(lambda place: RoleGranted(place, role, account))

    def suspend_agency(self) -> None:
        self.say(lambda place: AgencyStatusChanged(place, AGENCY.id, AgencyStatus.SUSPENDED))

    # The people.

    def sign_in(self, who: Account) -> str:
        """Go through the whole sign-in and return the token."""
        challenge = self.client.post("/v1/sign-in/challenge", json={"address": who.address}).json()
        message = message_of(challenge)
        signature = "0x" + who.sign_message(message).hex()
        form = {"message": message, "signature": signature}
        answer = self.client.post("/v1/sign-in", json=form)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def by(self, who: Account) -> dict[str, str]:
        """Return the headers of a request by somebody who signed in."""
        if who.address not in self._tokens:
            self._tokens[who.address] = self.sign_in(who)
        return {"Authorization": f"Bearer {self._tokens[who.address]}"}

    def forget_sign_ins(self) -> None:
        """Let everybody sign in again, as they must when their sessions have ended."""
        self._tokens.clear()

    def issue(self, **changes: Any) -> Any:
        """Issue a lawful licence over HTTP and return the answer's JSON."""
        answer = self.client.post(
            "/v1/licences", json=order(**changes), headers=self.by(self.issuer)
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def rows(self) -> dict[str, int]:
        """Return the number of rows of every table."""
        with self.database.read() as connection:
            return {
                table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in metadata.sorted_tables
            }

    def _inspect(self, response: Any) -> None:
        response.read()
        self.problems.check(response)

    def _steady(self) -> float:
        self.steady += self.pace
        return self.steady

    def compose(self) -> Services:
        """Return the services as one more process on this database would have them."""
        at_head = AtHead(self.registry)
        issuers = self.issuers = Issuers(at_head, self.keys, BASE_URL, self.clock)
        self.roles = Roles(at_head)
        self.list_signing = ListSigning(
            tokens=self.lists,
            indices=IndexStore(self.database),
            registry=self.registry,
            signers=issuers,
            ledger=LEDGER,
            base_url=BASE_URL,
            clock=self.clock,
        )
        deployment = Deployment(
            CHAIN_ID,
            OTHER_CONTRACT,
            LEDGER.address,
            OTHER_CONTRACT,
            1,
            bytes(32),
            {},
            tender_contracts=TenderContracts(OTHER_CONTRACT, TENDERS.address, OTHER_CONTRACT),
        )
        self.intents = Intents(deployment, self.operator.address)
        ports = Ports(
            database=self.database,
            registry=self.registry,
            ledger=LEDGER,
            deployment=DeploymentView(CHAIN_ID, deployment.addresses, 1, bytes(32)),
            live=self.live,
            issuers=issuers,
            blobs=self.replicas,
            most_blob_bytes=self.most_blob_bytes,
            health_keys=HealthKeys(lambda: b"\x05" * 32, secrets.token_bytes),
            recognitions=RecognitionStore(self.database),
            sender=self.operator.address,
            catalogue=CATALOGUE,
            policy=Policy(frozenset({LEDGER}), max_evidence_age=60),
            base_url=BASE_URL,
            ocds_prefix=UNREGISTERED,
            clock=self.clock,
            steady=self._steady,
            randomness=secrets.token_bytes,
        )
        return compose(ports)


def name_order(request: Any) -> None:
    """Give an order that has no name a key of its own, as every client of ours does."""
    unnamed = request.url.path == "/v1/licences" and b'"externalId"' not in request.read()
    if request.method == "POST" and unnamed:
        request.headers.setdefault("Idempotency-Key", secrets.token_hex(16))


@contextmanager
def world(url: str, rates: Rates = NO_LIMITS) -> Iterator[World]:
    """Make a world over the migrated database at `url`, its chain begun, and end it."""
    made = World(url, rates)
    made.begin()
    try:
        with made.client:
            yield made
    finally:
        made.database.close()


@contextmanager
def nothing_changes(service: World) -> Iterator[None]:
    """Check that no table gains or loses a row."""
    before = service.rows()
    yield
    assert service.rows() == before


def refusal(response: Any) -> tuple[int, str]:
    """Return the status and the name of a problem, its members checked."""
    assert response.headers["content-type"] == "application/problem+json", response.text
    problem = response.json()
    assert problem["status"] == response.status_code
    assert problem["title"]
    assert problem["instance"].endswith(response.headers["X-Request-Id"])
    return response.status_code, problem["type"].removeprefix("/problems/")


def order(type_id: str = "cn.food-business", **changes: Any) -> dict[str, Any]:
    """Return a lawful order's JSON; `changes` are its members, `fields` laid over the lawful."""
    fields = {**FIELDS[type_id], **changes.pop("fields", {})}
    agency = {"jurisdiction": AGENCY.jurisdiction, "code": AGENCY.code}
    return {"agency": agency, "type": type_id, "fields": fields, **changes}


def message_of(challenge: Mapping[str, Any]) -> str:
    """Return the EIP-4361 text that a wallet makes of a challenge."""
    return "\n".join(
        (
            f"{challenge['domain']} wants you to sign in with your Ethereum account:",
            challenge["address"],
            "",
            challenge["statement"],
            "",
            f"URI: {challenge['uri']}",
            f"Version: {challenge['version']}",
            f"Chain ID: {challenge['chainId']}",
            f"Nonce: {challenge['nonce']}",
            f"Issued At: {challenge['issuedAt']}",
            f"Expiration Time: {challenge['expiresAt']}",
        )
    )


def private_key(name: str) -> PrivateKey:
    """Return a made-up document key."""
    return PrivateKey.from_secret(hashlib.sha256(name.encode()).digest())


def _accredited(agency: AgencyId, record_type: Any, start: int) -> Any:
    return lambda place: Accredited(place, agency, record_type, start, OPEN_END)


def _granted(subject: bytes, role: Role, who: Account) -> Any:
    return lambda place: RoleGranted(place, role_id(subject, role), who.address)
