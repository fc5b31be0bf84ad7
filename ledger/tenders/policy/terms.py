"""What the contract takes of a policy: seconds, counts and flags, named by their hash."""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from typing import Any, Final

from eth_hash.auto import keccak

from ledger.errors import Refused
from ledger.tenders.policy.document import TenderPolicy

DAY: Final = 86_400
_GREATEST: Final = (*(2**40 - 1,) * 6, *(2**32 - 1,) * 8, *(2**16 - 1,) * 2, *(2**8 - 1,) * 2)


@dataclass(eq=False)
class TermsUnencodable(Refused):
    """A number of the policy does not fit the contract."""


@dataclass(frozen=True, slots=True)
class Range:
    """ITenderLedger.Range: seconds, both inside."""

    least: int
    most: int

    def holds(self, seconds: int) -> bool:
        """Whether a length lies inside."""
        return self.least <= seconds <= self.most


@dataclass(frozen=True, slots=True)
class Terms:
    """ITenderLedger.Policy, member by member; times in seconds."""

    min_submission: int
    min_amendment: int
    min_notice: int
    objection_lead: int
    answer_within: int
    longest_suspension: int
    list: Range
    disclose: Range
    release: Range
    fallback: Range
    min_bids: int
    min_disclosed: int
    min_trustees: int
    min_threshold: int
    drops_stale_bids: bool
    takes_bids_while_suspended: bool
    needs_mailbox: bool
    needs_bond_authority: bool
    complaint_blocks_award: bool

    @property
    def id(self) -> bytes:
        """keccak256(abi.encode(policy)), 32 bytes; raise `TermsUnencodable`."""
        words = _flat(astuple(self))
        for value, most in zip(words, _GREATEST, strict=False):  # flags always fit
            if not 0 <= value <= most:
                raise TermsUnencodable
        return keccak(b"".join(value.to_bytes(32) for value in words))


def terms_of(policy: TenderPolicy) -> Terms:
    """Return what the contract enforces of a policy; 0 where the policy says nothing.

    A day is 86,400 seconds, whatever its kind: never laxer than calendar days, and the service
    adds what holidays add. An objection's lead is one day less: it may come until 24:00 of the day
    so many days before, which the contract must not cut off at the deadline's time of day.
    """
    lead = _seconds(policy, "objectionLead")
    windows = {name: Range(each.least, each.most) for name, each in policy.windows.items()}
    flags = policy.flags
    return Terms(
        min_submission=_seconds(policy, "submission"),
        min_amendment=_seconds(policy, "amendment"),
        min_notice=_seconds(policy, "notice"),
        objection_lead=max(0, lead - DAY),
        answer_within=_seconds(policy, "objectionAnswer"),
        longest_suspension=_seconds(policy, "suspension"),
        list=windows["list"],
        disclose=windows["disclose"],
        release=windows["release"],
        fallback=windows["fallback"],
        min_bids=policy.counts["bids"],
        min_disclosed=policy.counts["disclosed"],
        min_trustees=policy.counts["trustees"],
        min_threshold=policy.counts["threshold"],
        drops_stale_bids=flags.drops_stale_bids,
        takes_bids_while_suspended=flags.takes_bids_while_suspended,
        needs_mailbox=flags.needs_mailbox,
        needs_bond_authority=flags.needs_bond_authority,
        complaint_blocks_award=flags.complaint_blocks_award,
    )


def _seconds(policy: TenderPolicy, period: str) -> int:
    found = policy.periods.get(period)
    return 0 if found is None else found.days * DAY


def _flat(values: Iterable[Any]) -> list[int]:
    """Static members are encoded in line, also those of a struct inside."""
    flat: list[int] = []
    for value in values:
        flat += _flat(value) if isinstance(value, tuple) else [int(value)]
    return flat
