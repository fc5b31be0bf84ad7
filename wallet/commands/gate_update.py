"""`suizheng gate update` and `status`: what the gate decides by, and how old that is."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from ledger.health.gate.evidence import GateEvidence, Part
from ledger.health.gate.showing import MOST_CLOCK_ERROR
from ledger.health.gate_bundle.archive import unpack
from ledger.health.gate_bundle.manifest import Manifest, read
from ledger.health.gate_bundle.reading import GateBundle
from ledger.health.scan_counts import hour_of
from ledger.values import Digest
from wallet.commands.counts import show_counts, told_counts
from wallet.commands.options import json_option
from wallet.console import age, note, print_json, print_table, say, waiting, when
from wallet.gate.bundles import NoGateBundle, trusted_by
from wallet.gate.clock import measured
from wallet.gate.desk import erase_due
from wallet.gate.enrolment import EnrolmentFile
from wallet.gate.opened import GateFolder
from wallet.home import read_file
from wallet.service import Service
from wallet.surroundings import Surroundings

_WEB = ("http://", "https://")
_DAY = 86_400


@click.command()
@click.option("--from", "source", required=True, metavar="FILE|URL", help="The bundle.")
@json_option
@click.pass_obj
def update(outside: Surroundings, source: str, *, as_json: bool) -> None:
    """Take in a newer signed bundle: a FILE, or from URL the files that this gate lacks.

    The first must be signed by a publisher that is trusted here (suizheng trust add), the next ones
    by the same agency. Sequence and block only move forward. The service at URL also tells how far
    this device's clock is wrong, which the gate regards for a day.
    """
    folder, now = GateFolder(outside), outside.now()
    publishers = [publisher.key for publisher in outside.trust.load().publishers]
    if source.startswith(_WEB):
        with waiting("Fetching the bundle"):
            encoded, files = _fetched(outside, folder, source, [*publishers])
    else:
        encoded, files = unpack(read_file(Path(source)))
    bundle = folder.bundles.take(encoded, files, publishers, now)
    with folder.journal() as journal:
        erase_due(journal, folder.day_keys, now)
        folder.bundles.drop(journal.cited())
    _show(bundle, now, as_json=as_json)


@click.command()
@json_option
@click.pass_obj
def status(outside: Surroundings, *, as_json: bool) -> None:
    """Say what this gate is, what it holds and how old, what is missing, and a day's counts."""
    folder, now = GateFolder(outside), outside.now()
    try:
        bundle: GateBundle | None = folder.bundles.newest(now)
    except NoGateBundle:
        bundle = None
    reader = EnrolmentFile(outside.home).reader()
    with folder.journal() as journal:
        since, backlog = hour_of(now - _DAY), journal.backlog()
        counted = told_counts(folder.enrolment.port, journal.counts(since))
    told = {
        "checkpoint": folder.enrolment.checkpoint,
        "lane": folder.enrolment.lane,
        "certificateUntil": None if reader is None else reader.expires_at,
        "clockError": folder.clock.error_at(now),
        "bundle": None if bundle is None else _told(bundle, now),
        "counts": counted,
        "notPushed": backlog,
        "dayKeys": sorted(folder.day_keys.live()),
    }
    if as_json:
        print_json(told)
        return
    say(f"Lane {folder.enrolment.lane} of {folder.enrolment.checkpoint}", style="bold")
    ends = "none; see suizheng gate certify" if reader is None else f"to {when(reader.expires_at)}"
    say(f"Certificate: {ends}")
    error = told["clockError"]
    say("Clock: not measured" if error is None else f"Clock: wrong by {error} s at most")
    if bundle is None:
        say(NoGateBundle.title())
    else:
        _show(bundle, now, as_json=False)
    if counted:
        show_counts(counted)
    say(f"Scans not handed to the service yet: {backlog}")


def _fetched(
    outside: Surroundings, folder: GateFolder, url: str, publishers: list[Any]
) -> tuple[bytes, Mapping[Digest, bytes]]:
    """The manifest and what comes with it at `url`, and each file that is lacking, by SHA-256."""
    with closing(Service(url)) as service:
        encoded, files = unpack(_manifest(outside, folder, service))
        now = outside.now()
        newest = folder.bundles.newest(now) if folder.bundles.sequences() else None
        offered: Manifest = read(encoded, trusted_by(newest, publishers), now)
        held = folder.bundles.digests() | files.keys()
        lacking = {ref.digest for ref in offered.wanted(held).values()}
        fetched = {each: service.fetch(f"{url}/files/{each.hex()}") for each in sorted(lacking)}
    return encoded, {**files, **fetched}


def _manifest(outside: Surroundings, folder: GateFolder, service: Service) -> bytes:
    """What is at the service's address; its `Date` is held against the gate's clock on the way.

    That is kept whatever becomes of the bundle: a clock that is wrong may be why it is refused.
    """
    asked_at = outside.now()
    headers = {"Accept": "*/*", "Cache-Control": "no-cache"}
    answer = service.send("GET", service.base_url, headers=headers)
    found = measured(answer.headers, asked_at, outside.now())
    if found is not None:
        folder.clock.save(found)
        if found.error > MOST_CLOCK_ERROR:
            off = f"{abs(found.ahead)} s {'ahead of' if found.ahead > 0 else 'behind'}"
            note(f"This device's clock is about {off} the service's. Set it, and update again.")
    return answer.content


def _show(bundle: GateBundle, now: int, *, as_json: bool) -> None:
    told = _told(bundle, now)
    if as_json:
        print_json(told)
        return
    manifest = bundle.manifest
    say(f"Bundle {manifest.sequence} of {manifest.jurisdiction}/{manifest.agency}", style="bold")
    say(f"Ledger block {manifest.block.number} of {when(manifest.block.time)}")
    rows = [(part["part"], part["sequence"], age(part["age"])) for part in told["parts"]]
    print_table(("PART", "SEQUENCE", "AGE"), rows)
    for path in told["missing"]:
        say(f"Missing: {path}", style="yellow")
    for path, reason in told["unusable"].items():
        say(f"Not believed: {path} ({reason})", style="yellow")


def _told(bundle: GateBundle, now: int) -> dict[str, Any]:
    manifest = bundle.manifest
    return {
        "sequence": manifest.sequence,
        "block": manifest.block.number,
        "blockTime": manifest.block.time,
        "parts": [
            {"part": name, "sequence": part.sequence, "age": part.age(now)}
            for name, part in _parts(bundle.evidence)
        ],
        "missing": list(bundle.missing),
        "unusable": dict(bundle.unusable),
    }


def _parts(evidence: GateEvidence) -> list[tuple[str, Part]]:
    found = [("trust", evidence.trust), ("rules", evidence.rules)]
    if evidence.revoked is not None:
        found.append(("revocation", evidence.revoked))
    found += [
        (f"status {agency.hex()[:8]}/{number}", held.part)
        for (agency, number), held in evidence.status.items()
    ]
    found += [(f"allow {agency.hex()[:8]}", held.part) for agency, held in evidence.allow.items()]
    return found
