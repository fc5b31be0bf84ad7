"""Issuing a licence: from supplied fields to a signed document, in one pass and one call for salts.

What is decided here and supplied by nobody: identifiers, times, status place, thresholds.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from ledger import jws
from ledger.authority import Agency
from ledger.canonical import b64url_encode
from ledger.keys import PublicKey, Signer
from ledger.licences.catalogue import LicenceType, threshold_claim
from ledger.licences.dates import chosen_days, validity
from ledger.licences.disclosures import SALT_BYTES, decoy_digest, disclose
from ledger.licences.fields import CODE_KINDS, check_fields, code_type_of
from ledger.licences.identifiers import licence_id
from ledger.licences.lifecycle import check_reason
from ledger.licences.reading import (
    ClaimsMalformed,
    LicenceClaims,
    Predecessor,
    read_licence,
)
from ledger.licences.sd_jwt import TYPE
from ledger.status_list import place
from ledger.values import Digest, Status

__all__ = [
    "ClaimsMalformed",
    "Draft",
    "Issuer",
    "Licence",
    "LicenceClaims",
    "Predecessor",
    "Randomness",
    "Unsigned",
    "issue",
    "prepare",
    "read_licence",
]

Randomness = Callable[[int], bytes]
"""Returns that many random bytes from a cryptographic source."""
_JTI_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Issuer:
    """An agency that issues: where its pages stand, without a final slash, and who signs."""

    agency: Agency
    base_url: str
    signer: Signer

    @property
    def url(self) -> str:
        """The `iss` of its documents."""
        return f"{self.base_url}/agencies/{self.agency.jurisdiction}/{self.agency.code}"

    def status_uri(self, list_number: int) -> str:
        """Return where one of its status lists is served."""
        path = f"{self.agency.jurisdiction}/{self.agency.code}/{list_number}"
        return f"{self.base_url}/status/{path}"


@dataclass(frozen=True, slots=True)
class Draft:
    """A licence before it is signed.

    `fields` holds what a person supplies, by claim name; without dates a licence runs from its
    issue for the type's term. `list` and `index` are its place in the issuer's status lists;
    `issued_at` Unix seconds; `version` rises with each re-issue of `serial`.
    """

    type: LicenceType
    fields: Mapping[str, Any]
    serial: str
    list: int
    index: int
    issued_at: int
    version: int = 1
    holder_key: PublicKey | None = None
    predecessor: Predecessor | None = None


@dataclass(frozen=True, slots=True)
class Licence:
    """An issued licence: `document` is the SD-JWT with all its disclosures and no key binding."""

    digest: Digest
    document: str
    licence_id: str
    type_id: str
    list: int
    index: int
    nbf: int
    exp: int | None


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A licence whose signature is still wanted: that of `message`, by its issuer's key."""

    message: bytes
    disclosures: tuple[str, ...]
    draft: Draft
    licence_id: str
    nbf: int
    exp: int | None

    def signed(self, signature: bytes) -> Licence:
        """Return the licence; `signature` is not checked."""
        token = jws.compact(self.message, signature)
        return Licence(
            digest=Digest(sha256(token.encode("ascii")).digest()),
            document="~".join((token, *self.disclosures, "")),
            licence_id=self.licence_id,
            type_id=self.draft.type.id,
            list=self.draft.list,
            index=self.draft.index,
            nbf=self.nbf,
            exp=self.exp,
        )


def issue(draft: Draft, issuer: Issuer, randomness: Randomness) -> Licence:
    """Return the signed licence of `draft`; `randomness` is called once.

    Raises:
        FieldsInvalid: when the fields break the rules of the type.
        IdentifierWrong: for a serial, version or agency code that no 证照标识 can carry.
        IndexInvalid: for an index outside the status list.
        ReasonOutsideClass: for a predecessor's reason that does not supersede.
    """
    check_fields(draft.type, draft.fields)
    unsigned = prepare(draft, issuer, randomness)
    return unsigned.signed(issuer.signer.sign(unsigned.message))


def prepare(draft: Draft, issuer: Issuer, randomness: Randomness) -> Unsigned:
    """Return the licence of `draft`, whose fields `check_fields` let pass earlier, up to signing.

    So that many can be signed together. Raises what `issue` raises but `FieldsInvalid`.
    """
    place(draft.index)
    identifier = str(
        licence_id(draft.type.type_code, issuer.agency.code, draft.serial, draft.version)
    )
    values = _values(draft, issuer, identifier)
    nbf, exp = validity(values["valid_from"], values["valid_until"])
    payload = {
        "iss": issuer.url,
        "vct": draft.type.vct,
        "vct#integrity": draft.type.integrity,
        "jti": "",
        "iat": draft.issued_at,
        "nbf": nbf,
    }
    if exp is not None:
        payload["exp"] = exp
    payload |= {c.name: values[c.name] for c in draft.type.claims if not c.disclosable}
    payload |= _references(draft, issuer)
    texts = _hide(draft.type, values, payload, randomness)
    message = jws.signing_input(TYPE, payload, issuer.signer.public_key)
    return Unsigned(message, tuple(texts), draft, identifier, nbf, exp)


