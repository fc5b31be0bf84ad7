"""A tender's events with their proofs: gathered from a node once, judged later without any.

With the headers from the publication to the head, each block that may hold an event of the tender
shows it (logsBloom), so an event that was left out is missed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ledger.chain.archive_watches import Watch, may_tell, of_key, of_tender
from ledger.chain.block_gathering import gather_blocks, gather_headers
from ledger.chain.block_proofs import (
    BlockProof,
    BlockUnproven,
    Header,
    read_header,
    require_linked,
)
from ledger.chain.blocks import BlockRef, Head
from ledger.chain.deployments import Deployment
from ledger.chain.logs import RawLog, decode_log, event_topic
from ledger.chain.mailbox_listings import blinds_of
from ledger.chain.reading import ContractReader
from ledger.chain.rpc import Node
from ledger.chain.wire import spell
from ledger.errors import ChainUnavailable
from ledger.events import BatchAnchored, Event
from ledger.tenders.audit.key_stories import KeyStory, key_stories
from ledger.tenders.audit.supervisors import RoleStory, role_stories, supervision
from ledger.tenders.errors import TenderUnknown
from ledger.tenders.events import (
    BidSubmitted,
    BidWithdrawn,
    PolicyRegistered,
    TenderEvent,
    TenderPublished,
)
from ledger.tenders.ids import TenderId
from ledger.tenders.mailbox import LEAVES
from ledger.values import Address, AgencyId, LedgerRef, RecordKind

MOST_HEADERS: Final = 50_000
"""Headers of some 600 bytes that an archive takes along (proposed); longer spans go without."""


UNTOLD: Final = "key-untold"
"""Why a key is in doubt: something that was told of it may have been left out."""
BEFORE_HEADERS: Final = "key-before-headers"
"""Why a key is in doubt: it was announced before the first header (`MOST_HEADERS`).

