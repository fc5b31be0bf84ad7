"""A traveller at a terminal, an authority that issues passes, and a gate that proves itself."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.authority import DocumentKey
from ledger.health import passes, presentations, readers
from ledger.health.gate.recognition import PASS
from ledger.health.readers import Reader
from ledger.keys import PrivateKey, PublicKey
from ledger.projection import Header
from ledger.values import KeyUsage, Window
from ledger.verification.bundle import build_bundle
from ledger.verification.bundle_content import AgencyRecord, BundleContent
from tests.support import gates
from tests.support.gates import AGENCY, BEGAN, HOUR, NOW, sealed
from tests.support.terminal import DEPLOYMENT, Terminal
from wallet.trust import Trust, TrustedLedger

VOUCHING: Final = PrivateKey.from_secret(b"\x0a" * 32)
READER_KEY: Final = PrivateKey.from_secret(b"\x0b" * 32)
PUBLISHER: Final = PrivateKey.from_secret(b"\x0c" * 32)
READER: Final = Reader(
    jurisdiction="XB",
    agency=AGENCY.code,
    checkpoint="Sample Checkpoint",
    lane="7",
    purposes=0b1,
    not_before=NOW - HOUR,
    expires_at=NOW + HOUR,
    key=READER_KEY.public_key,
)


def cti_of(number: int) -> bytes:
    """Return the id of such a pass, which deflates no better than a random one."""
    return hashlib.sha256(bytes([number])).digest()[:16]


def pass_texts(keys: list[PublicKey], **changes: Any) -> list[str]:
    """Return one pass for each key, as its code's text; each ends a little later."""
    return [
        passes.to_text(
            sealed(
                cti=cti_of(number),
                holder=key,
                expires_at=changes.get("expires_at", NOW + HOUR) + number,
                **{name: value for name, value in changes.items() if name != "expires_at"},
            )
        )
        for number, key in enumerate(keys)
    ]


def challenge(reader: Reader = READER, time: int = NOW, **changes: Any) -> str:
    """Return what the gate shows."""
    certificate = readers.sign(reader, changes.pop("voucher", VOUCHING))
    given: dict[str, Any] = {"random": b"\x0d" * 16, "purpose": 0} | changes
    return presentations.challenge(certificate, time, reader=READER_KEY, **given)


class Traveller:
    """Someone with a holder key named "me", who trusts the publisher of bundles."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = replace(terminal, now=NOW)
        self.terminal.run("key", "new", "holder", "me")
        trust = Trust((TrustedLedger(DEPLOYMENT),)).with_publisher(PUBLISHER.public_key)
        self.terminal.outside.trust.save(trust)

    def asked(self, *words: object) -> list[PublicKey]:
        """Ask for passes; return the keys that the authority is given."""
        out = self.terminal.folder / "request.json"
        self.terminal.run("health", "pass", "request", "me", *words, "--out", out)
        return [PublicKey.from_jwk(jwk) for jwk in orjson.loads(out.read_bytes())["keys"]]

    def keep(self, texts: list[str]) -> list[dict[str, Any]]:
        """Keep passes; return what the wallet says of them."""
        path = self.terminal.folder / "passes.txt"
        path.write_text("\n".join(texts) + "\n")
        kept: list[dict[str, Any]] = self.terminal.json("health", "pass", "add", path)
        return kept

    def bundle(self, key: DocumentKey | None = None) -> Path:
        """Return a bundle that names the agency that vouches for gates."""
        vouching = DocumentKey(
            VOUCHING.public_key, KeyUsage.READERS, BEGAN, BEGAN, NOW + gates.DAY, NOW + gates.DAY
        )
        record = AgencyRecord(
            agency=AGENCY,
            statuses=((BEGAN, AGENCY.status),),
            keys=(key or vouching,),
            accreditations={PASS: (Window(1, 2**39),)},
            batches={},
            lists={},
        )
        head = Header(9, b"\x09" * 32, NOW - 5)
        content = BundleContent(1, NOW - 60, NOW + HOUR, DEPLOYMENT.ledger, head, True, (record,))  # noqa: FBT003  # complete
        path = self.terminal.folder / "bundle"
        path.write_text(build_bundle(content, PUBLISHER))
        return path
