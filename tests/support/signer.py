"""A signer's desk with keys in memory, and messages that it is asked to sign."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from api.signer.desk import Clocks, Desk
from api.signer.limits import DEFAULTS, Allowance, Limits
from api.signer.purposes import Purpose, Rules
from api.signer.trail import Trail
from ledger import jws
from ledger.canonical import b64url_encode
from ledger.keys import PublicKey, Signer
from tests.support.licences import AGENCY_KEY, CATALOGUE, ISSUED_AT, issuer, sample

BASE_URL = issuer().base_url
KID = AGENCY_KEY.public_key.kid
KEY_ID = AGENCY_KEY.public_key.key_id
RULES = Rules(BASE_URL, frozenset(each.vct for each in CATALOGUE.all()))
NOW = ISSUED_AT


@dataclass
class Recorder:
    """A signer that keeps what it was given; its signature is empty."""

    public_key: PublicKey = AGENCY_KEY.public_key
    messages: list[bytes] = field(default_factory=list)

    def sign(self, message: bytes) -> bytes:
        return self.sign_all([message])[0]

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        self.messages.extend(messages)
        return [bytes(64)] * len(messages)


@dataclass
class Ring:
    """Keys in memory."""

    held: list[Signer] = field(default_factory=lambda: [AGENCY_KEY])

    def signers(self) -> list[Signer]:
        return self.held


def licence_message() -> bytes:
    """Return what a real licence's issue asks to be signed."""
    return jws.parse(sample().document.split("~")[0], "dc+sd-jwt").signing_input


def message(typ: str, payload: dict[str, Any], /, **header: Any) -> bytes:
    """Return a signing input; members of `header` that are None are left out."""
    whole = {"alg": "ES256", "typ": typ, "kid": KID} | header
    written = {name: value for name, value in whole.items() if value is not None}
    parts = (b64url_encode(orjson.dumps(part)) for part in (written, payload))
    return ".".join(parts).encode()


def desk(trail: Path, ring: Ring | None = None, now: int = NOW, **allowed: Allowance) -> Desk:
    """Return a desk at which time stands still; `allowed` by the purposes' names in lower case."""
    allowances = dict(DEFAULTS) | {Purpose[name.upper()]: value for name, value in allowed.items()}
    clocks = Clocks(lambda: now, lambda: 0.0)
    return Desk(ring or Ring(), RULES, Limits(allowances), Trail(trail), clocks)


def lines(trail: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in trail.read_bytes().splitlines()]
