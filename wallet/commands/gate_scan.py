"""`suizheng gate scan` and `override`: codes in, verdicts out, with no network at all."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import click
import orjson

from ledger.errors import LedgerError, Refused
from ledger.health.gate.decision import people_in
from ledger.health.gate.lane import Identity, Match, TravelDocument
from ledger.health.gate.outcome import Outcome, worst
from ledger.health.scans import Override
from ledger.licences.catalogue import LANGUAGES
from wallet.code_sources import STANDARD_INPUT, arrivals
from wallet.commands.options import json_option
from wallet.console import note, print_json, say
from wallet.exits import EXIT_INVALID, EXIT_OK, EXIT_SECONDARY, EXIT_UNCONFIRMED
from wallet.gate.desk import Desk, Scanned, erase_due, override
from wallet.gate.opened import GateFolder
from wallet.gate.telling import tell
from wallet.surroundings import Surroundings

_EXITS: Final = {
    Outcome.ACCEPT: EXIT_OK,
    Outcome.DENY: EXIT_INVALID,
    Outcome.UNKNOWN: EXIT_UNCONFIRMED,
    Outcome.SECONDARY: EXIT_SECONDARY,
}
_ID_PARTS: Final = 3


@dataclass(eq=False)
class ComparedIsOfOne(Refused):
    """--compared is an officer's word about one person. Scan the others' codes each by itself.

    `answered` codes were answered before, and stand.
    """

    answered: int


class DocumentParameter(click.ParamType[TravelDocument, Any]):
    """TYPE,ISSUER,NUMBER."""

    name = "document"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> TravelDocument:
        """Return the document; fail unless there are three parts."""
        parts = str(value).split(",")
        if len(parts) != _ID_PARTS or not all(parts):
            self.fail("it is not TYPE,ISSUER,NUMBER.", param, ctx)
        return TravelDocument(*parts)


@click.command()
@click.argument("sources", metavar="FILE…", nargs=-1)
@click.option(
    "--id",
    "documents",
    type=DocumentParameter(),
    multiple=True,
    metavar="TYPE,ISSUER,NUMBER",
    help="Travel document that was read; one for each person, in the order of codes and people.",
)
@click.option(
    "--compared",
    type=click.Choice([Match.MATCHED.value, Match.MISMATCHED.value]),
    help="How the officer found the one person of the one code, and the document, to fit.",
)
@click.option(
    "--clock-error",
    type=click.IntRange(min=0),
    metavar="SECONDS",
    help="How far this device's clock may be wrong; else what the last update from a URL measured.",
)
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the sentences.")
@json_option
@click.pass_context
def scan(ctx: click.Context, /, sources: tuple[str, ...], **given: Any) -> None:
    """Decide about codes: pictures, files of lines, or a hand scanner's lines on standard input.

    Nothing is asked of any network; a newer bundle that an update brings meanwhile is taken up.
    --id takes the documents of a family, whose codes may be several pages; who comes after the last
    document was compared with none. --compared is about one person, so a group's code and a second
    one are refused. Exit code of the worst answer: 0 ACCEPT, 3 SECONDARY, which a document is too
    that no code was for, 2 UNKNOWN or no code found, 1 DENY. --json prints a line for each code.
    """
    outside: Surroundings = ctx.obj
    folder, language = GateFolder(outside), given["language"] or outside.language
    compared = deque(_identities(given["documents"], given["compared"]))
    outcomes: list[Outcome] = []
    with folder.journal() as journal:
        erase_due(journal, folder.day_keys, outside.now())
    with folder.desk(given["clock_error"]) as desk:
        for texts in _codes(sources or (STANDARD_INPUT,), outcomes):
            if given["compared"]:
                _check_one(texts, len(outcomes))
            waiting = deque(texts)
            while waiting:
                _keep_up(desk, folder, outside.now())
                scanned = desk.scan_together(waiting, outside.clocks, compared)
                outcomes.extend(each.report.outcome for each in scanned)
                if given["as_json"]:
                    click.echo("".join(lines_of(scanned)), nl=False)
                    continue
                for each in scanned:
                    tell(each, language, desk.texts)
    if not outcomes:
        note("No code was scanned.")
        outcomes.append(Outcome.UNKNOWN)
    if compared:
        note(f"No code was shown for {len(compared)} of those who were compared.")
        outcomes.append(Outcome.SECONDARY)
    ctx.exit(_EXITS[worst(outcomes)])


def _keep_up(desk: Desk, folder: GateFolder, at: int) -> None:
    """Follow what time and other commands bring; a bundle that cannot be read stops no lane."""
    desk.erase_due(at)
    try:
        desk.renew(folder.bundles, at)
    except LedgerError as exc:
        note(f"The newer bundle is not taken up. {exc}")


@click.command(name="override")
@click.argument("number")
@click.argument("outcome", type=click.Choice([Outcome.ACCEPT.value, Outcome.DENY.value]))
@click.option("--by", required=True, help="The officer.")
@click.option("--why", required=True, help="The reason, without naming the person.")
@json_option
@click.pass_obj
def override_scan(
    outside: Surroundings, number: str, outcome: str, by: str, why: str, *, as_json: bool
) -> None:
    """Record that an officer decided the scan NUMBER otherwise; the first row stays as it is."""
    with GateFolder(outside).journal() as journal:
        decided = Override(by, Outcome(outcome), why)
        made = override(journal, number, decided, outside.randomness)
    if as_json:
        print_json({"scan": made, "overrides": number, "outcome": outcome})
    else:
        say(f"{outcome} by {by}: scan {made}")


def _codes(sources: tuple[str, ...], outcomes: list[Outcome]) -> Iterator[list[str]]:
    """Yield all codes as they come; a picture or file without one counts as UNKNOWN."""
    for source in sources:
        found = False
        for texts in arrivals(source):
            found = found or bool(texts)
            yield texts
        if not found and source != STANDARD_INPUT:
            note(f"No code was found in {source}. Hold it nearer, straight and in better light.")
            outcomes.append(Outcome.UNKNOWN)


def _identities(documents: tuple[TravelDocument, ...], compared: str | None) -> list[Identity]:
    if documents and compared:
        raise click.UsageError("--id and --compared exclude each other.")
    return [*documents] if compared is None else [Match(compared)]


def _check_one(texts: Sequence[str], before: int) -> None:
    """Raise `ComparedIsOfOne` where these codes, and those before, are of more than one person."""
    if before + sum(map(people_in, texts)) > 1:
        raise ComparedIsOfOne(before)


def lines_of(scanned: Iterable[Scanned]) -> Iterator[str]:
    """Yield the answers as --json has them, each a line of its own."""
    for each in scanned:
        told = each.report.to_json() | {"scans": list(each.numbers)}
        yield orjson.dumps(told).decode() + "\n"
