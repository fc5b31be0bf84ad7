"""A gate bundle between two plainly invented jurisdictions, every part of it there."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from ledger.agreements.agreement import Agreement, Suspension, Version
from ledger.authority import Agency, DocumentKey
from ledger.canonical import canonical_json
from ledger.health import allow_list, status_cwt
from ledger.health.allow_list import segment_of
from ledger.health.gate.evidence import Block, IssuerKey, Part
from ledger.health.gate_bundle.foreign_files import RawLists, RawSlice, write_revocation
from ledger.health.gate_bundle.manifest import Manifest, read
from ledger.health.gate_bundle.writing import Content, Heading, SignedRules, files_of, sign_manifest
from ledger.health.hcert.revocation import HashType, Mode, Place
from ledger.health.rule_bundles import write_rule_bundle
from ledger.keys import PrivateKey
from ledger.list_tokens import ListChain
from ledger.status_list import StatusList
from ledger.values import (
    Address,
    AgencyStatus,
    Digest,
    KeyUsage,
    LedgerRef,
    Scope,
    Status,
    Window,
    agency_id,
    health_record_type,
    jurisdiction_id,
)
from tests.support.health_codes import Issuer
from tests.support.policies import sample_domestic_policy, sample_policy

NOON: Final = 1_795_262_400
HOUR: Final = 3_600
DAY: Final = 86_400
LEDGER: Final = LedgerRef(31337, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"))
BLOCK: Final = Block(4_200, b"\x0c" * 32, NOON)
PASS: Final = health_record_type("pass")
BUREAU: Final = Agency(
    agency_id("XB", "SAMPLE-HEALTH"),
    "XB",
    "SAMPLE-HEALTH",
    "Sample Health Bureau of XB",
    AgencyStatus.ACTIVE,
)
SIGNERS: Final = {usage: PrivateKey.from_secret(bytes([40 + usage]) * 32) for usage in KeyUsage}
"""One key of the bureau for each usage."""
STRANGER: Final = PrivateKey.from_secret(b"\x03" * 32)
LISTED: Final = [Digest(hashlib.sha256(bytes([number])).digest()) for number in range(100)]
RULE: Final = {
    "Identifier": "GR-XB-0001",
    "Type": "Acceptance",
    "Country": "XB",
    "Version": "1.0.0",
    "SchemaVersion": "1.3.0",
    "Engine": "CERTLOGIC",
    "EngineVersion": "0.7.5",
    "CertificateType": "General",
    "Description": [{"lang": "en", "desc": "Sample rule"}],
    "ValidFrom": "2026-01-01T00:00:00Z",
    "ValidTo": "2030-01-01T00:00:00Z",
    "AffectedFields": ["dob"],
    "Logic": {"===": [{"var": "payload.dob"}, "1990-07-23"]},
}
RULES: Final = {
    "rules/GR-XB-0001.json": canonical_json(RULE),
    "value-sets.json": canonical_json({"tests": ["LP6464-4"]}),
    "texts/consent-en.txt": b"Sample consent text",
}
POLICY: Final = canonical_json(sample_policy().document)
DOMESTIC: Final = canonical_json(sample_domestic_policy().document)
FOREIGN: Final = Issuer()
REVOKED: Final = hashlib.sha256(b"revoked").digest()[:16]


def document_key(usage: KeyUsage, **changes: Any) -> DocumentKey:
    """The bureau's key of one usage, good for a year around noon."""
    key = DocumentKey(
        SIGNERS[usage].public_key, usage, NOON - DAY, NOON - DAY, NOON + 365 * DAY, NOON + 730 * DAY
    )
    return replace(key, **changes)


def issuer_key(key: DocumentKey, agency: Agency = BUREAU) -> IssuerKey:
    return IssuerKey(
        agency,
        key,
        ((NOON - 9 * DAY, AgencyStatus.ACTIVE),),
        {PASS: (Window(NOON - 9 * DAY, NOON + 999 * DAY),)},
    )


