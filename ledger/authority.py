"""Agencies and document keys as plain values, judged as the Authority contract does."""

from dataclasses import dataclass

from ledger.keys import PublicKey
from ledger.values import AgencyId, AgencyStatus, KeyState, KeyUsage


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency as the ledger knows it; `jurisdiction` is the code, such as "CN-GD"."""

    id: AgencyId
    jurisdiction: str
    code: str
    name: str
    status: AgencyStatus


@dataclass(frozen=True, slots=True)
class DocumentKey:
    """A document key that an agency announced; times in Unix seconds.

    `distrust_from` is 0 unless the key is compromised; `frozen` tells about the moment of reading.
    """

    public_key: PublicKey
    usage: KeyUsage
    announced_at: int
    sign_from: int
    sign_until: int
    verify_until: int
    distrust_from: int = 0
    frozen: bool = False

    def state_at(self, at: int) -> KeyState:
        """Return the state at a time by windows and compromise; freezes are told by `frozen` alone.

        A compromise counts from `distrust_from` on, so what was anchored before it stands
        (IAuthority.keyAt).
        """
        if at < self.announced_at:
            return KeyState.UNKNOWN
        if self.distrust_from and at >= self.distrust_from:
            return KeyState.COMPROMISED
        if at >= self.verify_until:
            return KeyState.EXPIRED
        if at >= self.sign_until:  # before `sign_from` too, where a key was retired early
            return KeyState.RETIRING
        return KeyState.ACTIVE if at >= self.sign_from else KeyState.ANNOUNCED