def is_made_of(
    claims: Mapping[str, Any],
    licence_type: LicenceType,
    fields: Mapping[str, Any],
    *,
    holder_key: PublicKey | None = None,
    predecessor: Predecessor | None = None,
) -> bool:
    """Whether an order of these fields, key and predecessor is the one that made a document.

    Nothing may be missing and nothing more than asked for; what the issuer adds is left out.
    """
    wanted = _content(licence_type, fields, claims["iat"])
    added = {"licence_id", "licence_name", "type_code", "jurisdiction"}
    added |= {"issuing_authority", "issuing_authority_code"}
    names = {claim.name for claim in licence_type.claims} - added
    pointers = _pointers(holder_key, predecessor)
    return all(_are_equal(claims.get(name), wanted.get(name)) for name in names) and all(
        claims.get(name) == pointers.get(name) for name in ("cnf", "predecessor")
    )


def _are_equal(one: Any, other: Any) -> bool:
    """Compare as JSON does: True is not 1."""
    return type(one) is type(other) and bool(one == other)


def _content(
    licence_type: LicenceType, fields: Mapping[str, Any], issued_at: int
) -> dict[str, Any]:
    """Return the claims that follow from the fields alone, by name."""
    code_type = code_type_of(licence_type, fields)
    years = licence_type.validity.years
    issue_date, valid_from, valid_until = chosen_days(fields, years, issued_at)
    values = {
        "issue_date": issue_date,
        "valid_from": valid_from,
        "valid_until": valid_until,
        "holder_code_type": code_type,
        "holder_code_kind": CODE_KINDS.get(code_type or ""),
        **fields,
    }
    for name, steps in licence_type.thresholds.items():
        if name in values:
            values |= {threshold_claim(name, step): values[name] >= step for step in steps}
    return values


def _values(draft: Draft, issuer: Issuer, identifier: str) -> dict[str, Any]:
    """Return every claim of the type that the document will have, by name."""
    return _content(draft.type, draft.fields, draft.issued_at) | {
        "licence_id": identifier,
        "licence_name": draft.type.names["zh-Hans"],
        "type_code": draft.type.type_code,
        "issuing_authority": issuer.agency.name,
        "issuing_authority_code": issuer.agency.code,
        "jurisdiction": issuer.agency.jurisdiction,
    }


def _references(draft: Draft, issuer: Issuer) -> dict[str, Any]:
    """Return the claims that point elsewhere: status, holder's key, predecessor."""
    entry = {"idx": draft.index, "uri": issuer.status_uri(draft.list)}
    if draft.predecessor is not None:
        check_reason(Status.SUPERSEDED, draft.predecessor.reason)
    return {"status": {"status_list": entry}} | _pointers(draft.holder_key, draft.predecessor)


def _pointers(holder_key: PublicKey | None, predecessor: Predecessor | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if holder_key is not None:
        found["cnf"] = {"jwk": holder_key.jwk()}
    if predecessor is not None:
        digest = b64url_encode(predecessor.digest)
        found["predecessor"] = {"digest": digest, "reason": predecessor.reason}
    return found


def _hide(
    licence_type: LicenceType,
    values: Mapping[str, Any],
    payload: dict[str, Any],
    randomness: Randomness,
) -> list[str]:
    """Put `jti` and digests into `payload` and return the disclosures that the digests are of.

    For personal types decoys fill the digests up to the type's greatest number, and sorting hides
    their order, so that nobody sees which optional claims there are.
    """
    hidden = [c for c in licence_type.claims if c.disclosable and c.name in values]
    elements = sum(len(values[claim.name]) for claim in hidden if claim.by_element)
    decoys = licence_type.most_disclosures - len(hidden) if licence_type.hides_count else 0
    random = randomness(_JTI_BYTES + SALT_BYTES * (len(hidden) + elements + decoys))
    parts = (random[at : at + SALT_BYTES] for at in range(_JTI_BYTES, len(random), SALT_BYTES))
    texts, digests = [], []
    for claim in hidden:
        value = values[claim.name]
        if claim.by_element:
            items = [disclose(next(parts), None, item) for item in value]
            texts += [text for text, _ in items]
            value = [{"...": digest} for _, digest in items]
        text, digest = disclose(next(parts), claim.name, value)
        texts.append(text)
        digests.append(digest)
    digests += map(decoy_digest, parts)
    payload["jti"] = b64url_encode(random[:_JTI_BYTES])
    payload["_sd_alg"] = "sha-256"
    payload["_sd"] = sorted(digests)
    return texts
