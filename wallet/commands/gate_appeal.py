"""`suizheng gate appeal`: why somebody was refused, and the answer in writing."""

from typing import Any, Final

import click

from ledger.errors import LedgerError
from ledger.health import appeals
from ledger.health.gate.evidence import GateEvidence
from ledger.health.gate.messages import sentences_of, words_of
from ledger.health.scans import ScanRow, read_row
from ledger.values import Digest
from ledger.verification.check import rfc3339
from wallet.code_sources import codes_of
from wallet.commands.options import FILE, json_option
from wallet.commands.serving import opened, serving
from wallet.console import print_json, say
from wallet.gate.answers import SignedAnswer, appeal_of
from wallet.gate.appeals import NoCodeForAppeal, Recomputed, recompute
from wallet.gate.journal import KeptScan
from wallet.gate.opened import GateFolder
from wallet.home import write_file
from wallet.service import AnswerMalformed, Service
from wallet.surroundings import Surroundings

APPEALS: Final = "/v1/health/appeals"
_DIGEST_BYTES: Final = 32


class DigestParameter(click.ParamType[Digest, Any]):
    """A pass by its digest: 0x and 64 hexadecimal digits."""

    name = "digest"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Digest:
        """Return the digest; fail unless it is one."""
        try:
            raw = bytes.fromhex(str(value).removeprefix("0x"))
        except ValueError:
            raw = b""
        if len(raw) != _DIGEST_BYTES:
            self.fail("it is not 0x and 64 hexadecimal digits.", param, ctx)
        return Digest(raw)


@click.group()
def appeal() -> None:
    """Appeals: why somebody was refused, from the versions that the verdict cites."""


@appeal.command()
@click.argument("number")
@click.option("--code", type=click.Path(), metavar="FILE", help="The code shown then.")
@json_option
@click.pass_context
def explain(ctx: click.Context, number: str, code: str | None, *, as_json: bool) -> None:
    """Say why the scan NUMBER was decided as it was; with the code, decide once more.

    The code is judged at that minute by the bundle that the row cites. What only the moment showed
    (screen, replay, uses, document) stands in the row and is not judged again. Exit code 1 when the
    cited versions now give other reasons.
    """
    outside: Surroundings = ctx.obj
    folder = GateFolder(outside)
    with folder.journal() as journal:
        kept = journal.find(number)
    row = read_row(kept.row)
    again = None
    if code is not None:
        again = _again(folder, kept, code, number, _evidence(folder, kept, outside.now()))
    if as_json:
        print_json(_told(number, row, again))
    else:
        _tell(number, row, again, outside.language)
    ctx.exit(0 if again is None or again.agrees else 1)


@appeal.command(name="answer")
@click.argument("number")
@click.option("--code", type=click.Path(), metavar="FILE", required=True, help="The code shown.")
@click.option("--by", required=True, help="The officer who answers.")
@click.option("--text", required=True, help="What is said to the person, on one line.")
@click.option("--remedy", type=DigestParameter(), help="The new pass, where a refusal was wrong.")
@click.option("--out", type=FILE, default="answer.json", show_default=True)
@serving
def answer_appeal(outside: Surroundings, /, number: str, code: str, **given: Any) -> None:
    """Answer the appeal against the scan NUMBER in writing; --account has the role REGISTRAR.

    The code is judged once more by the bundle that the row cites. Where that is better than what
    the gate decided, the refusal is overturned and --remedy names the new pass, else it is upheld.
    The agency's key signs the answer; the file is for the person.
    """
    folder = GateFolder(outside)
    with folder.journal() as journal:
        kept = journal.find(number)
    evidence = _evidence(folder, kept, outside.now())
    again = _again(folder, kept, code, number, evidence)
    with opened(outside, given) as service:
        answer = appeals.answer(
            _lodged(service, kept, number),
            kept.row,
            again.person,
            at=outside.now(),
            by=given["by"],
            text=given["text"],
            remedy=given["remedy"],
        )
        signed = _signed(service, appeals.write_answer(answer), number)
    # By the keys of today: the one that the row's bundle knew may be retired, or stolen.
    signed.checked(folder.bundles.newest(outside.now()).evidence, number)
    write_file(given["out"], signed.to_json())
    if given["as_json"]:
        digest = appeals.digest_of_answer(signed.document)
        told = {"scan": number, "verdict": answer.verdict, "isLate": answer.is_late}
        print_json(told | {"digest": "0x" + digest.hex(), "file": str(given["out"])})
    else:
        say(f"{answer.verdict}: {given['out']} is the signed answer, for the person.")


