"""One bidder of the demo's tender: a wallet of its own, real files, a price that is their sum."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from ledger.tenders import envelopes, messages
from ledger.tenders.commitments import shares_hash
from ledger.tenders.envelopes import ENVELOPE_BYTES
from scripts.demo.pdf import pdf
from scripts.demo.terminal import Answer, Terminal
from wallet.home import write_file
from wallet.keyring import Keyring
from wallet.surroundings import KEYS
from wallet.tenders.bids import SAID, BidPlace, BidStore

_ITEMS: Final = (("挖土方", "m3"), ("水泥稳定碎石", "m2"), ("沥青混凝土", "m2"), ("排水管", "m"))
_ROWS: Final = 6_000
_PLAN_LINES: Final = 3_000


@dataclass(slots=True)
class Bidder:
    """Who bids; `where` are the options that name service and node."""

    label: str
    code: str
    terminal: Terminal
    folder: Path
    where: tuple[object, ...]
    price: str = ""
    prices: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The company's name, which nobody may read before the opening."""
        return f"示例{self.label}建设有限公司"

    @property
    def documents(self) -> Path:
        """Where the tender's documents were fetched to."""
        return self.folder / "documents"

    @property
    def bid(self) -> Path:
        """Where the bid's files lie."""
        return self.folder / "bid"

    @property
    def plan(self) -> Path:
        """The plan, a PDF, which evaluators alone may read."""
        return self.bid / "part-1/confidential/施工组织设计.pdf"

    def receipts(self) -> Iterator[Path]:
        """Yield what the service signed about messages that it listed; none for who was late."""
        for place in BidStore(self.terminal.wallet).places():
            for version in place.versions():
                yield from sorted(place.folder(version).glob(f"listing-*{SAID}"))

    def write(self, cents: int) -> None:
        """Write a priced bill of quantities and a plan; unit prices are about so many cents."""
        lines, total = ["编码,项目,单位,数量,单价,合价"], Decimal(0)
        for row in range(_ROWS):
            item, unit = _ITEMS[row % len(_ITEMS)]
            quantity, each = 1 + secrets.randbelow(99), cents + secrets.randbelow(cents // 10)
            amount = Decimal(quantity * each).scaleb(-2)
            total += amount
            lines.append(f"0402{row:05},{item},{unit},{quantity},{each / 100:.2f},{amount}")
        self.price = str(total)
        self.prices.append(self.price)
        write_file(self.bid / "part-1/public/工程量清单.csv", "\n".join(lines).encode())
        plan = [f"{n}: {secrets.token_hex(32)}" for n in range(_PLAN_LINES)]
        write_file(self.plan, pdf("Construction plan", plan))
        said = {
            "identity": {"jurisdiction": "CN-GD", "code": self.code, "name": self.name},
            "validityDays": 90,
            "parts": [
                {
                    "price": {"amount": self.price, "currency": "CNY", "tax": "9.00"},
                    "durationDays": 300,
                    "quality": "合格",
                }
            ],
        }
        write_file(self.bid / "bid.json", json.dumps(said, ensure_ascii=False).encode())

    def run(self, *words: object, code: int = 0) -> Answer:
        """Run a `suizheng bid` command that speaks to service and node."""
        terminal, typed = self.order(*words)
        return terminal.run(*typed, code=code)

    def order(self, *words: object) -> tuple[Terminal, tuple[object, ...]]:
        """Return such a command, and who types it."""
        return self.terminal, ("bid", *words, *self.where, "--json")

    def seals(self, until: int) -> Answer:
        """Seal off line what will be sent later."""
        words = ("seal", self.documents, self.bid, "--valid-until", until, "--json")
        return self.terminal.run("bid", *words)

    def kept(self) -> BidPlace:
        """Return where the wallet keeps the bid."""
        (place,) = BidStore(self.terminal.wallet).places()
        return place

    @property
    def key(self) -> str:
        """The one-time key's address, the bid's only name on chain."""
        return self.kept().newest().message.bidder

    def personal(self) -> Iterator[tuple[str, str]]:
        """Yield what nobody may read before the opening."""
        yield "bidder", self.name
        yield "bidder's code", self.code
        yield from (("price", each) for each in self.prices)


def break_shares(bidder: Bidder, password: str, wrong: tuple[int, ...]) -> None:
    """Let a bidder cheat: spoil the envelopes of some trustees, and sign for them as they are.

    The chain cannot tell, since envelopes are sealed; the opening can, and says whose fault it is.
    """
    place = bidder.kept()
    signed = place.newest()
    spoilt = envelopes.cut(signed.shares, len(signed.shares) // ENVELOPE_BYTES, 1)
    for index in wrong:
        whole = spoilt[index - 1]
        spoilt[index - 1] = whole[:-1] + bytes([whole[-1] ^ 1])
    (part,) = signed.message.parts
    message = replace(signed.message, parts=(replace(part, shares=shares_hash(spoilt)),))
    key = Keyring(bidder.terminal.wallet / KEYS).account(place.key_name, password)
    signature = messages.sign(signed.ledger, message, key.private_key)
    broken = replace(signed, message=message, shares=b"".join(spoilt), signature=signature)
    broken.require_good(1, len(spoilt))
    place.keep_signed(message.version, broken)
