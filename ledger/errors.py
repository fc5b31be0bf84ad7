"""Errors of the ledger: one name in Solidity, Python and the HTTP problem type.

The first line of a class's docstring is its title wherever a person reads it. A rule's own errors
stand beside the rule; here are the roots of the tree and the errors that the contracts declare.
"""

from dataclasses import dataclass, fields
from typing import Any, Self


class LedgerError(Exception):
    """Something that a caller can understand went wrong."""

    _retold: dict[str, Any] | None = None

    @classmethod
    def title(cls) -> str:
        """The first line of the class's docstring."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    def values(self) -> dict[str, Any]:
        """The values that the error carries, or is retold in, by their snake_case names."""
        if self._retold is not None:
            return dict(self._retold)
        names = (f.name for f in fields(self)) if hasattr(self, "__dataclass_fields__") else ()  # type: ignore[arg-type]  # guarded: only dataclasses get there
        return {name: getattr(self, name) for name in names}

    def retell(self, **values: Any) -> Self:
        """Show `values` in place of the error's own, for whoever knows the case in other terms."""
        self._retold = values
        return self

    def __str__(self) -> str:
        """The title, followed by the values in brackets."""
        told = self.values().items()
        shown = ", ".join(f"{name.rstrip('_')}={_shown(value)}" for name, value in told)
        return f"{self.title()} ({shown})" if shown else self.title()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by values: an exception's own way loses those that were given by name."""
        return _rebuilt, (type(self), dict(self.__dict__))


def _rebuilt(kind: type[LedgerError], state: dict[str, Any]) -> LedgerError:
    error = kind.__new__(kind)
    error.__dict__.update(state)
    return error


_LONGEST_NUMBER = 2**64
"""Larger ones are sets of bits, which a person reads better in hexadecimal."""


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    is_mask = isinstance(value, int) and value > _LONGEST_NUMBER
    return hex(value) if is_mask else str(value)


class Refused(LedgerError):
    """A rule says no."""


class Unavailable(LedgerError):
    """Nobody could say."""


# Errors of contracts/interfaces/IAuthority.sol, in its order.


@dataclass(eq=False)
class JurisdictionUnknown(Refused):
    """The jurisdiction was never admitted."""

    jurisdiction: bytes


@dataclass(eq=False)
class JurisdictionAlreadyAdmitted(Refused):
    """The jurisdiction is admitted already."""

    jurisdiction: bytes
    admitted_at: int


@dataclass(eq=False)
class AgencyUnknown(Refused):
    """The agency was never admitted."""

    agency: bytes


@dataclass(eq=False)
class AgencyAlreadyAdmitted(Refused):
    """The agency is admitted already."""

    agency: bytes


@dataclass(eq=False)
class AgencyNotActive(Refused):
    """The agency is suspended or retired."""

    agency: bytes
    status: int


@dataclass(eq=False)
class AgencyStatusFinal(Refused):
    """The agency is retired for good."""

    agency: bytes


@dataclass(eq=False)
class AgencyStatusUnchanged(Refused):
    """The agency has that status already."""

    agency: bytes
    status: int


@dataclass(eq=False)
class CodeEmpty(Refused):
    """A code or name is empty."""


@dataclass(eq=False)
class RoleMissing(Refused):
    """The account does not hold the role that this needs."""

    subject: bytes
    role: int
    account: str


@dataclass(eq=False)
class KeyUnknown(Refused):
    """The agency never announced the key."""

    agency: bytes
    key_id: bytes


@dataclass(eq=False)
class KeyAlreadyAnnounced(Refused):
    """The agency announced the key already."""

    agency: bytes
    key_id: bytes
    announced_at: int


@dataclass(eq=False)
class KeyPointInvalid(Refused):
    """The point does not lie on P-256."""

    x: bytes
    y: bytes


@dataclass(eq=False)
class KeyUsageInvalid(Refused):
    """The key's usage bits are empty or unknown."""

    usage: int


@dataclass(eq=False)
class KeyWindowInvalid(Refused):
    """The key's times are out of order or in the past."""

    sign_from: int
    sign_until: int
    verify_until: int
    block_time: int


@dataclass(eq=False)
class KeyCompromiseFinal(Refused):
    """The key is reported compromised from that time on or earlier."""

    agency: bytes
    key_id: bytes
    distrust_from: int


