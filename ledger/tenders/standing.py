"""What a tender's standing request has to be: the agency's, about this tender, as the papers ask.

Bidders bind their presentations to its `iss`, and to a nonce that follows from their bid alone.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from ledger.canonical import b64url_encode, canonical_json
from ledger.errors import Refused
from ledger.licences.catalogue import Catalogue
from ledger.licences.reading import ISSUER_URL
from ledger.tenders.ids import TenderId
from ledger.tenders.requests import ID_BYTES, Requirement, StandingRequest
from ledger.values import AgencyId, agency_id


@dataclass(eq=False)
class StandingRequestUnfit(Refused):
    """The standing request is not the tender's: another issuer, tender, end, or other licences."""

    member: str


@dataclass(eq=False)
class ClaimForeign(Refused):
    """A requirement asks for a claim that its type of licence does not have: nobody can show it."""

    requirement: str
    claim: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a tender asks: whose it is, which, and the licences that its documents name."""

    agency: AgencyId
    tender: TenderId
    wanted: tuple[Requirement, ...]

    def request(self, issuer: str, issued_at: int, expires_at: int) -> StandingRequest:
        """Return the request for them, the same one for the same terms: its id follows from them.

        `issuer` is where the agency's pages are, `expires_at` submitEnd; times in Unix seconds.
        """
        return StandingRequest(
            issuer=issuer,
            id=_id_of(self, issuer, expires_at),
            issued_at=issued_at,
            expires_at=expires_at,
            tender="0x" + self.tender.hex(),
            wanted=self.wanted,
        )

    def require_fit(self, request: StandingRequest) -> None:
        """Raise `StandingRequestUnfit` for the member in which a request is not this tender's."""
        held = {
            "iss": names_agency(request.issuer, self.agency),
            "tender": request.tender == "0x" + self.tender.hex(),
            "wanted": set(request.wanted) == set(self.wanted),
        }
        for member, holds in held.items():
            if not holds:
                raise StandingRequestUnfit(member)


def require_claims(wanted: Iterable[Requirement], catalogue: Catalogue) -> None:
    """Raise `ClaimForeign` unless every claim is of its requirement's type, or `TypeUnknown`."""
    for each in wanted:
        held = catalogue.by_vct(each.vct).by_name
        for claim in each.claims:
            if claim not in held:
                raise ClaimForeign(each.id, claim)


def require_end(request: StandingRequest, submit_end: int) -> None:
    """Raise `StandingRequestUnfit` unless the request stands exactly until bids are due."""
    if request.expires_at != submit_end or request.issued_at >= submit_end:
        raise StandingRequestUnfit("exp" if request.expires_at != submit_end else "iat")


def names_agency(issuer: str, agency: AgencyId) -> bool:
    """Whether an `iss` ends with the agency's jurisdiction and code, as those of licences do."""
    named = ISSUER_URL.fullmatch(issuer)
    return named is not None and agency_id(*named.groups()) == agency


def _id_of(asked: Asked, issuer: str, expires_at: int) -> str:
    wanted = [asdict(each) | {"claims": list(each.claims)} for each in asked.wanted]
    tender = "0x" + asked.tender.hex()
    terms = {"iss": issuer, "exp": expires_at, "tender": tender, "wanted": wanted}
    return b64url_encode(hashlib.sha256(canonical_json(terms)).digest()[:ID_BYTES])
