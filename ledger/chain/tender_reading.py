"""Asking the TenderLedger what stands there: plain values at the chain's last block.

Every method raises `ChainUnavailable` when nobody could say.
"""

from dataclasses import dataclass
from typing import Any, Final

from ledger.chain.abi import load_abi
from ledger.chain.deployments import Deployment
from ledger.chain.logs import RawLog
from ledger.chain.reading import ContractReader
from ledger.chain.rpc import Node
from ledger.chain.wire import octets, spell
from ledger.errors import ChainUnavailable
from ledger.secp256k1 import checksum
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import Phase, Trustee
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import LEAVES
from ledger.tenders.policy.ends import Ends
from ledger.tenders.policy.terms import Range, Terms
from ledger.tenders.state import BidState
from ledger.values import Address, AgencyId, LedgerRef, RecordKind, Root

_LEDGER: Final = "TenderLedger"
_WORD_BYTES: Final = 32
_RANGES: Final = slice(6, 10)
"""The four windows among the members of ITenderLedger.Policy."""


@dataclass(frozen=True, slots=True)
class TenderAsStored:
    """What ITenderLedger.Tender says that a bidder or a trustee needs; `at` the block's time.

    `mailbox` is zeros for a tender that has none.
    """

    at: int
    docs: bytes
    policy: bytes
    mailbox: AgencyId
    bond_authority: Address
    version: int
    basis: int
    lots: int
    parts: int
    trustees: int
    threshold: int
    min_bids: int
    min_disclosed: int
    drops_stale_bids: bool
    ended: Phase
    suspended_at: int

    @property
    def clock(self) -> int:
        """What the tender's clock shows: it stands where a suspension began."""
        return min(self.at, self.suspended_at) if self.suspended_at else self.at


@dataclass(frozen=True, slots=True)
class BidAsStored:
    """ITenderLedger.Bid; `disclosed` and `recovered` have bit p - 1 for part p."""

    digest: bytes
    submitted_at: int
    version: int
    docs_version: int
    state: BidState
    disclosed: int
    recovered: int
    is_rejected: bool


@dataclass(frozen=True, slots=True)
class LotAsStored:
    """The counts of ITenderLedger.Lot; `disclosed` by part, part 1 first."""

    live: int
    basis: int
    disclosed: tuple[int, int]


@dataclass(frozen=True, slots=True)
class TrusteeAsStored:
    """ITenderLedger.TrusteeState; the zero address where there is no such trustee."""

    key: Address
    is_buyers: bool
    has_released: bool