@dataclass(eq=False)
class KeyFreezeUnchanged(Refused):
    """The key is frozen, or not frozen, already."""

    agency: bytes
    key_id: bytes
    frozen: bool


@dataclass(eq=False)
class DistrustInFuture(Refused):
    """A key can be distrusted from a past moment only."""

    distrust_from: int
    block_time: int


@dataclass(eq=False)
class AccreditationWindowInvalid(Refused):
    """The accreditation's times are reversed or overlap the last window."""

    start: int
    end: int
    not_before: int


@dataclass(eq=False)
class AccreditationMissing(Refused):
    """The agency is not accredited for the record type."""

    agency: bytes
    record_type: bytes


@dataclass(eq=False)
class TooManyAccreditations(Refused):
    """The agency has had as many accreditations for this type as the ledger keeps."""

    agency: bytes
    record_type: bytes
    limit: int


# Errors of contracts/interfaces/IRecordLedger.sol, in its order.


@dataclass(eq=False)
class RootEmpty(Refused):
    """The root is zero."""


@dataclass(eq=False)
class BatchEmpty(Refused):
    """The batch holds nothing."""


@dataclass(eq=False)
class KindUnknown(Refused):
    """The kind of record is unknown."""

    kind: int


@dataclass(eq=False)
class RootAlreadyAnchored(Refused):
    """The agency anchored this root already."""

    root: bytes
    anchored_at: int


@dataclass(eq=False)
class OrderEmpty(Refused):
    """The order changes nothing."""


@dataclass(eq=False)
class TooManyWords(Refused):
    """The call touches more words than allowed."""

    words: int
    limit: int


@dataclass(eq=False)
class WordOutOfRange(Refused):
    """The word lies outside the status list."""

    word: int


@dataclass(eq=False)
class MaskEmpty(Refused):
    """The mask touches no entry."""

    word: int


@dataclass(eq=False)
class MaskHalfEntry(Refused):
    """The mask touches half an entry."""

    word: int
    mask: int


@dataclass(eq=False)
class StatusFinal(Refused):
    """The record is revoked, and that is final."""

    word: int
    entries: int


@dataclass(eq=False)
class StatusTransitionIllegal(Refused):
    """The status may not change that way."""

    word: int
    entries: int
    from_: int
    to: int


@dataclass(eq=False)
class ReasonOutsideClass(Refused):
    """The reason does not belong to that status."""

    reason: int
    status: int


@dataclass(eq=False)
class EffectiveInFuture(Refused):
    """The change would take effect in the future."""

    effective_at: int
    block_time: int


@dataclass(eq=False)
class EffectiveFromBeginning(Refused):
    """Only an annulment, and every annulment, takes effect from the beginning."""

    reason: int
    effective_at: int


@dataclass(eq=False)
class UntilWithoutSuspension(Refused):
    """Only a suspension has an end."""

    until: int


@dataclass(eq=False)
class UntilNotAfterEffective(Refused):
    """The suspension would end before it takes effect."""

    until: int
    effective_at: int


@dataclass(eq=False)
class CoSignatureRequired(Refused):
    """This needs the signature of a second person."""

    reason: int
    uncosigned: int
    limit: int


@dataclass(eq=False)
class CoSignatureByActor(Refused):
    """The second person is the same as the first."""

    approver: str


@dataclass(eq=False)
class CoSignatureExpired(Refused):
    """The second person's signature is too old."""

    deadline: int
    block_time: int


@dataclass(eq=False)
class CoSignatureInvalid(Refused):
    """The second person's signature does not match the order."""

    approver: str


@dataclass(eq=False)
class CoSignatureUsed(Refused):
    """The second person's signature was used already."""

    approver: str
    nonce: int


# Errors of contracts/interfaces/IRecognitionLedger.sol, in its order.


@dataclass(eq=False)
class PartiesInvalid(Refused):
    """A jurisdiction does not recognise itself, and both must be admitted."""

    from_: bytes
    to: bytes


@dataclass(eq=False)
class PolicyEmpty(Refused):
    """A digest that must be given is zero."""


@dataclass(eq=False)
class LeadTimeTooShort(Refused):
    """The version comes into force too soon after its signature, or before the one it follows."""

    valid_from: int
    earliest: int


@dataclass(eq=False)
class LeadTimeTooLong(Refused):
    """The version comes into force too long after its signature."""

    valid_from: int
    latest: int


