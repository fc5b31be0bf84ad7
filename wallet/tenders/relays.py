"""Services that relay, and what they say: receipts by the agency's key, kept beside the message.

A service can refuse or delay and is believed in neither: what it will not send, the next one may,
and the wallet's own account after that. Its receipts are believed as far as the key on the chain
has signed them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ledger import jws
from ledger.authority import DocumentKey
from ledger.canonical import b64url_decode
from ledger.chain.client import LedgerClient
from ledger.errors import Refused, Unavailable
from ledger.keys import PublicKey
from ledger.tenders import receipts, refusals
from ledger.tenders.receipts import Receipt
from ledger.tenders.refusals import Refusal
from ledger.values import AgencyId, KeyId, KeyState, KeyUsage

RECEIPT: Final = "receipt"
FINAL: Final = "final"
REFUSAL: Final = "refusal"
_Said = TypeVar("_Said", Receipt, Refusal)


@dataclass(eq=False)
class ReceiptUnsound(Unavailable):
    """The receipt is not by the buyer's key, or for something else. Do not rely on the service."""

    url: str
    reason: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Reads what services say about the tenders of one agency, by its keys on the chain."""

    client: LedgerClient
    agency: AgencyId

    def receipt(self, url: str, token: Any, digest: bytes, files: Iterable[bytes] = ()) -> Receipt:
        """Return a receipt for the message of this digest and its files; raise `ReceiptUnsound`."""
        said = self._read(url, token, receipts.read)
        if said.digest != digest:
            raise ReceiptUnsound(url, "another message's")
        if not {each.sha256 for each in said.files}.issuperset(files):
            raise ReceiptUnsound(url, "without the files")
        return said

    def stored(self, url: str, token: Any, leaf: bytes) -> Receipt:
        """Return a receipt for a mailbox's message of this leaf; raise `ReceiptUnsound`."""
        said = self._read(url, token, receipts.read)
        if said.leaf != leaf:
            raise ReceiptUnsound(url, "another message's")
        return said

    def storage(self, url: str, token: str, file: bytes, size: int) -> Receipt:
        """Return a receipt for a sealed file that lies at a service; raise `ReceiptUnsound`."""
        said = self._read(url, token, receipts.read)
        if [(each.sha256, each.size) for each in said.files] != [(file, size)]:
            raise ReceiptUnsound(url, "another file's")
        return said

    def refusal(self, url: str, token: Any, digest: bytes) -> Refusal:
        """Return a refusal of the message of this digest; raise `ReceiptUnsound`."""
        said = self._read(url, token, refusals.read)
        if said.digest != digest:
            raise ReceiptUnsound(url, "another message's")
        return said

    def _read(self, url: str, token: Any, read: Callable[[str, PublicKey], _Said]) -> _Said:
        if not isinstance(token, str):
            raise ReceiptUnsound(url, "there is none")
        try:
            key = self._key(url, token)
            said = read(token, key.public_key)
        except ReceiptUnsound:
            raise
        except Refused as exc:
            raise ReceiptUnsound(url, type(exc).__name__) from exc
        is_for_documents = KeyUsage.DOCUMENTS in key.usage
        if not is_for_documents or key.state_at(said.issued_at) is not KeyState.ACTIVE:
            raise ReceiptUnsound(url, "not signed by a key of its time")
        return said

    def _key(self, url: str, token: str) -> DocumentKey:
        kid = jws.parse(token, receipts.TYPE, refusals.TYPE).kid
        found = self.client.key(self.agency, KeyId(b64url_decode(kid)))
        if found is None or found.frozen:
            raise ReceiptUnsound(url, "not signed by a key of the buyer")
        return found
