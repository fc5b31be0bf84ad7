"""`suizheng tender ask`, `answer`, `questions`: on the documents, public to all alike."""

from pathlib import Path
from typing import Any

import click

from ledger.chain import publication_calls
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from ledger.tenders.trustees import octets
from wallet.commands.options import FILE, HASH, json_option, service_option
from wallet.commands.serving import opened
from wallet.commands.tender_officers import (
    TENDERER,
    acts,
    ledger_client,
    paper_digest,
    require_taken,
    sent,
    tell,
    tender_argument,
)
from wallet.console import print_json, say
from wallet.service import Service, ServiceRefused
from wallet.surroundings import Surroundings
from wallet.tenders.exits import TenderCommand
from wallet.tenders.paper_desk import bring, read
from wallet.uploads import UploadBody

_TEXT = {"mediaType": "text/plain"}
_NOT_FOUND = 404


@click.command(cls=TenderCommand)
@tender_argument
@click.argument("question", type=FILE)
@service_option
@acts(TENDERER)
def ask(outside: Surroundings, tender: bytes, question: Path, **given: Any) -> None:
    """Publish a QUESTION that somebody put on the documents of TENDER, without who asked.

    Its text goes to the service, its digest onto the chain: before the deadline, and not while the
    tender stands still.
    """
    id_, digest = TenderId(tender), paper_digest(question)
    with ledger_client(outside, given) as client:
        call = publication_calls.ask(client.deployment, id_, digest)
        require_taken(outside, client, call, given)
        with opened(outside, given) as service:
            bring(service, id_, PaperRole.QUESTION, UploadBody(question), _TEXT)
        receipt = sent(outside, client, call, given)
    tell("The question is public.", {"question": "0x" + digest.hex()}, receipt, given)


@click.command(cls=TenderCommand)
@tender_argument
@click.argument("question", type=HASH)
@click.argument("answer", type=FILE)
@service_option
@acts(TENDERER)
def answer(
    outside: Surroundings, tender: bytes, question: bytes, answer: Path, **given: Any
) -> None:
    """Answer a QUESTION, by its digest: all may read the ANSWER from the same moment on.

    Before the deadline, also while the tender stands still; a later answer adds to the first.
    """
    id_, digest = TenderId(tender), paper_digest(answer)
    with ledger_client(outside, given) as client:
        call = publication_calls.answer(client.deployment, id_, question, digest)
        require_taken(outside, client, call, given)
        with opened(outside, given) as service:
            bring(service, id_, PaperRole.ANSWER, UploadBody(answer), _TEXT)
        receipt = sent(outside, client, call, given)
    tell("The answer is public.", {"answer": "0x" + digest.hex()}, receipt, given)


@click.command(cls=TenderCommand)
@tender_argument
@service_option
@json_option
def questions(tender: bytes, service_url: str, *, as_json: bool) -> None:
    """Show the questions on the documents of TENDER and their answers."""
    id_, service = TenderId(tender), Service(service_url)
    try:
        asked = service.get(f"/v1/tenders/0x{tender.hex()}")["questions"]
        found = [
            {
                "question": question,
                "answer": answered,
                "asked": _text(service, id_, question),
                "answered": None if answered is None else _text(service, id_, answered),
            }
            for question, answered in asked.items()
        ]
    finally:
        service.close()
    if as_json:
        print_json(found)
        return
    for each in found:
        say(f"{each['question']}\n  Q: {each['asked'] or 'the service does not have its text'}")
        say(f"  A: {each['answered'] or ('its text is missing' if each['answer'] else 'open')}")
    if not found:
        say("No questions yet.")


def _text(service: Service, tender: TenderId, digest: str) -> str | None:
    """Return a paper's text; None where the service does not have it: anybody anchors digests."""
    try:
        return read(service, tender, octets(digest)).decode("utf-8", "replace")
    except ServiceRefused as exc:
        if exc.status == _NOT_FOUND:
            return None
        raise
