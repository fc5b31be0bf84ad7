"""What is converted, a transfer or a foreign code: each judged its own way, issued for alike."""

from dataclasses import dataclass, field, replace
from typing import Protocol

from api.services.foreign_codes import ForeignCodes
from api.services.health_agreements import Recognition as Recognised
from api.services.health_minting import PASS
from api.services.health_origins import TransferUnconfirmed, Verified
from api.store.foreign import CodeSpending
from api.store.health_passes import Quota, Spending
from ledger.agreements.agreement import AgreementId
from ledger.agreements.health_policy import Policy
from ledger.agreements.policy import PolicyInvalid
from ledger.authority import Agency
from ledger.health import code_conversion, conversion
from ledger.health.conversion import ConversionRefused, Ground, Terms
from ledger.health.gate.recognition import HCERT
from ledger.health.gate_bundle.foreign_files import read_revocation
from ledger.health.hcert import envelope, reading
from ledger.health.hcert.claims import Claims
from ledger.health.hcert.reading import NO_LISTS, Limits
from ledger.health.hcert.reading import read as read_code
from ledger.health.hcert.revocation import RevocationLists
from ledger.health.hcert.trust import TrustedKey, TrustList
from ledger.health.passes import Recognition
from ledger.health.reasons import CodeRefused, Reason
from ledger.health.transfers import HealthTest, Person
from ledger.health.visits import Visit, is_about, plain_name
from ledger.keys import PublicKey
from ledger.values import KeyState, RecordType, Seconds


@dataclass(frozen=True, slots=True)
class Basis:
    """On what passes are issued, and what that uses up: a transfer, or a code for a while.

    `certificate`: what was read in a foreign code, for which the passes are the host's own, bound
    to the travel document, and which is written anew for the visitor.
    """

    terms: Terms
    person: Person = field(repr=False)
    test: HealthTest = field(repr=False)
    source: str
    version: int
    recognition: Recognition | None
    spending: Spending | None = None
    code: CodeSpending | None = None
    counted: tuple[AgreementId, Quota] | None = None
    certificate: Claims | None = field(default=None, repr=False)


class Case(Protocol):
    """Something that was verified and may be converted, if the agreement has it so."""

    @property
    def source(self) -> str:
        """The code of the jurisdiction that it comes from."""

    @property
    def record_type(self) -> RecordType:
        """What the agreement is about by which it is taken in."""

    @property
    def holder(self) -> PublicKey:
        """Whose consents count, and who may ask for more."""

    def decide(self, recognised: Recognised, quota: Quota | None, at: int) -> Basis:
        """Return what is to be issued; raise `ConversionRefused`."""


