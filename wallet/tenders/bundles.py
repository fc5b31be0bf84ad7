"""Bundles of tenders: a folder, or a tar of one, that anybody judges without a service.

`bundle.json` says of which ledger and tender it is, and as of which block; `blocks/N.json` proves
what was logged in block N (header, all receipts), `headers.txt` leads from the publication to the
head, a raw header in hexadecimal a line; `blinds.txt` holds what listings of mailboxes' messages
showed, `places.json` where others are said to lie. Beside them lie papers, sealed files (`.age`),
receipts (`.jwt`) and `record.json`, under any names.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from ledger.canonical import JsonMalformed, canonical_json, parse_object
from ledger.chain.block_proofs import BlockProof
from ledger.chain.blocks import BlockRef
from ledger.chain.tender_archive import Archive
from ledger.errors import Refused
from ledger.tenders.ids import TenderId
from ledger.tenders.packages import Member, packed, unpack
from ledger.values import LedgerRef
from ledger.verification.shape import (
    MAX_CHAIN_ID,
    ShapeWrong,
    address,
    entries,
    hexadecimal,
    members,
    number,
)
from wallet.home import read_file, read_pieces, write_file
from wallet.tenders.holdings import (
    PLACES,
    RECEIPT,
    RECORD,
    SEALED,
    Holdings,
    best_copy,
    places_json,
)
from wallet.tenders.unpacking import FolderTaken, unpacking

TYPE: Final = "tender-bundle"
HEAD_FILE: Final = "bundle.json"
_BLOCKS: Final = "blocks"
_HEADERS: Final = "headers.txt"
_BLINDS: Final = "blinds.txt"
_PIECE_BYTES: Final = 2**18
_TAR: Final = ".tar"
_HASH_BYTES: Final = 32
_MOST_RECEIPTS: Final = 100_000
_Read = TypeVar("_Read")
_MEMBERS: Final = ("type", "version", "chainId", "tenderLedger", "tender", "head")


@dataclass(eq=False)
class TenderBundleMalformed(Refused):
    """The bundle is not one of a tender. Get it anew."""

    path: str
    member: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as it was read: what proves the events, and what lies beside them."""

    archive: Archive
    holdings: Holdings


def write_bundle(out: Path, archive: Archive, holdings: Holdings) -> None:
    """Write a bundle into a folder that does not exist yet, or as a tar where `out` ends so.

    Raises `FolderTaken`, `FileUnwritable`, and as reading does for files that went away.
    """
    if out.suffix == _TAR:
        _write_tar(out, archive, holdings)
        return
    if out.exists():
        raise FolderTaken(str(out))
    for name, content in _contents(archive, holdings):
        write_file(out / name, content())


@contextmanager
def open_bundle(path: Path) -> Iterator[Bundle]:
    """Give the bundle in a folder or a tar; what a tar holds is gone afterwards.

    Raises `TenderBundleMalformed`, `PackageMalformed`, `PathRefused`, and for files that are not
    there or cannot be read.
    """
    if path.is_dir():
        yield _read(path)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bundle"
        with unpacking(folder) as taken:
            found = unpack(read_pieces(path, _PIECE_BYTES), taken.receive)
            taken.finish({each.path: each for each in found})
        yield _read(folder)


def _contents(
    archive: Archive, holdings: Holdings
) -> Iterator[tuple[str, Callable[[], bytes | Iterable[bytes]]]]:
    yield HEAD_FILE, partial(_head, archive)
    for block, proof in archive.blocks.items():
        yield f"{_BLOCKS}/{block}.json", partial(_block, proof)
    for name, rows in ((_HEADERS, archive.headers), (_BLINDS, archive.blinds)):
        if rows:
            lines = "".join(f"{each.hex()}\n" for each in rows)
            yield name, partial(str.encode, lines)
    yield from _held(holdings)


