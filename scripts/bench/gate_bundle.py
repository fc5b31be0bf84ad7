"""The gate bundle: its size, how long a gate takes to read it, and what the gate then holds.

Run as a module with an archive's path it is that gate: it reads the bundle, takes it in again as
the next one, and prints what that took.
"""

import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from ledger.authority import Agency, DocumentKey
from ledger.certlogic.rules import CertificateType
from ledger.health import allow_list, status_cwt
from ledger.health.gate.evidence import Block, IssuerKey, Part
from ledger.health.gate_bundle.archive import pack, unpack
from ledger.health.gate_bundle.lists import Place
from ledger.health.gate_bundle.manifest import read
from ledger.health.gate_bundle.reading import GateBundle, read_bundle
from ledger.health.gate_bundle.writing import Content, Heading, files_of, sign_manifest
from ledger.health.hcert.trust import TrustedKey, TrustList, trust_list
from ledger.keys import PrivateKey
from ledger.list_tokens import ListChain
from ledger.status_list import ENTRIES, StatusList
from ledger.values import (
    OPEN_END,
    Address,
    AgencyStatus,
    Digest,
    KeyUsage,
    LedgerRef,
    Seconds,
    Status,
    Window,
    agency_id,
    health_record_type,
)
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run
from scripts.steps import ROOT

SUBJECT: Final = "gate bundle"
PASSES: Final = 300_000
SEGMENTS: Final = 288
"""One every five minutes for a day."""
FOREIGN_KEYS: Final = 1_500
REVOKED: Final = 3_000
LOADS: Final = 5
NOTE: Final = (
    "Gate bundle: size is the live passes of one agency in 288 segments, beside a status list with "
    "3,000 revoked and 1,500 keys of others; read in a process of its own, which holds the bundle "
    "before it while it reads the next, in processor time. Wanted: 4 MB, 1 s, 150 MB."
)
_NOON: Final = 1_795_262_400
_LEDGER: Final = LedgerRef(31_337, Address("0x" + "00" * 20))
_BLOCK: Final = Block(1, bytes(32), _NOON)
_AGENCY: Final = Agency(
    agency_id("XB", "SAMPLE"), "XB", "SAMPLE", "Sample Health Bureau", AgencyStatus.ACTIVE
)
_LISTS_SECRET: Final = b"\x01" * 32
_BUNDLES_SECRET: Final = b"\x02" * 32


def gate_bundle(run: Run) -> Iterator[Row]:
    """Measure a bundle's size, and reading and holding it in another process."""
    for size in run.sizes_or(PASSES):
        run.say(f"gate bundle: {size:,} passes")
        archive = archive_of(size)
        found = _held(archive)
        told = [_size_of(archive), found["seconds"], [found["peakMegabytes"]]]
        for name, unit, samples in zip(
            ("bundle", "read a bundle", "memory of the gate at most"),
            (Unit.MEGABYTES, Unit.SECONDS, Unit.MEGABYTES),
            told,
            strict=True,
        ):
            row = Row.of(SUBJECT, name, unit, samples, size=size, note=NOTE)
            yield row.voided(None if found["listed"] == size else "passes are missing")


def archive_of(size: int) -> bytes:
    """Return a bundle of `size` live passes in one piece."""
    digests = [_digest(number) for number in range(size)]
    lists = PrivateKey.from_secret(_LISTS_SECRET)
    bundles = PrivateKey.from_secret(_BUNDLES_SECRET)
    content = Content(
        keys=[
            _issuer(_key(lists, KeyUsage.STATUS_LISTS)),
            _issuer(_key(bundles, KeyUsage.BUNDLES)),
        ],
        status={(_AGENCY.id, 0): _status(lists)},
        allow=_segments(digests, lists),
        foreign=_foreign(),
    )
    files = files_of(content)
    now = Part(1, _NOON)
    heading = Heading("XB", "SAMPLE", 1, _NOON, _LEDGER, _BLOCK, trust=now, rules=now)
    return pack(sign_manifest(heading, files, bundles), files.values())


def opened(archive: bytes) -> GateBundle:
    """Return the bundle in an archive, as a gate reads it."""
    encoded, contents = unpack(archive)
    trusted = [_key(PrivateKey.from_secret(_BUNDLES_SECRET), KeyUsage.BUNDLES)]
    return read_bundle(read(encoded, trusted, _NOON), contents)


def _size_of(archive: bytes) -> Sequence[float]:
    return [len(archive) / 1_000_000]


def _held(archive: bytes) -> dict[str, Any]:
    """What reading the archive took in a process that does nothing else."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(archive)
        command = [sys.executable, "-m", "scripts.bench.gate_bundle", file.name]
        told = subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout
    found = json.loads(told)
    assert isinstance(found, dict)
    return found


def _hold(path: Path) -> dict[str, Any]:
    held, seconds = None, []
    for _ in range(LOADS):
        archive = path.read_bytes()
        started = process_time()
        held = opened(archive)
        seconds.append(process_time() - started)
    assert held is not None
    passes = held.evidence.allow[_AGENCY.id].passes
    listed = 0
    while passes.find(_digest(listed)) is not None:
        listed += 1
    return {"seconds": seconds, "peakMegabytes": _peak(), "listed": listed}


def _peak() -> float:
    """The most memory that this process ever had, in megabytes of a million bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return kilobytes * 1_024 / 1_000_000


def _digest(number: int) -> Digest:
    return Digest(hashlib.sha256(number.to_bytes(8)).digest())


def _key(signer: PrivateKey, usage: KeyUsage) -> DocumentKey:
    return DocumentKey(signer.public_key, usage, 1, 1, OPEN_END, OPEN_END)


def _issuer(key: DocumentKey) -> IssuerKey:
    accredited = {health_record_type("pass"): (Window(1, OPEN_END),)}
    return IssuerKey(_AGENCY, key, ((1, AgencyStatus.ACTIVE),), accredited)


def _segments(digests: Sequence[Digest], signer: PrivateKey) -> dict[Place, bytes]:
    found: dict[Place, bytes] = {}
    for number in range(SEGMENTS):
        start = _NOON - (SEGMENTS - number) * 300
        some = digests[number::SEGMENTS]
        segment = allow_list.segment_of(_AGENCY.id, number, start, start + 300, some)
        found[_AGENCY.id, number] = allow_list.sign(segment, signer)
    return found


def _status(signer: PrivateKey) -> bytes:
    """A list with entries revoked wherever the hash of a number leads."""
    places = {int.from_bytes(_digest(number)[:4]) % ENTRIES for number in range(REVOKED)}
    return status_cwt.sign_list(
        StatusList.empty().with_status(places, Status.REVOKED),
        uri="https://health.example/status/0",
        issued_at=_NOON,
        chain=ListChain(_LEDGER, _AGENCY.id, 0, _BLOCK.number, _BLOCK.hash),
        signer=signer,
    )


def _foreign() -> TrustList:
    keys = []
    for number in range(FOREIGN_KEYS):
        key = ec.derive_private_key(number + 1, ec.SECP256R1()).public_key()
        usages = frozenset({CertificateType.TEST})
        kid = _digest(number)[:8]
        keys.append(TrustedKey(kid, key, usages, Seconds(1), Seconds(OPEN_END), "XX"))
    return trust_list("sample", 1, Seconds(_NOON), keys)


if __name__ == "__main__":
    print(json.dumps(_hold(Path(sys.argv[1]))))
