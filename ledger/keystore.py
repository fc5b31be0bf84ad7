"""Keys under a password: the version 3 keystore JSON that wallets of the chain read, with scrypt.

A file for an account names its address in clear, as other wallets expect. A document key lies in
the same container without that member: its kid is not the file's to tell. Who may read the file is
the caller's business.

Written by hand: eth-keyfile imports pairings of another curve, for a third of every start.
"""

import hmac
import json
import secrets
import uuid
from enum import StrEnum
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES128
from cryptography.hazmat.primitives.ciphers.modes import CTR
from eth_hash.auto import keccak

from ledger import secp256k1
from ledger.canonical import parse_object
from ledger.errors import LedgerError, Refused
from ledger.keys import CURVE_ORDER

WORK_FACTOR: Final = 2**18
"""scrypt's n: half a second and 256 MB at r = 8."""
MAX_WORK_FACTOR: Final = 2**20
_SECRET_BYTES: Final = 32
MAX_BLOCK_SIZE: Final = 8
MAX_LANES: Final = 8
_SALT_BYTES: Final = 16
_IV_BYTES: Final = 16
_HALF: Final = 16
"""Of the derived key: the first half encrypts, the second authenticates."""
_VERSION: Final = 3
_CIPHER: Final = "aes-128-ctr"
_BLOCK_SIZE: Final = 8


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
    order = secp256k1.ORDER if kind is KeyKind.ACCOUNT else CURVE_ORDER
    if len(secret) != _SECRET_BYTES or not 0 < int.from_bytes(secret) < order:
        raise SecretInvalid
    work = {"dklen": _SECRET_BYTES, "n": work_factor, "r": _BLOCK_SIZE, "p": 1}
    salt, iv = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_IV_BYTES)
    derived = _derived(password, salt, work)
    ciphertext = _aes(derived, iv, secret)
    crypto = {
        "cipher": _CIPHER,
        "cipherparams": {"iv": iv.hex()},
        "ciphertext": ciphertext.hex(),
        "kdf": "scrypt",
        "kdfparams": {**work, "salt": salt.hex()},
        "mac": _mac(derived, ciphertext).hex(),
    }
    keystore = {"crypto": crypto, "id": str(uuid.uuid4()), "version": _VERSION}
    if kind is KeyKind.ACCOUNT:
        point = secp256k1.private_key(secret).public_key
        keystore = {"address": secp256k1.address_of(point).removeprefix("0x").lower(), **keystore}
    return json.dumps(keystore, indent=1) + "\n"


def unlock(text: str | bytes, password: str) -> bytes:
    """Return the secret; raise `KeystoreMalformed`, or `PasswordWrong` when the password is."""
    crypto = _read(text)["crypto"]
    try:
        work = crypto["kdfparams"]
        ciphertext, mac = bytes.fromhex(crypto["ciphertext"]), bytes.fromhex(crypto["mac"])
        salt, iv = bytes.fromhex(work["salt"]), bytes.fromhex(crypto["cipherparams"]["iv"])
    except (KeyError, TypeError, ValueError) as exc:
        raise KeystoreMalformed from exc
    if crypto.get("cipher") != _CIPHER or len(iv) != _IV_BYTES or len(ciphertext) != _SECRET_BYTES:
        raise KeystoreMalformed
    derived = _derived(password, salt, work)
    if not hmac.compare_digest(_mac(derived, ciphertext), mac):
        raise PasswordWrong
    return _aes(derived, iv, ciphertext)


def _derived(password: str, salt: bytes, work: dict[str, Any]) -> bytes:
    from Crypto.Protocol.KDF import scrypt  # noqa: PLC0415  # 25 ms of every start, and most unlock nothing

    # Not hashlib's, which refuses the r = 1 of files that other wallets wrote.
    octets = password.encode("utf-8", "surrogatepass")
    derived: Any = scrypt(octets, salt, _SECRET_BYTES, N=work["n"], r=work["r"], p=work["p"])  # type: ignore[arg-type]  # its stubs want text
    return bytes(derived)


def _mac(derived: bytes, ciphertext: bytes) -> bytes:
    return keccak(derived[_HALF:] + ciphertext)


def _aes(derived: bytes, iv: bytes, octets: bytes) -> bytes:
    """Encrypt or decrypt, which is the same."""
    one = Cipher(AES128(derived[:_HALF]), CTR(iv)).encryptor()
    return one.update(octets) + one.finalize()


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
