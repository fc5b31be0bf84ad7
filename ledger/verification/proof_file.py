"""The proof file: how a document leads to a root on a ledger, as JSON that travels with it."""

from dataclasses import dataclass
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.merkle import Proof
from ledger.values import AgencyId, Digest, LedgerRef, Root
from ledger.verification.shape import (
    MAX_CHAIN_ID,
    ShapeWrong,
    address,
    entries,
    hexadecimal,
    members,
    number,
    text,
)

PROOF_TYPE: Final = "rfc9162-sha256"
MAX_TREE_SIZE: Final = 2**32 - 1
"""IRecordLedger.Batch.size is a uint32."""
MAX_PATH: Final = 32
"""The longest path in a tree of that size."""
MAX_DOCUMENT: Final = 2**18
"""The longest document in characters; a licence with a photograph needs a quarter of it."""


@dataclass(eq=False)
class ProofFileMalformed(Refused):
    """The proof file cannot be read."""

    reason: str


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A document's digest, its inclusion proof and the anchor it leads to.

    `transaction` and `block` say where to look; the ledger is asked by agency and root alone.
    `document` carries the document itself where one file is to hold everything.
    """

    digest: Digest
    proof: Proof
    root: Root
    ledger: LedgerRef
    agency: AgencyId
    transaction: bytes
    block: int
    document: str | None = None

    def to_json(self) -> bytes:
        """Return the file's bytes: hashes and addresses 0x-hex, the path leaf first."""
        shown: dict[str, Any] = {} if self.document is None else {"document": self.document}
        shown |= {
            "digest": _hex(self.digest),
            "proof": {
                "type": PROOF_TYPE,
                "treeSize": self.proof.tree_size,
                "leafIndex": self.proof.leaf_index,
                "path": [_hex(node) for node in self.proof.path],
                "root": _hex(self.root),
            },
            "anchor": {
                "chainId": self.ledger.chain_id,
                "ledger": self.ledger.address,
                "agency": _hex(self.agency),
                "transaction": _hex(self.transaction),
                "block": self.block,
            },
        }
        return orjson.dumps(shown, option=orjson.OPT_INDENT_2)

    @classmethod
    def from_json(cls, file: str | bytes) -> "ProofFile":
        """Return the proof in `file`; raise `ProofFileMalformed` for anything but the one shape."""
        try:
            return cls.from_object(parse_object(file))
        except JsonMalformed as exc:
            raise ProofFileMalformed(exc.reason) from exc

    @classmethod
    def from_object(cls, value: dict[str, Any]) -> "ProofFile":
        """Return the proof in a file that was parsed already; raise as `from_json`."""
        try:
            return _read(value)
        except ShapeWrong as exc:
            raise ProofFileMalformed(f"{exc.member} is missing, superfluous or wrong") from exc


def _read(value: dict[str, Any]) -> ProofFile:
    names = {"digest", "proof", "anchor"}
    whole = members(value, names | {"document"} if "document" in value else names, "file")
    proof = members(whole["proof"], ("type", "treeSize", "leafIndex", "path", "root"), "proof")
    anchor_names = ("chainId", "ledger", "agency", "transaction", "block")
    anchor = members(whole["anchor"], anchor_names, "anchor")
    if proof["type"] != PROOF_TYPE:
        raise ShapeWrong("proof.type")
    return ProofFile(
        digest=Digest(hexadecimal(whole["digest"], 32, "digest")),
        proof=_read_proof(proof),
        root=Root(hexadecimal(proof["root"], 32, "proof.root")),
        ledger=LedgerRef(
            number(anchor["chainId"], "anchor.chainId", least=1, greatest=MAX_CHAIN_ID),
            address(anchor["ledger"], "anchor.ledger"),
        ),
        agency=AgencyId(hexadecimal(anchor["agency"], 32, "anchor.agency")),
        transaction=hexadecimal(anchor["transaction"], 32, "anchor.transaction"),
        block=number(anchor["block"], "anchor.block"),
        document=_read_document(whole),
    )


def _read_proof(proof: dict[str, Any]) -> Proof:
    size = number(proof["treeSize"], "proof.treeSize", least=1, greatest=MAX_TREE_SIZE)
    path = entries(proof["path"], "proof.path", limit=MAX_PATH)
    return Proof(
        tree_size=size,
        leaf_index=number(proof["leafIndex"], "proof.leafIndex", greatest=size - 1),
        path=tuple(hexadecimal(node, 32, "proof.path") for node in path),
    )


def _read_document(whole: dict[str, Any]) -> str | None:
    if "document" not in whole:
        return None
    return text(whole["document"], "document", limit=MAX_DOCUMENT)


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()
