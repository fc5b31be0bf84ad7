"""A town of tenders whose service keeps the buyer's mailbox, and bidders who wait for its minutes.

Time passes only while a command waits: then the service's worker works.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any, Final

from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.values import Role
from tests.support.anvil import anvil
from tests.support.bid_desk import Desk
from tests.support.standing import account
from tests.support.tender_service import OPERATOR, TenderService, relaying
from tests.support.tender_town import Sale, TenderTown, sent
from tests.support.watcher import Patient

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

    def sell(self, number: str, parts: int = 1) -> Sale:
        def change(told: dict[str, Any]) -> None:
            told["mailbox"], told["ends"] = self.agency, _with_listing(told["ends"])

        sale = self.publish(number, change, parts)
        self.place.work()
        return replace(sale, ends=_with_listing(sale.ends))


def _with_listing(ends: tuple[int, ...]) -> tuple[int, ...]:
    """Return ends with a window for listing, which a mailbox needs."""
    return (ends[0], *(ends[0] + 1_800 * n for n in range(1, 5)))


@contextmanager
def mailbox_town(folder: Path) -> Iterator[MailboxTown]:
    """Give a town with its service until the block ends."""
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        made = MailboxTown(folder, running, deployment, council)
        operator = Account(OPERATOR).address
        made.send(calls.grant_role(deployment, made.agency, Role.ISSUER, operator))
        with relaying(made, made.folder / "service") as made.place:
            yield made


def bidder(sale: Sale, town: MailboxTown, name: str) -> Desk:
    desk = sale.bidder(f"{sale.id} {name}")
    desk.terminal = Patient(desk.terminal, town.work)
    return desk


def meanwhile(desk: Desk, act: Callable[[], object]) -> None:
    """Say what happens from now on while the bidder's commands wait."""
    assert isinstance(desk.terminal, Patient)
    desk.terminal.meanwhile = act


def act(desk: Desk, town: MailboxTown, *words: object, code: int = 0) -> Any:
    return desk.terminal.json(*sent(("bid", *words)), *service(town, words[0]), code=code)


def service(town: MailboxTown, word: object) -> tuple[object, ...]:
    return ("--service", town.place.url) if word in ("submit", "replace", "withdraw") else ()


def submitted(desk: Desk, town: MailboxTown, *words: object, code: int = 0) -> Any:
    return act(desk, town, "submit", desk.documents, desk.folder, *words, code=code)


def standing(desk: Desk, sale: Sale) -> Any:
    return desk.terminal.json("bid", "status", sale.id)["bid"]