def agreement() -> Agreement:
    version = Version(
        number=1,
        policy_hash=hashlib.sha256(POLICY).digest(),
        bundle_hash=hashlib.sha256(write_rule_bundle(RULES)).digest(),
        proposer=jurisdiction_id("XA"),
        valid_from=NOON - DAY,
        valid_to=NOON + 30 * DAY,
        notice=7 * DAY,
        proposed_at=NOON - 5 * DAY,
        signed_at=NOON - 4 * DAY,
    )
    suspension = Suspension(NOON, NOON + HOUR, 3, Scope.GRADE, b"\x04" * 32)
    parties = jurisdiction_id("XA"), jurisdiction_id("XB")
    return Agreement(*parties, PASS, (version,), {1: (suspension,)})


def status_token(number: int = 0, signer: PrivateKey | None = None, **changes: Any) -> bytes:
    chain = ListChain(LEDGER, BUREAU.id, number, BLOCK.number, BLOCK.hash)
    return status_cwt.sign_list(
        StatusList.empty().with_status([7], Status.REVOKED),
        uri=f"https://health.example/status/XB/SAMPLE-HEALTH/{number}",
        issued_at=changes.pop("issued_at", NOON),
        chain=replace(chain, **changes),
        signer=signer or SIGNERS[KeyUsage.STATUS_LISTS],
    )


def segment(number: int, signer: PrivateKey | None = None, **changes: Any) -> bytes:
    """The number-th hour of passes, the third of which ends at noon."""
    start = NOON + (number - 3) * HOUR
    made = segment_of(BUREAU.id, number, start, start + HOUR, LISTED[number * 10 :][:10])
    return allow_list.sign(replace(made, **changes), signer or SIGNERS[KeyUsage.STATUS_LISTS])


def revocation() -> Mapping[bytes, bytes]:
    place = Place("null", REVOKED.hex()[0])
    header = (0).to_bytes(2) + bytes(4) + (1).to_bytes(4) + bytes([16])
    piece = RawSlice(place, "VARHASHLIST", header + REVOKED)
    lists = RawLists(Mode.POINT, frozenset({HashType.SIGNATURE}), [piece])
    return {FOREIGN.kid: write_revocation(lists)}


_STATUS: Final = {(BUREAU.id, 0): status_token()}
_ALLOW: Final = {(BUREAU.id, number): segment(number) for number in (1, 2)}
"""Signed once: a second signature would make another file."""


def content(**changes: Any) -> Content:
    whole = Content(
        keys=[issuer_key(document_key(usage)) for usage in KeyUsage],
        agreements=[agreement()],
        policies=[POLICY],
        domestic=[DOMESTIC],
        rules=[SignedRules.over(RULES)],
        status=_STATUS,
        allow=_ALLOW,
        foreign=FOREIGN.trust,
        revocation=revocation(),
        texts={"en": {"DENY": "Please go to the desk."}},
    )
    return replace(whole, **changes)


def heading(**changes: Any) -> Heading:
    plain = Heading(
        jurisdiction="XB",
        agency="SAMPLE-HEALTH",
        sequence=12,
        issued_at=NOON + 60,
        ledger=LEDGER,
        block=BLOCK,
        trust=Part(5, NOON),
        rules=Part(6, NOON),
        revoked=Part(7, NOON - HOUR),
    )
    return replace(plain, **changes)


@dataclass(frozen=True)
class Made:
    """A bundle as a service made it."""

    encoded: bytes
    files: Mapping[str, bytes]

    @property
    def contents(self) -> dict[Digest, bytes]:
        """The files by SHA-256."""
        return {Digest(hashlib.sha256(each).digest()): each for each in self.files.values()}

    @property
    def manifest(self) -> Manifest:
        """The manifest, as a gate that trusts the bureau reads it."""
        return read(self.encoded, [document_key(KeyUsage.BUNDLES)], NOON + 120)


def made(changes: Mapping[str, Any] | None = None, **headed: Any) -> Made:
    """A bundle, parts of its content changed, and of its heading."""
    files = files_of(content(**(changes or {})))
    return of_files(files, **headed)


def of_files(files: Mapping[str, bytes], **headed: Any) -> Made:
    signer = headed.pop("signer", SIGNERS[KeyUsage.BUNDLES])
    return Made(sign_manifest(heading(**headed), files, signer), files)
