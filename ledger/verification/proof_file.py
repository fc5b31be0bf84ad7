"""The proof file: how a document leads to a root on a ledger, as JSON that travels with it."""

from dataclasses import dataclass
from typing import Any

import orjson

from ledger.canonical import b64url_decode, b64url_encode, parse_object
from ledger.errors import Refused
from ledger.merkle import Proof
from ledger.values import AgencyId, Digest, LedgerRef, Root

PROOF_TYPE = "rfc9162-sha256"


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
    def from_json(cls, text: str | bytes) -> "ProofFile":
        """Return the proof in `text`; raise `ProofFileMalformed` for anything but the one shape."""
