"""The standing request in a buyer's folder: made where there is none, and never published unfit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from ledger.canonical import EncodingNotCanonical, b64url_decode
from ledger.errors import Refused
from ledger.jws import JwsMalformed
from ledger.keys import PublicKey, Signer
from ledger.licences.catalogue import Catalogue
from ledger.tenders import requests
from ledger.tenders.bid_flags import REQUEST, Terms
from ledger.tenders.documents import Documents
from ledger.tenders.requests import StandingRequest, StandingRequestMalformed
from ledger.tenders.standing import (
    Asked,
    StandingRequestUnfit,
    names_agency,
    require_claims,
    require_end,
)
from ledger.tenders.trustees import octets
from ledger.values import AgencyId
from wallet.home import read_file, write_file
from wallet.tenders.drafts import STANDING_REQUEST, Draft, named_file

_KEY_ID_BYTES: Final = 32


class StandingRequestMissing(Refused):
    """Licences are asked for, and nobody says whom to present them to. Give --sign-with a key."""


@dataclass(frozen=True, slots=True)
class Requesting:
    """How a request comes about: what a key of the agency's is now, by its id, and who signs.

    `key_of` gives None for a key that signs no requests now. `issuer` is where the agency's pages
    are; `at` and `submit_end` in Unix seconds. `former` is whom presentations to the published
    request are made for, None where none is: another would make them worthless.
    """

    key_of: Callable[[bytes], PublicKey | None]
    catalogue: Catalogue
    signer: Signer | None
    issuer: str
    at: int
    submit_end: int
    former: str | None = None


def with_request(draft: Draft, folder: Path, how: Requesting) -> Draft:
    """Return the draft with a standing request that fits it; one without requirements needs none.

    A request that is there and fits is kept. Another is made anew where somebody signs, for the
    same audience where it was the agency's: presentations to it still serve.

    Raises:
        TypeUnknown, ClaimForeign: for a licence that the catalogue does not have, or a claim of it.
        StandingRequestMissing: where licences are asked for, and nobody signs a request.
        StandingRequestMalformed, StandingRequestUnfit, JwsMalformed, SignatureInvalid: for one
            that is there and wrong, and nobody signs another; and for a key of no use.
    """
    asked, path = draft.asked, folder / STANDING_REQUEST
    require_claims(asked.wanted, how.catalogue)
    found = read_file(path) if path.exists() else None
    if found is None and not asked.wanted:
        return draft
    if how.signer is not None and asked.wanted and not _is_fit(found, asked, how):
        request = asked.request(_issuer(found, asked, how), how.at, how.submit_end)
        found = requests.sign(request, how.signer).encode()
        _require_fit(found, asked, how)
        write_file(path, found)
    if found is None:
        raise StandingRequestMissing
    _require_fit(found, asked, how)
    others = (each for each in draft.files if each.named["role"] != REQUEST)
    files = (*others, named_file(path, STANDING_REQUEST, REQUEST))
    return replace(draft, files=tuple(sorted(files, key=lambda each: each.path)))


def audience_of(known: Documents, read: Callable[[bytes], bytes]) -> str | None:
    """Return whom presentations are made for, by the request among the documents' files.

    None where there is none, or none that can be read. `read` gives a file by its SHA-256.
    """
    for each in known.content["files"]:
        if each["role"] == REQUEST:
            try:
                return requests.issuer_of(read(octets(each["sha256"])))
            except (StandingRequestMalformed, JwsMalformed):
                return None
    return None


def misfit(known: Documents, files: Mapping[str, bytes]) -> str | None:
    """Return in which member a published tender's request is not what its documents ask.

    None for one that fits, and without one. It stays what presentations are made for. Raises as
    `Terms.of` for what cannot be read.
    """
    wanted = Terms.of(known, files).wanted
    asked = Asked(AgencyId(octets(known.content["agency"])), known.tender, wanted)
    try:
        for token in files.values():
            asked.require_fit(requests.told_in(token))
    except StandingRequestUnfit as exc:
        return exc.member
    return None


def _require_fit(token: bytes, asked: Asked, how: Requesting) -> StandingRequest:
    try:
        key_id = b64url_decode(requests.key_of(token))
    except EncodingNotCanonical as exc:
        raise StandingRequestUnfit("kid") from exc
    key = how.key_of(key_id) if len(key_id) == _KEY_ID_BYTES else None
    if key is None:
        raise StandingRequestUnfit("kid")
    request = requests.read(token.decode("ascii", "replace").strip(), key)
    asked.require_fit(request)
    require_end(request, how.submit_end)
    if how.former not in (None, request.issuer):
        raise StandingRequestUnfit("iss")
    return request


def _is_fit(token: bytes | None, asked: Asked, how: Requesting) -> bool:
    try:
        return token is not None and bool(_require_fit(token, asked, how))
    except Refused:
        return False


def _issuer(token: bytes | None, asked: Asked, how: Requesting) -> str:
    if how.former is not None:
        return how.former
    try:
        found = requests.issuer_of(token or b"")
    except Refused:
        return how.issuer
    return found if names_agency(found, asked.agency) else how.issuer
