"""Conversion 转码 from the wallet's side: consent, application, and what came of it.

What is sent is kept before it is sent: a transfer is good once, and an answer that is lost must be
asked for again with the very same bytes.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger import age
from ledger.agreements.health_policy import Policy
from ledger.canonical import JsonMalformed, b64url_decode, b64url_encode, parse_object
from ledger.errors import LedgerError, Refused
from ledger.health import applications, consents, signed, transfers, visits
from ledger.health.applications import ANSWER_KEY_BYTES, Anchor, Application, Receipt
from ledger.health.consents import ID_BYTES, Consent, Withdrawal
from ledger.health.transfers import Person, Transfer
from ledger.health.visits import Visit
from ledger.keys import PrivateKey, PublicKey
from ledger.verification.proof_file import ProofFile
from wallet.home import read_file, write_file

_PENDING: Final = "pending.json"
_TERMS: Final = ".terms.json"
_CERTIFICATE: Final = ".hcert.txt"
_PERSON: Final = ("name", "birthDate", "documentType", "documentIssuer", "documentNumber")


@dataclass(eq=False)
class TransferFileMalformed(Refused):
    """The file is no transfer with its proof. Get it anew: suizheng health transfer."""

    path: str


@dataclass(eq=False)
class PersonFileMalformed(Refused):
    """The file is no JSON of name, birthDate and three words on the document. Write it anew.

    These are documentType, documentIssuer and documentNumber.
    """

    path: str


@dataclass(eq=False)
class NothingPending(Refused):
    """No conversion waits for its answer. `suizheng health conversions` lists those that came."""


@dataclass(eq=False)
class ConversionPending(Refused):
    """A conversion waits for its answer. Ask for it first: suizheng health convert --resume."""


@dataclass(eq=False)
class ConversionUnknown(Refused):
    """No conversion here has that name. `suizheng health conversions` lists them."""

    name: str


@dataclass(eq=False)
class ConversionFileMalformed(Refused):
    """A kept conversion cannot be read. Put a backup of the wallet back."""

    path: str


@dataclass(frozen=True, slots=True)
class Carried:
    """A transfer as its home agency gave it, with the proof that it was anchored."""

    document: bytes
    proof: ProofFile

    @property
    def content(self) -> Transfer:
        """What it says, before anybody's signature was checked."""
        return transfers.read(signed.read(self.document))

    def to_json(self) -> bytes:
        """Return the transfer's file."""
        value = {
            "transfer": b64url_encode(self.document),
            "proof": orjson.loads(self.proof.to_json()),
        }
        return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"

    @classmethod
    def read(cls, path: Path) -> "Carried":
        """Return the transfer in a file; raise `TransferFileMalformed`."""
        content = read_file(path)
        try:
            value = parse_object(content)
            proof = ProofFile.from_json(orjson.dumps(value["proof"]))
            carried = cls(b64url_decode(value["transfer"]), proof)
            _ = carried.content
        except (KeyError, TypeError, LedgerError) as exc:
            raise TransferFileMalformed(str(path)) from exc
        return carried


@dataclass(frozen=True, slots=True)
class Brought:
    """A foreign code as it was shown, and the travel document of whom it is about."""

    code: str
    person: Person

    @classmethod
    def read(cls, code: str, path: Path) -> "Brought":
        """Return a code with the person in a JSON file; raise `PersonFileMalformed`."""
        try:
            value = parse_object(read_file(path))
            if value.keys() != set(_PERSON):
                raise PersonFileMalformed(str(path))
            person = Person(*(str(value[name]) for name in _PERSON))
        except JsonMalformed as exc:
            raise PersonFileMalformed(str(path)) from exc
        return cls(code, person)


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversion as it is sent: to whom, sealed, and under which Idempotency-Key."""

    service: str
    agency: str
    key: str
    holder: str
    sealed: bytes
    consents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """A conversion that came through: whose passes, and how to ask for more or take it back.

    `name` is the authority's for the holder, in hexadecimal; `consents` are the receipts.
    """

    name: str
    service: str
    agency: str
    holder: str
    ends_at: str
    consents: tuple[str, ...]


def receipts_of(
    policy: Policy,
    purposes: Sequence[str],
    language: str,
    holder: PrivateKey,
    at: int,
    randomness: Callable[[int], bytes],
) -> tuple[Receipt, ...]:
    """Return one signed consent receipt per purpose; raise `ClaimsInvalid` for what nobody asks."""
    found = []
    for purpose in purposes:
        consent = Consent(randomness(ID_BYTES), purpose, language, at, holder.public_key)
        document = consents.write_receipt(consent, policy)
        found.append(Receipt(document, holder.sign(document)))
    return tuple(found)


def sealed_application(
    carried: Carried,
    receipts: tuple[Receipt, ...],
    keys: Iterable[PublicKey],
    invitation: "Invitation",
    holder: PrivateKey,
    at: int,
    randomness: Callable[[int], bytes],
) -> bytes:
    """Return the application, signed by the transfer's holder and sealed to the host."""
    application = Application(
        target=invitation.jurisdiction,
        applied_at=at,
        nonce=invitation.nonce,
        transfer=carried.document,
        anchor=Anchor(carried.proof.agency, carried.proof.proof),
        receipts=receipts,
        keys=tuple(keys),
        answer_key=randomness(ANSWER_KEY_BYTES),
        port=invitation.port,
    )
    return age.seal(applications.sign(application, holder), invitation.recipient, randomness)


