"""What the contracts say: typed reads, each one request.

Every method raises `ChainUnavailable` or `WrongNetwork` when nobody could say, and the contract's
own error where it refuses a question.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from ledger.authority import Agency, DocumentKey
from ledger.chain.abi import Function, Parameters, load_abi
from ledger.chain.blocks import Head
from ledger.chain.deployments import Deployment
from ledger.chain.inclusion import finalized_block
from ledger.chain.logs import decode_log, event_topic
from ledger.chain.reading import ContractReader
from ledger.chain.reverts import is_revert, plainly
from ledger.chain.rpc import Node, RpcRefused
from ledger.chain.wire import octets, spell
from ledger.errors import ChainUnavailable, NodeStale, Unavailable, WrongNetwork
from ledger.events import AgencyAdmitted, AgencyRenamed, Event, StatusChanged
from ledger.keys import PublicKey
from ledger.values import (
    Address,
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    KeyId,
    KeyUsage,
    RecordType,
    Role,
    Root,
    Window,
)
from ledger.verification.evidence import Batch, Evidence, Query, Reading, Source, Unreachable
from ledger.verification.proof_file import ProofFile

NODE_STALE: Final = "node-stale"
"""Why nobody could say, where every node that answered was behind what is known."""
WORDS: Final = 8192
"""Words of a status list."""
_WORDS_PER_READ: Final = 1024
_LISTS: Final = 2**32
_NO_ROOT: Final = Root(bytes(32))
_ERC1271: Final = Function(
    name="isValidSignature",
    selector=bytes.fromhex("1626ba7e"),  # which a contract answers with for a good one
    inputs=Parameters(("hash", "signature"), ("bytes32", "bytes")),
    outputs=Parameters(("",), ("bytes4",)),
    is_view=True,
)
_WORD_BYTES: Final = 32


class LedgerClient:
    """The contracts of one deployment, read through a node; may be used from several threads.

    Give it a node that has the known block (`Node.having`) where one that lags would mislead. With
    `asks_finalized` a reading tells what the chain calls finalized.
    """

    def __init__(self, node: Node, deployment: Deployment, *, asks_finalized: bool = False) -> None:
        self.node = node
        self.deployment = deployment
        self._asks_finalized = asks_finalized
        self._reader = ContractReader(node, deployment)

    def head(self) -> Head:
        """Return the chain's last block."""
        return self._reader.head()

    def read(self, query: Query, *, now: int) -> Reading:
        """Return what the ledger says about one document, by one call to the Lens.

        A list or word that no status list has is not asked for: `status_word` is None then.
        """
        places = 0 <= query.list < _LISTS and 0 <= query.word < WORDS
        asked = (
            query.agency,
            query.root or _NO_ROOT,
            query.key_id,
            query.record_type,
            query.list if places else 0,
            query.word if places else 0,
        )
        (answer,) = self._reader.view("VerificationLens", "read", asked)
        reading = self._reading(query, answer, now)
        if self._asks_finalized:
            reading = replace(reading, finalized=finalized_block(self.node))
        return reading if places else replace(reading, status_word=None)

    def evidence(
        self, query: Query, proof: ProofFile | None, *, now: int, past: bool = False
    ) -> Evidence:
        """Gather what a verification needs; a node that cannot say leaves `Unreachable`.

        The word's history is asked for when the word holds anything, and always with `past`, for
        questions about an earlier time. A node that refuses it leaves None.
        """
        try:
            reading = self.read(query, now=now)
        except Unavailable as exc:
            return Evidence(proof, Unreachable(_why(exc)))
        if reading.status_word is None or not (reading.status_word or past):
            return Evidence(proof, reading)
        try:
            history = self.history(query.agency, query.list, query.word)
        except Unavailable:
            return Evidence(proof, reading)
        return Evidence(proof, reading, history)

    def history(
        self, agency: AgencyId, list_: int, word: int, from_block: int | None = None
    ) -> tuple[StatusChanged, ...]:
        """Return a word's status events in chain order, by default from the deployment on."""
        topics = [
            spell(event_topic("RecordLedger", "StatusChanged")),
            spell(agency),
            spell(list_.to_bytes(32)),
            spell(word.to_bytes(32)),
        ]
        start = self.deployment.block if from_block is None else from_block
        found = self._events(self.deployment.record_ledger, topics, start)
        return tuple(event for event in found if isinstance(event, StatusChanged))

    def _events(self, at: Address, topics: list[str], start: int) -> list[Event | None]:
        logs = self._reader.logs(at, topics, start, self.head().block)
        times = self._reader.times(logs)
        return [decode_log(self.deployment, log, times[log.block]) for log in logs]

    def batch(self, agency: AgencyId, root: Root) -> Batch | None:
        """Return the batch that the agency anchored under `root`, None when it did not."""
        (answer,) = self._reader.view("RecordLedger", "batchOf", agency, root)
        return _batch(answer)

    def roles(self, agency: AgencyId, account: Address) -> frozenset[Role]:
        """Return the account's roles for an agency; SUPERVISOR is that of its jurisdiction."""
        (bits,) = self._reader.view("Authority", "rolesOf", agency, account)
        return frozenset(role for role in Role if bits >> role & 1)

    def holds_role(self, subject: AgencyId | JurisdictionId, role: Role, account: Address) -> bool:
        """Return whether the account holds a role for an agency or jurisdiction."""
        (held,) = self._reader.view("Authority", "holdsRole", subject, int(role), account)
        return bool(held)

    def agency(self, agency: AgencyId) -> Agency | None:
        """Return the agency as it is now, None when it was never admitted."""
        (answer,) = self._reader.view("Authority", "agencyOf", agency)
        if answer[3] == AgencyStatus.UNKNOWN:
            return None
        return _agency(agency, answer, self.jurisdiction(JurisdictionId(answer[0])) or "")

    def agency_names(self, agency: AgencyId) -> tuple[AgencyAdmitted | AgencyRenamed, ...]:
        """Return what told an agency's name, in chain order."""
        found = [
            event
            for name in ("AgencyAdmitted", "AgencyRenamed")  # an agency is admitted once, and first
            for event in self._events(
                self.deployment.authority,
                [spell(event_topic("Authority", name)), spell(agency)],
                self.deployment.block,
            )
        ]
        return tuple(each for each in found if isinstance(each, AgencyAdmitted | AgencyRenamed))

    def jurisdiction(self, jurisdiction: JurisdictionId) -> str | None:
        """Return the code of a jurisdiction, None when it was never admitted."""
        ((code, admitted_at),) = self._reader.view("Authority", "jurisdictionOf", jurisdiction)
        return code if admitted_at else None

    def key(self, agency: AgencyId, key_id: KeyId) -> DocumentKey | None:
        """Return the key as it is now, None when the agency never announced it."""
        (answer,) = self._reader.view("Authority", "keyOf", agency, key_id)
        return _key(answer)

    def accreditations(self, agency: AgencyId, record_type: RecordType) -> tuple[Window, ...]:
        """Return the windows in which the agency is or was accredited, oldest first."""
        (answer,) = self._reader.view("Authority", "accreditationsOf", agency, record_type)
        return tuple(Window(start, end) for start, end in answer)

    def uncosigned_revocations(self, agency: AgencyId, at: int) -> int:
        """Return how many records the agency revoked without co-signature in the 24 h before."""
        (count,) = self._reader.view("RecordLedger", "uncosignedRevocations", agency, at)
        return int(count)

    def accepts_signature(self, account: Address, digest: bytes, signature: bytes) -> bool:
        """Return whether the contract at `account` takes a signature for its own (ERC-1271)."""
        call = {"to": account, "data": spell(_ERC1271.encode(digest, signature))}
        try:
            answer = octets(self.node.call("eth_call", call, "latest"))
        except RpcRefused as exc:
            if is_revert(exc):
                return False
            raise plainly(exc) from exc
        return answer[:_WORD_BYTES] == _ERC1271.selector.ljust(_WORD_BYTES, b"\0")

    def status_words(self, agency: AgencyId, list_: int) -> Sequence[int]:
        """Return all 8,192 words of a status list as of one block."""
        block = spell(self.head().block)
        function = load_abi("RecordLedger").functions["wordsOf"]
        to = self.deployment.record_ledger
        calls = [
            ("eth_call", ({"to": to, "data": spell(data)}, block))
            for start in range(0, WORDS, _WORDS_PER_READ)
            for data in (function.encode(agency, list_, start, _WORDS_PER_READ),)
        ]
        words: list[int] = []
        for answer in self._reader.ask_all(calls):
            words += function.outputs.decode(octets(answer))[0]
        if len(words) != WORDS:
            raise ChainUnavailable("the node sent another number of words")
        return words

    def _reading(self, query: Query, answer: tuple[Any, ...], now: int) -> Reading:
        chain_id, block, block_time, batch, agency, code, then, key, accredited, word = answer
        if chain_id != self.deployment.chain_id:
            raise WrongNetwork(self.deployment.chain_id, chain_id)
        return Reading(
            source=Source.NODE,
            ledger=self.deployment.ledger,
            block=block,
            block_time=block_time,
            read_at=now,
            batch=_batch(batch),
            agency=_agency(query.agency, agency, code),
            agency_status_then=_agency_status(then),
            key=_key(key),
            accredited_then=accredited,
            status_word=word,
        )


def _why(exc: Unavailable) -> str:
    return NODE_STALE if isinstance(exc, NodeStale) else str(exc)


def _batch(answer: tuple[Any, ...]) -> Batch | None:
    anchored_at, block, size, kind = answer
    return Batch(anchored_at, block, size, kind) if anchored_at else None


def _agency(agency: AgencyId, answer: tuple[Any, ...], jurisdiction: str) -> Agency | None:
    _, code, name, status, _ = answer
    if status == AgencyStatus.UNKNOWN:
        return None
    return Agency(agency, jurisdiction, code, name, _agency_status(status))


def _agency_status(value: int) -> AgencyStatus:
    try:
        return AgencyStatus(value)
    except ValueError as exc:
        raise ChainUnavailable("the node sent an unknown agency status") from exc


def _key(answer: tuple[Any, ...]) -> DocumentKey | None:
    x, y, usage, announced_at, sign_from, sign_until, verify_until, distrust_from, frozen = answer
    if not announced_at:
        return None
    return DocumentKey(
        PublicKey(x, y),
        KeyUsage(usage),
        announced_at,
        sign_from,
        sign_until,
        verify_until,
        distrust_from,
        frozen,
    )
