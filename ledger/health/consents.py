"""Consent receipts: what a holder agreed to before data crossed, one receipt per purpose.

RFC 8785 JSON, signed by the holder's key. The host anchors its SHA-256, which nobody can guess, for
it holds 16 random bytes. A receipt says what the policy says, so it is checked by writing it again.
PIPL art. 39 asks for a separate consent to each transfer abroad. A withdrawal (art. 15) names the
receipt that it takes back.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.agreements.health_policy import Policy
from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError
from ledger.health.claims import MAX_TIME, ClaimsInvalid
from ledger.keys import PublicKey
from ledger.values import Digest

MAX_BYTES: Final = 65_536
ID_BYTES: Final = 16
_ID: Final = re.compile(r"0x[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Consent:
    """What the holder chose: one of the policy's purposes, and the language it was read in.

    `id` of 16 random bytes; `at` in Unix seconds.
    """

    id: bytes
    purpose: str
    language: str
    at: int
    holder: PublicKey


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """A consent taken back: `withdraws` is the receipt's id, `id` 16 random bytes of its own."""

    id: bytes
    withdraws: bytes
    at: int
    holder: PublicKey


def digest_of(receipt: bytes) -> Digest:
    """Return SHA-256 of a receipt: the leaf data of its batch."""
    return Digest(hashlib.sha256(receipt).digest())


def write_receipt(consent: Consent, policy: Policy) -> bytes:
    """Return the bytes that the holder signs; raise `ClaimsInvalid` for what nobody asks."""
    document, asked = policy.document, policy.document["consent"]
    if len(consent.id) != ID_BYTES:
        raise ClaimsInvalid("id")
    if consent.purpose not in document["purposes"].values():
        raise ClaimsInvalid("purpose")
    if consent.language not in asked["textHash"]:
        raise ClaimsInvalid("language")
    if type(consent.at) is not int or not 0 <= consent.at < MAX_TIME:
        raise ClaimsInvalid("at")
    return canonical_json(
        {
            "id": "0x" + consent.id.hex(),
            "purpose": consent.purpose,
            "from": document["from"],
            "to": document["to"],
            "version": document["version"],
            "policyHash": "0x" + policy.digest.hex(),
            "fields": asked["fields"],
            "recipients": asked["recipients"],
            "retention": document["retention"]["consent"],
            "language": consent.language,
            "textHash": asked["textHash"][consent.language],
            "at": consent.at,
            "holder": consent.holder.kid,
        }
    )


def read_receipt(receipt: bytes, signature: bytes, holder: PublicKey, policy: Policy) -> Consent:
    """Return what `holder` agreed to under `policy`.

    Raises `SignatureInvalid` for another's signature, and `ClaimsInvalid` for anything but the
    receipt that `write_receipt` gives for this policy and holder.
    """
    holder.verify(receipt, signature)
    found = _parsed(receipt)
    consent = Consent(
        id=bytes.fromhex(_text(found, "id", _ID)[2:]),
        purpose=_text(found, "purpose"),
        language=_text(found, "language"),
        at=found.get("at", -1),
        holder=holder,
    )
    if write_receipt(consent, policy) != receipt:
        raise ClaimsInvalid("receipt")
    return consent


def write_withdrawal(withdrawal: Withdrawal) -> bytes:
    """Return the bytes that the holder signs to take a consent back; raise `ClaimsInvalid`."""
    if (len(withdrawal.id), len(withdrawal.withdraws)) != (ID_BYTES, ID_BYTES):
        raise ClaimsInvalid("id")
    if type(withdrawal.at) is not int or not 0 <= withdrawal.at < MAX_TIME:
        raise ClaimsInvalid("at")
    return canonical_json(
        {
            "id": "0x" + withdrawal.id.hex(),
            "withdraws": "0x" + withdrawal.withdraws.hex(),
            "at": withdrawal.at,
            "holder": withdrawal.holder.kid,
        }
    )


def read_withdrawal(document: bytes) -> tuple[bytes, bytes, int]:
    """Return id, receipt's id and time of a withdrawal before anybody's signature was checked.

    Raises `ClaimsInvalid` for what is none. Whose it must be, the receipt says.
    """
    found = _parsed(document)
    ids = (_text(found, "id", _ID), _text(found, "withdraws", _ID))
    at = found.get("at", -1)
    if type(at) is not int:
        raise ClaimsInvalid("at")
    return bytes.fromhex(ids[0][2:]), bytes.fromhex(ids[1][2:]), at


def check_withdrawal(document: bytes, signature: bytes, holder: PublicKey) -> Withdrawal:
    """Return what `holder` took back.

    Raises `SignatureInvalid` for another's signature, `ClaimsInvalid` for anything but what
    `write_withdrawal` gives.
    """
    holder.verify(document, signature)
    id_, withdraws, at = read_withdrawal(document)
    withdrawal = Withdrawal(id_, withdraws, at, holder)
    if write_withdrawal(withdrawal) != document:
        raise ClaimsInvalid("withdrawal")
    return withdrawal


def _parsed(document: bytes) -> Mapping[str, Any]:
    try:
        return parse_object(document if len(document) <= MAX_BYTES else b"")
    except LedgerError as exc:
        raise ClaimsInvalid("receipt") from exc


def _text(found: Mapping[str, Any], member: str, pattern: re.Pattern[str] | None = None) -> str:
    value = found.get(member)
    if not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
        raise ClaimsInvalid(member)
    return value
