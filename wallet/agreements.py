"""What two parties hand each other on the way to an agreement: a policy, and signed terms."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import orjson

from ledger.agreements.agreement import Terms
from ledger.agreements.health_policy import Policy, read_policy
from ledger.agreements.licence_policy import NO_BUNDLE, LicencePolicy
from ledger.agreements.policies import read_any_policy
from ledger.agreements.policy import AgreementPolicy, PolicyInvalid
from ledger.agreements.terms import TermsSignature
from ledger.canonical import canonical_json, parse_object
from ledger.errors import LedgerError, Refused
from ledger.licences.catalogue import load_catalogue
from ledger.values import (
    HEALTH_KIND,
    HEALTH_TYPES,
    LICENCE_KIND,
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
    {f"{HEALTH_KIND}{each}": health_record_type(each) for each in HEALTH_TYPES}
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


def read_policy_file(path: Path) -> AgreementPolicy:
    """Return the policy in a file, of either kind.

    Raises:
        PolicyInvalid, FileMissing, FileUnreadable: for what cannot be read.
        TypeUnknown: for a type of licences that the catalogue does not have. Nobody could judge
            them, and on the ledger a misspelt type is a hash like any other.
    """
    return known_policy(read_file(path))


def known_policy(content: bytes) -> AgreementPolicy:
    """Return the policy that the bytes are; raises as `read_policy_file`."""
    policy = read_any_policy(content)
    if isinstance(policy, LicencePolicy):
        load_catalogue().get(policy.type_id)
    return policy


def read_health_policy_file(path: Path) -> Policy:
    """Return the policy about health documents in a file.

    Raises `PolicyKindWrong` for one about licences, else as `read_policy_file`.
    """
    return read_policy(read_file(path))


def canonical_policy(path: Path) -> bytes:
    """Return the one spelling of a policy that was written by hand; raise `PolicyInvalid`."""
    content = read_file(path)
    try:
        return canonical_json(parse_object(content))
    except LedgerError as exc:
        raise PolicyInvalid("", "no JSON object") from exc


def terms_of(policy: AgreementPolicy, bundle_hash: bytes, window: Window) -> Terms:
    """Return the terms by which a policy comes into force in a window."""
    document = policy.document
    return Terms(
        jurisdiction_id(document["from"]),
        jurisdiction_id(document["to"]),
        policy.record_type,
        document["version"],
        policy.digest,
        bundle_hash,
        window.start,
        window.end,
        policy.seconds("notice"),
    )


def type_name(record_type: RecordType) -> str:
    """Return the name of a record type as a policy has it, or its hash in 0x-hex."""
    return _type_names().get(record_type) or "0x" + record_type.hex()


@cache
def _type_names() -> Mapping[RecordType, str]:
    licences = {each.record_type: LICENCE_KIND + each.id for each in load_catalogue().all()}
    return licences | {type_: name for name, type_ in HEALTH_TYPE_NAMES.items()}


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


def require_policy(offered: SignedTerms, policy: AgreementPolicy) -> None:
    """Raise `SignedTermsDiffer` unless the terms are this policy's, dates and bundle aside.

    An agreement about licences has no bundle, so there is none to be signed.
    """
    terms = offered.terms
    bundle_hash = NO_BUNDLE if isinstance(policy, LicencePolicy) else terms.bundle_hash
    expected = terms_of(policy, bundle_hash, Window(terms.valid_from, terms.valid_to))
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
