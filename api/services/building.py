"""Checking and signing the rows of an upload, lot by lot, in whatever process that happens.

Nothing is imported here that needs the database: a process that only signs stays small.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from api.services import job_results
from api.services.uploads import Entry, Interpreter, RawRow, RowError
from api.store.made import Made
from ledger.authority import Agency
from ledger.keys import Signer
from ledger.licences.catalogue import Catalogue, HolderKind
from ledger.licences.issuance import Draft, Issuer, Unsigned, is_made_of, prepare
from ledger.licences.sd_jwt import parse
from ledger.values import Digest


class Known(NamedTuple):
    """A licence that was issued earlier under an external id of the upload."""

    type_id: str
    licence_id: str
    digest: Digest
    document: str


@dataclass(frozen=True, slots=True)
class Brief:
    """What the lots of one upload have in common."""

    type_id: str
    heading: tuple[str, ...]
    agency: Agency
    base_url: str


@dataclass(frozen=True, slots=True)
class Lot:
    """Rows that go together; each row that is not `known` has a serial and a status place."""

    rows: Sequence[RawRow]
    known: Mapping[str, Known]
    serials: Sequence[str] = ()
    places: Sequence[tuple[int, int]] = ()
    issued_at: int = 0


class Task(StrEnum):
    """What is to be done with a lot."""

    CHECK = "check"
    BUILD = "build"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a lot: faults, licences in the order of rows, repeats, lines of the result."""

    faults: list[RowError] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    repeated: int = 0
    result: str = ""


class Builder:
    """Checks and builds lots of one upload."""

    def __init__(
        self,
        brief: Brief,
        signer: Signer,
        catalogue: Catalogue,
        randomness: Callable[[int], bytes],
    ) -> None:
        self._type = catalogue.get(brief.type_id)
        self._issuer = Issuer(brief.agency, brief.base_url, signer)
        self._interpreter = Interpreter(self._type, brief.heading)
        self._is_named = self._type.holder is HolderKind.ORGANISATION
        self._randomness = randomness
        self._tasks: Final = {Task.CHECK: self.check, Task.BUILD: self.build}

    def do(self, task: Task, lot: Lot) -> Outcome:
        """Do one or the other."""
        return self._tasks[task](lot)

    def check(self, lot: Lot) -> Outcome:
        """Return every fault of every row, and how many rows were issued before."""
        faults: list[RowError] = []
        repeated = 0
        for raw in lot.rows:
            entry = self._interpreter.judge(raw)
            faults += entry.faults
            known = None if entry.faults else lot.known.get(raw.external_id or "")
            if known is None:
                continue
            if self._is_repeat(known, entry.fields):
                repeated += 1
            else:
                faults.append(self._interpreter.taken(raw.number))
        return Outcome(faults, [], repeated)

    def build(self, lot: Lot) -> Outcome:
        """Return the licences of rows that were checked; a fault where one was taken since.

        They are signed together. Raises what `ledger.licences.issuance.prepare` and the signer
        raise.
        """
        entries = [(raw, self._interpreter.read(raw)) for raw in lot.rows]
        fresh = [entry for raw, entry in entries if (raw.external_id or "") not in lot.known]
        made = iter(self._make_all(fresh, lot))
        outcome = Outcome()
        lines: list[str] = []
        repeated = 0
        for raw, entry in entries:
            known = lot.known.get(raw.external_id or "")
            if known is None:
                outcome.made.append(licence := next(made))
                lines.append(_line(raw, job_results.ISSUED, licence))
            elif self._is_repeat(known, entry.fields):
                repeated += 1
                lines.append(_line(raw, job_results.REPEATED, known))
            else:
                outcome.faults.append(self._interpreter.taken(raw.number))
        return Outcome(outcome.faults, outcome.made, repeated, "".join(lines))

    def _make_all(self, entries: Sequence[Entry], lot: Lot) -> list[Made]:
        numbered = zip(entries, lot.serials, lot.places, strict=True)
        unsigned = [
            self._prepare(entry, serial, place, lot.issued_at) for entry, serial, place in numbered
        ]
        signatures = self._issuer.signer.sign_all([each.message for each in unsigned])
        signed = zip(entries, unsigned, signatures, strict=True)
        return [self._made(entry, each, signature) for entry, each, signature in signed]

    def _prepare(self, entry: Entry, serial: str, place: tuple[int, int], now: int) -> Unsigned:
        list_, index = place
        draft = Draft(self._type, entry.fields, serial, list_, index, now)
        return prepare(draft, self._issuer, self._randomness)

    def _made(self, entry: Entry, unsigned: Unsigned, signature: bytes) -> Made:
        licence, draft = unsigned.signed(signature), unsigned.draft
        return Made(
            licence.digest,
            licence.document,
            licence.licence_id,
            draft.serial,
            entry.external_id,
            licence.list,
            licence.index,
            licence.nbf,
            licence.exp,
            draft.issued_at,
            entry.fields["holder_name"] if self._is_named else None,
        )

    def _is_repeat(self, known: Known, fields: Mapping[str, Any]) -> bool:
        claims = parse(known.document).claims
        return known.type_id == self._type.id and is_made_of(claims, self._type, fields)


def _line(raw: RawRow, outcome: str, licence: Made | Known) -> str:
    return job_results.licence_line(
        raw.number, raw.external_id, outcome, licence.licence_id, licence.digest
    )
