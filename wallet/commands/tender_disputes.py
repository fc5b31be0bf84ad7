"""`suizheng tender` on objections 异议 and complaints 投诉, and orders to stand still."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain import award_calls
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.chain.dispute_reading import tender_of_complaint, tender_of_objection
from ledger.tenders.events import ComplaintState, Outcome, Stage
from ledger.tenders.ids import TenderId
from ledger.tenders.objections import complaint_id, objection_id
from ledger.tenders.papers import PaperRole
from ledger.values import Address
from wallet.commands.options import FILE, HASH
from wallet.commands.tender_bringing import bring_option, send_with, tell_next
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
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand, TenderCommands

_NOBODY: Final = Address("0x" + "00" * 20)
_NONE: Final = "0x" + "00" * 32
_PAPER: Final = click.argument("paper", type=FILE)
_MOVES: Final = tuple(
    each.name.lower()
    for each in ComplaintState
    if each not in (ComplaintState.NONE, ComplaintState.PENDING)
)


def stage_option(*stages: Stage) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add --stage, given as the enumeration's member."""
    return click.option(
        "--stage",
        type=click.Choice([each.name.lower() for each in stages]),
        required=True,
        callback=lambda _context, _parameter, value: Stage[value.upper()],
        help="What it is about.",
    )


@click.command(cls=TenderCommand)
@tender_argument
@_PAPER
@lot_option
@stage_option(Stage.DOCUMENTS, Stage.OPENING, Stage.RESULT)
@bring_option
@acts(TENDERER)
def admit(outside: Surroundings, tender: bytes, paper: Path, stage: Stage, **given: Any) -> None:
    """Admit the objection PAPER of somebody without a live key, with the same effect."""
    lot, id_, digest = given["lot"], TenderId(tender), paper_digest(paper)
    named = objection_id(id_, lot, stage, _NOBODY, digest)
    _send(
        outside,
        lambda at: award_calls.admit_objection(at, id_, lot, stage, digest),
        {"objection": "0x" + named.hex()},
        given,
        (id_, PaperRole.OBJECTION, paper),
    )


@click.command(name="answer-objection", cls=TenderCommand)
@click.argument("objection", type=HASH)
@_PAPER
@click.option("--upheld/--dismissed", "is_upheld", required=True, help="What the answer says.")
@bring_option
@acts(TENDERER)
def answer_objection(
    outside: Surroundings, objection: bytes, paper: Path, *, is_upheld: bool, **given: Any
) -> None:
    """Answer an OBJECTION by PAPER: what it made stand still goes on."""
    outcome = Outcome.UPHELD if is_upheld else Outcome.DISMISSED
    digest = paper_digest(paper)
    papers = ((PaperRole.ANSWER_TO_OBJECTION, paper),)
    with ledger_client(outside, given) as client:
        tender = tender_of_objection(client.node, client.deployment, objection)
        call = award_calls.answer_objection(client.deployment, objection, outcome, digest)
        told, receipt = send_with(outside, client, call, (tender, papers), given)
    facts = {"objection": "0x" + objection.hex(), "outcome": outcome.name}
    tell("Done.", facts | told, receipt, given)
    tell_next(tender, papers, given)


@click.command(name="lift-objection", cls=TenderCommand)
@click.argument("objection", type=HASH)
@acts(SUPERVISOR)
def lift_objection(outside: Surroundings, objection: bytes, **given: Any) -> None:
    """Let go on what stands still for an overdue OBJECTION: it stays open, and blocks the award.

    Its supervisor, or anybody after the policy's longest suspension besides.
    """
    _send(
        outside,
        lambda at: award_calls.lift_objection(at, objection),
        {"objection": "0x" + objection.hex()},
        given,
    )


@click.group(cls=TenderCommands)
def complaint() -> None:
    """Complaints, by the supervisor: filed as pending, then moved on until they are decided."""


