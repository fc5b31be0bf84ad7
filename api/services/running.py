"""One turn at a job: its upload, opened; its lots on their way to the builders; its claim, kept."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.services.builders import Answer, Builders
from api.services.building import Brief, Known, Lot, Outcome, Task
from api.services.intents import Intents
from api.services.issuers import Issuers
from api.services.sign_ins import Roles
from api.services.uploads import RawRow, RowError, decoded, encoding_of, open_sheet
from api.store.bulk import BulkStore
from api.store.indices import IndexStore
from api.store.jobs import JobRow, JobStore
from api.store.licences import LicenceStore
from api.store.turns import TurnStore
from ledger.errors import Unavailable
from ledger.licences.catalogue import Catalogue, LicenceType
from ledger.licences.issuance import Issuer
from ledger.values import Role

CLAIM_SECONDS: Final = 10
"""How long a job stays with a process that says nothing (proposed)."""
BEAT_SECONDS: Final = 2
"""How often a process says that it goes on, and looks whether it still should (proposed)."""
MOST_BATCH_ROWS: Final = 10_000
"""Rows of one transaction; greater batches for the chain would only take more memory."""
LOT_ROWS: Final = 500
"""Most rows that go to a builder together."""
LOT_CHARACTERS: Final = 2**20
"""Characters at which a lot ends, however few its rows: one row may have 65,536 (proposed)."""


class Stopped(Exception):
    """The process is to end; the job waits for another."""


@dataclass(eq=False)
class KeyChanged(Unavailable):
    """The agency signs with another key by now; what was signed and not stored is signed anew."""

    agency: bytes


@dataclass(frozen=True, slots=True)
class Ports:
    """What running a job needs from outside; `reach` is told of each point that a turn passes."""

    turns: TurnStore
    jobs: JobStore
    bulk: BulkStore
    licences: LicenceStore
    indices: IndexStore
    issuers: Issuers
    roles: Roles
    catalogue: Catalogue
    intents: Intents
    builders: Builders
    clock: Callable[[], int]
    randomness: Callable[[int], bytes]
    is_stopping: Callable[[], bool] = lambda: False
    reach: Callable[[str], None] = lambda _point: None
    batch_rows: int = MOST_BATCH_ROWS


class Work:
    """The upload of one job in the hands of one process, for one turn."""

    def __init__(self, ports: Ports, turn: JobRow) -> None:
        """Open the upload.

        Raises:
            EncodingUnknown, UploadMalformed: for an upload that cannot be read.
            RoleMissing and the errors of `Issuers`: when the right to issue is gone.
            Stopped, TurnLost, CancelAsked: when the turn is over.
        """
        self.ports = ports
        self.turn = turn
        self.type: LicenceType = ports.catalogue.get(turn.type_id)
        issuer = self.authorised()
        self._key = issuer.signer.public_key
        self._said_at = ports.clock()
        self._encoding = encoding_of(self._pieces, turn.charset)
        self.reopen()
        brief = Brief(turn.type_id, self.sheet.heading, issuer.agency, issuer.base_url)
        ports.builders.open(brief, issuer.signer)

    def reopen(self) -> None:
        """Have the rows from the first one on again."""
        media_type = self.turn.media_type
        text = decoded(self._pieces(), self._encoding, media_type)
        self.sheet = open_sheet(self.type, media_type, text)

    def authorised(self) -> Issuer:
        """Return who issues; raise unless account and agency still may, as the ledger has it."""
        self.ports.roles.require(self.turn.requested_by, self.turn.agency, Role.ISSUER)
        return self.ports.issuers.for_type(self.turn.agency, self.type)

    def authorise_key(self) -> None:
        """Raise as `authorised`, and `KeyChanged` when the builders sign with another key."""
        if self.authorised().signer.public_key != self._key:
            raise KeyChanged(self.turn.agency)

    def known(self, rows: Sequence[RawRow]) -> Mapping[str, Known]:
        """Return what the agency issued before under external ids of these rows."""
        ids = [row.external_id for row in rows if row.external_id is not None]
        taken = self.ports.bulk.taken_ids(self.turn.agency, ids)
        if not taken:
            return {}
        found = self.ports.licences.by_external_ids(self.turn.agency, taken)
        return {
            name: Known(row.type_id, row.licence_id, row.digest, row.document)
            for name, row in found.items()
        }

    def outcomes(
        self, task: Task, lots: Iterable[Lot], ahead: int, **progress: Callable[[], int]
    ) -> Iterator[tuple[Lot, Outcome]]:
        """Yield lots and what became of them, in order, `ahead` of them in the making.

        `progress` are columns of the job to write whenever the turn is kept.
        """
        coming: deque[tuple[Lot, Answer]] = deque()
        try:
            for lot in lots:
                self._beat(progress)  # some builders only answer when they are through
                coming.append((lot, self.ports.builders.submit(task, lot)))
                if len(coming) > ahead:
                    yield self._next(coming, progress)
            while coming:
                yield self._next(coming, progress)
        finally:
            for _, answer in coming:
                answer.cancel()

    def outcome(self, task: Task, lot: Lot) -> Outcome:
        """Return what becomes of one lot."""
        ((_, outcome),) = self.outcomes(task, [lot], 0)
        return outcome

    def keep(self, **values: Any) -> None:
        """Say that the turn goes on, and write columns of the job; raise as `TurnStore.go_on`."""
        self._said_at = self.ports.clock()
        self.ports.turns.go_on(self.turn, self.until(), **values)

    def until(self) -> int:
        """Return when the turn ends unless this process says that it goes on."""
        return self.ports.clock() + CLAIM_SECONDS

    def _next(
        self,
        coming: deque[tuple[Lot, Answer]],
        progress: Mapping[str, Callable[[], int]],
    ) -> tuple[Lot, Outcome]:
        lot, answer = coming[0]
        while True:
            self._beat(progress)
            try:
                outcome = answer.result(BEAT_SECONDS)
            except TimeoutError:
                continue
            coming.popleft()
            return lot, outcome

    def _beat(self, progress: Mapping[str, Callable[[], int]]) -> None:
        """Keep the turn when it is time to; raise `Stopped` when the process is to end."""
        if self.ports.is_stopping():
            raise Stopped
        if self.ports.clock() - self._said_at >= BEAT_SECONDS:
            self.keep(**{name: value() for name, value in progress.items()})

    def _pieces(self) -> Iterator[bytes]:
        for piece in self.ports.jobs.chunks(self.turn.id):
            self._beat({})  # a GiB takes longer to read than a turn may be silent
            yield piece


def in_lots(rows: Iterable[RawRow | RowError], most: int) -> Iterator[list[RawRow | RowError]]:
    """Yield rows in lists of `most`, or of as few as reach `LOT_CHARACTERS`."""
    lot: list[RawRow | RowError] = []
    characters = 0
    for row in rows:
        lot.append(row)
        characters += row.characters if isinstance(row, RawRow) else 0
        if len(lot) == most or characters >= LOT_CHARACTERS:
            yield lot
            lot, characters = [], 0
    if lot:
        yield lot
