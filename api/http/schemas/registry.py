"""Agencies, keys and accreditations as JSON."""

from typing import Self

from api.http.forms import Answer, HexDigest, Moment
from api.http.schemas.shared import HeadAnswer, open_end
from api.services.registry import AccreditationView, KeyView
from ledger.authority import Agency
from ledger.canonical import b64url_encode
from ledger.values import Digest


class AgencyAnswer(Answer):
    """An agency as the ledger knows it."""

    id: HexDigest
    jurisdiction: str
    code: str
    name: str
    status: str

    @classmethod
    def of(cls, agency: Agency) -> Self:
        """Return the agency as JSON."""
        return cls(
            id=Digest(agency.id),
            jurisdiction=agency.jurisdiction,
            code=agency.code,
            name=agency.name,
            status=agency.status.name.lower(),
        )


class AgenciesAnswer(Answer):
    """All agencies, in order of admission."""

    agencies: list[AgencyAnswer]
    head: HeadAnswer


class OneAgencyAnswer(AgencyAnswer):
    """One agency as of a block."""

    head: HeadAnswer


class KeyAnswer(Answer):
    """A document key with its windows, and its state now."""

    kid: str
    jwk: dict[str, str]
    usage: list[str]
    state: str
    announced_at: Moment
    sign_from: Moment
    sign_until: Moment | None
    verify_until: Moment | None
    distrust_from: Moment | None

    @classmethod
    def of(cls, view: KeyView) -> Self:
        """Return the key as JSON; an end that is open is null."""
        key = view.key
        return cls(
            kid=b64url_encode(key.public_key.key_id),
            jwk=key.public_key.jwk(),
            usage=[str(usage.name).lower() for usage in key.usage],
            state=view.state.name.lower(),
            announced_at=key.announced_at,
            sign_from=key.sign_from,
            sign_until=open_end(key.sign_until),
            verify_until=open_end(key.verify_until),
            distrust_from=key.distrust_from or None,
        )


class KeysAnswer(Answer):
    """An agency's document keys, in order of announcement."""

    keys: list[KeyAnswer]
    head: HeadAnswer


class WindowAnswer(Answer):
    """A span of time, its end outside; null means open."""

    start: Moment
    end: Moment | None


class AccreditationAnswer(Answer):
    """What an agency may issue, and when; `type` null for one that the catalogue lacks."""

    record_type: HexDigest
    type: str | None
    windows: list[WindowAnswer]

    @classmethod
    def of(cls, view: AccreditationView) -> Self:
        """Return the accreditation as JSON."""
        windows = [WindowAnswer(start=w.start, end=open_end(w.end)) for w in view.windows]
        return cls(record_type=Digest(view.record_type), type=view.type_id, windows=windows)


class AccreditationsAnswer(Answer):
    """An agency's accreditations."""

    accreditations: list[AccreditationAnswer]
    head: HeadAnswer


class DeploymentAnswer(Answer):
    """The ledger that this service stands on."""

    chain_id: int
    contracts: dict[str, str]
    block: int
    block_hash: HexDigest
