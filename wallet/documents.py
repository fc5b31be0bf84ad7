"""The holder's folder: each document under its digest, its proof beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.canonical import JsonMalformed
from ledger.errors import Refused
from ledger.licences.sd_jwt import SdJwt, parse
from ledger.values import Digest
from ledger.verification.proof_file import ProofFile
from wallet.home import read_file, write_file

DOCUMENT: Final = ".sd-jwt"
PROOF: Final = ".proof.json"
DECISION: Final = ".jwt"
"""How the file of a decision ends, where a person follows the habit."""


@dataclass(eq=False)
class DocumentUnknown(Refused):
    """No document here begins like that. `suizheng licence list --held` names them."""

    name: str


@dataclass(eq=False)
class DocumentAmbiguous(Refused):
    """More than one document begins like that. Give more characters."""

    name: str


@dataclass(eq=False)
class ProofOfAnother(Refused):
    """The proof belongs to another document. Fetch the right one with `suizheng licence fetch`."""

    proof_digest: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """A document as a file or a link gives it; the proof is missing until it is anchored."""

    document: str
    proof: ProofFile | None


class DocumentFolder:
    """The documents that one person holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, held: Held) -> SdJwt:
        """Keep a document, replacing a lesser redaction of it; return it parsed.

        Raises:
            SdJwtMalformed and its like: for what is no document.
            ProofOfAnother: when the proof is for another digest.
        """
        parsed = parse(held.document)
        if held.proof is not None and held.proof.digest != parsed.digest:
            raise ProofOfAnother(held.proof.digest, parsed.digest)
        path = self._path(parsed.digest)
        if not path.exists() or _disclosed(path) < len(parsed.disclosures):
            write_file(path, held.document.encode("ascii"))
        if held.proof is not None:
            write_file(self._proof_path(parsed.digest), held.proof.to_json())
        return parsed

    def all(self) -> Iterable[Held]:
        """Return every document held, in the order of the digests."""
        return [read_held(path) for path in sorted(self._folder.glob(f"*{DOCUMENT}"))]

    def find(self, name: str) -> Held:
        """Return the document whose digest begins with `name`, 0x allowed.

        Raises:
            DocumentUnknown, DocumentAmbiguous: unless exactly one does.
        """
        start = name.lower().removeprefix("0x")
        if not start or not start.isalnum():
            raise DocumentUnknown(name)
        found = sorted(self._folder.glob(f"{start}*{DOCUMENT}"))
        if not found:
            raise DocumentUnknown(name)
        if len(found) > 1:
            raise DocumentAmbiguous(name)
        return read_held(found[0])

    def _path(self, digest: Digest) -> Path:
        return self._folder / f"{digest.hex()}{DOCUMENT}"

    def _proof_path(self, digest: Digest) -> Path:
        return self._folder / f"{digest.hex()}{PROOF}"


def read_held(path: Path, proof: Path | None = None) -> Held:
    """Return the document in a file: an SD-JWT with its proof beside it, or a proof that holds it.

    The proof beside `name.sd-jwt` is `name.proof.json`; `proof` names another file. What cannot be
    read as a proof file counts as the document, which verification then finds unreadable.

    Raises:
        FileMissing, FileUnreadable: for the files.
        ProofFileMalformed: for a proof file named or found that is none.
    """
    text = read_file(path).decode("utf-8-sig", "replace").strip()
    if text.startswith("{"):
        try:
            whole = ProofFile.from_json(text)
        except (Refused, JsonMalformed):
            return Held(text, None)
        return Held(whole.document or "", whole)
    beside = proof or proof_beside(path)
    if proof is None and not beside.exists():
        return Held(text, None)
    return Held(text, ProofFile.from_json(read_file(beside)))


def proof_beside(path: Path) -> Path:
    """Return where the proof of a document's file lies: `name.proof.json` beside `name.sd-jwt`.

    So it does beside a decision's `name.jwt`.
    """
    return path.with_name(path.name.removesuffix(DOCUMENT).removesuffix(DECISION) + PROOF)


def read_text(text: str) -> Held:
    """Return the document in a text: an SD-JWT, or a proof file that holds it."""
    if text.lstrip().startswith("{"):
        whole = ProofFile.from_json(text)
        return Held(whole.document or "", whole)
    return Held(text.strip(), None)


def _disclosed(path: Path) -> int:
    return len(parse(read_file(path).decode("ascii")).disclosures)
