"""A tender's documents with real trustees, and bids sealed against them, in memory."""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.age import recipient_of
from ledger.keys import Signer
from ledger.tenders import documents, manifest, messages
from ledger.tenders.age_files import BidFile, PartFile
from ledger.tenders.documents import STATEMENT, Documents
from ledger.tenders.ids import Place, TenderId, ref_of, tender_id
from ledger.tenders.messages import SubmitBid
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.trustees import Request, Seat, Statement, ledger_json, state
from ledger.values import AgencyId
from tests.support.licences import counted_bytes
from tests.support.sealing import KNOWN, account, public

AGENCY: Final = AgencyId(b"\x01" * 32)
NUMBER: Final = "GZ-2026-0001"
TENDER: Final[TenderId] = tender_id(AGENCY, ref_of(NUMBER))
EVALUATORS: Final = (b"\x0a" * 32, b"\x0b" * 32)
"""age identities of buyer and supervisor."""
CREATED: Final = "2026-11-01T00:00:00Z"
IDENTITY: Final = {
    "jurisdiction": "CN-GD",
    "code": "91440101MASAMPLE01",
    "name": "样例建设有限公司",
    "salt": "c2FsdHNhbHRzYWx0c2FsdA",
}
PRICE: Final = {"amount": "930000.00", "currency": "CNY", "tax": "9.00"}
OPEN: Final = {"public/说明.txt": b"open to all\n"}
CONFIDENTIAL: Final = {"技术方案.pdf": b"how we build" * 30_000, "staff/list.csv": b"name\n"}


def trustee_key(part: int, index: int) -> bytes:
    return hashlib.sha256(b"trustee %d %d" % (part, index)).digest()


def group(index: int) -> bytes:
    return bytes([index]) * 32


def statement(part: int, index: int, **changes: Any) -> Statement:
    """What a trustee comes to after its rehearsal."""
    seat = Seat(KNOWN.ledger, TENDER, part, index, group(index))
    secret = changes.get("secret", trustee_key(part, index))
    rehearsal = Request(seat, public(secret)).rehearsal(b"\x09" * 32, b"\x71" * 32)
    return state(seat, rehearsal, secret)


def document_content(parts: int = 1, threshold: int = 3, trustees: int = 5) -> dict[str, Any]:
    """What the manifest of the documents says, without its statements."""
    seats = [(part, index) for part in range(1, parts + 1) for index in range(1, trustees + 1)]
    return {
        "version": 1,
        "ledger": ledger_json(KNOWN.ledger),
        "tender": "0x" + TENDER.hex(),
        "agency": "0x" + AGENCY.hex(),
        "number": NUMBER,
        "title": "样例道路工程",
        "salt": "ZG9jdW1lbnRzc2FsdHNhbHQ",
        "lots": [{"lot": 0, "title": "一标段"}],
        "parts": parts,
        "threshold": threshold,
        "trustees": [
            {
                "part": part,
                "index": index,
                "key": account(trustee_key(part, index)),
                "group": "0x" + group(index).hex(),
                "name": f"Trustee {index}",
            }
            for part, index in seats
        ],
        "evaluators": [
            {"name": name, "recipient": recipient_of(identity)}
            for name, identity in zip(("buyer", "supervisor"), EVALUATORS, strict=True)
        ],
        "bondAuthority": None,
        "currency": "CNY",
        "files": [],
        "created": CREATED,
    }


def with_statements(
    content: dict[str, Any], statements: Sequence[Statement]
) -> tuple[bytes, dict[str, bytes]]:
    """The manifest's bytes with these statements among its files, and the files."""
    files = {
        f"trustees/{each.key.part}-{each.key.index}.json": each.to_bytes() for each in statements
    }
    named = [
        {
            "path": path,
            "size": len(octets),
            "sha256": "0x" + hashlib.sha256(octets).hexdigest(),
            "mediaType": "application/json",
            "role": STATEMENT,
        }
        for path, octets in files.items()
    ]
    return documents.write(content | {"files": content["files"] + named}), files


def tender_documents(parts: int = 1) -> tuple[bytes, dict[str, bytes]]:
    """Documents that are in order, and the statements among their files."""
    content = document_content(parts)
    seats = [(each["part"], each["index"]) for each in content["trustees"]]
    return with_statements(content, [statement(*seat) for seat in seats])


def bid_files(content: dict[str, bytes], role: str) -> list[BidFile]:
    def reading(octets: bytes) -> Callable[[], Iterator[bytes]]:
        return lambda: iter([octets[:7], octets[7:]])

    return [
        BidFile(path, len(octets), "application/octet-stream", role, reading(octets))
        for path, octets in content.items()
    ]


@dataclass
class Sinks:
    """Where files go while they are taken out of an archive."""

    files: dict[int, io.BytesIO] = field(default_factory=dict)

    def __call__(self, number: int, _path: str, _size: int) -> io.BytesIO:
        return self.files.setdefault(number, io.BytesIO())

    def content(self, number: int) -> bytes:
        return self.files[number].getvalue()


@dataclass(frozen=True)
class InMemory:
    """A bid of one part as its bidder sealed it."""

    documents: Documents
    bid: SubmitBid
    secrets: PartSecrets
    envelopes: tuple[bytes, ...]
    file: bytes

    @property
    def place(self) -> Place:
        return self.bid.place(self.documents.ledger)


def bid_head(place: Place, part: int = 1, version: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        **manifest.head(place, part, version),
        "salt": "bWFuaWZlc3RzYWx0c2FsdA",
        "identity": IDENTITY,
        "price": PRICE,
        "validityDays": 90,
        "durationDays": 365,
        "quality": "合格",
        "bond": None,
        "presentations": [],
        "created": CREATED,
    } | changes


def sealed_bid(
    key: bytes = b"\x11" * 32,
    signer: Signer | None = None,
    who: dict[str, str] = IDENTITY,
    more: Sequence[BidFile] = (),
    **changes: Any,
) -> InMemory:
    """A bid of `who` with this one-time key and `more` open files.

    `changes` are made to the manifest alone.
    """
    encoded, files = tender_documents()
    found = documents.read(encoded)
    place = Place(found.ledger, found.tender, 0, account(key))
    context = place.context(1, 1)
    randomness = counted_bytes(key)
    secrets = PartSecrets.draw(randomness)
    sealed = secrets.envelopes(found.keys(files)[1], found.threshold, context, randomness)
    part_file = PartFile(
        bid_head(place, **{"identity": who, **changes}),
        [*bid_files(OPEN, "public"), *more],
        bid_files(CONFIDENTIAL, "technical"),
        found.recipients,
        signer,
        randomness,
    )
    content = b"".join(part_file.pieces(secrets.recipient(context)))
    bid = messages.SubmitBid(
        tender=found.tender,
        lot=0,
        bidder=place.bidder,
        version=1,
        docs=found.digest,
        parts=(secrets.commit(part_file, sealed, context),),
        identity=manifest.identity_commitment(who, place.constant),
        bond=manifest.bond_commitment(changes.get("bond"), place.constant),
        valid_until=1_800_000_000,
    )
    return InMemory(found, bid, secrets, tuple(sealed), content)
