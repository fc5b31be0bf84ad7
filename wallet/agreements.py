"""What two parties hand each other on the way to an agreement: a policy, and signed terms."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson

from ledger.agreements.agreement import Terms
from ledger.agreements.health_policy import Policy, PolicyInvalid, read_policy
from ledger.agreements.terms import TermsSignature
from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.values import (
    HEALTH_TYPES,
    Address,
    JurisdictionId,
    LedgerRef,
    RecordType,
    Window,
    health_record_type,
    jurisdiction_id,
)
from wallet.home import read_file

HEALTH_TYPE_NAMES: Final[Mapping[str, RecordType]] = MappingProxyType(
    {f"health:{each}": health_record_type(each) for each in HEALTH_TYPES}
)
"""Health record types as a policy and a person name them."""
_ID_BYTES: Final = 32


@dataclass(eq=False)
class ManifestMalformed(Refused):
    """The manifest is no RFC 8785 object. Write it canonically, or give its SHA-256."""

    path: str


@dataclass(eq=False)
class SignedTermsMalformed(Refused):
    """The file holds no signed terms. Have it made anew: suizheng agreement sign-terms."""

    path: str


@dataclass(eq=False)
class SignedTermsDiffer(Refused):
    """The other party signed other terms than this policy's. Compare the policies' digests."""

    member: str


@dataclass(frozen=True, slots=True)
class SignedTerms:
    """Terms with the other party's signature, for one RecognitionLedger."""

    ledger: LedgerRef
    terms: Terms
    signed: TermsSignature

    def to_json(self) -> bytes:
        """Return the file that is handed over."""
        content = {
            "ledger": {"chainId": self.ledger.chain_id, "address": self.ledger.address},
            "terms": shown_terms(self.terms),
            "signer": self.signed.signer,
            "signature": "0x" + self.signed.signature.hex(),
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def read_policy_file(path: Path) -> Policy:
    """Return the policy in a file; raise `PolicyInvalid`, `FileMissing`, `FileUnreadable`."""
    return read_policy(read_file(path))


def canonical_policy(path: Path) -> bytes:
    """Return the one spelling of a policy that was written by hand; raises as above."""
    content = read_file(path)
    try:
        return canonical_json(parse_object(content))
    except LedgerError as exc:
        raise PolicyInvalid("", "no JSON object") from exc


def terms_of(policy: Policy, bundle_hash: bytes, window: Window) -> Terms:
    """Return the terms by which a policy comes into force in a window."""
    document = policy.document
    return Terms(
        jurisdiction_id(document["from"]),
        jurisdiction_id(document["to"]),
        HEALTH_TYPE_NAMES[document["recordType"]],
        document["version"],
        policy.digest,
        bundle_hash,
        window.start,
        window.end,
        policy.seconds("notice"),
    )


def type_name(record_type: RecordType) -> str:
    """Return the name of a health record type, or its hash in 0x-hex."""
    names = (name for name, known in HEALTH_TYPE_NAMES.items() if known == record_type)
    return next(names, "0x" + record_type.hex())


def bundle_hash_of(path: Path) -> bytes:
    """Return the SHA-256 of a manifest; raise `ManifestMalformed` unless it is canonical."""
    content = read_file(path)
    try:
        is_canonical = canonical_json(parse_object(content)) == content
    except LedgerError as exc:
        raise ManifestMalformed(str(path)) from exc
    if not is_canonical:
        raise ManifestMalformed(str(path))
    return hashlib.sha256(content).digest()


def read_signed_terms(path: Path) -> SignedTerms:
    """Return the signed terms in a file; raise `SignedTermsMalformed` for anything else."""
    text = read_file(path)
    try:
        content = parse_object(text)
        ledger, terms = content["ledger"], content["terms"]
        return SignedTerms(
            LedgerRef(int(ledger["chainId"]), Address(str(ledger["address"]))),
            Terms(
                JurisdictionId(_id(terms["from"])),
                JurisdictionId(_id(terms["to"])),
                RecordType(_id(terms["recordType"])),
                int(terms["version"]),
                _id(terms["policyHash"]),
                _id(terms["bundleHash"]),
                *(int(terms[name]) for name in ("validFrom", "validTo", "notice")),
            ),
            TermsSignature(Address(str(content["signer"])), _octets(content["signature"])),
        )
    except (LedgerError, KeyError, TypeError, ValueError) as exc:
        raise SignedTermsMalformed(str(path)) from exc


def require_policy(offered: SignedTerms, policy: Policy) -> None:
    """Raise `SignedTermsDiffer` unless the terms are this policy's, dates and bundle aside."""
    terms = offered.terms
    expected = terms_of(policy, terms.bundle_hash, Window(terms.valid_from, terms.valid_to))
    ours, theirs = shown_terms(expected), shown_terms(terms)
    for member, value in ours.items():
        if theirs[member] != value:
            raise SignedTermsDiffer(member)


def shown_terms(terms: Terms) -> dict[str, Any]:
    """Return terms as JSON, spelt as the contract spells them; times in Unix seconds."""
    return {
        "from": "0x" + terms.source.hex(),
        "to": "0x" + terms.target.hex(),
        "recordType": "0x" + terms.record_type.hex(),
        "version": terms.version,
        "policyHash": "0x" + terms.policy_hash.hex(),
        "bundleHash": "0x" + terms.bundle_hash.hex(),
        "validFrom": terms.valid_from,
        "validTo": terms.valid_to,
        "notice": terms.notice,
    }


def _octets(text: Any) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ValueError(text)
    return bytes.fromhex(text[2:])


def _id(text: Any) -> bytes:
    found = _octets(text)
    if len(found) != _ID_BYTES:
        raise ValueError(text)
    return found