class TenderReader:
    """The tender contracts of one deployment; raises `TendersAbsent` where it has none."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self._reader = ContractReader(node, deployment)
        self._start = deployment.block
        self.ledger = LedgerRef(deployment.chain_id, deployment.tenders.ledger)

    def tender(self, tender: TenderId) -> TenderAsStored:
        """Return a tender; raise `TenderUnknown`."""
        at = self._reader.head().time  # before the rest: it never says that it is later than it is
        (found,) = self._view("tenderOf", tender)
        (agency, docs, policy, mailbox, _, bond, version, basis, lots, parts, trustees, *rest) = (
            found
        )
        if not any(agency):
            raise TenderUnknown(tender)
        threshold, min_bids, min_disclosed, drops, _, _, _, _, ended, suspended_at, _ = rest
        return TenderAsStored(
            at=at,
            docs=docs,
            policy=policy,
            mailbox=AgencyId(mailbox),
            bond_authority=_address(bond),
            version=version,
            basis=basis,
            lots=lots,
            parts=parts,
            trustees=trustees,
            threshold=threshold,
            min_bids=min_bids,
            min_disclosed=min_disclosed,
            drops_stale_bids=drops,
            ended=Phase(ended),
            suspended_at=suspended_at,
        )

    def agency(self, tender: TenderId) -> AgencyId:
        """Return whose tender it is; zeros for one that is unknown."""
        return AgencyId(self._view("tenderOf", tender)[0][0])

    def anchored_at(self, mailbox: AgencyId, root: Root) -> int | None:
        """Return when the mailbox's agency anchored a root of 64 places; None unless it did."""
        (found,) = self._reader.view("RecordLedger", "batchOf", mailbox, root)
        anchored_at, _, size, kind = found
        is_mailbox = (kind, size) == (RecordKind.TENDER_MAILBOX, LEAVES)
        return anchored_at if anchored_at and is_mailbox else None

    def ends(self, tender: TenderId, part: int) -> Ends:
        """Return a part's ends as they stand; zeros for one that is not scheduled."""
        return Ends(*self._view("endsOf", tender, part)[0])

    def phase(self, tender: TenderId, lot: int, part: int, at: int) -> Phase:
        """Return the phase of one part of a lot at a time not in the past."""
        return Phase(self._view("phaseAt", tender, lot, part, at)[0])

    def current_part(self, tender: TenderId) -> int:
        """Return the part that is being opened or was last."""
        return int(self._view("currentPart", tender)[0])

    def openable(self, tender: TenderId, part: int) -> tuple[int, int]:
        """Return how many trustees released a part, and how many lots have enough disclosed."""
        released, _, openable, _ = self._view("partOf", tender, part)[0]
        return released, openable

    def lot(self, tender: TenderId, lot: int) -> LotAsStored:
        """Return the counts of a lot."""
        live, basis, first, second, *_ = self._view("lotOf", tender, lot)[0]
        return LotAsStored(live, basis, (first, second))

    def bid(self, tender: TenderId, lot: int, bidder: Address) -> BidAsStored:
        """Return a bidder's place; all zero where nothing came."""
        digest, at, version, docs, state, disclosed, recovered, rejected = self._view(
            "bidOf", tender, lot, bidder
        )[0]
        rest = (BidState(state), disclosed, recovered, rejected)
        return BidAsStored(digest, at, version, docs, *rest)

    def trustee(self, tender: TenderId, part: int, index: int) -> TrusteeAsStored:
        """Return a trustee's place."""
        key, is_buyers, has_released = self._view("trusteeOf", tender, part, index)[0]
        return TrusteeAsStored(_address(key), is_buyers, has_released)

    def appointed(self, tender: TenderId) -> tuple[Trustee, ...]:
        """Return the trustees with their groups as they were announced, part 1's first."""
        logs = self._logs("TenderPublished", spell(tender))
        if not logs:
            raise ChainUnavailable("the node does not have the tender's publication")
        announced = self._values("TenderPublished", logs[-1])["announcement"]
        return tuple(Trustee(_address(key), group) for key, group in announced[-1])

    def terms(self, policy: bytes) -> Terms:
        """Return what a policy demands; all zero where nobody registered it."""
        (found,) = self._reader.view("TenderPolicies", "policyOf", policy)
        ranges = (Range(*each) for each in found[_RANGES])
        return Terms(*found[: _RANGES.start], *ranges, *found[_RANGES.stop :])

    def disclosed(
        self, tender: TenderId, lot: int, bidder: Address, part: int, until: int | None = None
    ) -> bytes | None:
        """Return s_b of one part, None before it is out; with `until` as of that block."""
        return self._secret("SecretDisclosed", tender, lot, bidder, part, until)

    def recovered(self, tender: TenderId, lot: int, bidder: Address, part: int) -> bytes | None:
        """Return s_c of one part, None unless its bidder posted it."""
        return self._secret("SecretRecovered", tender, lot, bidder, part)

    def released(self, tender: TenderId, part: int) -> dict[int, bytes]:
        """Return the trustees' secrets of one part by index."""
        logs = self._logs("TrusteeReleased", spell(tender), _word(part))
        values = [self._values("TrusteeReleased", log) for log in logs]
        return {each["index"]: each["secret"] for each in values}

    def _secret(  # an event, its place and its block
        self,
        event: str,
        tender: TenderId,
        lot: int,
        bidder: Address,
        part: int,
        until: int | None = None,
    ) -> bytes | None:
        topics = (spell(tender), _word(lot), _word(int(bidder, 16)))
        logs = (log for log in self._logs(event, *topics) if until is None or log.block <= until)
        found = (self._values(event, log) for log in logs)
        return next((each["secret"] for each in found if each["part"] == part), None)

    def _view(self, function: str, *values: Any) -> tuple[Any, ...]:
        return self._reader.view(_LEDGER, function, *values)

    def _logs(self, event: str, *topics: str) -> list[RawLog]:
        topic = spell(load_abi(_LEDGER).events[event].topic)
        end = self._reader.head().block
        return self._reader.logs(self.ledger.address, (topic, *topics), self._start, end)

    def _values(self, event: str, log: RawLog) -> dict[str, Any]:
        kind = load_abi(_LEDGER).events[event]
        return dict(zip(kind.names, kind.decode(log.topics, log.octets), strict=True))


def _word(value: int) -> str:
    return spell(value.to_bytes(_WORD_BYTES))


def _address(value: str) -> Address:
    return checksum(octets(value))
