"""A bidder at a terminal, with a tender's documents and a bid in two folders."""

import io
from typing import Any

import orjson

from ledger.tenders.file_keys import file_key
from ledger.tenders.unsealing import Opened, open_part
from tests.support.sealed_bids import PRICE, TENDER, Sinks, tender_documents
from tests.support.terminal import Terminal
from wallet.home import write_file
from wallet.tenders.bids import BidStore, StoreKey

DESCRIPTION: dict[str, Any] = {
    "identity": {
        "jurisdiction": "CN-GD",
        "code": "91440101MASAMPLE01",
        "name": "样例建设有限公司",
    },
    "validityDays": 90,
    "parts": [{"price": PRICE, "durationDays": 365, "quality": "合格"}],
}
FILES = {
    "part-1/public/营业执照.txt": b"a sample licence\n",
    "part-1/confidential/施工方案.pdf": b"how we build" * 1000,
}


class Desk:
    """A bidder's terminal with a tender's documents and a bid in two folders."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.documents = terminal.folder / "documents"
        self.folder = terminal.folder / "bid"
        self.publish(*tender_documents())
        self.describe(DESCRIPTION)
        for path, octets in FILES.items():
            write_file(self.folder / path, octets)

    def publish(self, encoded: bytes, files: dict[str, bytes]) -> None:
        for path, octets in {"documents.json": encoded, **files}.items():
            write_file(self.documents / path, octets)

    def describe(self, value: Any) -> None:
        write_file(self.folder / "bid.json", orjson.dumps(value))

    def seal(self, *words: object) -> Any:
        return self.terminal.json("bid", "seal", self.documents, self.folder, *words)

    def refused(self, code: int, *words: object) -> Any:
        return self.terminal.json("bid", "seal", self.documents, self.folder, *words, code=code)

    @property
    def store(self) -> BidStore:
        return BidStore(self.terminal.outside.home)

    @property
    def secrets(self) -> list[Any]:
        kept = self.store.place(TENDER, 0)
        key = self.terminal.outside.keyring.account(kept.key_name, "correct horse")
        return kept.secrets(kept.versions()[-1], StoreKey.of(key.private_key))

    def opened(self) -> Opened:
        """Return the first part of the first version, as an opening finds it."""
        kept = self.store.place(TENDER, 0)
        signed, secret = kept.newest(), self.secrets[0]
        context = signed.message.place(signed.ledger).context(1, 1)
        key = file_key(secret.s_b, secret.s_c, context)
        file = io.BytesIO(kept.part_file(1, 1).read_bytes())
        return open_part(file, key, signed.ledger, signed.message, 1, Sinks())
