"""A tender as its buyer prepares it in a folder, and the manifest of documents that comes of it.

`tender.json` says what the program cannot know; trustees' statements lie below `trustees/`, and
every other file is one of the documents.
"""

import hashlib
import mimetypes
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger.canonical import JsonMalformed, b64url_encode, parse_object
from ledger.errors import Refused
from ledger.tenders import documents
from ledger.tenders.bid_flags import REQUEST
from ledger.tenders.bonds import require_lawful
from ledger.tenders.documents import STATEMENT, Documents
from ledger.tenders.events import Announcement, Trustee
from ledger.tenders.ids import TenderId, ref_of, tender_id
from ledger.tenders.policy.document import TenderPolicy, preset, read_policy
from ledger.tenders.policy.ends import Ends
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.requests import read_requirement
from ledger.tenders.standing import Asked
from ledger.tenders.trustees import Statement, ledger_json, octets
from ledger.values import Address, AgencyId, LedgerRef, agency_id
from wallet.home import FileUnreadable, read_file, read_pieces
from wallet.tenders.folders import DOCUMENTS

DRAFT: Final = "tender.json"
STANDING_REQUEST: Final = "standing-request.jwt"
_TRUSTEES: Final = "trustees"
_SALT_BYTES: Final = 16
_PIECE_BYTES: Final = 2**18
_ANY: Final = "application/octet-stream"
_ROLES: Final = {STANDING_REQUEST: REQUEST}
_NEEDED: Final = frozenset(
    ("agency", "number", "title", "lots", "policy", "threshold", "evaluators")
)
_ALLOWED: Final = _NEEDED | {
    *("parts", "trusteeNames", "bondAuthority", "requirements", "criteria", "ceiling"),
    *("mailbox", "previous", "estimate", "bond", "performanceBond", "coSigners"),
}
_MONEY: Final = ("ceiling", "estimate", "bond")
_AS_SAID: Final = ("requirements", "criteria", *_MONEY, "performanceBond", "coSigners")
"""Members that the documents have as the draft says them."""
_BASE_PRICE: Final = "basePrice"
_NOBODY: Final = Address("0x" + "00" * 20)
_NONE: Final = bytes(32)


@dataclass(eq=False)
class DraftMalformed(Refused):
    """The tender's description is not of its form. See suizheng tender publish --help."""

    path: str
    member: str


class BasePriceUnsupported(Refused):
    """A secret base price 标底 is kept by nobody here (R27, R50). Publish a ceiling instead."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file of the documents where it lies, and what the manifest says of it."""

    path: Path
    named: Mapping[str, Any]

    @property
    def digest(self) -> bytes:
        """Its SHA-256."""
        return octets(self.named["sha256"])


@dataclass(frozen=True, slots=True)
class Draft:
    """A tender as it was written down, with its policy, files and trustees in their order."""

    said: Mapping[str, Any]
    policy: TenderPolicy
    agency: AgencyId
    files: tuple[NamedFile, ...]
    statements: tuple[Statement, ...]

    @property
    def tender(self) -> TenderId:
        """The id that it has, or will have, on chain."""
        return tender_id(self.agency, self.ref)

    @property
    def ref(self) -> bytes:
        """SHA-256 of the project number."""
        return ref_of(self.said["number"])

    @property
    def asked(self) -> Asked:
        """The licences that it asks for; raise `StandingRequestMalformed` for a requirement."""
        wanted = tuple(map(read_requirement, self.said.get("requirements", ())))
        return Asked(self.agency, self.tender, wanted)

    @property
    def has_mailbox(self) -> bool:
        """Whether bids come through a mailbox."""
        return self.said.get("mailbox") is not None

    def documents(
        self, ledger: LedgerRef, version: int, created: str, randomness: Callable[[int], bytes]
    ) -> tuple[bytes, Documents]:
        """Return the manifest, its bytes first.

        Every trustee's statement is held against what the manifest says of it, and the bonds that
        are asked for against the policy. Raises as `documents.write`, `require_lawful` and
        `Documents.keys`.
        """
        encoded = documents.write(self._content(ledger, version, created, randomness))
        require_lawful(self.policy, self.said)
        found = documents.read(encoded)
        by_path = {each.named["path"]: each.path for each in self.files}
        named = (each["path"] for each in found.content["files"] if each["role"] == STATEMENT)
        found.keys({path: read_file(by_path[path]) for path in named})
        return encoded, found

    def announcement(self, found: Documents, ends: Ends) -> Announcement:
        """Return what the ledger is told at publication."""
        said = self.said
        return Announcement(
            agency=self.agency,
            ref=self.ref,
            policy=terms_of(self.policy).id,
            docs=found.digest,
            previous=octets(said["previous"]) if said.get("previous") else _NONE,
            mailbox=agency_id(*said["mailbox"].split("/", 1)) if self.has_mailbox else _NONE,
            bond_authority=Address(said.get("bondAuthority") or _NOBODY),
            lots=len(found.lots),
            parts=found.parts,
            threshold=found.threshold,
            ends=ends,
            trustees=tuple(Trustee(each.key, each.group) for each in found.trustees),
        )

    def _content(
        self, ledger: LedgerRef, version: int, created: str, randomness: Callable[[int], bytes]
    ) -> dict[str, Any]:
        said = self.said
        content = {
            "version": version,
            "ledger": ledger_json(ledger),
            "tender": "0x" + self.tender.hex(),
            "agency": "0x" + self.agency.hex(),
            "number": said["number"],
            "title": said["title"],
            "salt": b64url_encode(randomness(_SALT_BYTES)),
            "lots": [{"lot": n, "title": title} for n, title in enumerate(said["lots"])],
            "parts": said.get("parts", 1),
            "threshold": said["threshold"],
            "trustees": [self._trustee(each) for each in self.statements],
            "evaluators": said["evaluators"],
            "bondAuthority": said.get("bondAuthority"),
            "currency": self.policy.currency,
            "files": [dict(each.named) for each in self.files],
            "created": created,
        }
        return content | {name: said[name] for name in _AS_SAID if name in said}

    def _trustee(self, stated: Statement) -> dict[str, Any]:
        key = stated.key
        names = self.said.get("trusteeNames", {})
        return {
            "part": key.part,
            "index": key.index,
            "key": key.key,
            "group": "0x" + key.group.hex(),
            "name": names.get(str(key.index), f"Trustee {key.index}"),
        }


