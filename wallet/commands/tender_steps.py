"""`suizheng tender` after the opening: every step of a lot, each one transaction with its paper.

The ledger keeps SHA-256 of the paper; the paper itself goes to --service, or is brought later.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain import award_calls
from ledger.chain.award_calls import Act
from ledger.chain.calls import Call
from ledger.chain.client import LedgerClient
from ledger.chain.deployments import Deployment
from ledger.chain.tender_reading import TenderReader
from ledger.tenders.committee_paper import require_seats
from ledger.tenders.dues import policy_of
from ledger.tenders.evaluation import MAX_SEATS
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from ledger.tenders.transitions import Step
from ledger.values import Address
from wallet.commands.options import ADDRESS, FILE, FOLDER, HASH, MOMENT
from wallet.commands.tender_bringing import Paper, bring_option, send_with, tell_next
from wallet.commands.tender_officers import (
    SUPERVISOR,
    TENDERER,
    acts,
    ledger_client,
    lot_option,
    paper_digest,
    sent,
    tell,
    tender_argument,
)
from wallet.console import note
from wallet.home import read_file
from wallet.surroundings import Surroundings
from wallet.tenders.deadlines import end_of_notice
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import read_manifest
from wallet.tenders.licences_again import require_qualified, winner_looked_at

_PAPER: Final = click.argument("paper", type=FILE)
_SEAT: Final = click.option(
    "--seat", type=click.IntRange(1, MAX_SEATS), required=True, help="Number of the seat, from 1."
)


def step_command(
    name: str, default: str = TENDERER
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command about one lot of TENDER, sent by an officer."""

    def made(function: Callable[..., Any]) -> click.Command:
        decorated = tender_argument(lot_option(bring_option(acts(default)(function))))
        return click.command(name=name, cls=TenderCommand)(decorated)

    return made


