"""Conversion 转码 at the host: a sealed application in, passes out, nothing asked of anybody else.

Open, verify, decide, make, and store all of it in one transaction with the answer: a repeat, under
the same Idempotency-Key, has the same passes. The answer is kept under a key that only the
application holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from api.services.health_agreements import Recognition as Recognised
from api.services.health_agreements import Recognitions
from api.services.health_cases import Basis, Case, TransferCase, Visits
from api.services.health_hcerts import Hcerts
from api.services.health_holders import Holder, Holders
from api.services.health_keys import HealthKeys
from api.services.health_minting import (
    NONCE_SECONDS,
    Minted,
    Minting,
    Wanted,
    wanted_on_paper,
    wanted_one_time,
)
from api.services.health_origins import Origins
from api.services.idempotency import IdempotencyKeyMissing, Keep
from api.services.issuers import Issuers
from api.store.health_holders import HolderRow
from api.store.health_passes import (
    Burn,
    ConsentRow,
    Issue,
    PassStore,
    Quota,
    QuotaUsed,
)
from ledger.agreements.health_policy import Policy
from ledger.authority import Agency
from ledger.canonical import b64url_encode
from ledger.health import applications, consents, signed, visits
from ledger.health.applications import Application
from ledger.health.claims import ClaimsInvalid
from ledger.health.consents import Consent
from ledger.health.conversion import ConversionRefused, Ground, Terms
from ledger.health.passes import Mode
from ledger.health.signed import Signed
from ledger.health.visits import Visit
from ledger.health.windows import Issuance
from ledger.keys import PublicKey, SignatureInvalid
from ledger.values import AgencyId, Digest, Window, jurisdiction_id

_MODES: Final = {"A": Mode.DYNAMIC, "B": Mode.CHALLENGE, "C": Mode.PAPER}


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a traveller needs to apply: whom to seal to, and a nonce that is good once."""

    nonce: bytes
    recipient: str
    jurisdiction: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """An application as it was sealed; whose it is was not checked yet."""

    agency: Agency
    envelope: Signed = field(repr=False)
    application: Application | Visit = field(repr=False)

    @property
    def content(self) -> bytes:
        """What the holder signed: signed or sealed twice, it is the same application."""
        return self.envelope.message.payload

    @property
    def answer_secret(self) -> str:
        """Under what the answer is kept for a repeat."""
        return b64url_encode(self.application.answer_key)


@dataclass(frozen=True, slots=True)
class Converted:
    """Passes issued for a transfer or a code, and the digests of the consents they rest on.

    `holder` is the authority's name for whom they are about, by which more are asked for; `hcert`
    the foreign certificate as the host writes it, where it may.
    """

    holder: bytes
    passes: Sequence[Minted] = field(repr=False)
    grade: int
    source: str
    version: int
    policy_hash: bytes
    consents: Sequence[Digest]
    ends: int
    hcert: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Decided:
    """What is to be issued, to whom and under what."""

    basis: Basis
    holder: PublicKey
    recognised: Recognised
    consents: Sequence[Consent]

    @property
    def terms(self) -> Terms:
        return self.basis.terms

    @property
    def policy(self) -> Policy:
        return self.recognised.policy


