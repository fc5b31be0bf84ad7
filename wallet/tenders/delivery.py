"""Bringing a message to the chain: by the services that relay, then by an account of one's own.

A service sends for those who pay nothing; the wallet's own node says whether it did. What is in no
block after two periods, or comes close to the deadline, goes direct as well: the contract takes a
message once, whoever sends it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger.chain.accounts import Account
from ledger.chain.calls import Call
from ledger.errors import LedgerError, Refused, Unavailable
from ledger.tenders.errors import BidLate
from ledger.tenders.receipts import Mined, ReceiptState
from wallet.embedded import Clocks
from wallet.service import AnswerMalformed, Service, ServiceRefused
from wallet.tenders.lines import Line
from wallet.tenders.relays import FINAL, RECEIPT, REFUSAL, ReceiptUnsound, Teller

PERIOD_SECONDS: Final = 15
"""How long a block takes at most on the chains that this is for (proposed)."""
PERIODS: Final = 2
LOOK_SECONDS: Final = 1
URGENT_SECONDS: Final = 600
"""How long before submitEnd nobody waits for a service any more (proposed)."""


class PayerMissing(Refused):
    """No account is named that could send it. Give --account, or --service of one that relays."""


@dataclass(eq=False)
class NotInABlock(Unavailable):
    """A service has taken it, and it is in no block yet. Repeat the command, with --account too."""

    url: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message on its way: what a service is given, what the contract, and who knows it is there.

    `prepare` gives a service what it needs before, `keep` puts what it signed beside the message.
    `files` are SHA-256 of the sealed files that a receipt has to name.
    """

    digest: bytes
    path: str
    body: Mapping[str, Any]
    call: Call
    is_there: Callable[[], bool]
    keep: Callable[[str, str], None]
    prepare: Callable[[str], None] = lambda _url: None
    files: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a message came to the chain: the service that sent it, None where we did; and where."""

    service: str | None
    mined: Mined | None

    def __str__(self) -> str:
        """Return it in words."""
        by = "" if self.service is None else f" {self.service} sent it."
        if self.mined is None:
            return f"It is in a block, and not final yet.{by}"
        transaction = "0x" + self.mined.transaction.hex()
        return f"Block {self.mined.block} (transaction {transaction}).{by}"

    def to_json(self) -> dict[str, Any]:
        """Return it as commands print it."""
        return {
            "service": self.service,
            "transaction": self.mined and "0x" + self.mined.transaction.hex(),
            "block": self.mined and self.mined.block,
        }


@dataclass(frozen=True, slots=True)
class Courier:
    """Brings parcels; `payer` unlocks the account that sends what no service does, if one is named.

    `say` is told what a person should know of a service that failed.
    """

    line: Line
    teller: Teller
    services: Sequence[str]
    payer: Callable[[], Account] | None
    clocks: Clocks
    say: Callable[[str], object]

    def deliver(self, parcel: Parcel, *, is_urgent: bool = False) -> Delivered:
        """Bring a parcel to a block, and return how it came there.

        Raises:
            NotInABlock: when a service took it, and nobody else can send it.
            PayerMissing: without any service and account.
            The contract's own error where it refuses; `ChainUnavailable` where nobody could say.
        """
        taken, why = "", None
        for url in self.services:
            try:
                self._entrust(url, parcel)
            except LedgerError as exc:
                why = exc
                self.say(f"{url}: {exc}")
                continue
            taken = url
            is_waiting = not (is_urgent and self.payer)
            if is_waiting and self._arrives(parcel):
                return Delivered(url, self.final(url, parcel))
        if self.payer is not None:
            return self._send(parcel, self.payer())
        if taken:
            raise NotInABlock(taken)
        raise why or PayerMissing

    def final(self, url: str, parcel: Parcel) -> Mined | None:
        """Return where the service says for good that the message stands, and keep its word."""
        with_service = Service(url, wait=self.clocks.pause)
        try:
            told = with_service.get(f"/v1/bids/messages/0x{parcel.digest.hex()}")
            if told.get("state") != ReceiptState.FINAL:
                return None
            receipt = self.teller.receipt(url, told.get("final"), parcel.digest, parcel.files)
        except LedgerError as exc:
            self.say(f"{url}: {exc}")
            return None
        finally:
            with_service.close()
        parcel.keep(FINAL, str(told["final"]))
        return receipt.mined

    def _entrust(self, url: str, parcel: Parcel) -> None:
        """Give a service the message and keep its receipt, or refusal; raises as they do."""
        parcel.prepare(url)
        service = Service(url, wait=self.clocks.pause)
        try:
            told = service.post(parcel.path, parcel.body)
        except LedgerError as refused:
            self._keep_refusal(url, refused, parcel)
            raise
        finally:
            service.close()
        if not isinstance(told.get(RECEIPT), str):
            raise AnswerMalformed(url)
        self.teller.receipt(url, told[RECEIPT], parcel.digest, parcel.files)
        parcel.keep(RECEIPT, told[RECEIPT])

    def _keep_refusal(self, url: str, refused: LedgerError, parcel: Parcel) -> None:
        """Keep what was signed; that a message is late is believed of nobody who does not sign."""
        token = refused.values().get("facts", {}).get(REFUSAL)
        if isinstance(token, str):
            self.teller.refusal(url, token, parcel.digest)
            parcel.keep(REFUSAL, token)
        elif isinstance(refused, ServiceRefused) and refused.name == BidLate.__name__:
            raise ReceiptUnsound(url, "a refusal that nobody signed") from refused

    def _arrives(self, parcel: Parcel) -> bool:
        for _ in range(PERIODS * PERIOD_SECONDS // LOOK_SECONDS):
            if parcel.is_there():
                return True
            self.clocks.pause(LOOK_SECONDS)
        return parcel.is_there()

    def _send(self, parcel: Parcel, payer: Account) -> Delivered:
        try:
            receipt = self.line.send(payer, parcel.call)
        except Refused:
            if parcel.is_there():  # a service was quicker by a block
                return Delivered(None, None)
            raise
        return Delivered(None, Mined(receipt.transaction, receipt.block))