@_PAPER
@click.option("--seats", type=click.IntRange(1, MAX_SEATS), required=True, help="How many members.")
def _committee(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """Commit the committee of a recorded lot: PAPER names its members and how they were drawn.

    A paper of suizheng tender draw has to seat as many as --seats says, and whom its draw gave.
    """
    require_seats(read_file(paper), given["seats"])
    act = Act(paper_digest(paper), seat=given["seats"])
    _advance(outside, tender, Step.COMMITTEE, act, given, (PaperRole.COMMITTEE, paper))


@click.argument("digest", type=HASH)
@_SEAT
def _score(outside: Surroundings, tender: bytes, digest: bytes, **given: Any) -> None:
    """Commit one seat to its score sheet by DIGEST alone, before any sheet is shown."""
    _advance(outside, tender, Step.SCORE, Act(digest, seat=given["seat"]), given)


@_PAPER
@_SEAT
@click.option("--reason", type=FILE, required=True, help="Paper that says why.")
def _replace(outside: Surroundings, tender: bytes, paper: Path, reason: Path, **given: Any) -> None:
    """Replace the expert of a seat: PAPER is the new committee. The old score is void (R48)."""
    act = Act(paper_digest(paper), reason=paper_digest(reason), seat=given["seat"])
    papers = (PaperRole.COMMITTEE, paper), (PaperRole.REASON, reason)
    _advance(outside, tender, Step.REPLACE, act, given, *papers)


@_PAPER
@click.option(
    "--bid", "bidders", type=ADDRESS, multiple=True, required=True, help="Key of a rejected bid."
)
def _reject(
    outside: Surroundings, tender: bytes, paper: Path, bidders: tuple[Address, ...], **given: Any
) -> None:
    """Reject more bids by the technical report PAPER: their prices are never opened."""
    act = Act(paper_digest(paper), bidders=bidders)
    _advance(outside, tender, Step.REJECT, act, given, (PaperRole.REPORT, paper))


@_PAPER
def _reject_all(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """Record PAPER, the report that rejects every bid: the lot ends (L42)."""
    act = Act(paper_digest(paper))
    _advance(outside, tender, Step.REJECT_ALL, act, given, (PaperRole.REPORT, paper))


@_PAPER
@click.option(
    "--until", type=MOMENT, help="When the notice is over; else the earliest that is lawful."
)
def _notice(
    outside: Surroundings, tender: bytes, paper: Path, until: int | None, **given: Any
) -> None:
    """Publish the candidates by the notice PAPER; objections to the result come until its end.

    That is counted by the calendar of the tender's policy, and nothing is sent that falls short of
    the law. A policy of one's own has no calendar here: then only the ledger looks at --until.
    """
    digest, id_, lot = paper_digest(paper), TenderId(tender), given["lot"]
    with ledger_client(outside, given) as client:
        reader = TenderReader(client.node, client.deployment)
        policy = policy_of(reader.terms(reader.tender(id_).policy))
        if policy is not None:
            until = end_of_notice(policy, client.head().time, until)
        elif until is None:
            raise click.UsageError("give --until: nobody here knows this policy's calendar")
        act = Act(digest, until=until)
        papers = ((PaperRole.NOTICE, paper),)
        call = award_calls.advance(client.deployment, id_, lot, Step.NOTICE, act)
        told, receipt = send_with(outside, client, call, (id_, papers), given)
    tell("Done.", _facts(lot, Step.NOTICE, act) | {"until": until} | told, receipt, given)
    tell_next(id_, papers, given)


@_PAPER
def _review(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """Have the lot evaluated anew after something on the result was upheld: all scores are void."""
    act = Act(paper_digest(paper))
    _advance(outside, tender, Step.REVIEW, act, given, (PaperRole.DECISION, paper))


@_PAPER
@click.option("--to", "winner", type=ADDRESS, required=True, help="Key of the winning bid.")
@click.option(
    "--reason", type=FILE, help="Why not the first candidate (R55), or all the same (R56)."
)
@click.option("--documents", type=FOLDER, help="The tender's documents; goes with --opened.")
@click.option(
    "--opened", type=FOLDER, help="Folder LOT-PART where suizheng tender open put part 1."
)
def _award(
    outside: Surroundings, tender: bytes, paper: Path, winner: Address, **given: Any
) -> None:
    """Award the lot by the letter of award PAPER, once the notice is over and nothing blocks.

    With --documents and --opened the winner's licences are looked at once more: what was suspended
    or revoked since the deadline refuses the award unless --reason says why it is made.
    """
    if (given["documents"] is None) != (given["opened"] is None):
        raise click.UsageError("--documents and --opened go together.")
    why: Path | None = given["reason"]
    papers = [(PaperRole.AWARD, paper)] + ([] if why is None else [(PaperRole.REASON, why)])
    reason = bytes(32) if why is None else paper_digest(why)
    act, id_ = Act(paper_digest(paper), reason=reason, bidders=(winner,)), TenderId(tender)
    facts = _facts(given["lot"], Step.AWARD, act) | {"licences": None}
    with ledger_client(outside, given) as client:
        if given["opened"] is None:
            note("Nobody looked at the winner's licences again: give --documents and --opened.")
        else:
            facts["licences"] = _looked_again(outside, client, winner, given)
        call = award_calls.advance(client.deployment, id_, given["lot"], Step.AWARD, act)
        told, receipt = send_with(outside, client, call, (id_, papers), given)
    tell("Done.", facts | told, receipt, given)
    tell_next(id_, papers, given)


def _looked_again(
    outside: Surroundings, client: LedgerClient, winner: Address, given: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the verdicts of now; raise `WinnerLapsed`, `WinnerUnconfirmed` without a reason."""
    papers = (read_manifest(given["documents"]), given["documents"])
    results = winner_looked_at(outside, client, papers, given["opened"], winner)
    if given["reason"] is None:
        require_qualified(results)
    return [each.told() for each in results]


@_PAPER
@click.option("--ocds", type=FILE, required=True, help="The OCDS record as it was published.")
def _contract(outside: Surroundings, tender: bytes, paper: Path, ocds: Path, **given: Any) -> None:
    """Record the signed contract PAPER, and the OCDS record that goes with it."""
    act = Act(paper_digest(paper), reason=paper_digest(ocds))
    papers = (PaperRole.CONTRACT, paper), (PaperRole.RECORD, ocds)
    _advance(outside, tender, Step.CONTRACT, act, given, *papers)


@_PAPER
def _terminate_lot(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """End an opened lot before its award, for the reason that PAPER gives (R31)."""
    act = Act(paper_digest(paper))
    _advance(outside, tender, Step.TERMINATE, act, given, (PaperRole.DECISION, paper))


@_PAPER
def _void_lot(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """Void an opened lot by the decision PAPER. Supervisor only."""
    act = Act(paper_digest(paper))
    _advance(outside, tender, Step.VOID, act, given, (PaperRole.DECISION, paper))


def _close(outside: Surroundings, tender: bytes, **given: Any) -> None:
    """Tell on the chain that a lot failed, which it does without being told. Anybody."""
    lot = given["lot"]
    _send(outside, lambda at: award_calls.close_lot(at, TenderId(tender), lot), given)


@click.command(name="schedule-part", cls=TenderCommand)
@tender_argument
@click.option("--from", "start", type=MOMENT, required=True, help="When disclosure begins.")
@acts(TENDERER)
def schedule_part(outside: Surroundings, tender: bytes, start: int, **given: Any) -> None:
    """Set the windows of part 2.

    Once every lot has its technical report or has ended, and the time to object to the opening is
    over: its last window, or the policy's least such window after the record.
    """
    _send(outside, lambda at: award_calls.schedule_part(at, TenderId(tender), start), given)


def _advance(
    outside: Surroundings,
    tender: bytes,
    step: Step,
    act: Act,
    given: dict[str, Any],
    *papers: Paper,
) -> None:
    lot, id_ = given["lot"], TenderId(tender)
    with ledger_client(outside, given) as client:
        call = award_calls.advance(client.deployment, id_, lot, step, act)
        told, receipt = send_with(outside, client, call, (id_, papers), given)
    tell("Done.", _facts(lot, step, act) | told, receipt, given)
    tell_next(id_, papers, given)


def _facts(lot: int, step: Step, act: Act) -> dict[str, Any]:
    return {"lot": lot, "step": step.name, "digest": "0x" + act.digest.hex()}


def _send(
    outside: Surroundings,
    make: Callable[[Deployment], Call],
    given: dict[str, Any],
) -> None:
    with ledger_client(outside, given) as client:
        receipt = sent(outside, client, make(client.deployment), given)
    tell("Done.", {}, receipt, given)


STEP_COMMANDS: Final = (
    step_command("committee")(_committee),
    step_command("score")(_score),
    step_command("replace-expert")(_replace),
    step_command("reject")(_reject),
    step_command("reject-all")(_reject_all),
    step_command("notice")(_notice),
    step_command("review")(_review),
    step_command("award")(_award),
    step_command("contract")(_contract),
    step_command("terminate-lot")(_terminate_lot),
    step_command("void-lot", SUPERVISOR)(_void_lot),
    step_command("close")(_close),
    schedule_part,
)