@complaint.command()
@tender_argument
@_PAPER
@lot_option
@stage_option(*Stage)
@click.option("--objection", type=HASH, default=_NONE, help="The one it has to name (R60).")
@bring_option
@acts(SUPERVISOR)
def file(  # one parameter an option
    outside: Surroundings,
    tender: bytes,
    paper: Path,
    stage: Stage,
    objection: bytes,
    **given: Any,
) -> None:
    """File the complaint PAPER as pending; it blocks the award where the policy says so."""
    lot, id_, digest = given["lot"], TenderId(tender), paper_digest(paper)
    named = complaint_id(id_, lot, stage, objection, digest)
    _send(
        outside,
        lambda at: award_calls.file_complaint(at, id_, (lot, stage), objection, digest),
        {"complaint": "0x" + named.hex()},
        given,
        (id_, PaperRole.COMPLAINT, paper),
    )


@complaint.command()
@click.argument("complaint", type=HASH)
@_PAPER
@click.option("--to", "state", type=click.Choice(_MOVES), required=True, help="Its next state.")
@bring_option
@acts(SUPERVISOR)
def move(outside: Surroundings, complaint: bytes, paper: Path, state: str, **given: Any) -> None:
    """Move a COMPLAINT on by the decision PAPER."""
    to, digest = ComplaintState[state.upper()], paper_digest(paper)
    papers = ((PaperRole.DECISION, paper),)
    with ledger_client(outside, given) as client:
        tender = tender_of_complaint(client.node, client.deployment, complaint)
        call = award_calls.move_complaint(client.deployment, complaint, to, digest)
        told, receipt = send_with(outside, client, call, (tender, papers), given)
    tell("Done.", {"complaint": "0x" + complaint.hex(), "state": to.name} | told, receipt, given)
    tell_next(tender, papers, given)


@click.command(cls=TenderCommand)
@tender_argument
@_PAPER
@click.option("--lot", type=click.IntRange(0, 63), help="After its last opening: this lot alone.")
@bring_option
@acts(SUPERVISOR)
def suspend(outside: Surroundings, tender: bytes, paper: Path, **given: Any) -> None:
    """Order the tender, or an opened lot of it, to stand still by PAPER."""
    lot, id_, digest = given["lot"], TenderId(tender), paper_digest(paper)
    _send(
        outside,
        lambda at: (
            award_calls.suspend(at, id_, digest)
            if lot is None
            else award_calls.suspend_lot(at, id_, lot, digest)
        ),
        {"digest": "0x" + digest.hex()},
        given,
        (id_, PaperRole.DECISION, paper),
    )


@click.command(cls=TenderCommand)
@tender_argument
@click.option("--lot", type=click.IntRange(0, 63), help="The lot that stands still.")
@acts(SUPERVISOR)
def resume(outside: Surroundings, tender: bytes, **given: Any) -> None:
    """Lift an order to stand still: its supervisor, or anybody after the policy's longest one."""
    lot, id_ = given["lot"], TenderId(tender)
    _send(
        outside,
        lambda at: (
            award_calls.resume(at, id_) if lot is None else award_calls.resume_lot(at, id_, lot)
        ),
        {},
        given,
    )


def _send(
    outside: Surroundings,
    make: Callable[[Deployment], Call],
    facts: dict[str, Any],
    given: dict[str, Any],
    paper: tuple[TenderId, PaperRole, Path] | None = None,
) -> None:
    """Send the call, its paper first to a service that is named."""
    with ledger_client(outside, given) as client:
        call = make(client.deployment)
        if paper is None:
            tell("Done.", facts, sent(outside, client, call, given), given)
            return
        tender, papers = paper[0], (paper[1:],)
        told, receipt = send_with(outside, client, call, (tender, papers), given)
    tell("Done.", facts | told, receipt, given)
    tell_next(tender, papers, given)


DISPUTE_COMMANDS: Final = (admit, answer_objection, lift_objection, complaint, suspend, resume)
