"""An electronic guarantee 电子保函: a guarantor's signed word for one firm's bid for one lot.

RFC 8785 JSON with the guarantor's signature (EIP-191) over its bytes without it. A bid commits
itself to the SHA-256 of the whole and brings it as `public/guarantee.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from ledger import secp256k1
from ledger.canonical import canonical_json
from ledger.errors import Refused
from ledger.keys import SignatureInvalid
from ledger.tenders import forms
from ledger.tenders.forms import Form
from ledger.tenders.shown_licences import organisation_of
from ledger.tenders.trustees import octets
from ledger.values import Address
from ledger.verification.check import rfc3339

PATH: Final = "public/guarantee.json"
"""Where a bid brings it."""


@dataclass(eq=False)
class GuaranteeForged(Refused):
    """The guarantee is not signed by the guarantor that it names."""

    guarantor: str


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What a guarantee says; `firm` as `organisation_of` tells it, `valid_until` Unix seconds."""

    beneficiary: str
    tender: str
    lot: int
    firm: str
    amount: Decimal
    currency: str
    valid_until: int
    guarantor: Address


def unsigned(
    place: Mapping[str, Any],
    firm: Mapping[str, str],
    money: Mapping[str, str],
    valid_until: int,
    guarantor: Address,
    salt: str,
) -> dict[str, Any]:
    """Return what a guarantor signs: `text_of` it, as EIP-191 does.

    `place` is {tender, lot, beneficiary}, `firm` {jurisdiction, code}, `money` {amount, currency}.
    """
    return {
        **place,
        **money,
        "type": Form.GUARANTEE.value,
        "firm": dict(firm),
        "validUntil": rfc3339(valid_until),
        "guarantor": guarantor,
        "salt": salt,
    }


def text_of(said: Mapping[str, Any]) -> str:
    """Return the text that is signed: a guarantee without its signature."""
    return canonical_json({k: v for k, v in said.items() if k != "signature"}).decode()


def write(said: Mapping[str, Any], signature: bytes) -> bytes:
    """Return the guarantee; raise `FormInvalid` for what is none."""
    return forms.write(Form.GUARANTEE, {**said, "signature": "0x" + signature.hex()})


def read(content: bytes) -> Guarantee:
    """Return a guarantee that its guarantor signed; raise `FormInvalid`, `GuaranteeForged`."""
    said = forms.read(Form.GUARANTEE, content)
    digest = secp256k1.text_digest(text_of(said))
    guarantor = secp256k1.checksum(octets(said["guarantor"]))
    try:
        is_its = secp256k1.recover(digest, octets(said["signature"])) == guarantor
    except SignatureInvalid as exc:
        raise GuaranteeForged(guarantor) from exc
    if not is_its:
        raise GuaranteeForged(guarantor)
    return Guarantee(
        said["beneficiary"],
        said["tender"],
        said["lot"],
        organisation_of(said["firm"]),
        Decimal(said["amount"]),
        said["currency"],
        _seconds(said["validUntil"]),
        guarantor,
    )


def _seconds(time: str) -> int:
    try:
        return int(datetime.fromisoformat(time).timestamp())
    except ValueError as exc:
        raise forms.FormInvalid(Form.GUARANTEE, "validUntil", "no time") from exc
