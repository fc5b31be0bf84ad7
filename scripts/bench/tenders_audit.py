"""An outsider's audit of a tender, off line: blocks, messages, files, opening, scores, publication.

Beside it stands reading the same files and nothing else.
"""

import hashlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final

from ledger.chain.tender_archive import read
from ledger.tenders.audit.report import AuditReport
from ledger.tenders.ocds.packages import record
from ledger.tenders.ocds.publishing import UNREGISTERED, releases
from ledger.tenders.ocds.readings import organisation
from ledger.tenders.ocds.releases import Publication
from ledger.tenders.ocds.story import Sources, told
from ledger.verification.check import Result, Verdict
from scripts.bench.rows import Beside, Row, Unit
from scripts.bench.run import Run
from scripts.bench.tenders_sample import DEPLOYMENT, Sample, sample
from scripts.bench.timing import timed
from scripts.steps import ROOT
from wallet.tenders.bundles import Bundle
from wallet.tenders.holdings import Holdings
from wallet.tenders.judging import by_head, judge

SUBJECT: Final = "tenders audit"
BIDS: Final = 30
MEBIBYTES: Final = 10
NOTE: Final = (
    "An audit of 30 bids with 5 trustees, off line: blocks proven, every message, secret, file, "
    "record, score and release taken again; size is MiB a bid. Wanted: 30 s beyond reading files."
)
_SITE: Final = "https://tenders.example"
_PIECE_BYTES: Final = 2**18
_SKIPPED: Final = ("lists", "draw")
"""Steps that the sample has nothing for."""


def tenders_audit(run: Run) -> Iterator[Row]:
    """Measure the audit; `sizes` are MiB a bid."""
    for size in run.sizes_or(MEBIBYTES):
        with tempfile.TemporaryDirectory(dir=ROOT / "var") as name:
            folder = Path(name)
            run.say(f"tenders audit: {BIDS} bids of {size} MiB")
            yield _measured(run, sample(folder, BIDS, size), folder, size)


def _measured(run: Run, made: Sample, folder: Path, size: int) -> Row:
    bundle = bundle_of(made)
    seconds: dict[str, list[float]] = {"audit": [], "reading": []}
    void = None
    for _ in run.each_round("audits"):
        seconds["reading"].append(timed(lambda: _read(folder)))
        started = time.perf_counter()
        report = report_about(made, bundle)
        seconds["audit"].append(time.perf_counter() - started)
        void = why_void(report) or void
    return Row(
        subject=SUBJECT,
        name=f"{BIDS} bids",
        unit=Unit.SECONDS,
        median=median(seconds["audit"]),
        n=run.rounds,
        size=size,
        peer=Beside("reading and hashing the files", median(seconds["reading"])),
        note=NOTE,
        void=void,
    )


def bundle_of(made: Sample) -> Bundle:
    """Return all that an outsider holds of a sample: blocks, papers, files and publication."""
    holdings = Holdings(papers=made.papers, record=_record(made))
    holdings.take(made.folder)
    return Bundle(made.archive, holdings)


def report_about(made: Sample, bundle: Bundle) -> AuditReport:
    """Return the audit's report about a bundle of a sample, by the head of its chain."""
    return judge(bundle, DEPLOYMENT, by_head(made.archive.head.hash), made.now)


def why_void(report: AuditReport) -> str | None:
    """Return why a report is not of the work that is measured, None when it is."""
    if report.verdict is Verdict.VALID and report.skipped == _SKIPPED:
        return None
    wrong = [each.code for each in report.checks if each.result is not Result.VALID]
    return f"the verdict was {report.verdict}, not valid were {', '.join(wrong)}"


def _record(made: Sample) -> dict[str, object]:
    buyer = organisation("91440000SAMPLE001A", "Sample Buyer")
    archive = made.archive
    sources = Sources(archive.ledger, DEPLOYMENT.tenders.awards, buyer, made.papers)
    happened = read(archive, DEPLOYMENT).events
    publication = Publication(UNREGISTERED, buyer.name, _SITE, ())
    return record(releases(told(happened, made.tender, sources), publication))


def _read(folder: Path) -> None:
    for path in folder.iterdir():
        digest = hashlib.sha256()
        with path.open("rb") as source:
            while piece := source.read(_PIECE_BYTES):
                digest.update(piece)