Its announcement comes along with its receipts; that nothing was told of it afterwards, such as a
freeze, only the headers of all blocks since then could show.
"""


@dataclass(frozen=True, slots=True)
class Archive:
    """Blocks that hold a tender's events, by number, and the headers up to `head` where taken.

    `gathered_at` is the head's time where a node just said that no event is missing up to there.
    `blinds` are those that listings of mailboxes' messages showed.
    """

    ledger: LedgerRef
    tender: TenderId
    head: BlockRef
    blocks: Mapping[int, BlockProof]
    headers: tuple[bytes, ...] = ()
    gathered_at: int | None = None
    blinds: tuple[bytes, ...] = ()


@dataclass(slots=True)
class ArchiveRead:
    """What an archive proves; `faults` are blocks that prove nothing.

    `gaps` are blocks that its headers say may hold an event, and whose receipts are not there. A
    bloom filter says yes to what it does not hold as well, so that accuses nobody.
    `refs` are the blocks of the tender's own events and of the mailbox's roots: somebody has to
    vouch for their hashes. A policy proves itself, by its name. `keys` are those of the buyer and
    of the mailbox's agency alone; of those in `untold` the headers do not show that nothing more
    was told from their announcement on. `supervisors` are accounts that had the role over the
    buyer, whose id is `supervision`; one of whom the headers do not show as much is not `is_told`.
    `told` is everything that the blocks hold of the
    deployment, in chain order; `left_out` are the headers without their blocks' receipts.
    """

    events: tuple[TenderEvent | PolicyRegistered, ...] = ()
    mailbox_roots: dict[bytes, int] = field(default_factory=dict)
    keys: Mapping[str, KeyStory] = field(default_factory=dict)
    untold: dict[str, str] = field(default_factory=dict)
    refs: set[BlockRef] = field(default_factory=set)
    faults: list[dict[str, Any]] = field(default_factory=list)
    gaps: list[dict[str, Any]] = field(default_factory=list)
    buyer: AgencyId | None = None
    supervisors: dict[Address, RoleStory] = field(default_factory=dict)
    supervision: bytes | None = None
    told: tuple[Event, ...] = ()
    headers: tuple[Header, ...] = ()
    left_out: tuple[Header, ...] = ()


def gather(
    node: Node,
    deployment: Deployment,
    tender: TenderId,
    key_ids: Collection[bytes] = (),
    roots: Collection[bytes] = (),
) -> Archive:
    """Return a tender's archive up to the chain's last block.

    `key_ids` are those of document keys that signed receipts, `roots` those of mailboxes that they
    are said to lie in; what the ledger tells of either comes along.

    Raises:
        TenderUnknown: where nothing was published under that id.
        TendersAbsent: where the deployment has no such contracts.
        BlockNotProvable, ChainUnavailable: when the node cannot say.
    """
    reader = ContractReader(node, deployment)
    head = reader.head()
    logs = _logs(reader, deployment, tender, head.block)
    found = [decode_log(deployment, log, 0) for log in logs]
    published = [each for each in found if isinstance(each, TenderPublished)]
    if not published:
        raise TenderUnknown(tender)
    logs += _policies(reader, deployment, published[0], head.block)
    logs += _roots(reader, deployment, found, roots, head.block)
    logs += _keys(reader, deployment, key_ids, head.block)
    early = min(log.block for log in logs)
    roles, supervising = _supervision(reader, deployment, published[0].agency, head.block)
    logs += supervising
    numbers = {log.block for log in logs}
    # Keys and policies come before a tender, and its supervisors long before.
    starts = (min(numbers), early, published[0].place.block)
    first = next((each for each in starts if head.block - each < MOST_HEADERS), None)
    headers: list[bytes] = []
    watches = watches_of(deployment, tender, (*key_ids, *roles))
    if first is not None:
        headers = gather_headers(node, first, head.block)
        require_same(headers, head.hash)
        numbers |= {
            header.head.block for header in map(read_header, headers) if may_tell(header, watches)
        }
    blocks = gather_blocks(node, sorted(numbers))
    ledger = LedgerRef(deployment.chain_id, deployment.tenders.ledger)
    blinds = blinds_of(node, ledger, found)
    return Archive(ledger, tender, head.ref, blocks, tuple(headers), head.time, blinds)


def read(archive: Archive, deployment: Deployment) -> ArchiveRead:
    """Return what the archive proves, of contracts of this deployment alone."""
    found = ArchiveRead()
    happened: list[Event] = []
    proven: set[bytes] = set()
    for number, proof in sorted(archive.blocks.items()):
        try:
            head, logs = _opened(number, proof)
            happened += [
                event
                for log in logs
                if (event := decode_log(deployment, log, head.time)) is not None
            ]
            proven.add(head.hash)
        except (BlockUnproven, ChainUnavailable) as exc:
            reason = exc.reason if isinstance(exc, BlockUnproven) else "events"
            found.faults.append({"block": number, "error": "BlockUnproven", "reason": reason})
            continue
    found.told = tuple(happened)
    _sort(found, happened, archive.tender)
    _look_for_gaps(found, archive, deployment, proven)
    return found


def linked(archive: Archive, head: bytes) -> frozenset[bytes]:
    """Return the hashes of the blocks that the archive's headers show to be before `head`.

    Raise `BlockUnproven` unless the headers lead to it.
    """
    headers = [read_header(raw) for raw in archive.headers]
    require_linked(headers, head)
    if not headers:
        raise BlockUnproven("chain of headers")
    return frozenset(header.head.hash for header in headers)


def known_until(archive: Archive, found: ArchiveRead) -> int | None:
    """Return the time of the head where the headers lead there from the publication, else None."""
    try:
        linked(archive, archive.head.hash)
        first, last = (read_header(archive.headers[spot]).head for spot in (0, -1))
    except BlockUnproven:
        return None
    starts = [each.place.block for each in found.events if isinstance(each, TenderPublished)]
    return last.time if starts and first.block <= starts[0] else None


def _opened(number: int, proof: BlockProof) -> tuple[Head, tuple[RawLog, ...]]:
    head, logs = proof.logs()
    if head.block != number:
        raise BlockUnproven("number")
    return head, logs


def _sort(found: ArchiveRead, happened: list[Event], tender: TenderId) -> None:
    own = [each for each in happened if isinstance(each, TenderEvent) and each.tender_id == tender]
    policies = {each.announcement.policy for each in own if isinstance(each, TenderPublished)}
    mailboxes = {each.announcement.mailbox for each in own if isinstance(each, TenderPublished)}
    buyers = {each.agency for each in own if isinstance(each, TenderPublished)}
    found.buyer = next(iter(buyers), None)
    agencies = buyers | mailboxes
    found.events = tuple(
        each
        for each in happened
        if (isinstance(each, TenderEvent) and each.tender_id == tender)
        or (isinstance(each, PolicyRegistered) and each.policy in policies)
    )
    found.keys = key_stories(happened, agencies)
    if found.buyer is not None:
        found.supervision = supervision(happened, found.buyer)
    if found.supervision is not None:
        found.supervisors = dict(role_stories(happened, found.supervision))
    for each in happened:
        ref = BlockRef(each.place.block, each.place.block_hash)
        if isinstance(each, BatchAnchored) and each.agency in mailboxes and _is_mailbox(each):
            found.mailbox_roots[bytes(each.root)] = each.place.block_time
            found.refs.add(ref)
        elif isinstance(each, TenderEvent) and each.tender_id == tender:
            found.refs.add(ref)


def _is_mailbox(anchored: BatchAnchored) -> bool:
    """Whether bids can be listed under it: the ledger takes none under another kind or size."""
    return (anchored.kind, anchored.size) == (RecordKind.TENDER_MAILBOX, LEAVES)


def _look_for_gaps(
    found: ArchiveRead, archive: Archive, deployment: Deployment, proven: Collection[bytes]
) -> None:
    """Look in the headers for blocks whose receipts would have to be there; `proven` have theirs.

    Blocks are told apart by their hashes: one that somebody made up stands for no block's receipts.
    """
    try:
        found.headers = tuple(read_header(raw) for raw in archive.headers)
    except BlockUnproven:
        found.faults.append({"error": "BlockUnproven", "reason": "header"})
    headers = found.headers
    left_out = found.left_out = tuple(each for each in headers if each.head.hash not in proven)
    watches = of_tender(deployment, archive.tender)
    found.gaps += [
        {"block": header.head.block, "error": "ReceiptsMissing", "why": "logs-bloom"}
        for header in left_out
        if may_tell(header, watches)
    ]

    def doubt(subject: bytes, first: int) -> str:
        """Why the headers do not show that nothing more was told of it since; empty if they do."""
        if not headers or headers[0].head.block > first:
            return BEFORE_HEADERS
        watches = (of_key(deployment, subject),)
        return UNTOLD if any(may_tell(each, watches) for each in left_out) else ""

    for kid, story in found.keys.items():
        if why := doubt(story.key.public_key.key_id, story.places[0].block):
            found.untold[kid] = why
    for account, held in found.supervisors.items():
        assert found.supervision is not None  # else there are none
        told = not doubt(found.supervision, held.places[0].block)
        found.supervisors[account] = replace(held, is_told=told)


def _logs(
    reader: ContractReader, deployment: Deployment, tender: TenderId, end: int
) -> list[RawLog]:
    topics = (None, spell(tender))
    places = (deployment.tenders.ledger, deployment.tenders.awards)
    return [log for at in places for log in reader.logs(at, topics, deployment.block, end)]


def _policies(
    reader: ContractReader, deployment: Deployment, first: TenderPublished, end: int
) -> list[RawLog]:
    topic = spell(event_topic("TenderPolicies", "PolicyRegistered"))
    topics = (topic, None, spell(first.announcement.policy))
    return reader.logs(deployment.tenders.policies, topics, deployment.block, end)


def _roots(
    reader: ContractReader,
    deployment: Deployment,
    happened: list[Event | None],
    named: Collection[bytes],
    end: int,
) -> list[RawLog]:
    """The anchors of the mailbox's roots that messages were listed under, or are said to lie in."""
    topic = spell(event_topic("RecordLedger", "BatchAnchored"))
    listed = (each for each in happened if isinstance(each, BidSubmitted | BidWithdrawn))
    roots = {each.root for each in listed if any(each.root)} | set(named)
    return [
        log
        for root in sorted(roots)
        for log in reader.logs(
            deployment.record_ledger, (topic, None, spell(root)), deployment.block, end
        )
    ]


