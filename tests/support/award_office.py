"""Officers with wallets of their own in a town of tenders, and bids brought to their opening."""

from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile
from typing import Any

from ledger.chain import calls
from ledger.values import Address, Role, jurisdiction_id
from tests.support.bid_desk import DESCRIPTION, Desk
from tests.support.sealed_bids import PRICE
from tests.support.tender_town import BUYER, PAYER, Sale, TenderTown, sent
from tests.support.terminal import Terminal


class Office:
    """The buyer's officer: terminal, documents, and the sealed files as the service has them."""

    def __init__(self, sale: Sale, name: str) -> None:
        self.sale = sale
        self.terminal = officer(sale.town, f"{name} officer", Role.TENDERER)
        self.documents = self.terminal.folder / "documents"
        self.files = self.terminal.folder / "files"
        self.opened = self.terminal.folder / "opened"
        self.files.mkdir()
        for path, octets in {"documents.json": sale.encoded, **sale.files}.items():
            target = self.documents / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(octets)

    @property
    def out(self) -> Path:
        """Where part 1 of lot 0 goes."""
        return self.opened / "0-1"

    @property
    def tender(self) -> str:
        return "0x" + self.sale.known.tender.hex()

    def record(self, part: int = 1) -> Path:
        return self.opened / f"0-{part}/opening-record.json"

    def take(self, desk: Desk, version: int = 1, part: int = 1) -> Path:
        """Let the sealed file of a bid come here, under a name that tells nothing."""
        kept = desk.store.find(self.sale.id, 0)
        target = self.files / f"{len(list(self.files.iterdir()))}.age"
        copyfile(kept.part_file(version, part), target)
        return target

    def open(self, *words: object, code: int = 0) -> Any:
        command = ("tender", "open", self.documents, self.files, self.opened, *words)
        return self.terminal.json(*sent(command), code=code)

    def act(self, word: str, *words: object, code: int = 0) -> Any:
        return self.terminal.json(*sent(("tender", word, self.tender, *words)), code=code)

    def paper(self, name: str, content: bytes | None = None) -> Path:
        path = self.terminal.folder / name
        path.write_bytes(content or name.encode())
        return path


def officer(town: TenderTown, name: str, role: Role) -> Terminal:
    """A terminal whose account holds a role for the buyer, or for its jurisdiction."""
    terminal = town.terminal(name)
    address = Address(terminal.outside.keyring.entry(PAYER).shown)
    place = jurisdiction_id(BUYER.split("/")[0])
    subject = place if role is Role.SUPERVISOR else town.agency
    town.send(calls.grant_role(town.deployment, subject, role, address))
    return terminal


def bidders(sale: Sale, *names: str) -> list[Desk]:
    """Bidders who are different organisations, each with a bid on the chain."""
    desks = []
    for number, name in enumerate(names):
        desk = sale.bidder(name)
        identity = {**DESCRIPTION["identity"], "name": f"样例{name}有限公司"}
        identity["code"] = f"91440101MASAMPLE{number:02}"
        prices = [PRICE] if sale.known.parts == 1 else [None, PRICE]
        parts = [{**DESCRIPTION["parts"][0], "price": price} for price in prices]
        desk.describe({**DESCRIPTION, "identity": identity, "parts": parts})
        desk.terminal.json(*sent(("bid", "submit", desk.documents, desk.folder)))
        desks.append(desk)
    return desks


def disclose(sale: Sale, desks: Sequence[Desk]) -> None:
    for desk in desks:
        desk.terminal.json(*sent(("bid", "disclose", sale.id)))


def release(sale: Sale, *indices: int, part: int = 1) -> None:
    for index in indices:
        words = ("trustee", "release", sale.id, "--part", part)
        sale.trustees[index - 1].json(*sent(words))


def key_of(desk: Desk, sale: Sale) -> Address:
    return desk.store.find(sale.id, 0).newest().message.bidder