def _evidence(folder: GateFolder, kept: KeptScan, now: int) -> GateEvidence:
    return folder.bundles.held(kept.sequence, now).evidence


def _again(
    folder: GateFolder, kept: KeptScan, code: str, number: str, evidence: GateEvidence
) -> Recomputed:
    """Judge the code in a file as at the minute of a scan."""
    text = next(iter(codes_of(code)), None)
    if text is None:
        raise NoCodeForAppeal(code)
    keys = [live.key for live in folder.day_keys.live().values()]
    return recompute(read_row(kept.row), text, evidence, folder.enrolment, keys, number)


def _lodged(service: Service, kept: KeptScan, number: str) -> appeals.Appeal:
    try:
        return appeal_of(service.get(f"{APPEALS}/{number.upper()}"), kept.row, number)
    except (KeyError, TypeError, ValueError) as exc:
        raise AnswerMalformed(service.base_url) from exc


def _signed(service: Service, document: bytes, number: str) -> SignedAnswer:
    told = service.post(f"{APPEALS}/{number.upper()}/answer", {"answer": document.decode()})
    try:
        return SignedAnswer.of(told["answer"])
    except (KeyError, TypeError, ValueError, AttributeError, LedgerError) as exc:
        raise AnswerMalformed(service.base_url) from exc


def _told(number: str, row: ScanRow, again: Recomputed | None) -> dict[str, Any]:
    judged = None if again is None else appeals.judged_again(row, again.person)
    return {
        "scan": number,
        "checkpoint": row.checkpoint,
        "lane": row.lane,
        "minute": rfc3339(row.minute),
        "outcome": row.outcome.value,
        "reasons": [reason.value for reason in row.reasons],
        "citations": dict(row.citations),
        "override": None
        if row.override is None
        else {"by": row.override.by, "outcome": row.override.outcome, "why": row.override.why},
        "recomputed": None
        if again is None or judged is None
        else {
            "outcome": judged.outcome.value,
            "reasons": [reason.value for reason in judged.reasons],
            "agrees": again.agrees,
            "citesTheSame": again.cites_the_same,
        },
    }


def _tell(number: str, row: ScanRow, again: Recomputed | None, language: str) -> None:
    word = words_of(row.outcome, (language,))[language]
    say(f"Scan {number}: {row.outcome.value} {word}", style="bold")
    say(f"{rfc3339(row.minute)}, lane {row.lane} of {row.checkpoint}")
    say("Reasons: " + (", ".join(row.reasons) or "none"))
    say(f"Decided by bundle {row.citations.get('bundle')}")
    if row.override is not None:
        say(f"{row.override.by} decided {row.override.outcome.value}: {row.override.why}")
    if again is None:
        say("With the code shown then (--code FILE) it is decided once more.")
        return
    for finding in again.person.findings:
        if finding.reason not in appeals.MOMENTARY:
            said = sentences_of(finding, (language,))[language]
            say(f"  {said} [{finding.reason}: {finding.detail}]")
    outcome = appeals.judged_again(row, again.person).outcome.value
    say(
        "The cited versions give the same reasons."
        if again.agrees
        else f"The cited versions give {outcome}: this decision is to be mended."
    )
