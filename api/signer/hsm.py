"""Document keys in a PKCS#11 token (PKCS #11 v2.40, OASIS): a smart card, an HSM, SoftHSM.

The only module that imports `pkcs11`, which is an optional dependency. Keys never leave the token;
it gets SHA-256 of the message and signs that with CKM_ECDSA.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, Session

from ledger.errors import Unavailable
from ledger.keys import CURVE_ORDER, PublicKey, SignatureInvalid

_P256: Final = bytes.fromhex("06082a8648ce3d030107")
"""The DER of the curve's object identifier, 1.2.840.10045.3.1.7."""
_POINT: Final = bytes.fromhex("044104")
"""What stands before x and y: an octet string of 65 bytes, an uncompressed point."""
_HALF: Final = 32


@dataclass(eq=False)
class TokenUnavailable(Unavailable):
    """The token with the keys does not answer."""

    reason: str


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """The maker's library, the token's label and its user's PIN."""

    module: Path
    label: str
    pin: str = field(repr=False)


class TokenKeys:
    """The P-256 keys of one token; safe to share between threads, one signs at a time.

    A key is a private and a public object with the same CKA_ID; the token may be pulled and put
    back, the next question opens it anew.
    """

    def __init__(self, place: TokenPlace) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._private: dict[PublicKey, Any] = {}

    def signers(self) -> Sequence["TokenSigner"]:
        """Return a signer for each key that is there now; raise `TokenUnavailable`."""
        with self._lock, self._answering():
            self._private = dict(_pairs(self._opened()))
            return [TokenSigner(key, self) for key in self._private]

    def sign(self, key: PublicKey, message: bytes) -> bytes:
        """Return the 64-byte, low-s ES256 signature, checked; raise `TokenUnavailable`."""
        with self._lock, self._answering():
            if self._session is None:
                self._private = dict(_pairs(self._opened()))
            if key not in self._private:
                raise TokenUnavailable("the key is gone")
            digest = sha256(message).digest()
            raw: bytes = self._private[key].sign(digest, mechanism=Mechanism.ECDSA)
        s = int.from_bytes(raw[_HALF:])
        signature = raw[:_HALF] + min(s, CURVE_ORDER - s).to_bytes(_HALF)
        try:
            key.verify(message, signature)
        except SignatureInvalid as exc:  # a faulty token gives its key away with such a one
            raise TokenUnavailable("it signed wrongly") from exc
        return signature

    def close(self) -> None:
        """Log out."""
        with self._lock:
            self._drop()

    def _opened(self) -> Session:
        if self._session is None:
            library = pkcs11.lib(str(self._place.module))
            token = next(library.get_tokens(token_label=self._place.label), None)
            if token is None:
                raise TokenUnavailable("there is no token of that label")
            self._session = token.open(user_pin=self._place.pin)
        return self._session

    @contextmanager
    def _answering(self) -> Iterator[None]:
        """Turn the library's errors into ours; after one the token is opened anew."""
        try:
            yield
        except (pkcs11.PKCS11Error, RuntimeError, OSError) as exc:
            self._drop()
            raise TokenUnavailable(type(exc).__name__) from exc

    def _drop(self) -> None:
        session, self._session = self._session, None
        self._private = {}
        if session is not None:
            with suppress(pkcs11.PKCS11Error, RuntimeError):
                session.close()


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """One key of the token; a `Signer`."""

    public_key: PublicKey
    token: TokenKeys

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte, low-s ES256 signature of `message`; raise `TokenUnavailable`."""
        return self.token.sign(self.public_key, message)

    def sign_all(self, messages: Sequence[bytes]) -> Sequence[bytes]:
        """Return the signatures of `messages`, one after another; raise `TokenUnavailable`."""
        return [self.sign(message) for message in messages]


def _pairs(session: Session) -> Iterator[tuple[PublicKey, Any]]:
    kind = {Attribute.KEY_TYPE: KeyType.EC}
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.SIGN: True} | kind
    private = {key[Attribute.ID]: key for key in session.get_objects(wanted)}
    for key in session.get_objects({Attribute.CLASS: ObjectClass.PUBLIC_KEY} | kind):
        point, name = key[Attribute.EC_POINT], key[Attribute.ID]
        if key[Attribute.EC_PARAMS] == _P256 and point[:3] == _POINT and name in private:
            yield PublicKey(point[3 : 3 + _HALF], point[3 + _HALF :]), private[name]