@dataclass(eq=False)
class TermTooShort(Refused):
    """The version would be in force for too short a time."""

    span: int
    minimum: int


@dataclass(eq=False)
class NoticeTooShort(Refused):
    """The notice of a termination is shorter than the ledger, or the agreement, allows."""

    notice: int
    minimum: int


@dataclass(eq=False)
class VersionNotGreater(Refused):
    """The version is not greater than the last one."""

    version: int
    last: int


@dataclass(eq=False)
class PolicyMismatch(Refused):
    """The two parties do not speak of the same documents."""

    offered: bytes
    proposed: bytes


@dataclass(eq=False)
class NotParty(Refused):
    """The caller does not speak for the jurisdiction, or the jurisdiction has no say in this."""

    jurisdiction: bytes
    caller: str


@dataclass(eq=False)
class TermsSignatureInvalid(Refused):
    """The other party's signature is not its supervisor's, or not over these terms."""

    signer: str


@dataclass(eq=False)
class SuspensionWithoutLapse(Refused):
    """Every suspension must end."""


@dataclass(eq=False)
class SuspensionTooLong(Refused):
    """The suspension lasts longer than one act may make it."""

    until: int
    latest: int


@dataclass(eq=False)
class ScopeInvalid(Refused):
    """A suspension as a whole names no scope; a narrower one does."""

    scope_kind: int
    scope: bytes


@dataclass(eq=False)
class SuspensionUnknown(Refused):
    """There is no such suspension in effect."""

    index: int


@dataclass(eq=False)
class TooManySuspensions(Refused):
    """More suspensions of one version than the ledger keeps."""

    limit: int


@dataclass(eq=False)
class TooManyScheduled(Refused):
    """More versions are scheduled than the ledger keeps in order."""

    limit: int


@dataclass(eq=False)
class WrongAgreementState(Refused):
    """The version is not in a state that allows this."""

    state: int


# Errors that OpenZeppelin's contracts inside ours declare, and the two that the compiler knows.


@dataclass(eq=False)
class AccessControlUnauthorizedAccount(Refused):
    """The account does not hold the role that this needs."""

    account: str
    needed_role: bytes


@dataclass(eq=False)
class AccessControlBadConfirmation(Refused):
    """A role can be renounced by its holder only."""


@dataclass(eq=False)
class CheckpointUnorderedInsertion(Refused):
    """The block's time lies before the last change of this fact."""


@dataclass(eq=False)
class SafeCastOverflowedUintDowncast(Refused):
    """A number is too large for the ledger."""

    bits: int
    value: int


@dataclass(eq=False)
class InvalidShortString(Refused):
    """A short text of the contract is malformed."""


@dataclass(eq=False)
class StringTooLong(Refused):
    """A text is too long for the contract."""

    str: str


@dataclass(eq=False)
class RevertWithText(Refused):
    """The contract refused with a text of its own."""

    text: str


@dataclass(eq=False)
class ContractPanic(Refused):
    """The contract ran into a defect of its own."""

    code: int


@dataclass(eq=False)
class RevertUnknown(Refused):
    """The contract refused in a way that this version does not know."""

    data: bytes


# Errors of reaching a chain.


@dataclass(eq=False)
class ChainUnavailable(Unavailable):
    """No node of the chain gave a usable answer."""

    reason: str


@dataclass(eq=False)
class NodeStale(ChainUnavailable):
    """No node that answers has the newest block that is known here."""

    block: int


@dataclass(eq=False)
class FinalityUnknown(Unavailable):
    """The node does not say which of its blocks are final."""


@dataclass(eq=False)
class AllowanceTooSmall(Unavailable):
    """Whoever holds the key may never sign so many together: the operator has to raise a limit."""

    purpose: str = ""


@dataclass(eq=False)
class WrongNetwork(Unavailable):
    """The node serves another chain."""

    expected: int
    found: int


@dataclass(eq=False)
class WrongCode(Unavailable):
    """What stands at a contract's address is not that contract."""

    contract: str


@dataclass(eq=False)
class WrongHistory(Unavailable):
    """The chain has another history than the one that the contracts were deployed on."""

    block: int
    expected: bytes
    found: bytes


@dataclass(eq=False)
class RevertUnexplained(Refused):
    """The transaction failed in its block, out of gas or for a reason that is gone."""
