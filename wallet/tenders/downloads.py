"""What a service gives out of a tender, fetched into a folder; it is believed for its digests."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import orjson

from wallet.home import write_file
from wallet.service import AnswerMalformed, Service, ServiceBusy, ServiceRefused
from wallet.tenders.holdings import RECEIPT, RECORD, SEALED

ANSWERS: Final = f"answers{RECEIPT}"


def download(service: Service, tender: bytes, folder: Path) -> None:
    """Fetch public papers, sealed files of opened bids, and the OCDS record, below a folder.

    And what the service signs of filings that papers answered. What the service withholds is left
    out. Raises as `Service.send` does, and `FileUnwritable`.
    """
    at = f"/v1/tenders/0x{tender.hex()}"
    cursor = None
    while True:
        page = service.get(f"{at}/papers", cursor=cursor, limit=100)
        for each in _rows(service, page, "papers"):
            digest = _digest(service, each)
            write_file(folder / "papers" / digest, service.download(f"{at}/papers/0x{digest}"))
        cursor = page.get("nextCursor")
        if cursor is None:
            break
    for each in _rows(service, service.get(f"{at}/archive"), "files"):
        digest = _digest(service, each)
        path = folder / "files" / f"{digest}{SEALED}"
        with suppress(ServiceRefused):  # opened, and lost by the platform
            write_file(path, service.download(f"{at}/archive/0x{digest}"))
    with suppress(ServiceBusy, ServiceRefused):  # nobody there can sign, or says so
        write_file(folder / ANSWERS, statement(service, tender).encode())
    with suppress(ServiceBusy):  # withheld
        write_file(folder / RECORD, orjson.dumps(service.get(f"{at}/ocds/record")))


def statement(service: Service, tender: bytes) -> str:
    """Return the signed list of filings that papers answered; raises as `Service.send`."""
    found = service.get(f"/v1/tenders/0x{tender.hex()}/filings/answers").get("statement")
    if not isinstance(found, str):
        raise AnswerMalformed(service.base_url)
    return found


def _rows(service: Service, answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = answer.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise AnswerMalformed(service.base_url)
    return found


def _digest(service: Service, row: dict[str, Any]) -> str:
    """The digest in a row, as digits alone: it becomes a file's name."""
    found = str(row.get("sha256")).removeprefix("0x")
    if not re.fullmatch("[0-9a-f]{64}", found):
        raise AnswerMalformed(service.base_url)
    return found
