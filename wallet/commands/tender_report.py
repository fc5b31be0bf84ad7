"""`suizheng tender sheet`, `report`: the committee's points, and the report that follows from them.

Sheets are committed by their digests before any is shown; totals and ranks are arithmetic that
anybody repeats from the same papers.
"""

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import click

from ledger.canonical import JsonMalformed, parse_object
from ledger.chain import award_calls
from ledger.chain.award_calls import Act
from ledger.chain.tender_history import tender_history
from ledger.tenders import evaluation, personal, reporting
from ledger.tenders.committee import Rejection, Statement, report_digest
from ledger.tenders.documents import Documents
from ledger.tenders.errors import OpeningDiffers
from ledger.tenders.evaluation import Criteria, EvaluationMalformed, Sheet
from ledger.tenders.history import tenders_of
from ledger.tenders.opening_record import record_digest
from ledger.tenders.papers import PaperRole
from ledger.tenders.pricing import decimal_in
from ledger.tenders.reporting import CommitteePaperMalformed, Evaluated, Papers
from ledger.tenders.state import TenderState
from ledger.tenders.transitions import Step
from ledger.values import Address
from ledger.verification.shape import ShapeWrong
from wallet.commands.options import FILE, FOLDER, json_option
from wallet.commands.tender_bringing import Paper, bring_option, send_with, tell_next
from wallet.commands.tender_officers import TENDERER, acts, ledger_client, lot_option
from wallet.console import print_json, print_table, say
from wallet.home import read_file, write_file
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import read_documents

_SALT_BYTES: Final = evaluation.SALT_BYTES
_REJECTIONS: Final = click.option(
    "--rejections", type=FILE, help="JSON: a list of bidder, ground (1 to 7 of R51), reason."
)
_PART: Final = click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)


