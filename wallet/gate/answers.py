"""Written answers to appeals: made at the gate's own rule, signed by the agency's service."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from ledger.canonical import b64url_decode, b64url_encode
from ledger.errors import LedgerError, Refused
from ledger.health import appeals
from ledger.health.appeals import Answer, Appeal
from ledger.health.gate.evidence import GateEvidence
from ledger.health.scans import digest_of
from ledger.health.signed import kid_of
from ledger.keys import SignatureInvalid
from ledger.values import KeyId


@dataclass(eq=False)
class AppealOfAnother(Refused):
    """The service's appeal is about another row than this gate has. Look at the gate's log."""

    number: str


@dataclass(eq=False)
class AnswerUnsigned(Refused):
    """What came back is not signed by a key of this gate's bundle. Do not give it to anybody."""

    number: str


@dataclass(frozen=True, slots=True)
class SignedAnswer:
    """An answer to an appeal as the person gets it: the document and ES256 over its bytes."""

    document: bytes
    signature: bytes
    key_id: KeyId

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "SignedAnswer":
        """Return the answer in what the service tells; raise `KeyError`, `TypeError` and kin."""
        signature = told["signature"]
        return cls(
            told["document"].encode(),
            b64url_decode(signature["signature"]),
            KeyId(bytes.fromhex(signature["keyId"].removeprefix("0x"))),
        )

    def to_json(self) -> bytes:
        """Return the answer's file."""
        signature = {
            "algorithm": "ES256",
            "keyId": "0x" + self.key_id.hex(),
            "signature": b64url_encode(self.signature),
        }
        value = {"document": self.document.decode(), "signature": signature}
        return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"

    def checked(self, evidence: GateEvidence, number: str) -> Answer:
        """Return what is signed by one of the gate's keys; raise `AnswerUnsigned`."""
        for held in evidence.keys.get(kid_of(self.key_id), ()):
            try:
                key = held.key.public_key
                return appeals.verify_answer(self.document, self.signature, key)
            except SignatureInvalid:
                continue
            except LedgerError as exc:
                raise AnswerUnsigned(number) from exc
        raise AnswerUnsigned(number)


def appeal_of(told: Mapping[str, Any], row: bytes, number: str) -> Appeal:
    """Return the appeal that the service tells of, found to be against this row.

    Raises `AppealOfAnother`, and `KeyError`, `TypeError` or `ValueError` for an answer of no use.
    """
    digest = digest_of(row)
    if told["row"] != "0x" + digest.hex():
        raise AppealOfAnother(number)
    times = (_unix(told["lodgedAt"]), _unix(told["answerBy"]))
    return Appeal(bytes.fromhex(told["id"].removeprefix("0x")), digest, *times)


def _unix(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
