"""Decision documents: the written decision behind each change of a licence's status.

One that a person words is signed before the change and stored in its transaction. A change that
came without (a successor supersedes, a suspension ends, an order whose reason needs no wording) is
documented by its facts once it is on chain, so that a key out of reach never holds a change up.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from api.services.issuers import Issuers
from api.services.sign_ins import Roles
from api.store.changes import ChangeRow, ChangeStore
from api.store.records import RecordRow, RecordStore, RecordUnknown
from ledger.errors import AgencyNotActive, Unavailable
from ledger.licences.decisions import (
    Decision,
    Wording,
    parse_decision,
    sign_decisions,
    standard_wording,
)
from ledger.values import Address, AgencyId, Digest, RecordKind, Status

DECISIONS_A_STEP: Final = 200
DECISIONS_A_LOT: Final = 500


class Decisions:
    """Signs decisions with the agency's document key, and gives them to its people."""

    def __init__(
        self,
        records: RecordStore,
        issuers: Issuers,
        roles: Roles,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._records = records
        self._roles = roles
        self._writer = DecisionWriter(issuers, clock, randomness)

    def write(self, change: ChangeRow, wording: Wording | None) -> RecordRow | None:
        """Return the record of a change's decision, to be stored with it; None without wording.

        Raises:
            AgencyUnknown, AgencyNotActive, SigningKeyMissing: as `Issuers`.
        """
        return None if wording is None else self._writer.write(change, wording)

    def write_all(self, changes: Sequence[ChangeRow], wording: Wording) -> list[RecordRow]:
        """Return the records of the decisions of one agency's changes, one at least, in order.

        Raises as `write`.
        """
        return self._writer.write_all(changes, wording)

    def get(self, digest: Digest, by: Address) -> RecordRow:
        """Return a decision; raise `RecordUnknown`, or `RoleMissing` for a foreign agency's."""
        row = self._records.get(digest)
        if row.kind is not RecordKind.DECISION:
            raise RecordUnknown(digest)
        self._roles.require_any(by, row.agency)
        return row


class DecisionWriter:
    """Makes the signed record of a change's decision; stores nothing."""

    def __init__(
        self,
        issuers: Issuers,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._issuers = issuers
        self._clock = clock
        self._randomness = randomness

    def write(self, change: ChangeRow, wording: Wording) -> RecordRow:
        """Return the signed decision about the licence of `change`; raise as `Issuers`."""
        (record,) = self.write_all([change], wording)
        return record

    def write_all(self, changes: Sequence[ChangeRow], wording: Wording) -> list[RecordRow]:
        """Return the signed decisions about one agency's licences, one at least.

        Raises as `Issuers`. They are signed `DECISIONS_A_LOT` at a time, as one question to whoever
        holds the key.
        """
        now, agency = self._clock(), changes[0].agency
        issuer = self._issuers.for_decisions(agency)
        tokens = [
            token
            for start in range(0, len(changes), DECISIONS_A_LOT)
            for token in sign_decisions(
                [_decision(each, wording) for each in changes[start : start + DECISIONS_A_LOT]],
                issuer,
                self._randomness,
                issued_at=now,
            )
        ]
        digests = (parse_decision(token).digest for token in tokens)
        return [
            RecordRow(digest, agency, RecordKind.DECISION, token, now)
            for digest, token in zip(digests, tokens, strict=True)
        ]


def _decision(change: ChangeRow, wording: Wording) -> Decision:
    return Decision(
        target=change.digest,
        status=change.status,
        reason=change.reason,
        effective_at=change.effective_at,
        number=wording.number,
        legal_basis=wording.legal_basis,
        text=wording.text,
        appeal=wording.appeal,
        until=change.until,
        successor=change.waits_for if change.status is Status.SUPERSEDED else None,
    )


class Writer(Protocol):
    """Whoever signs decisions."""

    def write(self, change: ChangeRow, wording: Wording) -> RecordRow:
        """See `DecisionWriter`."""


class LateDecisions:
    """Writes the decisions of changes that came without one, once they are on chain."""

    def __init__(self, changes: ChangeStore, writer: Writer) -> None:
        self._changes = changes
        self._writer = writer

    def step(self) -> int:
        """Write what can be written; return how many. An agency without a key waits for it."""
        written = 0
        waiting: set[AgencyId] = set()
        for change in self._changes.undecided(DECISIONS_A_STEP):
            if change.agency in waiting:
                continue
            try:
                record = self._writer.write(change, standard_wording(change.reason))
            except (AgencyNotActive, Unavailable):
                waiting.add(change.agency)
            else:
                written += self._changes.decide(change.id, record)
        return written
