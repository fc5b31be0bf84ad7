"""A sealed tender of many bids, made up in memory with real files, and the blocks that prove it.

Plainly samples: keys follow from numbers, nothing of it stands on any chain.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode

from ledger.age import recipient_of
from ledger.chain.abi import load_abi
from ledger.chain.block_proofs import BLOOM_BYTES, BlockProof, encoded, read_header, receipts_root
from ledger.chain.blocks import BlockRef
from ledger.chain.deployments import Deployment, TenderContracts
from ledger.chain.tender_archive import Archive, read
from ledger.events import Event, Place
from ledger.secp256k1 import address_of, private_key
from ledger.tenders import documents, events, manifest, messages
from ledger.tenders.age_files import BidFile, PartFile
from ledger.tenders.committee import Statement, report, report_digest
from ledger.tenders.evaluation import Sheet, read_criteria, scores, sheet_digest, write_sheet
from ledger.tenders.event_json import shape_of
from ledger.tenders.events import Announcement, Trustee
from ledger.tenders.ids import Place as BidPlace
from ledger.tenders.ids import TenderId, ref_of, tender_id
from ledger.tenders.messages import NO_BOND, SubmitBid
from ledger.tenders.opening_record import Findings, OpenedBid, record, record_digest
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import usual_ends
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.trustees import ledger_json
from ledger.values import Address, AgencyId, JurisdictionId, LedgerRef
from scripts.bench.tenders_bidder import Bidder

NUMBER: Final = "GZ-2026-0001"
START: Final = 1_780_277_400  # Monday 2026-06-01 09:30 in Guangzhou
TRUSTEES, THRESHOLD, SEATS = 5, 3, 5
_DAY: Final = 86_400
_POLICIES, _LEDGER, _AWARDS = (Address("0x" + "00" * 19 + each) for each in ("11", "22", "33"))
DEPLOYMENT: Final = Deployment(
    chain_id=31_337,
    authority=Address("0x" + "00" * 19 + "44"),
    record_ledger=Address("0x" + "00" * 19 + "55"),
    lens=Address("0x" + "00" * 19 + "66"),
    block=1,
    block_hash=bytes(32),
    code_hashes={},
    tender_contracts=TenderContracts(_POLICIES, _LEDGER, _AWARDS),
)
LEDGER: Final = LedgerRef(31_337, _LEDGER)
_NOBODY: Final = Address("0x" + "00" * 20)
_AGENCY: Final = AgencyId(b"\x01" * 32)
_ZERO: Final = bytes(32)
_SALT: Final = b"\x05" * 16
_CRITERIA: Final[Mapping[str, Any]] = {
    "points": [{"id": "plan", "most": "60"}],
    "price": {"kind": "lowest", "most": "40"},
    "averaging": "mean",
    "scale": 2,
}
_AWARD_EVENTS: Final = frozenset(load_abi("AwardLedger").events)


def _secret(name: str) -> bytes:
    return b"\x00" + hashlib.sha256(name.encode()).digest()[1:]


def _address(name: str) -> Address:
    return address_of(private_key(_secret(name)).public_key)


def _account_name(bidder: Bidder) -> str:
    return f"bidder {bidder.number}"


def _account_of(bidder: Bidder) -> Address:
    return _address(_account_name(bidder))


@dataclass(slots=True)
class Sample:
    """The tender as far as it was told: papers by SHA-256, files in a folder, a block an event."""

    folder: Path
    mebibytes: int
    tender: TenderId = field(default=tender_id(_AGENCY, ref_of(NUMBER)))
    papers: dict[bytes, bytes] = field(default_factory=dict)
    happened: list[Any] = field(default_factory=list)
    blocks: dict[int, BlockProof] = field(default_factory=dict)
    manifests: dict[Address, bytes] = field(default_factory=dict)
    now: int = START
    _parent: bytes = _ZERO

    def keep(self, paper: bytes) -> bytes:
        """Keep a paper; return its digest."""
        digest = hashlib.sha256(paper).digest()
        self.papers[digest] = paper
        return digest

    def tell(self, kind: type[Event], *values: Any, at: int = 0) -> None:
        """Put an event into a block of its own, a second after the last one or at a time."""
        self.now = max(self.now + 1, at)
        number = len(self.blocks) + 1
        event = kind(Place(number, _ZERO, self.now, number.to_bytes(32), 0), *values)
        proof = _proof(event, number, self.now, self._parent)
        self._parent = read_header(proof.header).head.hash
        self.blocks[number] = proof
        self.happened.append(event)

    @property
    def archive(self) -> Archive:
        """The blocks, and all headers, up to the last one."""
        headers = tuple(proof.header for proof in self.blocks.values())
        head = BlockRef(len(self.blocks), self._parent)
        return Archive(LEDGER, self.tender, head, self.blocks, headers[1:])


def sample(folder: Path, bids: int, mebibytes: int) -> Sample:
    """Return a tender from publication to award, with so many bids of so many MiB."""
    told = Sample(folder, mebibytes)
    policy = preset("cn")
    terms = terms_of(policy)
    ends = usual_ends(policy, START + 22 * _DAY, mailbox=True)
    trustees = tuple(
        Trustee(_address(f"trustee {index}"), bytes([index]) * 32)
        for index in range(1, TRUSTEES + 1)
    )
    docs = told.keep(_documents(told.tender, trustees))
    announced = Announcement(
        *(_AGENCY, ref_of(NUMBER), terms.id, docs, _ZERO, _AGENCY, _NOBODY),
        *(1, 1, THRESHOLD, ends, trustees),
    )
    told.tell(events.PolicyRegistered, JurisdictionId(b"\x02" * 32), terms.id, terms)
    told.tell(events.TenderPublished, told.tender, _AGENCY, announced)
    bidders = [Bidder.numbered(number) for number in range(bids)]
    secrets = [_submit(told, each, docs) for each in bidders]
    for each, drawn in zip(bidders, secrets, strict=True):
        place = (told.tender, 0, _account_of(each), 1)
        told.tell(events.SecretDisclosed, *place, drawn.s_b, at=ends.list_end)
    for index in range(1, THRESHOLD + 1):
        released = _secret(f"trustee {index}")
        told.tell(events.TrusteeReleased, told.tender, 1, index, released, at=ends.disclose_end)
    _evaluate(told)
    return told


def _submit(told: Sample, bidder: Bidder, docs: bytes) -> PartSecrets:
    place = BidPlace(LEDGER, told.tender, 0, _account_of(bidder))
    context, secrets = place.context(1, 1), PartSecrets.draw(os.urandom)
    keys = [
        private_key(_secret(f"trustee {index}")).public_key.format()
        for index in range(1, TRUSTEES + 1)
    ]
    envelopes = secrets.envelopes(keys, THRESHOLD, context, os.urandom)
    file = PartFile(
        _head(place, bidder, told.now),
        [],
        [_plan(told.mebibytes)],
        [recipient_of(bytes([each]) * 32) for each in (1, 2)],
        bidder.key,
        os.urandom,
    )  # fmt: skip
    path = told.folder / bidder.code
    with path.open("wb") as out:
        out.writelines(file.pieces(secrets.recipient(context)))
    path.rename(told.folder / f"{file.digest.hex()}.age")
    told.manifests[place.bidder] = file.manifest
    bid = SubmitBid(
        tender=told.tender,
        lot=0,
        bidder=place.bidder,
        version=1,
        docs=docs,
        parts=(secrets.commit(file, envelopes, context),),
        identity=manifest.identity_commitment(bidder.identity(), place.constant),
        bond=NO_BOND,
        valid_until=START + 400 * _DAY,
    )
    signature = messages.sign(LEDGER, bid, _secret(_account_name(bidder)))
    shares = b"".join(envelopes)
    told.tell(
        events.BidSubmitted, told.tender, 0, place.bidder, bid, 1, shares, signature, b"", _ZERO
    )
    return secrets


def _evaluate(told: Sample) -> None:
    """The opening record, five sheets of the same points, and the report."""
    findings = Findings({key: OpenedBid(each) for key, each in told.manifests.items()}, {})
    happened = read(told.archive, DEPLOYMENT).events
    opened = record(happened, told.tender, (0, 1), findings)
    told.keep(opened)
    at = (told.tender, 0, 1)
    told.tell(events.OpeningRecorded, *at, record_digest(opened), len(told.manifests))
    told.tell(events.CommitteeCommitted, *at, b"\xc0" * 32, SEATS)
    given = {key: {"plan": Decimal(50)} for key in told.manifests}
    for seat in range(1, SEATS + 1):
        sheet = write_sheet(Sheet(seat, given), _SALT)
        told.keep(sheet)
        told.tell(events.ScoreCommitted, *at, sheet_digest(sheet), seat)
    prices = {key: Decimal(_price(spot)) for spot, key in enumerate(told.manifests)}
    ranked = scores(read_criteria(_CRITERIA), [Sheet(1, given)], prices)
    made = report(ranked, (), (Statement(1),), SEATS)
    told.keep(made)
    best = tuple(each.bidder for each in ranked[:3])
    told.tell(events.ReportRecorded, *at, report_digest(made), best)


def _documents(tender: bytes, trustees: tuple[Trustee, ...]) -> bytes:
    return documents.write(
        {
            "version": 1,
            "ledger": ledger_json(LEDGER),
            "tender": "0x" + tender.hex(),
            "agency": "0x" + _AGENCY.hex(),
            "number": NUMBER,
            "title": "样例道路工程",
            "salt": "ZG9jdW1lbnRzc2FsdHNhbHQ",
            "lots": [{"lot": 0, "title": "一标段"}],
            "parts": 1,
            "threshold": THRESHOLD,
            "trustees": [
                {
                    "part": 1,
                    "index": index,
                    "key": each.key,
                    "group": "0x" + each.group.hex(),
                    "name": f"Trustee {index}",
                }
                for index, each in enumerate(trustees, 1)
            ],
            "evaluators": [
                {"name": name, "recipient": recipient_of(bytes([spot]) * 32)}
                for spot, name in enumerate(("buyer", "supervisor"), 1)
            ],
            "bondAuthority": None,
            "currency": "CNY",
            "criteria": dict(_CRITERIA),
            "files": [],
            "created": "2026-06-01T00:00:00Z",
        }
    )


def _head(place: BidPlace, bidder: Bidder, at: int) -> dict[str, Any]:
    return {
        **manifest.head(place, 1, 1),
        "salt": "bWFuaWZlc3RzYWx0c2FsdA",
        "identity": bidder.identity(),
        "price": {"amount": _price(bidder.number), "currency": "CNY", "tax": "9.00"},
        "validityDays": 90,
        "durationDays": 365,
        "quality": "合格",
        "bond": None,
        "presentations": [bidder.presentation(place, at)],
        "created": "2026-06-02T00:00:00Z",
    }


def _plan(mebibytes: int) -> BidFile:
    pieces = partial(_random, mebibytes)
    return BidFile("plan.pdf", mebibytes * 2**20, "application/pdf", "technical", pieces)


def _price(number: int) -> str:
    return f"{900_000 + 1_000 * number}.00"


def _random(mebibytes: int) -> Iterator[bytes]:
    for _ in range(mebibytes):
        yield os.urandom(2**20)


def _proof(event: Event, number: int, at: int, parent: bytes) -> BlockProof:
    """A block with this one log, as a chain would have hashed it."""
    name = type(event).__name__
    contract = "AwardLedger" if name in _AWARD_EVENTS else "TenderLedger"
    contract = "TenderPolicies" if name == "PolicyRegistered" else contract
    kind = load_abi(contract).events[name]
    values = {each: _plain(getattr(event, each)) for each, _ in shape_of(type(event))}
    topics = [
        encode([of], [values[each]])
        for each, of in zip(kind.indexed.names, kind.indexed.types, strict=True)
    ]
    octets = encode(kind.plain.types, [values[each] for each in kind.plain.names])
    address = bytes.fromhex(DEPLOYMENT.addresses[contract][2:])
    log = [address, [kind.topic, *topics], octets]
    receipt = b"\x02" + encoded([1, 100_000, bytes(BLOOM_BYTES), [log]])
    head = [parent, _ZERO, bytes(20), _ZERO, _ZERO, receipts_root([receipt]), bytes(BLOOM_BYTES)]
    header = encoded([*head, 0, number, 30_000_000, 100_000, at, b"", _ZERO, bytes(8)])
    return BlockProof(header, (receipt,), (number.to_bytes(32),))


def _plain(value: Any) -> Any:
    """Return a value as the ABI has it."""
    if is_dataclass(value):
        return tuple(_plain(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
