"""Recognition agreements as plain values, judged as the RecognitionLedger contract does.

An agreement says that TO recognises the documents of one record type that FROM issues. Nothing
here says who may act: the contract decided that before it told what happened. Times in Unix
seconds, starts inside and ends outside a window.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, NewType

from eth_hash.auto import keccak

from ledger.values import AgreementState, JurisdictionId, RecordType, Scope

AgreementId = NewType("AgreementId", bytes)
"""keccak256(abi.encode(from, to, recordType)), 32 bytes."""

FINAL_STATES: Final = frozenset(
    (
        AgreementState.WITHDRAWN,
        AgreementState.CANCELLED,
        AgreementState.TERMINATED,
        AgreementState.SUPERSEDED,
        AgreementState.EXPIRED,
    )
)
LIVE_STATES: Final = (
    AgreementState.IN_FORCE,
    AgreementState.SUSPENDED,
    AgreementState.TERMINATING,
)


@dataclass(frozen=True, slots=True)
class Terms:
    """IRecognitionLedger.Terms: what both parties sign. Hashes are SHA-256; `notice` in seconds."""

    source: JurisdictionId
    target: JurisdictionId
    record_type: RecordType
    version: int
    policy_hash: bytes
    bundle_hash: bytes
    valid_from: int
    valid_to: int
    notice: int


@dataclass(frozen=True, slots=True)
class Version:
    """IRecognitionLedger.Agreement and its number. A time of 0 means: never.

    `ended_at` is when it was withdrawn, if it was never signed, or cancelled; `notice_at` when its
    termination was announced.
    """

    number: int
    policy_hash: bytes
    bundle_hash: bytes
    proposer: JurisdictionId
    valid_from: int
    valid_to: int
    notice: int
    proposed_at: int
    signed_at: int = 0
    ended_at: int = 0
    notice_at: int = 0
    terminates_at: int = 0

    def state_at(self, successor_from: int, at: int) -> AgreementState:
        """Return the state by the version's own dates and the next one's begin, 0 for none.

        Of several ends the first counts, so that an end stays. IN_FORCE and TERMINATING do not yet
        regard suspensions.
        """
        if not _is_reached(self.proposed_at, at):
            return AgreementState.UNKNOWN
        is_signed = _is_reached(self.signed_at, at)
        if _is_reached(self.ended_at, at):
            return AgreementState.CANCELLED if is_signed else AgreementState.WITHDRAWN
        if not is_signed:
            return AgreementState.PROPOSED
        if at < self.valid_from:
            return AgreementState.SCHEDULED
        end, ended = self._end(successor_from)
        if at >= end:
            return ended
        is_ending = _is_reached(self.notice_at, at)
        return AgreementState.TERMINATING if is_ending else AgreementState.IN_FORCE

    def _end(self, successor_from: int) -> tuple[int, AgreementState]:
        """Ends at the same second are told in the order TERMINATED, EXPIRED, SUPERSEDED."""
        end, ended = self.valid_to, AgreementState.EXPIRED
        if self.terminates_at and self.terminates_at <= end:
            end, ended = self.terminates_at, AgreementState.TERMINATED
        if successor_from and successor_from < end:
            end, ended = successor_from, AgreementState.SUPERSEDED
        return end, ended


@dataclass(frozen=True, slots=True)
class Suspension:
    """IRecognitionLedger.Suspension: in effect for `start` <= t < `end`.

    `end` moves earlier when it is lifted or replaced. `scope`: 32 bytes, `scope_of` says which; 0
    for `Scope.ALL`.
    """

    start: int
    end: int
    cause: int
    scope_kind: Scope
    scope: bytes

    def is_in_effect(self, at: int) -> bool:
        """Whether `start <= at < end`."""
        return self.start <= at < self.end


class InForce(NamedTuple):
    """The version in force, suspended or terminating at a time, and the suspensions then."""

    version: Version
    state: AgreementState
    suspensions: tuple[Suspension, ...]


@dataclass(frozen=True)
class Agreement:
    """All versions between two parties; `suspensions` by version, in the order of the acts."""

    source: JurisdictionId
    target: JurisdictionId
    record_type: RecordType
    versions: Sequence[Version]
    suspensions: Mapping[int, Sequence[Suspension]] = field(default_factory=dict)

    @property
    def id(self) -> AgreementId:
        """Its name on chain."""
        return agreement_id(self.source, self.target, self.record_type)

    def version(self, number: int) -> Version | None:
        """Return a version; None when there is none of that number."""
        return next((each for each in self.versions if each.number == number), None)

    def state_at(self, number: int, at: int) -> AgreementState:
        """Return a version's state at a past time; at a later one, if nobody acts until then."""
        version = self.version(number)
        if version is None:
            return AgreementState.UNKNOWN
        state = version.state_at(self.successor_from(number), at)
        return _suspended(state, self.suspensions_at(number, at))

    def in_force_at(self, at: int) -> InForce | None:
        """Return the version that is in force, suspended or terminating; None when none is.

        It is the last that has begun: neither numbers nor begins fall in the line of versions.
        """
        begun = bisect_right(self._begins, at)
        if begun == 0:
            return None
        version = self._line[begun - 1]
        successor_from = self._begins[begun] if begun < len(self._begins) else 0
        state = version.state_at(successor_from, at)
        if state not in LIVE_STATES:
            return None
        suspensions = self.suspensions_at(version.number, at)
        return InForce(version, _suspended(state, suspensions), suspensions)

    def suspensions_at(self, number: int, at: int) -> tuple[Suspension, ...]:
        """Return the suspensions of a version in effect at a time, in the order of the acts."""
        acts = self.suspensions.get(number)
        return tuple(each for each in acts if each.is_in_effect(at)) if acts else ()

    @cached_property
    def _line(self) -> tuple[Version, ...]:
        """The versions that both signed and nobody cancelled, by number."""
        signed = (each for each in self.versions if each.signed_at and not each.ended_at)
        return tuple(sorted(signed, key=lambda version: version.number))

    @cached_property
    def _begins(self) -> tuple[int, ...]:
        return tuple(version.valid_from for version in self._line)

    def successor_from(self, number: int) -> int:
        """Return when the next version in the line begins; 0 where there is none."""
        return next((each.valid_from for each in self._line if each.number > number), 0)


def _suspended(state: AgreementState, suspensions: Iterable[Suspension]) -> AgreementState:
    """What a state is under the suspensions in effect: one as a whole hides those that hold."""
    if state not in (AgreementState.IN_FORCE, AgreementState.TERMINATING):
        return state
    is_whole = any(each.scope_kind is Scope.ALL for each in suspensions)
    return AgreementState.SUSPENDED if is_whole else state


def agreement_id(
    source: JurisdictionId, target: JurisdictionId, record_type: RecordType
) -> AgreementId:
    """Return an agreement's id, as IRecognitionLedger.agreementId does; each part is a word."""
    return AgreementId(keccak(source + target + record_type))


def scope_of(name: str) -> bytes:
    """Return the scope that names a grade, such as "2", or a port: keccak256 of its UTF-8.

    A key and an agency are named by their ids; the key of a foreign certificate by the SHA-256 of
    its DER, of which its kid is the beginning.
    """
    return keccak(name.encode())


def _is_reached(time: int, at: int) -> bool:
    return time != 0 and at >= time
