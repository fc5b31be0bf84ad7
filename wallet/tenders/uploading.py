"""Sealed files brought to a service in chunks, by the bid's one-time key; go on after any cut."""

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from ledger.tenders.messages import SubmitBid
from wallet.home import read_pieces
from wallet.service import AnswerMalformed, Service
from wallet.tenders.bids import BidPlace

_UPLOADS = "/v1/bids/uploads"
_STORED = "stored"


def upload_files(service: Service, kept: BidPlace, message: SubmitBid) -> None:
    """Bring the files of a kept bid, those and the parts of them that are not there yet.

    Raises:
        ServiceUnavailable, ServiceBusy, ServiceRefused, AnswerMalformed: for the service.
        FileMissing, FileUnreadable: for the disk.
    """
    tender = service.get(f"/v1/tenders/0x{message.tender.hex()}")
    for number in range(1, len(message.parts) + 1):
        _upload(service, kept, message, number, tender.get("agency"))


def _upload(service: Service, kept: BidPlace, message: SubmitBid, number: int, agency: Any) -> None:
    part = message.parts[number - 1]
    form = {
        "size": part.size,
        "sha256": "0x" + part.file.hex(),
        "agency": {name: _text(agency, name, service) for name in ("jurisdiction", "code")},
        "tender": "0x" + message.tender.hex(),
        "lot": message.lot,
        "part": number,
    }
    upload = service.post(_UPLOADS, form)
    if upload.get("state") == _STORED:
        return
    path = f"{_UPLOADS}/{_text(upload, 'upload', service)}"
    for index, chunk in enumerate(_chunks(kept, message, number, upload, service)):
        digest = sha256(chunk).digest()
        if {"number": index, "size": len(chunk), "sha256": "0x" + digest.hex()} in upload["chunks"]:
            continue
        header = {"Content-Digest": f"sha-256=:{b64encode(digest).decode()}:"}
        service.send("PUT", f"{path}/chunks/{index}", content=chunk, headers=header)
    service.post(f"{path}/complete")


def _chunks(
    kept: BidPlace, message: SubmitBid, number: int, upload: dict[str, Any], service: Service
) -> Iterator[bytes]:
    size = upload.get("chunkSize")
    if not isinstance(size, int) or size < 1 or not isinstance(upload.get("chunks"), list):
        raise AnswerMalformed(service.base_url)
    yield from read_pieces(kept.part_file(message.version, number), size)


def _text(value: Any, name: str, service: Service) -> str:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str):
        raise AnswerMalformed(service.base_url)
    return found
