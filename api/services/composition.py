"""The use cases that HTTP calls, built over what a process has at hand.

`api.main` gives the real ports, tests give a clock that stands and a node that can be switched off.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api.services.at_head import AtHead
from api.services.bundles import Bundles
from api.services.health import Health
from api.services.idempotency import Repeats
from api.services.issuance import Issuance
from api.services.issuers import Issuers
from api.services.licences import Licences
from api.services.links import Links
from api.services.lists import StatusLists
from api.services.measures import Measures
from api.services.progress import Proofs
from api.services.registry import Directory
from api.services.renewal import Renewals
from api.services.sign_ins import Roles, SignIns, Site
from api.services.status import ChangeIntents, Statuses
from api.services.verification import LiveLedger, Verifications
from api.store.batches import BatchStore
from api.store.changes import ChangeStore
from api.store.database import Database
from api.store.idempotency import IdempotencyStore
from api.store.indices import IndexStore
from api.store.licences import LicenceStore
from api.store.links import LinkStore
from api.store.lists import ListStore
from api.store.measures import MeasureStore
from api.store.registry import Registry
from api.store.sign_ins import SignInStore
from ledger.licences.catalogue import Catalogue
from ledger.values import Address, LedgerRef
from ledger.verification.policy import Policy


@dataclass(frozen=True, slots=True)
class DeploymentView:
    """The ledger that this service stands on, as anybody may check it."""

    chain_id: int
    contracts: Mapping[str, Address]
    block: int
    block_hash: bytes


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases need from outside; `base_url` without a final slash."""

    database: Database
    registry: Registry
    ledger: LedgerRef
    deployment: DeploymentView
    live: LiveLedger
    issuers: Issuers
    intents: ChangeIntents
    catalogue: Catalogue
    policy: Policy
    base_url: str
    clock: Callable[[], int]
    randomness: Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that HTTP calls."""

    issuance: Issuance
    licences: Licences
    statuses: Statuses
    verifications: Verifications
    directory: Directory
    catalogue: Catalogue
    deployment: DeploymentView
    sign_ins: SignIns
    links: Links
    lists: StatusLists
    bundles: Bundles
    health: Health
    repeats: Repeats
    measures: Measures
    randomness: Callable[[int], bytes]


def compose(ports: Ports) -> Services:
    """Return the use cases over `ports`."""
    at_head = AtHead(ports.registry)
    roles = Roles(at_head)
    proofs = Proofs(BatchStore(ports.database), ports.ledger)
    licences = Licences(LicenceStore(ports.database), proofs, roles, ports.registry)
    directory = Directory(ports.registry, ports.catalogue, ports.clock)
    site = Site(ports.base_url, ports.ledger.chain_id)
    return Services(
        issuance=_issuance(ports, roles, at_head),
        licences=licences,
        statuses=_statuses(ports, roles, at_head),
        verifications=Verifications(
            projected=at_head,
            live=ports.live,
            proofs=proofs,
            directory=directory,
            policy=ports.policy,
            catalogue=ports.catalogue,
            clock=ports.clock,
        ),
        directory=directory,
        catalogue=ports.catalogue,
        deployment=ports.deployment,
        sign_ins=SignIns(SignInStore(ports.database), site, ports.clock, ports.randomness),
        links=Links(
            store=LinkStore(ports.database),
            licences=licences,
            catalogue=ports.catalogue,
            base_url=ports.base_url,
            clock=ports.clock,
            randomness=ports.randomness,
        ),
        lists=StatusLists(ListStore(ports.database)),
        bundles=Bundles(ports.registry, ports.issuers, ports.ledger, ports.clock),
        health=Health(directory),
        measures=Measures(MeasureStore(ports.database), directory, ports.clock),
        repeats=Repeats(IdempotencyStore(ports.database), ports.clock, ports.randomness),
        randomness=ports.randomness,
    )


def _issuance(ports: Ports, roles: Roles, at_head: AtHead) -> Issuance:
    licences = LicenceStore(ports.database)
    return Issuance(
        licences=licences,
        indices=IndexStore(ports.database),
        issuers=ports.issuers,
        renewals=Renewals(licences, at_head),
        roles=roles,
        catalogue=ports.catalogue,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def _statuses(ports: Ports, roles: Roles, at_head: AtHead) -> Statuses:
    return Statuses(
        licences=LicenceStore(ports.database),
        changes=ChangeStore(ports.database),
        entries=at_head,
        issuers=ports.issuers,
        roles=roles,
        catalogue=ports.catalogue,
        intents=ports.intents,
        ledger=ports.ledger,
        clock=ports.clock,
        randomness=ports.randomness,
    )
