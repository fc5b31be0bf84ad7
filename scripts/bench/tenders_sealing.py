"""Sealing and opening bids, beside plain age over the same bytes.

Run as a module with a folder it seals and opens one bid of the folder's file, and prints the memory
that it took at most.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final

from ledger import age_stream
from ledger.age import recipient_of
from ledger.tenders import manifest
from ledger.tenders.age_files import BidFile, PartFile
from ledger.tenders.file_keys import file_key
from ledger.tenders.ids import Place, TenderId
from ledger.tenders.messages import NO_BOND, SubmitBid
from ledger.tenders.packages import unpack
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.unsealing import open_part
from ledger.values import Address, LedgerRef
from scripts.bench.rows import Beside, Row, Unit
from scripts.bench.run import Run
from scripts.bench.timing import timed
from scripts.steps import ROOT

SUBJECT: Final = "tenders sealing"
MEBIBYTES: Final = 100
BIDS: Final = 30
PART: Final = 1
NOTE: Final = (
    "A bid of one file, confidential, for two evaluators: both age files, all digests, padded to "
    "its size class; plain age is pyrage over the file alone. Wanted: 2 × plain age, 100 MB."
)
_MIB: Final = 2**20
_KILOBYTE: Final = 1024
_MEGABYTE: Final = 1_000_000
_PIECE_BYTES: Final = 2**18
_FILE: Final = "file"
_EVALUATORS: Final = tuple(recipient_of(bytes([each]) * 32) for each in (1, 2))
_PLACE: Final = Place(
    LedgerRef(31337, Address("0x" + "aa" * 20)),
    TenderId(b"\x01" * 32),
    0,
    Address("0x" + "bb" * 20),
)
_IDENTITY: Final = {
    "jurisdiction": "CN-GD",
    "code": "91440101MASAMPLE01",
    "name": "样例建设有限公司",
    "salt": "c2FsdHNhbHRzYWx0c2FsdA",
}


class Sealed:
    """One bid in a folder, as it was sealed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._secrets = PartSecrets.draw(os.urandom)
        self._bid: SubmitBid | None = None

    @property
    def path(self) -> Path:
        """The age file."""
        return self._folder / "bid.age"

    def seal(self) -> None:
        """Seal the folder's file."""
        file = self._folder / _FILE
        content = BidFile(
            file.name, file.stat().st_size, "application/pdf", "technical", partial(_pieces, file)
        )
        context = _PLACE.context(PART, 1)
        part = PartFile(_head(), [], [content], _EVALUATORS, None, os.urandom)
        with self.path.open("wb") as out:
            out.writelines(part.pieces(self._secrets.recipient(context)))
        constant = _PLACE.constant
        self._bid = SubmitBid(
            tender=_PLACE.tender,
            lot=0,
            bidder=_PLACE.bidder,
            version=1,
            docs=bytes(32),
            parts=(self._secrets.commit(part, [], context),),
            identity=manifest.identity_commitment(_IDENTITY, constant),
            bond=NO_BOND,
            valid_until=0,
        )

    def open(self) -> None:
        """Open it as the opening does, once it is sealed."""
        if self._bid is None:
            return
        key = file_key(self._secrets.s_b, self._secrets.s_c, _PLACE.context(PART, 1))

        def receive(number: int, _path: str, _size: int) -> "_File":
            return _File(self._folder / f"out-{number}")

        with self.path.open("rb") as source:
            open_part(source, key, _PLACE.ledger, self._bid, PART, receive)


