"""Made-up rows for store tests: the store looks at no document."""

import hashlib
from typing import Any

from api.store.changes import ChangeRow
from api.store.licences import LicenceRow
from ledger.outbox import Intent, Receipt
from ledger.values import Address, AgencyId, Digest, Status

OFFICE = AgencyId(b"\xa1" * 32)
OTHER = AgencyId(b"\xb2" * 32)
ACCOUNT = Address("0x70997970C51812dc3A010C7d01b50e0d17dc79C8")
TARGET = Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")
CHAIN = 31337
RECEIPT = Receipt(9, b"h" * 32, b"t" * 32, 56_000, 2 * 10**9)


def digest(number: int) -> Digest:
    return Digest(hashlib.sha256(number.to_bytes(8)).digest())


def row(number: int, **changes: Any) -> LicenceRow:
    given: dict[str, Any] = {
        "digest": digest(number),
        "agency": OFFICE,
        "type_id": "cn.food-business",
        "licence_id": f"1.2.156.3005.2.{number}",
        "serial": f"{number:08d}",
        "version": 1,
        "external_id": f"row-{number}",
        "document": f"a.b.{number}~",
        "list": 0,
        "index": number,
        "nbf": 1000,
        "exp": None,
        "issued_at": 5000 + number,
    }
    return LicenceRow(**(given | changes))


def intent(number: int, **changes: Any) -> Intent:
    given: dict[str, Any] = {
        "id": digest(number),
        "chain_id": CHAIN,
        "account": ACCOUNT,
        "to": TARGET,
        "call": number.to_bytes(4),
    }
    return Intent(**(given | changes))


def change(number: int, **more: Any) -> ChangeRow:
    given: dict[str, Any] = {
        "id": bytes([number]) * 16,
        "digest": digest(1),
        "agency": OFFICE,
        "list": 0,
        "index": 1,
        "status": Status.SUSPENDED,
        "reason": 101,
        "effective_at": 500,
        "until": 900,
        "requested_by": TARGET,
        "requested_at": 400,
    }
    return ChangeRow(**(given | more))
