"""What the use cases are built over: everything that comes from outside."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from api.blobs.replicas import Replicas
from api.services.gate_bundles import KEPT_SECONDS
from api.services.health_keys import HealthKeys
from api.services.issuers import Issuers
from api.services.second_person import LiveContracts
from api.services.verification import LiveLedger
from api.store.database import Database
from api.store.recognitions import RecognitionStore
from api.store.registry import Registry
from ledger.health.hcert.trust import MAX_DROP
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

    @property
    def tender_ledger(self) -> LedgerRef | None:
        """Where sealed tenders stand; None on a ledger that has none."""
        address = self.contracts.get("TenderLedger")
        return None if address is None else LedgerRef(self.chain_id, address)


class Live(LiveLedger, LiveContracts, Protocol):
    """The contracts, asked through a node."""


@dataclass(frozen=True, slots=True)
class Ports:
    """What the use cases need from outside; `base_url` without a final slash."""

    database: Database
    registry: Registry
    ledger: LedgerRef
    deployment: DeploymentView
    live: Live
    issuers: Issuers
    health_keys: HealthKeys
    blobs: Replicas
    most_blob_bytes: int
    recognitions: RecognitionStore
    sender: Address
    catalogue: Catalogue
    policy: Policy
    base_url: str
    ocds_prefix: str
    clock: Callable[[], int]
    steady: Callable[[], float]
    randomness: Callable[[int], bytes]
    gate_bundle_seconds: int = KEPT_SECONDS
    trust_list_max_drop: float = MAX_DROP
