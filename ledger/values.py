"""Identifiers and enumerations that every floor shares, spelt as the contracts spell them."""

from dataclasses import dataclass
from enum import IntEnum, IntFlag, StrEnum
from typing import Final, Literal, NewType, get_args

from eth_hash.auto import keccak

Digest = NewType("Digest", bytes)
"""SHA-256 of a record's signed bytes, 32 bytes; the leaf data of its batch."""
Root = NewType("Root", bytes)
"""Root of a batch, 32 bytes."""
JurisdictionId = NewType("JurisdictionId", bytes)
AgencyId = NewType("AgencyId", bytes)
KeyId = NewType("KeyId", bytes)
"""sha256(x ‖ y) of a P-256 point, 32 bytes; base64url of it is the `kid`."""
RecordType = NewType("RecordType", bytes)
Address = NewType("Address", str)
"""An EVM account with its EIP-55 check case."""
Seconds = NewType("Seconds", int)
"""A moment in Unix seconds."""

OPEN_END: Final = 2**40 - 1
"""The `end` of a window that has none; the greatest uint40."""

LICENCE_KIND: Final = "licence:"
HEALTH_KIND: Final = "health:"
"""What the names of record types begin with, by the kind of documents."""
HealthType = Literal["pass", "transfer", "hcert", "custody"]
HEALTH_TYPES: Final[tuple[HealthType, ...]] = get_args(HealthType)
"""What health records there are to recognise, and to be accredited for."""


class AgencyStatus(IntEnum):
    """IAuthority.AgencyStatus."""

    UNKNOWN = 0
    ACTIVE = 1
    SUSPENDED = 2
    RETIRED = 3


class Role(IntEnum):
    """IAuthority.Role."""

    ADMIN = 0
    ISSUER = 1
    REGISTRAR = 2
    APPROVER = 3
    TENDERER = 4
    GATE = 5
    SUPERVISOR = 6


class KeyState(IntEnum):
    """IAuthority.KeyState."""

    UNKNOWN = 0
    ANNOUNCED = 1
    ACTIVE = 2
    RETIRING = 3
    EXPIRED = 4
    FROZEN = 5
    COMPROMISED = 6


class KeyUsage(IntFlag):
    """Usage bits of a document key."""

    DOCUMENTS = 1
    STATUS_LISTS = 2
    BUNDLES = 4
    REQUESTS = 8
    READERS = 16  # certificates of checkpoints' readers


class Status(IntEnum):
    """The values of a status list entry; IRecordLedger.Status."""

    VALID = 0
    REVOKED = 1
    SUSPENDED = 2
    SUPERSEDED = 3


class RecordKind(IntEnum):
    """What the documents of a batch are, as IRecordLedger.anchor numbers them."""

    LICENCE = 1
    DECISION = 2
    APPROVAL = 3
    ANSWER = 4
    USE = 5
    HEALTH_PASS = 6
    HEALTH_TRANSFER = 7
    HEALTH_CONSENT = 8
    HEALTH_ALLOW = 9
    HEALTH_SCAN = 10  # role GATE anchors it; ISSUER all others
    HEALTH_CUSTODY = 11
    TENDER_MAILBOX = 12


class AgreementState(IntEnum):
    """IRecognitionLedger.State: what a version of an agreement is at a time."""

    UNKNOWN = 0
    PROPOSED = 1
    WITHDRAWN = 2
    SCHEDULED = 3
    CANCELLED = 4
    IN_FORCE = 5
    SUSPENDED = 6  # as a whole; narrower suspensions leave it IN_FORCE
    TERMINATING = 7
    TERMINATED = 8
    SUPERSEDED = 9
    EXPIRED = 10


class Scope(IntEnum):
    """IRecognitionLedger.Scope: what a suspension of an agreement covers."""

    ALL = 0
    KEY = 1
    GRADE = 2
    PORT = 3
    AGENCY = 4


class Stage(StrEnum):
    """How far a record is on its way to finality."""

    ISSUED = "issued"  # signed, on disk, survives kill -9
    SUBMITTED = "submitted"  # its root was broadcast
    ANCHORED = "anchored"  # in a block, may still fall out
    FINAL = "final"  # n confirmations deep


@dataclass(frozen=True, slots=True)
class LedgerRef:
    """One RecordLedger: the chain it lives on and its address."""

    chain_id: int
    address: Address


@dataclass(frozen=True, slots=True)
class WordChange:
    """IRecordLedger.WordChange: the entries of `word` whose both bits are set in `mask` change."""

    word: int
    mask: int


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time in Unix seconds, `start` inside and `end` outside."""

    start: int
    end: int

    def holds(self, at: int) -> bool:
        """Whether `start <= at < end`."""
        return self.start <= at < self.end


def jurisdiction_id(code: str) -> JurisdictionId:
    """Return keccak256(abi.encode(code)), as IAuthority.jurisdictionId does."""
    return JurisdictionId(keccak(_word(32) + _tail(code)))


def country_of(jurisdiction: str) -> str:
    """Return the country (ISO 3166-1) that a jurisdiction's code begins with."""
    return jurisdiction.partition("-")[0]


def agency_id(jurisdiction: str, code: str) -> AgencyId:
    """Return the id of the agency with an organisation code, as IAuthority.agencyId does."""
    return AgencyId(keccak(jurisdiction_id(jurisdiction) + _word(64) + _tail(code)))


def role_id(subject: bytes, role: Role) -> bytes:
    """Return the AccessControl role for an agency or jurisdiction, as IAuthority.roleId does."""
    return keccak(subject + _word(role))


def record_type(name: str) -> RecordType:
    """Return keccak256 of a type's name with its kind, what agreements and accreditations name."""
    return RecordType(keccak(name.encode()))


def licence_record_type(type_id: str) -> RecordType:
    """Return keccak256("licence:" ‖ type id); no version."""
    return record_type(LICENCE_KIND + type_id)


def health_record_type(name: HealthType) -> RecordType:
    """Return keccak256("health:" ‖ name)."""
    return record_type(HEALTH_KIND + name)


HEALTH_RECORD_TYPES: Final = frozenset(health_record_type(each) for each in HEALTH_TYPES)


def _word(number: int) -> bytes:
    return number.to_bytes(32)


def _tail(text: str) -> bytes:
    """The dynamic part of a string in abi.encode; by hand, since eth_abi takes 20 times as long."""
    raw = text.encode()
    return _word(len(raw)) + raw + bytes(-len(raw) % 32)
