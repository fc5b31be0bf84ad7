"""Two independent SD-JWT libraries behind small functions: `sd-jwt` and `openvc-core`."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]  # ships no types
from openvc.proof.sd_jwt import SdJwtVcProofSuite, VerifiedSdJwt
from sd_jwt.common import SDObj  # type: ignore[import-untyped]  # ships no types
from sd_jwt.holder import SDJWTHolder  # type: ignore[import-untyped]  # ships no types
from sd_jwt.issuer import SDJWTIssuer  # type: ignore[import-untyped]  # ships no types
from sd_jwt.utils.yaml_specification import (  # type: ignore[import-untyped]  # ships no types
    load_yaml_specification,
    remove_sdobj_wrappers,
)
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]  # ships no types

from ledger.canonical import b64url_decode, b64url_encode
from ledger.keys import CURVE_ORDER, PrivateKey, PublicKey


@dataclass(frozen=True)
class Specification:
    """One example of the SD-JWT specification: what is issued, and what the holder shows."""

    typ: str
    user_claims: dict[Any, Any]
    shown: dict[str, Any]
    decoys: bool
    key_binding: bool

    @property
    def plain_claims(self) -> dict[str, Any]:
        """The claims with all marks of selective disclosure taken off."""
        plain: dict[str, Any] = remove_sdobj_wrappers(self.user_claims)
        return plain


def read_specification(path: Path) -> Specification:
    """Return the example in a `specification.yml`."""
    found = load_yaml_specification(str(path))
    return Specification(
        typ=found.get("extra_header_parameters", {}).get("typ", "example+sd-jwt"),
        user_claims=found["user_claims"],
        shown=found["holder_disclosed_claims"],
        decoys=found.get("add_decoy_claims", False),
        key_binding=found.get("key_binding", False),
    )


def read_keys(path: Path) -> tuple[PrivateKey, PrivateKey]:
    """Return issuer's and holder's key of a `settings.yml`."""
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))["key_settings"]
    issuer, holder = settings["issuer_keys"][0], settings["holder_key"]
    return (
        PrivateKey.from_secret(b64url_decode(issuer["d"])),
        PrivateKey.from_secret(b64url_decode(holder["d"])),
    )


def selective(claims: Mapping[str, Any], names: Iterable[str]) -> dict[Any, Any]:
    """Return `claims` with those of `names` marked as selectively disclosable."""
    marked = set(names)
    return {SDObj(name) if name in marked else name: value for name, value in claims.items()}


def issue_with_sd_jwt(
    claims: dict[Any, Any],
    issuer: PrivateKey,
    holder: PublicKey | None = None,
    *,
    typ: str = "dc+sd-jwt",
    decoys: bool = False,
) -> str:
    """Return what the library issues, its signature brought to low s; salts follow `random`."""
    random.seed(0)
    issued = _FixedIssuer(
        claims,
        _jwk(issuer),
        None if holder is None else JWK(**holder.jwk()),
        add_decoy_claims=decoys,
        extra_header_parameters={"typ": typ},
    ).sd_jwt_issuance
    token, rest = issued.split("~", 1)
    return f"{with_low_s(token)}~{rest}"


def present_with_sd_jwt(
    document: str,
    shown: dict[str, Any] | bool,  # noqa: FBT001  # the library takes True for everything
    holder: PrivateKey | None = None,
    *,
    audience: str = "",
    nonce: str = "",
) -> str:
    """Return the library's presentation, with a KB-JWT where a holder's key is given."""
    wallet = SDJWTHolder(document)
    key = None if holder is None else _jwk(holder)
    wallet.create_presentation(shown, nonce or None, audience or None, key)
    presentation: str = wallet.sd_jwt_presentation
    return presentation


def claims_by_sd_jwt(
    document: str, issuer: PublicKey, *, audience: str | None = None, nonce: str | None = None
) -> dict[str, Any]:
    """Return the processed payload once the library accepts the document."""
    verifier = SDJWTVerifier(document, lambda _iss, _header: JWK(**issuer.jwk()), audience, nonce)
    payload: dict[str, Any] = verifier.get_verified_payload()
    return payload


def verify_with_openvc(
    document: str, issuer: PublicKey, *, audience: str | None = None, nonce: str | None = None
) -> VerifiedSdJwt:
    """Return the library's result; expiry is not judged, freshness of a KB-JWT hardly."""
    return SdJwtVcProofSuite().verify(
        document,
        public_key_jwk=dict(issuer.jwk()),
        audience=audience,
        nonce=nonce,
        require_key_binding=audience is not None,
        check_temporal=False,
        kb_max_age_s=10**10,
    )


@dataclass(frozen=True)
class OpenvcKey:
    """One of our keys as openvc's signing key."""

    key: PrivateKey
    alg: str = "ES256"

    @property
    def kid(self) -> str:
        """The key's id."""
        return self.key.public_key.kid

    def sign(self, signing_input: bytes) -> bytes:
        """Return r ‖ s."""
        return self.key.sign(signing_input)

    def public_jwk(self) -> dict[str, Any]:
        """Return the public JWK."""
        return dict(self.key.public_key.jwk())


def issue_with_openvc(
    claims: dict[str, Any], issuer: PrivateKey, holder: PublicKey, hidden: Iterable[str]
) -> str:
    """Return what the library issues, three decoys among its digests."""
    return SdJwtVcProofSuite().issue(
        claims,
        signing_key=OpenvcKey(issuer),
        disclosable=hidden,
        holder_jwk=dict(holder.jwk()),
        decoys=3,
    )


def present_with_openvc(document: str, holder: PrivateKey, *, audience: str, nonce: str) -> str:
    """Return the document with the library's KB-JWT, made now."""
    return SdJwtVcProofSuite().create_presentation(
        document, holder_key=OpenvcKey(holder), audience=audience, nonce=nonce
    )


def with_low_s(token: str) -> str:
    """Return a JWT with the low-s twin of its signature, which is as good."""
    return _with_s(token, min)


def with_high_s(token: str) -> str:
    """Return a JWT with the high-s twin of its signature, which is as good."""
    return _with_s(token, max)


def _with_s(token: str, choose: Any) -> str:
    signing_input, _, signature = token.rpartition(".")
    raw = b64url_decode(signature)
    s = int.from_bytes(raw[32:])
    return f"{signing_input}.{b64url_encode(raw[:32] + choose(s, CURVE_ORDER - s).to_bytes(32))}"


def _jwk(key: PrivateKey) -> JWK:
    secret = key.secret.private_numbers().private_value.to_bytes(32)
    return JWK(**key.public_key.jwk(), d=b64url_encode(secret))


class _FixedIssuer(SDJWTIssuer):  # type: ignore[misc]  # the base has no types
    """An issuer whose salts come from `random`'s seed."""

    unsafe_randomness = True