def _held(holdings: Holdings) -> Iterator[tuple[str, Callable[[], bytes | Iterable[bytes]]]]:
    if holdings.places:
        yield PLACES, partial(places_json, holdings.places)
    for digest, paper in holdings.papers.items():
        yield f"papers/{digest.hex()}", partial(bytes, paper)
    for digest, copies in holdings.files.items():
        path = best_copy(digest, copies)
        yield f"files/{digest.hex()}{SEALED}", partial(read_pieces, path, _PIECE_BYTES)
    for spot, receipt in enumerate(holdings.said(), 1):
        yield f"receipts/{spot}{RECEIPT}", partial(str.encode, receipt)
    if holdings.record is not None:
        yield RECORD, partial(orjson.dumps, dict(holdings.record))


def _write_tar(out: Path, archive: Archive, holdings: Holdings) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bundle"
        write_bundle(folder, archive, holdings)
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        listed = [
            Member(
                path.relative_to(folder).as_posix(),
                path.stat().st_size,
                partial(read_pieces, path, _PIECE_BYTES),
            )
            for path in found
        ]
        write_file(out, packed(listed))


def _head(archive: Archive) -> bytes:
    head = archive.head
    return canonical_json(
        {
            "type": TYPE,
            "version": 1,
            "chainId": archive.ledger.chain_id,
            "tenderLedger": archive.ledger.address,
            "tender": "0x" + archive.tender.hex(),
            "head": {"block": head.block, "hash": "0x" + head.hash.hex()},
        }
    )


def _block(proof: BlockProof) -> bytes:
    return canonical_json(
        {
            "header": "0x" + proof.header.hex(),
            "receipts": ["0x" + each.hex() for each in proof.receipts],
            "transactions": ["0x" + each.hex() for each in proof.transactions],
        }
    )


def _read(folder: Path) -> Bundle:
    told = parsed(folder / HEAD_FILE, _read_head)
    blocks = {
        int(path.stem): parsed(path, _read_block)
        for path in sorted((folder / _BLOCKS).glob("*.json"))
        if path.stem.isascii() and path.stem.isdigit()
    }
    raw, blinds = _lines(folder / _HEADERS), _lines(folder / _BLINDS)
    holdings = Holdings()
    holdings.take(folder)
    return Bundle(replace(told, blocks=blocks, headers=raw, blinds=blinds), holdings)


def _lines(path: Path) -> tuple[bytes, ...]:
    """Return the octets of each line, in hexadecimal; none where there is no such file."""
    lines = read_file(path).split() if path.exists() else []
    try:
        return tuple(bytes.fromhex(line.decode("ascii")) for line in lines)
    except (UnicodeDecodeError, ValueError) as exc:
        raise TenderBundleMalformed(str(path), "hexadecimal") from exc


def parsed(path: Path, read: Callable[[Any], _Read]) -> _Read:
    """Return what `read` makes of a file's JSON; raise `TenderBundleMalformed`."""
    try:
        return read(parse_object(read_file(path)))
    except (JsonMalformed, ShapeWrong) as exc:
        member = exc.member if isinstance(exc, ShapeWrong) else "JSON"
        raise TenderBundleMalformed(str(path), member) from exc


def _read_head(value: Any) -> Archive:
    told = members(value, _MEMBERS, "bundle")
    if (told["type"], told["version"]) != (TYPE, 1):
        raise ShapeWrong("type")
    head = members(told["head"], ("block", "hash"), "head")
    return Archive(
        LedgerRef(
            number(told["chainId"], "chainId", least=1, greatest=MAX_CHAIN_ID),
            address(told["tenderLedger"], "tenderLedger"),
        ),
        TenderId(hexadecimal(told["tender"], _HASH_BYTES, "tender")),
        BlockRef(number(head["block"], "block"), hexadecimal(head["hash"], _HASH_BYTES, "hash")),
        {},
    )


def _read_block(value: Any) -> BlockProof:
    told = members(value, ("header", "receipts", "transactions"), "block")
    return BlockProof(
        _octets(told["header"]),
        tuple(map(_octets, entries(told["receipts"], "receipts", limit=_MOST_RECEIPTS))),
        tuple(
            hexadecimal(each, _HASH_BYTES, "transactions")
            for each in entries(told["transactions"], "transactions", limit=_MOST_RECEIPTS)
        ),
    )


def _octets(value: Any) -> bytes:
    length = (len(value) - 2) // 2 if isinstance(value, str) else 0
    return hexadecimal(value, length, "octets")