class Conversions:
    """Converts what travellers carry into passes of this side."""

    def __init__(  # noqa: PLR0913  # ports, each named
        self,
        *,
        store: PassStore,
        minting: Minting,
        holders: Holders,
        keys: HealthKeys,
        issuers: Issuers,
        origins: Origins,
        visits: Visits,
        hcerts: Hcerts,
        recognitions: Recognitions,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._minting = minting
        self._holders = holders
        self._keys = keys
        self._issuers = issuers
        self._origins = origins
        self._visits = visits
        self._hcerts = hcerts
        self._recognitions = recognitions
        self._clock = clock
        self._randomness = randomness

    def invite(self, agency: AgencyId) -> Invitation:
        """Give a nonce for one application, within minutes.

        Raises `AgencyUnknown`, `AgencyNotActive`, `HealthKeyMissing`.
        """
        host = self._issuers.active(agency)
        recipient, now = self._keys.recipient(agency), self._clock()
        nonce = self._randomness(applications.NONCE_BYTES)
        self._store.give_nonce(nonce, agency, now)
        return Invitation(nonce, recipient, host.jurisdiction, now + NONCE_SECONDS)

    def open(self, agency: AgencyId, sealed: bytes) -> Opened:
        """Return what was sealed to an agency.

        Raises:
            AgencyUnknown, AgencyNotActive, HealthKeyMissing: as things stand here.
            SealedMalformed, SealedForAnother, SignedMalformed, ClaimsInvalid: for what it is not.
        """
        host = self._issuers.active(agency)
        envelope = signed.read(self._keys.unseal(agency, sealed))
        application = _read(envelope)
        if application.target != host.jurisdiction:
            raise ClaimsInvalid("aud")
        return Opened(host, envelope, application)

    def convert(self, opened: Opened, keep: Keep[Converted] | None) -> Converted:
        """Judge an application and issue what it is good for, at once and once.

        Raises:
            IdempotencyKeyMissing: without `keep`: a cut connection would cost the transfer.
            ConversionRefused: with its ground, and where to appeal.
            TransferNotAnchored, TransferUnconfirmed, PolicyMissing: while nobody can say.
            TransferSpent, ChallengeUnknown, ConsentUsed: for what was used before.
            AccreditationMissing, SigningKeyMissing, HealthKeyMissing, IndexTaken: on our side.
        """
        if keep is None:
            raise IdempotencyKeyMissing
        case = self._case(opened)
        recognised = self._recognised(case, opened.agency)
        try:
            decided = self._decide(opened.application, case, recognised)
            return self._issue(opened, decided, keep)
        except QuotaUsed as exc:
            refusal = ConversionRefused(Ground.QUOTA, "none left today")
            raise _appealable(refusal, recognised.policy) from exc
        except ConversionRefused as refused:
            raise _appealable(refused, recognised.policy) from None

    def _case(self, opened: Opened) -> Case:
        """Return what is carried, signed by whom it is about."""
        application = opened.application
        if isinstance(application, Visit):
            _check_signed(opened.envelope, application.holder)
            return self._visits.case(opened.agency, application)
        anchor, port = application.anchor, application.port
        verified = self._origins.verify(application.transfer, anchor, port)
        _check_signed(opened.envelope, verified.transfer.holder)
        return TransferCase(verified)

    def _recognised(self, case: Case, host: Agency) -> Recognised:
        source, target = jurisdiction_id(case.source), jurisdiction_id(host.jurisdiction)
        found = self._recognitions.recognition(source, target, case.record_type, self._clock())
        if found is None:
            raise ConversionRefused(Ground.AGREEMENT, "none in force")
        return found

    def _decide(
        self, application: Application | Visit, case: Case, recognised: Recognised
    ) -> _Decided:
        now, policy = self._clock(), recognised.policy
        basis = case.decide(recognised, _quota_of(policy, application.port, now), now)
        given = _consents(application, case.holder, policy, now)
        return _Decided(basis, case.holder, recognised, given)

    def _issue(self, opened: Opened, decided: _Decided, keep: Keep[Converted]) -> Converted:
        application, policy, now = opened.application, decided.policy, self._clock()
        agency, terms = opened.agency.id, decided.terms
        holder = _holder_of(decided)
        erase_at = terms.expires_at + policy.seconds("appeals", "answerWithin")
        row = self._holders.row(agency, holder.given(len(application.keys)), erase_at)
        receipts = [
            self._consent_row(consent, receipt.document, row, decided)
            for consent, receipt in zip(decided.consents, application.receipts, strict=True)
        ]
        issue = Issue(
            at=now,
            holders=[row],
            consents=receipts,
            burn=Burn(application.nonce, now - NONCE_SECONDS),
            spending=decided.basis.spending,
            code=decided.basis.code,
            counted=decided.basis.counted,
        )

        issuer = self._minting.issuer(opened.agency.id)
        hcert = self._hcerts.write(decided.basis.certificate, opened.agency, terms.expires_at)

        def answer(minted: Sequence[Minted]) -> Converted:
            return Converted(
                holder=row.id,
                passes=minted,
                grade=decided.terms.grade,
                source=decided.basis.source,
                version=decided.basis.version,
                policy_hash=policy.digest,
                consents=[each.digest for each in receipts],
                ends=decided.terms.expires_at,
                hcert=hcert,
            )

        wanted = self._wanted(application, decided, holder, row.id)
        return answer(
            self._minting.mint(wanted, issuer, issue, lambda minted: keep(answer(minted)))
        )

    def _wanted(
        self, application: Application | Visit, decided: _Decided, holder: Holder, row: bytes
    ) -> list[Wanted]:
        terms, policy = decided.terms, decided.policy
        if not application.keys:
            return wanted_on_paper(holder, row, _paper_span(policy, terms))
        if not holder.modes & ~Mode.PAPER:
            raise ConversionRefused(Ground.CLAIMS, "keys")
        return wanted_one_time(holder, row, terms.not_before, application.keys, self._randomness)

    def _consent_row(
        self, consent: Consent, document: bytes, holder: HolderRow, decided: _Decided
    ) -> ConsentRow:
        kept = {"receipt": document.decode(), "holder": consent.holder.jwk()}
        lasts = decided.policy.seconds("retention", "consent")
        return ConsentRow(
            id=consent.id,
            agency=holder.agency,
            digest=consents.digest_of(document),
            holder=holder.id,
            sealed=self._keys.seal_row(kept, consent.id),
            erase_at=decided.terms.expires_at + lasts,
        )


def _holder_of(decided: _Decided) -> Holder:
    basis, document = decided.basis, decided.policy.document
    is_international = basis.certificate is not None
    modes = Mode(0)
    for mode in document["presentation"]["modes"]:
        modes |= _MODES[mode]
    agreed = {consent.purpose for consent in decided.consents}
    bits = (int(bit) for bit, purpose in document["purposes"].items() if purpose in agreed)
    return Holder(
        person=basis.person,
        test=basis.test,
        key=decided.holder,
        grade=decided.terms.grade,
        since=decided.recognised.in_force.version.valid_from,
        ends=decided.terms.expires_at,
        modes=modes,
        purposes=sum(1 << bit for bit in bits),
        uses=decided.terms.uses,
        left=decided.terms.uses,
        recognition=basis.recognition,
        is_bound=is_international or document["bind"] == "document",
        is_hinted=document["hint"] == "initials-month-day",
        issuance=Issuance.of(decided.policy),
    )


def _read(envelope: Signed) -> Application | Visit:
    """Return what was sealed, of either kind; raise `ClaimsInvalid` for neither."""
    try:
        return applications.read(envelope)
    except ClaimsInvalid:
        return visits.read(envelope)


def _check_signed(envelope: Signed, holder: PublicKey) -> None:
    try:
        signed.payload_of(envelope, holder)
    except SignatureInvalid as exc:
        raise ConversionRefused(Ground.SIGNATURE, "application") from exc


def _consents(
    application: Application | Visit, holder: PublicKey, policy: Policy, now: int
) -> list[Consent]:
    """Return the consents, one per purpose and one at least, all of this application."""
    found: list[Consent] = []
    for receipt in application.receipts:
        try:
            consent = consents.read_receipt(receipt.document, receipt.signature, holder, policy)
        except SignatureInvalid as exc:
            raise ConversionRefused(Ground.CONSENT, "signature") from exc
        except ClaimsInvalid as exc:
            raise ConversionRefused(Ground.CONSENT, exc.claim) from exc
        if abs(consent.at - now) > NONCE_SECONDS:
            raise ConversionRefused(Ground.CONSENT, "at")
        found.append(consent)
    purposes = {consent.purpose for consent in found}
    if not found or len(purposes) != len(found):
        raise ConversionRefused(Ground.CONSENT, "purpose")
    return found


def _paper_span(policy: Policy, terms: Terms) -> Window:
    """Return the span of a pass on paper, which has a freshness of its own."""
    if not policy.document["paper"]["allowed"]:
        raise ConversionRefused(Ground.CLAIMS, "keys")
    ends = terms.not_before + policy.seconds("paper", "freshness")
    return Window(terms.not_before, min(ends, terms.expires_at))


def _quota_of(policy: Policy, port: str | None, now: int) -> Quota | None:
    """Return the quota of a port for the receiver's day, UTC's where it names none."""
    limit = policy.document["quota"].get(port)
    if port is None or limit is None:
        return None
    zone = ZoneInfo(policy.document["freshness"].get("endOfLocalDay", "UTC"))
    day = datetime.fromtimestamp(now, UTC).astimezone(zone).date()
    return Quota(port, day.isoformat(), limit)


def _appealable(refused: ConversionRefused, policy: Policy) -> ConversionRefused:
    route = policy.document["appeals"]
    return ConversionRefused(refused.ground, refused.cause, route["contact"], route["answerWithin"])
