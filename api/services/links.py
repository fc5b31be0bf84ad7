"""QR by reference: a sealed copy here, its key in the fragment of the link and nowhere else.

Browsers do not send a fragment, so whoever runs this service or reads its disk cannot open a copy.
"""

import io
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import segno

from api.services.idempotency import Keep
from api.services.licences import Licences
from api.store.links import Link, LinkStore
from ledger.canonical import EncodingNotCanonical, b64url_decode, b64url_encode
from ledger.licences.catalogue import Catalogue, Show
from ledger.licences.sd_jwt import SdJwt, parse, present
from ledger.sealing import ID_BYTES, KEY_BYTES, LinkUnknown, seal
from ledger.values import Address, Digest

DEFAULT_SECONDS: Final = 30 * 86_400
"""How long a link opens unless asked otherwise (proposed)."""
LONGEST_SECONDS: Final = 10 * 366 * 86_400
"""Longest life of a link, for those on paper (proposed)."""
_QR_MODULE: Final = 4


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to a sealed copy; `url` holds the key and is shown this once."""

    url: str
    expires_at: int
    qr_svg: str


class Links:
    """Makes, resolves and withdraws links to sealed copies of licences."""

    def __init__(
        self,
        *,
        store: LinkStore,
        licences: Licences,
        catalogue: Catalogue,
        base_url: str,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._licences = licences
        self._catalogue = catalogue
        self._base_url = base_url
        self._clock = clock
        self._randomness = randomness

    def create(
        self,
        digest: Digest,
        by: Address,
        claims: Collection[str] | None,
        seconds: int | None,
        keep: Keep[NewLink] | None = None,
    ) -> NewLink:
        """Seal a copy that shows `claims`, or those that the type shows by default.

        `keep` is written with the copy.

        Raises:
            RecordUnknown, RoleMissing: as `Licences.get`.
            ClaimUnknown: for a claim that the document does not have.
        """
        document = parse(self._licences.own(digest, by).document)
        shown = self._default(document) if claims is None else claims
        id_, key = self._randomness(ID_BYTES), self._randomness(KEY_BYTES)
        copy = present(document, shown).compact.encode("ascii")
        expires_at = self._clock() + min(seconds or DEFAULT_SECONDS, LONGEST_SECONDS)
        url = f"{self._base_url}/v/{b64url_encode(id_)}#{b64url_encode(key)}"
        made = NewLink(url, expires_at, _qr(url))
        link = Link(id_, digest, seal(copy, key, id_, self._randomness), expires_at)
        self._store.add(link, None if keep is None else keep(made))
        return made

    def open(self, name: str) -> bytes:
        """Return the sealed copy; raise `LinkUnknown` alike for unknown, expired and withdrawn."""
        return self._store.get(_id(name), self._clock()).ciphertext

    def withdraw(self, digest: Digest, by: Address, keep: Keep[None] | None = None) -> None:
        """End all links to this licence; raise `RecordUnknown` or `RoleMissing`."""
        self._licences.own(digest, by)
        self._store.withdraw(digest, None if keep is None else keep(None))

    def _default(self, document: SdJwt) -> list[str]:
        type_ = self._catalogue.by_vct(document.claims["vct"])
        return [
            claim.name
            for claim in type_.claims
            if claim.disclosable and claim.show is Show.DEFAULT and claim.name in document.claims
        ]


def _id(name: str) -> bytes:
    try:
        raw = b64url_decode(name)
    except EncodingNotCanonical as exc:
        raise LinkUnknown from exc
    if len(raw) != ID_BYTES:
        raise LinkUnknown
    return raw


def _qr(url: str) -> str:
    drawn = io.BytesIO()
    segno.make(url, error="m", micro=False).save(
        drawn, kind="svg", scale=_QR_MODULE, xmldecl=False, svgns=True
    )
    return drawn.getvalue().decode("utf-8").strip()