class _File:
    """A file that is written piece by piece, unbuffered."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)

    def write(self, octets: bytes, /) -> None:
        self._file.write(octets)


def tenders_sealing(run: Run) -> Iterator[Row]:
    """Measure sealing, opening and memory; `sizes` are MiB a bid."""
    for size in run.sizes_or(MEBIBYTES):
        with tempfile.TemporaryDirectory(dir=ROOT / "var") as name:
            folder = Path(name)
            _write(folder / _FILE, size)
            yield from _measured(run, folder, size)
            yield _memory(folder, size)


def _measured(run: Run, folder: Path, size: int) -> Iterator[Row]:
    """Seal and open as many bids as a tender has, plain age each time between."""
    import pyrage  # type: ignore[import-untyped]  # noqa: PLC0415  # for the tests and this alone

    bid, plain = Sealed(folder), folder / "plain.age"
    identity = pyrage.x25519.Identity.generate()
    seconds: dict[str, list[float]] = {"seal": [], "open": [], "age": [], "age -d": []}
    faults = 0

    def encrypt() -> None:
        with (folder / _FILE).open("rb") as source, plain.open("wb") as out:
            pyrage.encrypt_io(source, out, [identity.to_public()])

    def decrypt() -> None:
        with plain.open("rb") as source, (folder / "plain").open("wb") as out:
            pyrage.decrypt_io(source, out, [identity])

    for _ in run.each_round("bids", BIDS):
        seconds["seal"].append(timed(bid.seal))
        seconds["age"].append(timed(encrypt))
        seconds["open"].append(timed(bid.open))
        seconds["age -d"].append(timed(decrypt))
        faults += not _is_whole(folder)
    void = f"{faults} of {BIDS} were not what was sealed" if faults else None
    for ours, theirs in (("seal", "age"), ("open", "age -d")):
        yield Row(
            subject=SUBJECT,
            name=f"{ours} a bid",
            unit=Unit.SECONDS,
            median=median(seconds[ours]),
            n=BIDS,
            size=size,
            peer=Beside(f"pyrage, {theirs}", median(seconds[theirs])),
            note=NOTE,
            void=void,
        )


def _is_whole(folder: Path) -> bool:
    """Whether the confidential file that came out holds the very bytes that went in."""
    inner = max(folder.glob("out-*"), key=lambda path: path.stat().st_size)
    content, held = hashlib.sha256(), hashlib.sha256()
    for piece in _pieces(folder / _FILE):
        content.update(piece)
    sinks: list[_Hash] = []

    def receive(_number: int, path: str, _size: int) -> _Hash:
        sinks.append(_Hash(held if path == _FILE else hashlib.sha256()))
        return sinks[-1]

    with inner.open("rb") as source:
        unpack(age_stream.opened(source, bytes([1]) * 32), receive)
    return held.digest() == content.digest()


@dataclass(frozen=True, slots=True)
class _Hash:
    """Hashes what is written to it."""

    hashed: Any

    def write(self, octets: bytes, /) -> None:
        self.hashed.update(octets)


def _memory(folder: Path, size: int) -> Row:
    module = [sys.executable, "-m", "scripts.bench.tenders_sealing", str(folder)]
    done = subprocess.run(module, cwd=ROOT, capture_output=True, text=True, check=True)
    return Row(
        subject=SUBJECT,
        name="memory at most",
        unit=Unit.MEGABYTES,
        median=float(done.stdout),
        n=1,
        size=size,
        note=NOTE,
    )


def _head() -> dict[str, object]:
    return {
        **manifest.head(_PLACE, PART, 1),
        "salt": "bWFuaWZlc3RzYWx0c2FsdA",
        "identity": _IDENTITY,
        "price": {"amount": "930000.00", "currency": "CNY", "tax": "9.00"},
        "validityDays": 90,
        "durationDays": 365,
        "quality": "合格",
        "bond": None,
        "presentations": [],
        "created": "2026-11-01T00:00:00Z",
    }


def _write(path: Path, size: int) -> None:
    with path.open("wb") as out:
        out.writelines(os.urandom(_MIB) for _ in range(size))


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while piece := source.read(_PIECE_BYTES):
            yield piece


def _alone(folder: Path) -> None:
    """Seal and open one bid, and print the most memory that this process had, in MB.

    Not getrusage's, which counts what the parent had when it started this one.
    """
    bid = Sealed(folder)
    bid.seal()
    bid.open()
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) * _KILOBYTE / _MEGABYTE)


if __name__ == "__main__":
    _alone(Path(sys.argv[1]))