@click.command(cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("record", type=FILE)
@click.argument("points", type=FILE)
@click.option("--seat", type=click.IntRange(1, evaluation.MAX_SEATS), required=True)
@click.option("--out", type=FILE, required=True, help="The sheet; keep it until all committed.")
@_REJECTIONS
@_PART
@json_option
@click.pass_obj
def sheet(
    outside: Surroundings, /, documents: Path, record: Path, points: Path, **given: Any
) -> None:
    """Write an expert's score sheet from POINTS, off line, and tell the digest to commit.

    RECORD is the opening record; POINTS is JSON: for each bid's key, points for each criterion of
    the DOCUMENTS as decimal strings. Bids in --rejections are not scored.
    """
    criteria = _criteria(read_documents(documents).documents, given["part"])
    bidders = reporting.prices_in(read_file(record), criteria).keys() - {
        Address(each.bidder) for each in _rejections(given["rejections"])
    }
    scored = Sheet(given["seat"], _points(points))
    encoded = evaluation.write_sheet(scored, outside.randomness(_SALT_BYTES))
    evaluation.read_sheet(encoded, criteria, bidders)
    write_file(given["out"], encoded)
    digest = "0x" + evaluation.sheet_digest(encoded).hex()
    if given["as_json"]:
        print_json({"seat": given["seat"], "digest": digest})
        return
    say(f"The sheet is {given['out']}. Hand in its digest alone: {digest}")


@click.command(name="report", cls=TenderCommand)
@click.argument("documents", type=FOLDER)
@click.argument("record", type=FILE)
@click.argument("sheets", type=FOLDER)
@click.argument("out", type=FILE)
@_REJECTIONS
@click.option("--statements", type=FILE, help="JSON: a list of seat, dissent (empty: signs).")
@click.option(
    "--personal",
    type=FILE,
    multiple=True,
    help="Verdicts on people's licences: suizheng bid open-confidential.",
)
@click.option("--record-it", "is_recorded", is_flag=True, help="Anchor the report. TENDERER.")
@lot_option
@bring_option
@acts(TENDERER)
def report_on_lot(
    outside: Surroundings, documents: Path, record: Path, sheets: Path, out: Path, **given: Any
) -> None:
    """Write the committee's report OUT from the opening RECORD and the SHEETS, three candidates.

    Every sheet is held against the digest that its seat committed; seats whose sheets are missing
    are named as missing. Of the first of two parts the report names the rejected bids: their prices
    stay sealed. A member who neither signs nor dissents counts as consenting (R53).

    Recording makes report and sheets public: they go to --service, or you are told to bring them.
    """
    known, lot = read_documents(documents).documents, given["lot"]
    with ledger_client(outside, given) as client:
        history = tender_history(client.node, client.deployment, known.tender)
        state = tenders_of(history)[known.tender]
        opened = read_file(record)
        _require_recorded(state, lot, opened)
        seen = tuple(each for path in given["personal"] for each in personal.read(read_file(path)))
        papers = Papers(_sheets(sheets), _rejections(given["rejections"]), _said(given), seen)
        criteria = _criteria(known, state.current_part)
        made = reporting.evaluated(state.lot(lot).course, opened, criteria, papers)
        write_file(out, made.encoded)
        told, anchored = _told(made, papers), _anchored(out, sheets)
        if given["is_recorded"]:
            named = _named(state, made, papers)
            act = Act(report_digest(made.encoded), bidders=named)
            call = award_calls.advance(client.deployment, state.id, lot, Step.REPORT, act)
            brought, receipt = send_with(outside, client, call, (state.id, anchored), given)
            told |= brought | {
                "transaction": "0x" + receipt.transaction.hex(),
                "block": receipt.block,
            }
    if given["as_json"]:
        print_json(told)
        return
    rows = ((each["rank"], each["bidder"], each["total"]) for each in told["scores"])
    print_table(("RANK", "BID", "POINTS"), rows)
    for seat in told["missingSheets"]:
        say(f"Seat {seat} committed a sheet and never showed it.")
    say(f"The report is {out}, its digest {told['report']}.")
    if given["is_recorded"]:
        tell_next(known.tender, anchored, given)


def _anchored(report: Path, sheets: Path) -> tuple[Paper, ...]:
    """What becomes public with the report: itself, and the sheets whose digests were committed."""
    shown = ((PaperRole.SCORE, path) for path in sorted(sheets.iterdir()))
    return ((PaperRole.REPORT, report), *shown)


def _named(state: TenderState, made: Evaluated, papers: Papers) -> tuple[Address, ...]:
    if state.current_part < state.announcement.parts:
        return tuple(Address(each.bidder) for each in papers.rejected)
    return made.candidates


def _told(made: Evaluated, papers: Papers) -> dict[str, Any]:
    return {
        "report": "0x" + report_digest(made.encoded).hex(),
        "scores": [
            {"rank": each.rank, "bidder": each.bidder, "total": str(each.total)}
            for each in made.ranked
        ],
        "candidates": list(made.candidates),
        "rejected": [each.bidder for each in papers.rejected],
        "missingSheets": list(made.missing),
    }


def _require_recorded(state: TenderState, lot: int, record: bytes) -> None:
    """Raise `OpeningDiffers` unless the record is the one that was anchored."""
    told = state.lot(lot).openings.get(state.current_part)
    digest = record_digest(record)
    if told is None or told.digest != digest:
        raise OpeningDiffers(bytes(32) if told is None else told.digest, digest)


def _criteria(documents: Documents, part: int) -> Criteria:
    if "criteria" not in documents.content:
        raise EvaluationMalformed("criteria")
    whole = evaluation.read_criteria(documents.content["criteria"])
    return reporting.criteria_for(whole, part, documents.parts)


def _sheets(folder: Path) -> dict[int, bytes]:
    """Return the sheets in a folder by the seat that each names."""
    found = {}
    for path in sorted(folder.iterdir()):
        content = read_file(path)
        try:
            found[int(parse_object(content)["seat"])] = content
        except (JsonMalformed, KeyError, TypeError, ValueError) as exc:
            raise CommitteePaperMalformed(path.name) from exc
    return found


def _rejections(path: Path | None) -> tuple[Rejection, ...]:
    return () if path is None else reporting.read_rejections(read_file(path))


def _said(given: Mapping[str, Any]) -> tuple[Statement, ...]:
    path = given["statements"]
    return () if path is None else reporting.read_statements(read_file(path))


def _points(path: Path) -> dict[Address, dict[str, Decimal]]:
    try:
        return {
            Address(key): {name: decimal_in(each, name) for name, each in given.items()}
            for key, given in parse_object(read_file(path)).items()
        }
    except (JsonMalformed, AttributeError, ShapeWrong) as exc:
        raise CommitteePaperMalformed(path.name) from exc
