import pytest

from ledger.errors import ChainUnavailable, LedgerError
from ledger.tenders.errors import (
    AlreadyDone,
    BidLate,
    BidSignatureInvalid,
    BidVersionStale,
    DocumentsOutdated,
    NotSealed,
    TenderSuspended,
    WindowClosed,
    WindowNotOpen,
)
from ledger.tenders.trustees import StatementInvalid
from wallet.service import ServiceRefused
from wallet.tenders.exits import code_of


class TestCodeOf:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (AlreadyDone(), 0),
            (BidLate(1, 2), 1),
            (BidVersionStale(2, 1), 1),
            (WindowClosed(1, 2), 1),
            (ChainUnavailable("down"), 2),
            (WindowNotOpen(2, 1), 3),
            (TenderSuspended(1), 3),
            (DocumentsOutdated(bytes(32)), 4),
            (BidSignatureInvalid("0x"), 4),
            (NotSealed(), 4),
            (StatementInvalid(1, 1, "group"), 4),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, LedgerError) else str(value),
    )
    def test_says_what_to_do_next(self, error: LedgerError, code: int) -> None:
        assert code_of(error) == code

    def test_is_the_same_for_what_a_service_refuses(self) -> None:
        assert code_of(_refused("BidLate")) == 1
        assert code_of(_refused("WindowNotOpen")) == 3
        assert code_of(_refused("NotSealed")) == 4


def _refused(name: str) -> ServiceRefused:
    return ServiceRefused(name, "no", {}, (), 409)
