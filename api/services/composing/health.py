"""The use cases of health codes: transfers, passes, gates, scans, appeals."""

from api.services.at_head import AtHead
from api.services.composing.ports import Ports
from api.services.foreign_codes import ForeignCodes
from api.services.gate_bundles import GateBundles
from api.services.gate_contents import GateContents
from api.services.gate_lists import GateLists
from api.services.health_allow import AllowLists
from api.services.health_appeals import Appeals
from api.services.health_cases import Visits
from api.services.health_conversions import Conversions
from api.services.health_hcerts import Hcerts
from api.services.health_holders import Holders
from api.services.health_minting import Minting
from api.services.health_moves import Moves
from api.services.health_origins import Origins
from api.services.health_passes import Passes
from api.services.health_recognitions import ProjectedRecognitions
from api.services.health_scan_counts import ScanCounts
from api.services.health_scan_views import ScanViews
from api.services.health_scans import Scans
from api.services.health_standing import Standing
from api.services.health_statuses import PassStatuses
from api.services.health_transfers import Transfers
from api.services.policies import CitedPolicies
from api.services.sign_ins import Roles
from api.store.batches import BatchStore
from api.store.changes import ChangeStore
from api.store.foreign import ForeignStore
from api.store.gate_bundles import GateBundleStore
from api.store.health_appeals import AppealStore
from api.store.health_day_keys import DayKeyStore
from api.store.health_passes import PassStore
from api.store.health_scan_counts import ScanCountStore
from api.store.health_scans import ScanStore
from api.store.health_segments import SegmentStore
from api.store.health_transfers import TransferStore
from api.store.indices import IndexStore
from api.store.records import RecordStore


def transfers(ports: Ports, roles: Roles) -> Transfers:
    """Return `Transfers` over `ports`."""
    return Transfers(
        transfers=TransferStore(ports.database),
        indices=IndexStore(ports.database),
        issuers=ports.issuers,
        roles=roles,
        jurisdictions=ports.registry,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def minting(ports: Ports) -> Minting:
    """Return `Minting` over `ports`."""
    return Minting(
        PassStore(ports.database),
        IndexStore(ports.database),
        ports.issuers,
        ports.clock,
        ports.randomness,
    )


def holders(ports: Ports) -> Holders:
    """Return `Holders` over `ports`."""
    return Holders(PassStore(ports.database), ports.health_keys, ports.randomness)


def conversions(ports: Ports, foreign: ForeignCodes) -> Conversions:
    """Return `Conversions` over `ports`."""
    return Conversions(
        store=PassStore(ports.database),
        minting=minting(ports),
        holders=holders(ports),
        keys=ports.health_keys,
        issuers=ports.issuers,
        origins=Origins(ports.registry, ports.clock),
        visits=Visits(foreign),
        hcerts=Hcerts(ports.issuers, ports.registry, ports.clock, ports.randomness),
        recognitions=ProjectedRecognitions(ports.recognitions),
        clock=ports.clock,
        randomness=ports.randomness,
    )


def passes(ports: Ports, roles: Roles, at_head: AtHead) -> Passes:
    """Return `Passes` over `ports`."""
    store = PassStore(ports.database)
    return Passes(
        store=store,
        minting=minting(ports),
        holders=holders(ports),
        standing=Standing(store, ChangeStore(ports.database), at_head),
        roles=roles,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def moves(ports: Ports, at_head: AtHead) -> Moves:
    """Return `Moves` over `ports`."""
    return Moves(
        minting=minting(ports),
        holders=holders(ports),
        standing=Standing(PassStore(ports.database), ChangeStore(ports.database), at_head),
        clock=ports.clock,
        randomness=ports.randomness,
    )


def pass_statuses(ports: Ports, roles: Roles, at_head: AtHead) -> PassStatuses:
    """Return `PassStatuses` over `ports`."""
    return PassStatuses(
        store=PassStore(ports.database),
        transfers=TransferStore(ports.database),
        holders=holders(ports),
        keys=ports.health_keys,
        entries=at_head,
        issuers=ports.issuers,
        roles=roles,
        clock=ports.clock,
        randomness=ports.randomness,
    )


def gate_bundles(ports: Ports, foreign: ForeignCodes) -> GateBundles:
    """Return `GateBundles` over `ports`."""
    contents = GateContents(
        ports.registry,
        ports.recognitions,
        IndexStore(ports.database),
        GateLists(ports.registry, ports.issuers, ports.ledger, ports.base_url),
        AllowLists(SegmentStore(ports.database), ports.clock),
        foreign,
    )
    return GateBundles(
        store=GateBundleStore(ports.database),
        contents=contents,
        registry=ports.registry,
        issuers=ports.issuers,
        ledger=ports.ledger,
        clock=ports.clock,
        kept_seconds=ports.gate_bundle_seconds,
    )


def foreign_codes(ports: Ports, roles: Roles) -> ForeignCodes:
    """Return `ForeignCodes` over `ports`."""
    return ForeignCodes(
        store=ForeignStore(ports.database),
        recognitions=ports.recognitions,
        authority=ports.registry,
        issuers=ports.issuers,
        roles=roles,
        clock=ports.clock,
        max_drop=ports.trust_list_max_drop,
    )


def scans(ports: Ports, roles: Roles) -> Scans:
    """Return `Scans` over `ports`."""
    return Scans(
        store=ScanStore(ports.database),
        batches=BatchStore(ports.database),
        issuers=ports.issuers,
        roles=roles,
        policies=CitedPolicies(ports.recognitions, ports.registry),
        clock=ports.clock,
    )


def scan_views(ports: Ports, roles: Roles) -> ScanViews:
    """Return `ScanViews` over `ports`."""
    return ScanViews(
        store=DayKeyStore(ports.database),
        records=RecordStore(ports.database),
        scans=scans(ports, roles),
        keys=ports.health_keys,
        roles=roles,
        policies=CitedPolicies(ports.recognitions, ports.registry),
        clock=ports.clock,
    )


def scan_counts(ports: Ports, roles: Roles) -> ScanCounts:
    """Return `ScanCounts` over `ports`."""
    return ScanCounts(ScanCountStore(ports.database), ports.issuers, roles, ports.clock)


def appeals(ports: Ports, roles: Roles) -> Appeals:
    """Return `Appeals` over `ports`."""
    return Appeals(
        store=AppealStore(ports.database),
        scans=ScanStore(ports.database),
        passes=PassStore(ports.database),
        roles=roles,
        issuers=ports.issuers,
        policies=CitedPolicies(ports.recognitions, ports.registry),
        clock=ports.clock,
        randomness=ports.randomness,
    )
