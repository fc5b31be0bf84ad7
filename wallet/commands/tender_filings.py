"""`suizheng tender file`, `filings`: what those without a live key bring, and who reads it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ledger.tenders import filing_answers
from ledger.tenders import filings as filing_receipts
from ledger.tenders.filing_answers import FilingAnswer
from ledger.tenders.ids import TenderId
from ledger.verification.check import rfc3339
from wallet.commands.options import FILE, FOLDER, HASH
from wallet.commands.serving import opened, serving
from wallet.commands.tender_officers import lot_option, tender_argument
from wallet.console import print_json, print_table, say
from wallet.home import FileUnreadable, read_file, write_file
from wallet.service import Service
from wallet.surroundings import Surroundings
from wallet.tenders.downloads import ANSWERS, statement
from wallet.tenders.exits import TenderCommand
from wallet.tenders.paper_desk import fetch


@click.command(name="file", cls=TenderCommand)
@tender_argument
@click.argument("text", type=FILE)
@click.option("--kind", type=click.Choice(["question", "objection", "complaint"]), required=True)
@click.option(
    "--stage",
    type=click.Choice(["documents", "opening", "result", "other"]),
    default="documents",
    show_default=True,
    help="What an objection or a complaint is about; other: for complaints alone.",
)
@click.option(
    "--objection",
    type=HASH,
    help="What a complaint follows (R60): an objection's id, or the digest of one that was filed.",
)
@lot_option
@click.option(
    "--receipt",
    type=FILE,
    required=True,
    help="File for the signed receipt; suizheng tender audit finds those that end in .jwt.",
)
@serving
def file_text(
    outside: Surroundings, /, tender: bytes, text: Path, receipt: Path, **given: Any
) -> None:
    """File a question, an objection or a complaint on TENDER with the service, by any account.

    TEXT is plain text; the officers alone read it. The receipt is signed with the agency's key and
    proves what you filed and when. If nobody takes up or answers an objection or a complaint in
    time, the tender shows that for the supervisor and everybody else. A complaint goes to the
    supervisor, after an objection that was answered or not answered in time. An account, and a
    network address, file so often and so much on one tender, so that others find room; beyond it
    address the supervisor, and with a live bid object on the chain: suizheng bid object.
    """
    form = {name: given[name] for name in ("kind", "stage", "lot")}
    if given["objection"] is not None:
        form["objection"] = "0x" + given["objection"].hex()
    with opened(outside, given) as service:
        path = f"/v1/tenders/0x{tender.hex()}/filings"
        answer = service.post(path, {**form, "text": _text(text)})
    write_file(receipt, str(answer["receipt"]).encode())
    if given["as_json"]:
        print_json(answer)
        return
    due = answer["filing"]["dueAt"]
    say(f"Filed as {answer['filing']['digest']}; the receipt is {receipt}.")
    if due is not None:
        say(f"An answer is due at {due}.")


@click.command(cls=TenderCommand)
@tender_argument
@serving
def filings(outside: Surroundings, /, tender: bytes, **given: Any) -> None:
    """List what was filed on TENDER, for its officers. Read a text: suizheng tender read."""
    with opened(outside, given) as service:
        found = list(_filed(service, tender))
    if given["as_json"]:
        print_json(found)
    elif found:
        members = ("kind", "lot", "stage", "filedAt", "dueAt", "state", "digest")
        rows = (tuple(each[name] or "" for name in members) for each in found)
        print_table(("KIND", "LOT", "STAGE", "FILED", "DUE", "STATE", "TEXT"), rows)
    else:
        say("Nothing was filed.")


@click.command(name="read", cls=TenderCommand)
@tender_argument
@click.argument("digest", type=HASH)
@click.option("--out", type=FILE, required=True, help="File to write.")
@serving
def read_paper(
    outside: Surroundings, /, tender: bytes, digest: bytes, out: Path, **given: Any
) -> None:
    """Write the paper of TENDER with this DIGEST to a file; officers read what is not public."""
    with opened(outside, given) as service:
        fetch(service, TenderId(tender), digest, out)
    if given["as_json"]:
        print_json({"file": str(out)})
    else:
        say(f"{out} has the digest 0x{digest.hex()}.")


@click.command(cls=TenderCommand)
@tender_argument
@click.option(
    "--receipt",
    type=FILE,
    help="Receipt of your own filing: fetch its answers alone, and their texts.",
)
@click.option("--out", type=FOLDER, required=True, help="Folder for what is fetched.")
@serving
def answers(
    outside: Surroundings, /, tender: bytes, receipt: Path | None, out: Path, **given: Any
) -> None:
    """Fetch what was answered by paper of what was filed on TENDER, signed by its agency.

    The list is answers.jwt in the folder. With the receipt beside it suizheng tender audit
    --archive holds both against the ledger. Answers to questions are everybody's to read, others
    those of the account that filed.
    """
    filing = None if receipt is None else filing_receipts.told(_token(receipt)).filing
    with opened(outside, given) as service:
        token = statement(service, tender)
        said = filing_answers.told(token)
        found = said.answers if filing is None else said.to(filing)
        write_file(out / ANSWERS, token.encode())
        texts = {each.paper for each in found if each.paper is not None} if filing else set()
        for paper in sorted(texts):
            fetch(service, TenderId(tender), paper, out / paper.hex())
    rows = [_row(each) for each in found]
    if given["as_json"]:
        print_json(rows)
    elif rows:
        print_table(("KIND", "FILED", "ANSWER", "AT"), (tuple(row.values()) for row in rows))
    else:
        say("Nothing was answered by paper.")


def _row(answer: FilingAnswer) -> dict[str, str]:
    return {
        "kind": answer.kind.value,
        "filing": "0x" + answer.filing.hex(),
        "paper": "" if answer.paper is None else "0x" + answer.paper.hex(),
        "at": rfc3339(answer.at),
    }


def _filed(service: Service, tender: bytes) -> Iterator[dict[str, Any]]:
    """Yield all that was filed, the newest first, page by page."""
    cursor = None
    while True:
        page = service.get(f"/v1/tenders/0x{tender.hex()}/filings", cursor=cursor, limit=100)
        yield from page["filings"]
        cursor = page["nextCursor"]
        if cursor is None:
            return


def _token(path: Path) -> str:
    return read_file(path).decode("ascii", "replace").strip()


def _text(path: Path) -> str:
    """Return a file's text; raise `FileUnreadable` for what is none."""
    try:
        return read_file(path).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise FileUnreadable(str(path), "not UTF-8 text") from exc
