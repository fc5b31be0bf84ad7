"""The reference's table of wrong, late, repeated and untimely input to the tender ledgers.

For each error that their contracts pronounce: HTTP status and exit code. A test has to bring about
every one, and walk it from the revert to the exit code.
"""

from dataclasses import dataclass, field
from typing import Final

import orjson
import pytest

from api.http.problems import problem
from ledger.chain.calls import Call
from ledger.errors import LedgerError, Refused
from tests.support.tender_town import TenderTown, sent
from tests.support.terminal import Terminal
from wallet.service import problem as problem_of
from wallet.tenders.exits import code_of, name_of

BIDS: Final = {
    "BidLate": (409, 1),
    "MessageExpired": (409, 4),
    "BidVersionStale": (409, 1),
    "DocumentsOutdated": (409, 4),
    "BidSignatureInvalid": (422, 4),
    "TenderUnknown": (404, 4),
    "LotUnknown": (404, 4),
    "PartsMismatch": (422, 4),
    "PartUnknown": (422, 4),
    "SharesMismatch": (422, 4),
    "DigestMismatch": (422, 4),
    "BondNotAttested": (422, 4),
    "WindowNotOpen": (409, 3),
    "WindowClosed": (409, 1),
    "CommitmentMismatch": (422, 4),
    "NotDisclosed": (409, 1),
    "AlreadyDone": (409, 0),
    "TrusteeKeyInvalid": (422, 4),
    "TooFewBids": (409, 1),
    "TenderSuspended": (409, 3),
    "TenderNotOpen": (409, 1),
}
"""Bids and secrets; a repeat here is answered with 200."""
STEPS: Final = {
    # Numbers, names and digests.
    "DigestEmpty": (422, 4),
    "PolicyViolated": (422, 4),
    "PolicyNotRegistered": (404, 4),
    "TrusteeKeyRepeated": (422, 4),
    "TrusteeOfBuyer": (422, 4),
    "EndNotLater": (422, 4),
    "TenderAlreadyPublished": (409, 4),
    "QuestionUnknown": (404, 4),
    "ObjectionUnknown": (404, 4),
    "ComplaintUnknown": (404, 4),
    "StageInvalid": (422, 4),
    "OutcomeInvalid": (422, 4),
    "ActMalformed": (422, 4),
    "SeatUnknown": (422, 4),
    "DrawersInvalid": (422, 4),
    "DrawerKeyUsed": (409, 4),
    "SecretForeign": (422, 4),
    "CandidateInvalid": (422, 4),
    "NotCandidate": (422, 4),
    "ReasonMissing": (422, 4),
    "MailboxAbsent": (422, 4),
    "MailboxRootUnknown": (422, 4),
    "MailboxProofInvalid": (422, 4),
    "ObjectionFirst": (409, 4),
    # Wrong role.
    "RoleMissing": (403, 1),
    "NotAwardLedger": (403, 1),
    # Wrong state, for good.
    "PolicyAlreadyRegistered": (409, 1),
    "NotSuspended": (409, 1),
    "LotsAwarded": (409, 1),
    "BidMissing": (409, 1),
    "BidRejected": (409, 1),
    "StepForbidden": (409, 1),
    "DrawForbidden": (409, 1),
    "ObjectionAlreadyLodged": (409, 1),
    "ObjectionClosed": (409, 1),
    "ComplaintAlreadyFiled": (409, 1),
    "ComplaintTransitionIllegal": (409, 1),
    "GroundMissing": (409, 1),
    # Not now.
    "OpeningInProgress": (409, 3),
    "OpeningNotRecorded": (409, 3),
    "LotsUnsettled": (409, 3),
    "ScoresMissing": (409, 3),
    "NoticeRunning": (409, 3),
    "ObjectionOpen": (409, 3),
    "ComplaintOpen": (409, 3),
}
"""Publication, the steps to the contract, disputes, mailboxes; and Authority's `RoleMissing`."""
ROWS: Final = BIDS | STEPS


def walk(error: LedgerError, status: int, code: int) -> None:
    """From the error to the problem, over the wire, to the exit code; nothing of it is lost."""
    answer = problem(error, "urn:x")
    assert answer.status_code == status, error
    body = bytes(answer.body)
    told = problem_of(answer.status_code, body)
    assert code_of(error) == code, error
    assert code_of(told) == code
    if isinstance(error, Refused):
        assert name_of(told) == type(error).__name__
        shown = set(orjson.loads(body)) - {"type", "title", "status", "detail", "instance"}
        assert len(shown) == len(error.values())


@dataclass
class Walk:
    """What was refused in a town; `met` are the names of the rows that came about."""

    town: TenderTown
    met: set[str] = field(default_factory=set)

    def refused(self, call: Call, name: str) -> LedgerError:
        """Walk from a call's revert."""
        with pytest.raises(Refused) as caught:
            self.town.send(call)
        error = caught.value
        assert type(error).__name__ == name, error
        walk(error, *ROWS[name])
        self.met.add(name)
        return error

    def typed(self, terminal: Terminal, words: tuple[object, ...], call: Call, name: str) -> None:
        """Walk from a call's revert, and find what the command says that sends just this."""
        error, code = self.refused(call, name), ROWS[name][1]
        shown = terminal.json(*sent(words), code=code)
        assert (shown["error"], set(shown) - {"error"}) == (name, set(error.values()))
        assert error.title() in terminal.run(*sent(words), code=code)