@dataclass(frozen=True, slots=True)
class TransferCase:
    """A transfer that the home authority signed and anchored."""

    verified: Verified
    record_type: RecordType = PASS

    @property
    def source(self) -> str:
        """See `Case`."""
        return self.verified.transfer.source

    @property
    def holder(self) -> PublicKey:
        """See `Case`."""
        return self.verified.transfer.holder

    def decide(self, recognised: Recognised, quota: Quota | None, at: int) -> Basis:
        """See `Case`."""
        transfer, policy = self.verified.transfer, recognised.policy
        conversion.check_recognised(recognised.in_force, self.verified.origin)
        left = None if quota is None else quota.limit
        try:
            terms = conversion.convert(transfer, policy, at=at, quota_left=left)
        except PolicyInvalid as exc:  # a grade that the source's scale does not have
            raise ConversionRefused(Ground.GRADE, f"grade {transfer.grade}") from exc
        conversion.check_grade(recognised.in_force, terms.grade)
        conversion.check_rules(transfer, recognised.rules, at)
        return Basis(
            terms=terms,
            person=transfer.person,
            test=transfer.test,
            source=transfer.source,
            version=transfer.version,
            recognition=Recognition(transfer.source, transfer.version),
            spending=Spending(recognised.agreement, transfer.cti, self.verified.digest, quota),
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What an agency knows of foreign codes; `withdrawn_as_of` 0 where it has no lists."""

    trust: TrustList
    withdrawn: RevocationLists
    withdrawn_as_of: int


@dataclass(frozen=True, slots=True)
class CodeCase:
    """A foreign code under a listed key, with the travel document of who brings it."""

    visit: Visit = field(repr=False)
    agency: Agency
    key: TrustedKey
    known: Known
    record_type: RecordType = HCERT

    @property
    def source(self) -> str:
        """See `Case`."""
        return self.key.country

    @property
    def holder(self) -> PublicKey:
        """See `Case`."""
        return self.visit.holder

    def decide(self, recognised: Recognised, quota: Quota | None, at: int) -> Basis:
        """See `Case`; raise `TransferUnconfirmed` while the lists here are too old to tell."""
        policy, visit, in_force = recognised.policy, self.visit, recognised.in_force
        code_conversion.check_recognised(in_force, self.key.kid, visit.port)
        found = self._read(policy, at)
        if not is_about(visit.person, found):
            raise ConversionRefused(Ground.PERSON, "name or birth date")
        left = None if quota is None else quota.limit
        terms = code_conversion.convert_code(
            found, policy, recognised.rules, at=at, quota_left=left
        )
        conversion.check_grade(in_force, terms.grade)
        return Basis(
            terms=terms,
            person=replace(visit.person, name=plain_name(visit.person.name)),
            test=code_conversion.shown_by(found),
            source=self.source,
            version=in_force.version.number,
            recognition=None,
            code=self._spending(found, terms.expires_at),
            counted=None if quota is None else (recognised.agreement, quota),
            certificate=found,
        )

    def _read(self, policy: Policy, at: int) -> Claims:
        known, limits = self.known, Limits(tolerances=frozenset(policy.document["tolerances"]))
        listed_at = self.key.listed_at or known.trust.issued_at
        if at - listed_at > policy.seconds("offlineMaxAge", "trust"):
            raise TransferUnconfirmed("trust list out of date")
        if at - known.withdrawn_as_of > policy.seconds("offlineMaxAge", "status"):
            raise TransferUnconfirmed("revocation lists out of date")
        found = read_code(self.visit.code, known.trust, Seconds(at), limits, known.withdrawn)
        return code_conversion.check_reading(found)

    def _spending(self, found: Claims, until: int) -> CodeSpending:
        message, receiver = envelope.read(self.visit.code), self.agency.jurisdiction
        digest = envelope.digest_of(message, receiver)
        return CodeSpending(digest, self.agency.id, self.key.kid, until, found.expires_at)


class Visits:
    """Finds whose code a visitor brings, by the lists that the host's gates have too."""

    def __init__(self, foreign: ForeignCodes) -> None:
        self._foreign = foreign

    def case(self, host: Agency, visit: Visit) -> CodeCase:
        """Return the case of a visit.

        Raises:
            ConversionRefused: FORMAT, SIGNATURE.
            TransferUnconfirmed: for a key that is not listed here, or is frozen.
        """
        trust, revoked = self._foreign.trust(host.id), self._foreign.revoked(host.id)
        if trust is None:
            raise TransferUnconfirmed("key unknown")
        try:
            key = reading.signer(envelope.read(visit.code), trust)
        except CodeRefused as exc:
            if exc.reason is Reason.KEY_UNKNOWN:
                raise TransferUnconfirmed("key unknown") from exc
            ground = code_conversion.GROUNDS[exc.reason]
            raise ConversionRefused(ground, exc.detail) from exc
        if key.state is KeyState.FROZEN:
            raise TransferUnconfirmed("key frozen")
        if revoked is None:
            return CodeCase(visit, host, key, Known(trust, NO_LISTS, 0))
        lists = {kid: read_revocation(content) for kid, content in revoked.lists.items()}
        known = Known(trust, RevocationLists(lists), revoked.as_of)
        return CodeCase(visit, host, key, known)