def sealed_visit(
    brought: Brought,
    receipts: tuple[Receipt, ...],
    keys: Iterable[PublicKey],
    invitation: "Invitation",
    holder: PrivateKey,
    at: int,
    randomness: Callable[[int], bytes],
) -> bytes:
    """Return what a visitor asks for, signed by a key of their own and sealed to the host."""
    visit = Visit(
        target=invitation.jurisdiction,
        applied_at=at,
        nonce=invitation.nonce,
        code=brought.code,
        holder=holder.public_key,
        person=brought.person,
        receipts=receipts,
        keys=tuple(keys),
        answer_key=randomness(ANSWER_KEY_BYTES),
        port=invitation.port,
    )
    return age.seal(visits.sign(visit, holder), invitation.recipient, randomness)


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the host gives out for one application; `port` is the traveller's own choice."""

    nonce: bytes
    recipient: str
    jurisdiction: str
    port: str | None


def withdrawal_of(
    receipt: str, holder: PrivateKey, at: int, randomness: Callable[[int], bytes]
) -> tuple[bytes, bytes]:
    """Return the withdrawal of a consent receipt, and its signature."""
    id_ = bytes.fromhex(parse_object(receipt.encode())["id"].removeprefix("0x"))
    withdrawal = Withdrawal(randomness(ID_BYTES), id_, at, holder.public_key)
    document = consents.write_withdrawal(withdrawal)
    return document, holder.sign(document)


class ConversionFolder:
    """The conversions of one wallet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check_free(self) -> None:
        """Raise `ConversionPending` while one waits for its answer."""
        if (self._folder / _PENDING).exists():
            raise ConversionPending

    def ask(self, asked: Asked) -> None:
        """Keep what is about to be sent."""
        value = _spelt(asked) | {"sealed": b64url_encode(asked.sealed)}
        write_file(self._folder / _PENDING, orjson.dumps(value))

    def pending(self) -> Asked:
        """Return what was sent and not answered; raise `NothingPending`."""
        path = self._folder / _PENDING
        if not path.exists():
            raise NothingPending
        value = _read(path)
        try:
            sealed = b64url_decode(value.pop("sealed"))
            return Asked(**value | {"sealed": sealed, "consents": tuple(value["consents"])})
        except (KeyError, TypeError, LedgerError) as exc:
            raise ConversionFileMalformed(str(path)) from exc

    def drop(self) -> None:
        """Forget what was sent: it was refused, and the same again would be."""
        (self._folder / _PENDING).unlink(missing_ok=True)

    def keep(self, terms: Terms) -> None:
        """Keep what came of the pending one."""
        self.adopt(terms)
        self.drop()

    def adopt(self, terms: Terms) -> None:
        """Keep one that was another device's."""
        write_file(self._folder / f"{terms.name}{_TERMS}", orjson.dumps(_spelt(terms)))

    def keep_certificate(self, terms: Terms, text: str) -> Path:
        """Keep the certificate that the host wrote anew, and return its file."""
        path = self._folder / f"{terms.name}{_CERTIFICATE}"
        write_file(path, text.encode() + b"\n")
        return path

    def all(self) -> list[Terms]:
        """Return the conversions that came through; raise `ConversionFileMalformed`."""
        return [_terms(path) for path in sorted(self._folder.glob(f"*{_TERMS}"))]

    def find(self, name: str) -> Terms:
        """Return the one whose name begins so; raise `ConversionUnknown` unless one does."""
        found = [terms for terms in self.all() if terms.name.startswith(name)]
        if len(found) != 1:
            raise ConversionUnknown(name)
        return found[0]

    def forget(self, terms: Terms) -> None:
        """Delete one whose consent was taken back."""
        for kept in (_TERMS, _CERTIFICATE):
            (self._folder / f"{terms.name}{kept}").unlink(missing_ok=True)


def _spelt(value: Asked | Terms) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _terms(path: Path) -> Terms:
    value = _read(path)
    try:
        return Terms(**value | {"consents": tuple(value["consents"])})
    except (KeyError, TypeError) as exc:
        raise ConversionFileMalformed(str(path)) from exc


def _read(path: Path) -> dict[str, Any]:
    try:
        return parse_object(read_file(path))
    except JsonMalformed as exc:
        raise ConversionFileMalformed(str(path)) from exc
