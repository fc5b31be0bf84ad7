"""The use cases of licences: issue, status, verification, links."""

from api.services.at_head import AtHead
from api.services.change_sets import ChangeSets
from api.services.composing.ports import Ports
from api.services.decisions import Decisions
from api.services.history import Histories
from api.services.issuance import Issuance
from api.services.jobs import Jobs
from api.services.licences import Licences
from api.services.links import Links
from api.services.permits import Permits
from api.services.progress import Proofs
from api.services.renewal import Renewals
from api.services.second_person import SecondPerson
from api.services.sign_ins import Roles
from api.services.status import Statuses
from api.services.verification import Verifications
from api.store.batches import BatchStore
from api.store.change_sets import ChangeSetStore
from api.store.changes import ChangeStore
from api.store.indices import IndexStore
from api.store.jobs import JobStore
from api.store.licences import LicenceStore
from api.store.links import LinkStore
from api.store.records import RecordStore
from api.store.selections import SelectionStore


def issuance(ports: Ports, roles: Roles, at_head: AtHead) -> Issuance:
    """Return `Issuance` over `ports`."""
    licences = LicenceStore(ports.database)
    return Issuance(
        licences=licences,
        indices=IndexStore(ports.database),
        permits=Permits(roles, ports.catalogue, ports.issuers, ports.steady),
        renewals=Renewals(licences, at_head, ports.clock),
        clock=ports.clock,
        randomness=ports.randomness,
    )


def jobs(ports: Ports, roles: Roles) -> Jobs:
    """Return `Jobs` over `ports`."""
    return Jobs(
        store=JobStore(ports.database),
        issuers=ports.issuers,
        roles=roles,
        catalogue=ports.catalogue,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def histories(ports: Ports, licences: Licences, at_head: AtHead) -> Histories:
    """Return `Histories` over `ports`."""
    batches, changes = BatchStore(ports.database), ChangeStore(ports.database)
    return Histories(licences, batches, changes, at_head, ports.clock)


def verifications(ports: Ports, proofs: Proofs) -> Verifications:
    """Return `Verifications` over `ports`."""
    return Verifications(
        projected=AtHead(ports.registry, ports.steady),
        live=ports.live,
        proofs=proofs,
        policy=ports.policy,
        catalogue=ports.catalogue,
        clock=ports.clock,
    )


def links(ports: Ports, licences: Licences) -> Links:
    """Return `Links` over `ports`."""
    return Links(
        store=LinkStore(ports.database),
        licences=licences,
        catalogue=ports.catalogue,
        base_url=ports.base_url,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def decisions(ports: Ports, roles: Roles) -> Decisions:
    """Return `Decisions` over `ports`."""
    records = RecordStore(ports.database)
    return Decisions(records, ports.issuers, roles, ports.clock, ports.randomness)


def change_sets(
    ports: Ports, roles: Roles, at_head: AtHead, people: tuple[SecondPerson, Decisions]
) -> ChangeSets:
    """Return `ChangeSets` over `ports`."""
    second_person, decisions = people
    return ChangeSets(
        store=ChangeSetStore(ports.database),
        licences=SelectionStore(ports.database),
        entries=at_head,
        issuers=ports.issuers,
        roles=roles,
        catalogue=ports.catalogue,
        second_person=second_person,
        decisions=decisions,
        live=ports.live,
        ledger=ports.ledger,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def statuses(
    ports: Ports, roles: Roles, at_head: AtHead, people: tuple[SecondPerson, Decisions]
) -> Statuses:
    """Return `Statuses` over `ports`."""
    second_person, decisions = people
    return Statuses(
        licences=LicenceStore(ports.database),
        changes=ChangeStore(ports.database),
        entries=at_head,
        issuers=ports.issuers,
        roles=roles,
        decisions=decisions,
        catalogue=ports.catalogue,
        second_person=second_person,
        ledger=ports.ledger,
        clock=ports.clock,
        randomness=ports.randomness,
    )
