"""`suizheng tender`: from the publication of a tender to its award, by its officers and others."""

from typing import Final

import click

from wallet.commands.tender_audit import audit, verify
from wallet.commands.tender_cosign import cosign
from wallet.commands.tender_disputes import DISPUTE_COMMANDS
from wallet.commands.tender_draw import draw
from wallet.commands.tender_ends import terminate, void
from wallet.commands.tender_extend import extend
from wallet.commands.tender_filings import answers, file_text, filings, read_paper
from wallet.commands.tender_ocds import ocds
from wallet.commands.tender_opening import open_tender
from wallet.commands.tender_overdue import overdue
from wallet.commands.tender_policy import policy
from wallet.commands.tender_publish import amend, bring_papers, publish
from wallet.commands.tender_questions import answer, ask, questions
from wallet.commands.tender_reading import fetch, show
from wallet.commands.tender_report import report_on_lot, sheet
from wallet.commands.tender_signals import show_signals
from wallet.commands.tender_steps import STEP_COMMANDS
from wallet.tenders.exits import TenderCommands


@click.group(cls=TenderCommands)
def tender() -> None:
    """Tenders: publish, open and award them, and hold what was published against the chain.

    Exit codes: 0 done or already so, 1 refused for good, 2 nobody could say, 3 not now, 4 bad input
    and nothing was sent, 64 wrong use.
    """


_COMMANDS: Final[tuple[click.Command, ...]] = (
    *(policy, publish, amend, bring_papers, ask, answer, questions, fetch, show),
    *(open_tender, cosign, show_signals, sheet, report_on_lot),
    draw,
    *STEP_COMMANDS,
    *DISPUTE_COMMANDS,
    *(file_text, filings, answers, read_paper, overdue, extend, terminate, void),
    *(audit, verify, ocds),
)

for _command in _COMMANDS:
    tender.add_command(_command)
