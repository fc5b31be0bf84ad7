"""What the RecognitionLedger says of agreements, read through a node.

Every method raises `AgreementsAbsent` for a ledger from before agreements, `ChainUnavailable` or
`WrongNetwork` when nobody could say, and the contract's own error where it refuses a question.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.agreements.agreement import Agreement, AgreementId, InForce, Suspension, Terms, Version
from ledger.agreements.history import agreements_of
from ledger.chain.deployments import Deployment
from ledger.chain.logs import decode_log
from ledger.chain.reading import ContractReader
from ledger.chain.rpc import Node
from ledger.errors import ChainUnavailable, WrongNetwork
from ledger.events import Event
from ledger.values import AgreementState, JurisdictionId, LedgerRef, RecordType, Scope


@dataclass(frozen=True, slots=True)
class Recognition:
    """What is in force as of one block, whose time is in Unix seconds; None: nothing is."""

    block: int
    block_time: int
    in_force: InForce | None


class RecognitionClient:
    """The agreements of one deployment; may be used from several threads."""

    def __init__(self, node: Node, deployment: Deployment) -> None:
        self._deployment = deployment
        self._reader = ContractReader(node, deployment)

    @property
    def ledger(self) -> LedgerRef:
        """The contract that terms are signed for."""
        return LedgerRef(self._deployment.chain_id, self._deployment.recognition)

    def in_force_at(
        self, source: JurisdictionId, target: JurisdictionId, record_type: RecordType, at: int
    ) -> Recognition:
        """Return what is in force at a time, by one call to the Lens."""
        self._require_agreements()
        asked = (source, target, record_type, at)
        (answer,) = self._reader.view("VerificationLens", "inForceAt", *asked)
        chain_id, block, block_time, number, state, version, suspensions = answer
        if chain_id != self._deployment.chain_id:
            raise WrongNetwork(self._deployment.chain_id, chain_id)
        if number == 0:
            return Recognition(block, block_time, None)
        held = InForce(
            Version(number, *version),
            _state(state),
            tuple(_suspension(each) for each in suspensions),
        )
        return Recognition(block, block_time, held)

    def state_at(self, agreement: AgreementId, version: int, at: int) -> AgreementState:
        """Return a version's state at a time, as the contract says."""
        self._require_agreements()
        (state,) = self._reader.view("RecognitionLedger", "stateAt", agreement, version, at)
        return _state(state)

    def terms_digest(self, terms: Terms) -> bytes:
        """Return what the contract wants signed for `agree`."""
        self._require_agreements()
        values = (
            *(terms.source, terms.target, terms.record_type, terms.version),
            *(terms.policy_hash, terms.bundle_hash),
            *(terms.valid_from, terms.valid_to, terms.notice),
        )
        (digest,) = self._reader.view("RecognitionLedger", "termsDigest", values)
        return bytes(digest)

    def agreements(self) -> Sequence[Agreement]:
        """Return all agreements ever proposed, in order of their first proposal."""
        return tuple(agreements_of(self._events()).values())

    def _events(self) -> Sequence[Event]:
        start, end = self._deployment.block, self._reader.head().block
        logs = self._reader.logs(self._deployment.recognition, [], start, end)
        times = self._reader.times(logs)
        found = (decode_log(self._deployment, log, times[log.block]) for log in logs)
        return [event for event in found if event is not None]

    def _require_agreements(self) -> None:
        _ = self._deployment.recognition


def _state(value: int) -> AgreementState:
    try:
        return AgreementState(value)
    except ValueError as exc:
        raise ChainUnavailable("the node sent an unknown agreement state") from exc


def _suspension(answer: tuple[Any, ...]) -> Suspension:
    start, end, cause, kind, scope = answer
    try:
        return Suspension(start, end, cause, Scope(kind), scope)
    except ValueError as exc:
        raise ChainUnavailable("the node sent an unknown scope") from exc