def _keys(
    reader: ContractReader, deployment: Deployment, key_ids: Collection[bytes], end: int
) -> list[RawLog]:
    """Whatever was told of these keys: their announcements, freezes, ends and compromises."""
    return [
        log
        for each in sorted(key_ids)
        for log in reader.logs(
            deployment.authority, (None, None, spell(each)), deployment.block, end
        )
    ]


def _supervision(
    reader: ContractReader, deployment: Deployment, agency: bytes, end: int
) -> tuple[tuple[bytes, ...], list[RawLog]]:
    """The role that supervises an agency, and how it was given and taken away."""
    topics = (spell(event_topic("Authority", "AgencyAdmitted")), spell(agency))
    admitted = reader.logs(deployment.authority, topics, deployment.block, end)
    told = [each for log in admitted if (each := decode_log(deployment, log, 0)) is not None]
    role = supervision(told, agency)
    if role is None:
        return (), []
    changes = reader.logs(deployment.authority, (None, spell(role)), deployment.block, end)
    return (role,), [*admitted, *changes]


def watches_of(
    deployment: Deployment, tender: TenderId, subjects: Iterable[bytes]
) -> tuple[Watch, ...]:
    """Return what an archive of a tender, and of keys and roles that count for it, has whole."""
    return (*of_tender(deployment, tender), *(of_key(deployment, each) for each in subjects))


def require_same(headers: Sequence[bytes], head: bytes) -> None:
    """Raise `ChainUnavailable` unless headers lead to the head that the node told before them."""
    try:
        require_linked([read_header(raw) for raw in headers], head)
    except BlockUnproven as exc:
        raise ChainUnavailable("the chain is being reorganised") from exc