def read_draft(folder: Path) -> Draft:
    """Return the tender that a folder holds.

    Raises:
        DraftMalformed, FileMissing, FileUnreadable: for the description and the files.
        BasePriceUnsupported: for a base price that is to be told at the opening alone.
        TenderPresetUnknown, TenderPolicyInvalid: for the policy, a preset's name or a file's.
        FormInvalid: for a trustee's statement.
    """
    path = folder / DRAFT
    try:
        said = parse_object(read_file(path))
    except JsonMalformed as exc:
        raise DraftMalformed(str(path), "not a JSON object") from exc
    if _BASE_PRICE in said:
        raise BasePriceUnsupported
    wrong = sorted((_NEEDED - said.keys()) | (said.keys() - _ALLOWED))
    if wrong:
        raise DraftMalformed(str(path), wrong[0])
    _require_spelling(path, said)
    files = tuple(_files(folder))
    statements = sorted(
        (Statement.read(read_file(each.path)) for each in files if _is_statement(each.named)),
        key=lambda each: (each.key.part, each.key.index),
    )
    agency = agency_id(*said["agency"].split("/", 1))
    policy = chosen_policy(said["policy"], folder)
    _require_currency(path, said, policy.currency)
    return Draft(said, policy, agency, files, tuple(statements))


def chosen_policy(name: str, folder: Path = Path()) -> TenderPolicy:
    """Return the policy of a file below `folder`, named with .json, or the preset of that name."""
    return read_policy(read_file(folder / name)) if name.endswith(".json") else preset(name)


def _require_spelling(path: Path, said: Mapping[str, Any]) -> None:
    """Raise `DraftMalformed` for what nothing later would read as it is meant."""
    for name in ("agency", "number", "title", "policy"):
        if not isinstance(said[name], str):
            raise DraftMalformed(str(path), name)
    for name in ("agency", "mailbox"):
        if said.get(name) is not None and str(said[name]).count("/") != 1:
            raise DraftMalformed(str(path), name)
    lots, names = said["lots"], said.get("trusteeNames", {})
    if not isinstance(lots, list) or not isinstance(names, dict):
        raise DraftMalformed(str(path), "trusteeNames" if isinstance(lots, list) else "lots")
    previous = said.get("previous")
    if previous is not None and not _is_hash(previous):
        raise DraftMalformed(str(path), "previous")


def _require_currency(path: Path, said: Mapping[str, Any], currency: str) -> None:
    """Raise `DraftMalformed` for an amount in a currency that no price can be held against."""
    for name in _MONEY:
        if isinstance(said.get(name), dict) and said[name].get("currency") != currency:
            raise DraftMalformed(str(path), name)


def _is_hash(value: Any) -> bool:
    if not isinstance(value, str) or not value.startswith("0x"):
        return False
    try:
        return len(octets(value)) == len(_NONE)
    except ValueError:
        return False


def _is_statement(named: Mapping[str, Any]) -> bool:
    return bool(named["role"] == STATEMENT)


def _files(folder: Path) -> Iterator[NamedFile]:
    """Yield what the folder holds in one order; links are not followed."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise FileUnreadable(str(path), "a link is no document; put the file itself there")
        if path.is_dir() or name in (DRAFT, DOCUMENTS):
            continue
        is_statement = name.startswith(f"{_TRUSTEES}/")
        role = STATEMENT if is_statement else _ROLES.get(name, "document")
        yield named_file(path, name, role)


def named_file(path: Path, name: str, role: str) -> NamedFile:
    """Return a file as the documents name it; raise `FileMissing` or `FileUnreadable`."""
    size, digest = 0, hashlib.sha256()
    for piece in read_pieces(path, _PIECE_BYTES):
        size += len(piece)
        digest.update(piece)
    kind = mimetypes.guess_type(name)[0] or _ANY
    told = {"path": name, "size": size, "sha256": "0x" + digest.hexdigest()}
    return NamedFile(path, {**told, "mediaType": kind, "role": role})
