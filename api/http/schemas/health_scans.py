"""The scan log as JSON; a row is a text of its own, since its digest is over its very bytes."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

import orjson
from pydantic import Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.http.forms import Answer, Form, HexDigest, Moment
from api.http.schemas.health_codes import Octets
from api.http.schemas.shared import AgencyName
from api.services.health_scans import MOST_ROWS, Scan
from api.services.refusals import ErasureRow, ScanEntry
from ledger.health.erasures import ID_BYTES
from ledger.health.scans import MAX_BYTES
from ledger.values import Stage


def _id(value: object) -> bytes:
    if isinstance(value, bytes) and len(value) == ID_BYTES:
        return value
    try:
        raw = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != ID_BYTES:
        raise PydanticCustomError("hex", "0x and 32 hexadecimal digits")
    return raw


HexId = Annotated[
    bytes,
    PlainValidator(_id),
    PlainSerializer(lambda raw: "0x" + raw.hex(), return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{32}$"}),
]
"""16 bytes as 0x-hex."""
RowText = Annotated[str, Field(min_length=2, max_length=MAX_BYTES)]
ScanNumber = Annotated[str, Field(pattern="^[A-Z2-7]{16}$", examples=["MFRGGZDFMZTWQ2LK"])]


class ScansForm(Form):
    """Rows of one agency's gates, each the RFC 8785 JSON that was shown to nobody else."""

    agency: AgencyName
    rows: Annotated[list[RowText], Field(min_length=1, max_length=MOST_ROWS)]

    def encoded(self) -> list[bytes]:
        """Return the rows as bytes."""
        return [row.encode() for row in self.rows]


class LoggedScan(Answer):
    """One row that is in the log."""

    digest: HexDigest
    number: ScanNumber


class LoggedAnswer(Answer):
    """The rows, in the order sent; those that were there before among them."""

    scans: list[LoggedScan]

    @classmethod
    def of(cls, entries: Sequence[ScanEntry]) -> Self:
        """Return the rows as JSON."""
        return cls(scans=[LoggedScan(digest=e.digest, number=e.number) for e in entries])


class ScanAnswer(Answer):
    """A row of the log; its proof is at `/v1/proofs/{digest}` once it is anchored.

    `lateSeconds` from its minute to the block that has its root, null before that; less than
    nothing where the gate's clock was ahead.
    """

    number: ScanNumber
    digest: HexDigest
    row: dict[str, Any]
    stage: Stage
    anchored_at: Moment | None
    late_seconds: int | None

    @classmethod
    def of(cls, scan: Scan) -> Self:
        """Return the scan as JSON."""
        return cls(
            number=scan.number,
            digest=scan.digest,
            row=orjson.loads(scan.encoded),
            stage=scan.stage,
            anchored_at=scan.anchored_at,
            late_seconds=scan.late_seconds,
        )


class SignatureAnswer(Answer):
    """An agency's signature, ES256 over the receipt's bytes, and the key that it is by."""

    algorithm: Literal["ES256"] = "ES256"
    key_id: HexDigest
    signature: Octets


class ErasureAnswer(Answer):
    """A receipt for erased scans; `signature` null until a key of the agency is at hand.

    `receipt` is the text that was signed, RFC 8785 JSON.
    """

    id: HexId
    receipt: str
    signature: SignatureAnswer | None

    @classmethod
    def of(cls, row: ErasureRow) -> Self:
        """Return the receipt as JSON."""
        signature = None
        if row.signature is not None and row.key_id is not None:
            signature = SignatureAnswer(key_id=row.key_id, signature=row.signature)
        return cls(id=row.id, receipt=row.receipt.decode(), signature=signature)
