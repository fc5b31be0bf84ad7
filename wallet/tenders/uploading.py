"""Sealed files brought to a service in chunks; go on after any cut.

Where a tender has no mailbox they come by the bid's one-time key, and say of which lot and part
they are. Where it has one, each comes by a key of its own and says nothing: the service cannot tell
whose it is, of which tender, or what else belongs to it.
"""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.chain.accounts import Account
from ledger.tenders.messages import Part, SubmitBid
from ledger.values import AgencyId
from wallet.home import read_pieces
from wallet.service import AnswerMalformed, Service
from wallet.tenders.bids import BidPlace
from wallet.tenders.relays import Teller

_UPLOADS: Final = "/v1/bids/uploads"
_UNPLACED: Final = "/v1/mailbox/uploads"
_STORED: Final = "stored"
_KEY_BYTES: Final = 32
_INFO: Final = b"suizheng upload account v1"

SignedIn = Callable[[Account], AbstractContextManager[Service]]
"""Gives a service that knows the account, over a connection of its own."""


@dataclass(frozen=True, slots=True)
class Uploads:
    """Brings the files of a kept bid, those and the parts of them that a service does not have.

    The receipts that it signs are kept beside the message. Every method raises:
        ServiceUnavailable, ServiceBusy, ServiceRefused, AnswerMalformed: for the service.
        ReceiptUnsound: for a receipt that is none.
        FileMissing, FileUnreadable: for the disk.
    """

    kept: BidPlace
    message: SubmitBid
    teller: Teller

    def placed(self, service: Service) -> None:
        """Bring them, and say what they are, by the bid's one-time key."""
        tender = service.get(f"/v1/tenders/0x{self.message.tender.hex()}").get("agency")
        agency = {name: _text(tender, name, service) for name in ("jurisdiction", "code")}
        for number in range(1, len(self.message.parts) + 1):
            place = {"agency": agency, "lot": self.message.lot, "part": number}
            place["tender"] = "0x" + self.message.tender.hex()
            self._bring(service, _UPLOADS, place, number)

    def unplaced(self, signed_in: SignedIn, mailbox: AgencyId, one_time_key: bytes) -> None:
        """Bring them for a mailbox, each by an account that follows from the bid's key."""
        for number, part in enumerate(self.message.parts, 1):
            with signed_in(file_account(one_time_key, part.file)) as service:
                self._bring(service, _UNPLACED, {"mailbox": "0x" + mailbox.hex()}, number)

    def _bring(self, service: Service, path: str, told: Mapping[str, Any], number: int) -> None:
        part = self.message.parts[number - 1]
        form = {"size": part.size, "sha256": "0x" + part.file.hex(), **told}
        upload = service.post(path, form)
        if upload.get("state") != _STORED:
            self._send(service, upload, number)
            upload = service.post(f"{_UPLOADS}/{_text(upload, 'upload', service)}/complete")
        self._keep_receipt(service, upload, part, number)

    def _send(self, service: Service, upload: dict[str, Any], number: int) -> None:
        path = f"{_UPLOADS}/{_text(upload, 'upload', service)}"
        for index, chunk in enumerate(self._chunks(service, upload, number)):
            digest = sha256(chunk).digest()
            told = {"number": index, "size": len(chunk), "sha256": "0x" + digest.hex()}
            if told in upload["chunks"]:
                continue
            header = {"Content-Digest": f"sha-256=:{b64encode(digest).decode()}:"}
            service.keep(f"{path}/chunks/{index}", chunk, header)

    def _chunks(self, service: Service, upload: dict[str, Any], number: int) -> Iterator[bytes]:
        size = upload.get("chunkSize")
        if not isinstance(size, int) or size < 1 or not isinstance(upload.get("chunks"), list):
            raise AnswerMalformed(service.base_url)
        yield from read_pieces(self.kept.part_file(self.message.version, number), size)

    def _keep_receipt(
        self, service: Service, upload: dict[str, Any], part: Part, number: int
    ) -> None:
        token = _text(upload, "receipt", service)
        self.teller.storage(service.base_url, token, part.file, part.size)
        self.kept.keep_said(self.message.version, f"file-{number}-receipt", token)


def file_account(one_time_key: bytes, file: bytes) -> Account:
    """Return the account that brings one file, by HKDF-SHA-256 (RFC 5869) of the bid's key.

    The same again after a cut; nobody else can tell that two files have the same bid's.
    """
    return Account(HKDF(SHA256(), _KEY_BYTES, file, _INFO).derive(one_time_key))


def _text(value: Any, name: str, service: Service) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise AnswerMalformed(service.base_url)
    return found
