"""The program of a builder, and the key that goes to it: see `api.services.builders`."""

import secrets
import sys
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from api.services.builders import answer_all
from api.services.building import Brief, Builder
from ledger.keys import PrivateKey, PublicKey, Signer
from ledger.licences.catalogue import load_catalogue

PROGRAM: Final = (sys.executable, "-c", "from api.builder import main; main()")
"""Not `-m api.builder`: the classes of its `__main__` would be others than those that arrive."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key in memory: its secret scalar, 32 bytes."""

    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LineKey:
    """A key that the signer holds, and where it listens."""

    public_key: PublicKey
    path: Path


def key_of(signer: Signer) -> HeldKey | LineKey | None:
    """Return what another process signs with as `signer` does; None where it cannot (a token)."""
    if isinstance(signer, PrivateKey):
        return HeldKey(signer.secret.private_numbers().private_value.to_bytes(32))
    from api.signer.remote import RemoteSigner  # noqa: PLC0415  # a builder with its own key needs no line

    if isinstance(signer, RemoteSigner):
        return LineKey(signer.public_key, signer.line.path)
    return None


def signer_of(key: HeldKey | LineKey) -> Signer:
    """Return what signs with the key."""
    if isinstance(key, HeldKey):
        return PrivateKey.from_secret(key.secret)
    from api.signer.remote import RemoteSigner, SignerLine  # noqa: PLC0415  # see `key_of`

    return RemoteSigner(key.public_key, SignerLine(key.path))


def make_builder(brief: Brief, signer: Signer) -> Builder:
    """Return a builder with the catalogue and the system's randomness."""
    return Builder(brief, signer, load_catalogue(), secrets.token_bytes)


def main() -> None:
    """Do what comes over the pipe, whose number is the last argument, until it ends."""
    with Connection(int(sys.argv[-1])) as line:
        answer_all(line, lambda brief, key: make_builder(brief, signer_of(key)))
