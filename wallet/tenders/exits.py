"""Exit codes of `suizheng tender`, `bid`, `trustee`: what to do next can be told from the number.

0 done, or so already · 1 refused for good · 2 nobody could say · 3 not now · 4 bad input, and
nothing was sent · 64 wrong use.
"""

from typing import Any, ClassVar, Final

import click

from ledger.errors import LedgerError, Refused, Unavailable
from ledger.tenders.errors import TenderNotOpen
from ledger.tenders.events import Phase
from wallet.advice import spoken
from wallet.console import print_json, say
from wallet.exits import (
    EXIT_INVALID,
    EXIT_OK,
    EXIT_UNCONFIRMED,
    Commands,
    RefusedFailure,
    UnavailableFailure,
)
from wallet.service import ServiceRefused

EXIT_NOT_NOW: Final = 3
EXIT_BAD_INPUT: Final = 4
_FOR_GOOD: Final = frozenset(
    {
        *("BidLate", "BidVersionStale", "UploadIncomplete", "WindowClosed", "TooFewBids"),
        *("TenderNotOpen", "RoleMissing", "AgencyNotActive", "PasswordWrong", "KeyNameTaken"),
        *("BidMissing", "NotDisclosed", "BidRejected", "MailboxClosed"),
        "CoSignerUnknown",
        *("StepForbidden", "ObjectionClosed", "ComplaintTransitionIllegal", "GroundMissing"),
        *("ObjectionAlreadyLodged", "ComplaintAlreadyFiled", "PolicyAlreadyRegistered"),
        *("NotSuspended", "LotsAwarded", "NotAwardLedger", "WinnerLapsed", "DrawForbidden"),
    }
)
_NOT_NOW: Final = frozenset(
    {
        *("WindowNotOpen", "TenderSuspended", "ObjectionOpen", "ComplaintOpen", "NoticeRunning"),
        *("OpeningInProgress", "OpeningNotRecorded", "ScoresMissing", "LotsUnsettled"),
        *("DrawIncomplete", "DrawNotFinal"),
    }
)


class NotNowFailure(click.ClickException):
    """It is too early, or held up, as click prints it."""

    exit_code: ClassVar[int] = EXIT_NOT_NOW


class BadInputFailure(click.ClickException):
    """What was given is wrong, as click prints it; nothing was sent."""

    exit_code: ClassVar[int] = EXIT_BAD_INPUT


class TenderCommand(click.Command):
    """A command that says under --json what it was refused for, name and values."""

    def invoke(self, ctx: click.Context) -> Any:
        """@inheritdoc."""
        try:
            return super().invoke(ctx)
        except LedgerError as exc:
            as_json = ctx.params.get("as_json")
            if as_json:
                print_json({"error": name_of(exc), **exc.values()})
            if code_of(exc) == EXIT_OK:
                return None if as_json else say(spoken(exc))
            raise _FAILURES[code_of(exc)](spoken(exc)) from exc


class TenderCommands(Commands):
    """A group of such commands."""

    command_class = TenderCommand


def name_of(error: LedgerError) -> str:
    """Return the error's name, the service's where a service refused."""
    return error.name if isinstance(error, ServiceRefused) else type(error).__name__


def code_of(error: LedgerError) -> int:
    """Return the exit code for an error of the rules, the chain or the service."""
    name = name_of(error)
    if name == "AlreadyDone":
        return EXIT_OK
    if isinstance(error, Unavailable):
        return EXIT_UNCONFIRMED
    is_ahead = isinstance(error, TenderNotOpen) and error.phase == Phase.WAITING
    if name in _NOT_NOW or is_ahead:
        return EXIT_NOT_NOW
    if name in _FOR_GOOD or not isinstance(error, Refused):
        return EXIT_INVALID
    return EXIT_BAD_INPUT


_FAILURES: Final[dict[int, type[click.ClickException]]] = {
    EXIT_INVALID: RefusedFailure,
    EXIT_UNCONFIRMED: UnavailableFailure,
    EXIT_NOT_NOW: NotNowFailure,
    EXIT_BAD_INPUT: BadInputFailure,
}
