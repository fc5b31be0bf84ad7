"""A town of tenders whose service keeps the buyer's mailbox."""

from dataclasses import replace
from time import time
from typing import Any, Final

from tests.support.tender_service import TenderService
from tests.support.tender_town import Sale, TenderTown

MINUTE: Final = 60


class MailboxTown(TenderTown):
    """A town of tenders whose service keeps the buyer's mailbox."""

    place: TenderService

    def go(self, moment: int) -> None:
        super().go(moment)
        self.place.parts.ahead = moment - int(time())

    def work(self) -> None:
        """Let a minute pass, and the worker do what there is to do."""
        self.go(self.now + MINUTE)
        self.place.work()

    def sell(self, number: str) -> Sale:
        def change(told: dict[str, Any]) -> None:
            told["mailbox"], told["ends"] = self.agency, _with_listing(told["ends"])

        sale = self.publish(number, change)
        self.place.work()
        return replace(sale, ends=_with_listing(sale.ends))


def _with_listing(ends: tuple[int, ...]) -> tuple[int, ...]:
    """Return ends with a window for listing, which a mailbox needs."""
    return (ends[0], *(ends[0] + 1_800 * n for n in range(1, 5)))
