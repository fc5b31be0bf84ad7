"""Keys under a password: the version 3 keystore JSON that wallets of the chain read, with scrypt.

A file for an account names its address in clear, as other wallets expect. A document key lies in
the same container without that member: its kid is not the file's to tell. Who may read the file is
the caller's business.
"""

import json
from enum import StrEnum
from typing import Any, Final

from eth_keyfile.exceptions import EthKeyfileException
from eth_keyfile.keyfile import create_keyfile_json, decode_keyfile_json

from ledger.canonical import parse_object
from ledger.errors import LedgerError, Refused
from ledger.keys import CURVE_ORDER

WORK_FACTOR: Final = 2**18
"""scrypt's n: half a second and 256 MB at r = 8."""
MAX_WORK_FACTOR: Final = 2**20
_SECRET_BYTES: Final = 32
MAX_BLOCK_SIZE: Final = 8
MAX_LANES: Final = 8
_ACCOUNT_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_VERSION: Final = 3
_MISMATCH: Final = "MAC mismatch"


class KeyKind(StrEnum):
    """What a secret is for."""

    ACCOUNT = "account"  # secp256k1
    DOCUMENT = "document"  # P-256


class KeystoreMalformed(Refused):
    """The file is not a keystore that this version reads."""


class PasswordWrong(Refused):
    """The password does not open the keystore."""


class SecretInvalid(Refused):
    """The secret is no private key of its kind."""


def lock(secret: bytes, password: str, kind: KeyKind, work_factor: int = WORK_FACTOR) -> str:
    """Return the keystore's text.

    Args:
        secret: 32 bytes, big-endian; raises `SecretInvalid` outside its curve's order.
        password: any text, taken as UTF-8.
        kind: decides the curve and whether the address is told.
        work_factor: scrypt's n, a power of two; less than the default is for tests.
    """
    order = _ACCOUNT_ORDER if kind is KeyKind.ACCOUNT else CURVE_ORDER
    if len(secret) != _SECRET_BYTES or not 0 < int.from_bytes(secret) < order:
        raise SecretInvalid
    keystore = create_keyfile_json(
        secret,
        password.encode("utf-8", "surrogatepass"),
        version=_VERSION,
        kdf="scrypt",
        iterations=work_factor,
    )
    if kind is KeyKind.DOCUMENT:
        del keystore["address"]
    return json.dumps(keystore, indent=1) + "\n"


def unlock(text: str | bytes, password: str) -> bytes:
    """Return the secret; raise `KeystoreMalformed`, or `PasswordWrong` when the password is."""
    keystore = _read(text)
    try:
        secret = decode_keyfile_json(keystore, password.encode("utf-8", "surrogatepass"))
    except EthKeyfileException as exc:
        raise (PasswordWrong if str(exc) == _MISMATCH else KeystoreMalformed) from exc
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise KeystoreMalformed from exc
    if len(secret) != _SECRET_BYTES:
        raise KeystoreMalformed
    return secret


def kind_of(text: str | bytes) -> KeyKind:
    """Return which kind of key a keystore holds; raise `KeystoreMalformed`."""
    return KeyKind.ACCOUNT if "address" in _read(text) else KeyKind.DOCUMENT


def _read(text: str | bytes) -> dict[str, Any]:
    """Return a keystore whose work is bounded: a stranger's file must not eat the memory."""
    try:
        keystore = parse_object(text)
    except LedgerError as exc:
        raise KeystoreMalformed from exc
    crypto = keystore.get("crypto")
    if keystore.get("version") != _VERSION or not isinstance(crypto, dict):
        raise KeystoreMalformed
    work = crypto.get("kdfparams")
    if crypto.get("kdf") != "scrypt" or not isinstance(work, dict):
        raise KeystoreMalformed
    if work.get("dklen") != _SECRET_BYTES or not _is_bounded(work):
        raise KeystoreMalformed
    return keystore


def _is_bounded(work: dict[str, Any]) -> bool:
    factor, block_size, lanes = work.get("n"), work.get("r"), work.get("p")
    if not (isinstance(factor, int) and isinstance(block_size, int) and isinstance(lanes, int)):
        return False
    if not 1 < factor <= MAX_WORK_FACTOR or factor & (factor - 1):
        return False
    return 1 <= block_size <= MAX_BLOCK_SIZE and 1 <= lanes <= MAX_LANES
