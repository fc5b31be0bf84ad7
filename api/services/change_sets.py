"""Changing many licences by one order: previewed, approved by a second person or confirmed, sent.

A preview fixes everything: which licences, the exact calls, what a second person signs. Later
nothing is recomputed; where a licence has moved since, nothing is sent.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import orjson

from api.services.decisions import Decisions
from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.packing import UNCOSIGNED_LIMIT
from api.services.previews import (
    ChangeSetView,
    changes_of,
    counts_of,
    needs_cosignature,
    orders_of,
    with_parts,
)
from api.services.renewal import Entries
from api.services.second_person import LiveContracts, SecondPerson
from api.services.sign_ins import Roles
from api.services.status import StatusRequest, times_of
from api.store.change_sets import (
    ChangeSet,
    ChangeSetSettled,
    ChangeSetStore,
    Outcome,
    RowPage,
    SetCounts,
    SetRow,
)
from api.store.records import RecordUnknown
from api.store.selections import Candidate, Selection, SelectionStore
from ledger.errors import CoSignatureRequired, LedgerError, Refused
from ledger.licences.catalogue import Catalogue
from ledger.licences.decisions import Wording, check_wording
from ledger.licences.lifecycle import check_transition
from ledger.licences.reasons import RESTORED
from ledger.typed_data import (
    CoSignature,
    co_signature_digest,
    co_signature_typed_data,
)
from ledger.values import Address, AgencyId, LedgerRef, Role, Status

MOST_LICENCES: Final = 20_000
"""Licences in one set (proposed): its changes are stored in one transaction."""
EXPIRY_SECONDS: Final = 3 * 86_400
"""How long a second person has to approve (proposed)."""
SENDING_SECONDS: Final = 3 * 86_400
"""How long its calls may wait for the chain beyond that (proposed)."""
SAMPLE: Final = 20
MOST_ROWS: Final = 1000
"""Most rows of one page."""
ID_BYTES: Final = 16
_NONCE_BYTES: Final = 31
_NONCE_SHIFT: Final = 8  # a set's calls share one word of the approver's bitmap


@dataclass(eq=False)
class ChangeSetEmpty(Refused):
    """No licence of the set may be changed so."""


@dataclass(eq=False)
class ChangeSetExpired(Refused):
    """The preview is too old to be carried out. Preview it anew."""

    expires_at: int


@dataclass(eq=False)
class ReasonNotForSets(Refused):
    """This reason looks at each licence's successor. Change the licences one by one."""

    reason: int


@dataclass(eq=False)
class SignaturesMissing(Refused):
    """There must be one signature for each call, in their order."""

    wanted: int
    given: int


class ChangeSets:
    """Sets of changes for accounts that are REGISTRAR of the licences' agency."""

    def __init__(  # noqa: PLR0913  # ports, each named
        self,
        *,
        store: ChangeSetStore,
        licences: SelectionStore,
        entries: Entries,
        issuers: Issuers,
        roles: Roles,
        catalogue: Catalogue,
        second_person: SecondPerson,
        decisions: Decisions,
        live: LiveContracts,
        ledger: LedgerRef,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._licences = licences
        self._entries = entries
        self._issuers = issuers
        self._roles = roles
        self._catalogue = catalogue
        self._second_person = second_person
        self._decisions = decisions
        self._live = live
        self._ledger = ledger
        self._clock = clock
        self._randomness = randomness

    def preview(
        self,
        agency: AgencyId,
        wanted: Selection,
        request: StatusRequest,
        by: Address,
        keep: Keep[ChangeSetView] | None = None,
    ) -> ChangeSetView:
        """Store which licences an order would change and which not, and why; change nothing.

        Raises:
            RoleMissing, AgencyUnknown, AgencyNotActive: as things stand.
            TooManyLicences: for more than `MOST_LICENCES`.
            ReasonNotForSets: for 205.
            The errors of `ledger.licences.lifecycle`: for an unlawful reason or time.
            DecisionIncomplete: where the law asks for a written decision.
            Unavailable: when no node tells how much was revoked lately.
        """
        self._roles.require(by, agency, Role.REGISTRAR)
        self._issuers.active(agency)
        now = self._clock()
        effective_at, until = times_of(request, now)
        if request.reason == RESTORED:
            raise ReasonNotForSets(request.reason)
        check_wording(request.reason, request.wording)
        rows = self._rows(agency, wanted, request, now)
        expires_at = now + EXPIRY_SECONDS
        drawn = int.from_bytes(self._randomness(_NONCE_BYTES))
        made = ChangeSet(
            id=self._randomness(ID_BYTES),
            agency=agency,
            requested_by=by,
            requested_at=now,
            expires_at=expires_at,
            status=request.status,
            reason=request.reason,
            effective_at=effective_at,
            until=until,
            nonce=drawn << _NONCE_SHIFT,
            deadline=max(expires_at, effective_at) + SENDING_SECONDS,
            parts=len({row.part for row in rows if row.part is not None}),
            digest=b"",
            uncosigned=self._uncosigned(agency, request.status, now),
            wording=_spelt(request.wording),
        )
        made = replace(made, digest=self._digest(made, rows))
        view = self._view(made, counts_of(rows), rows[:SAMPLE], now)
        self._store.add(made, rows, None if keep is None else keep(view))
        return view

    def get(self, id_: bytes, by: Address) -> ChangeSetView:
        """Return a set and how far it is; raise `ChangeSetUnknown`, `RoleMissing`."""
        made = self._permitted(id_, by)
        sample = self._store.page(id_, None, SAMPLE).rows
        return self._view(made, self._store.counts(id_), sample, self._clock())

    def rows(
        self, id_: bytes, by: Address, cursor: str | None, limit: int, *, refused: bool | None
    ) -> RowPage:
        """Return a page of a set's rows; raise as `get`, and `CursorMalformed`."""
        self._permitted(id_, by)
        return self._store.page(id_, cursor, min(limit, MOST_ROWS), refused=refused)

    def typed_data(self, id_: bytes, by: Address) -> list[dict[str, Any]]:
        """Return what an APPROVER signs, one EIP-712 message a call, in order; raise as `get`."""
        made = self._permitted(id_, by)
        return [
            co_signature_typed_data(self._ledger, order, made.nonce + part, made.deadline)
            for part, order in enumerate(orders_of(made, self._store.accepted(id_)))
        ]

    def confirm(
        self, id_: bytes, by: Address, keep: Keep[ChangeSetView] | None = None
    ) -> ChangeSetView:
        """Carry a set out that needs no second person.

        Raises:
            ChangeSetUnknown, RoleMissing, AgencyNotActive: as things stand.
            ChangeSetSettled, ChangeSetExpired, ChangeSetEmpty: when it cannot be carried out.
            CoSignatureRequired: when a second person must approve it.
            ChangeSetStale: when licences changed since; nothing is sent.
            SigningKeyMissing: when its decisions are worded and nobody can sign them.
        """
        made = self._store.get(id_)
        self._roles.require(by, made.agency, Role.REGISTRAR)
        view = self._open(made)
        recent = self._uncosigned(made.agency, made.status, view.now)
        if needs_cosignature(replace(made, uncosigned=recent), view.size):
            total = recent + view.size
            raise CoSignatureRequired(made.reason, total, UNCOSIGNED_LIMIT)
        return self._carry_out(self._settled(view, Outcome.CONFIRMED, by, None), None, keep)

    def approve(
        self,
        id_: bytes,
        approver: Address,
        signatures: Sequence[bytes],
        by: Address,
        keep: Keep[ChangeSetView] | None = None,
    ) -> ChangeSetView:
        """Carry a set out that a second person signed; `signatures` as `typed_data` has the calls.

        Raises as `confirm`, `CoSignatureRequired` apart, and:
            SignaturesMissing: unless there is one signature a call.
            CoSignatureByActor, CoSignatureInvalid, Unavailable: as `SecondPerson.check`.
        """
        made = self._permitted(id_, by)
        view = self._open(made)
        if len(signatures) != made.parts:
            raise SignaturesMissing(made.parts, len(signatures))
        signed = [
            CoSignature(approver, made.nonce + part, made.deadline, signature)
            for part, signature in enumerate(signatures)
        ]
        sent_at = max(view.now, made.effective_at)
        orders = orders_of(made, self._store.accepted(id_))
        for order, each in zip(orders, signed, strict=True):
            self._second_person.check(order, each, made.requested_by, sent_at)
        return self._carry_out(self._settled(view, Outcome.CONFIRMED, by, approver), signed, keep)

    def withdraw(
        self, id_: bytes, by: Address, keep: Keep[ChangeSetView] | None = None
    ) -> ChangeSetView:
        """Let a set never be carried out; raise as `get`, and `ChangeSetSettled`."""
        made = self._store.get(id_)
        self._roles.require(by, made.agency, Role.REGISTRAR)
        view = self.get(id_, by)
        done = self._settled(view, Outcome.WITHDRAWN, by, None)
        self._store.withdraw(done.row, None if keep is None else keep(done))
        return done

    def _carry_out(
        self,
        done: ChangeSetView,
        signed: Sequence[CoSignature] | None,
        keep: Keep[ChangeSetView] | None,
    ) -> ChangeSetView:
        """Store what `done` says; decisions are signed before, so that no lock waits for a key.

        What went stale is refused before a key is asked for thousands of signatures.
        """
        self._store.require_as_previewed(done.row.id, done.now)
        made = changes_of(done.row, self._store.accepted(done.row.id), signed)
        wording = _read(done.row.wording)
        decisions = [] if wording is None else self._decisions.write_all(made, wording)
        if decisions:
            pairs = zip(made, decisions, strict=True)
            made = [replace(change, decision=record.digest) for change, record in pairs]
        self._store.carry_out(done.row, made, decisions, None if keep is None else keep(done))
        return done

    @staticmethod
    def _settled(
        view: ChangeSetView, outcome: Outcome, by: Address, approver: Address | None
    ) -> ChangeSetView:
        settled = replace(
            view.row, outcome=outcome, settled_at=view.now, settled_by=by, approver=approver
        )
        waiting: dict[tuple[str | None, str | None], int] = {}
        if outcome is Outcome.CONFIRMED:
            waiting[None, None] = view.size
        return replace(view, row=settled, counts=replace(view.counts, by_state=waiting))

    def _open(self, made: ChangeSet) -> ChangeSetView:
        """Return a set that may be carried out now, so far as it can be told before doing it."""
        self._roles.require(made.requested_by, made.agency, Role.REGISTRAR)
        self._issuers.active(made.agency)
        if made.outcome is not None:
            raise ChangeSetSettled(made.outcome)  # before a single decision of it is signed
        view = self.get(made.id, made.requested_by)
        if view.now >= made.expires_at:
            raise ChangeSetExpired(made.expires_at)
        if view.size == 0:
            raise ChangeSetEmpty
        return view

    def _permitted(self, id_: bytes, by: Address) -> ChangeSet:
        made = self._store.get(id_)
        self._roles.require_any(by, made.agency)
        return made

    def _view(
        self, made: ChangeSet, counts: SetCounts, sample: Sequence[SetRow], now: int
    ) -> ChangeSetView:
        size = sum(counts.by_present.values())
        return ChangeSetView(made, counts, tuple(sample), needs_cosignature(made, size), now)

    def _uncosigned(self, agency: AgencyId, status: Status, now: int) -> int:
        if status is not Status.REVOKED:
            return 0
        unsent = self._store.unsent_revocations(agency, now)
        return self._live.uncosigned_revocations(agency, now) + unsent

    def _rows(
        self, agency: AgencyId, wanted: Selection, request: StatusRequest, now: int
    ) -> list[SetRow]:
        found, unknown = self._licences.find(agency, wanted, MOST_LICENCES)
        busy = self._store.pending(agency, now)
        rows = []
        for each in found:
            present = self._entries.status(agency, each.list, each.index)
            if wanted.present and present not in wanted.present:
                continue
            refusal = (
                "ChangePending" if each.digest in busy else self._refusal(each, present, request)
            )
            rows.append(
                SetRow(each.name, each.digest, each.list, each.index, present, None, refusal)
            )
        absent = [SetRow(name, refusal=RecordUnknown.__name__) for name in unknown]
        return with_parts(rows) + absent

    def _refusal(self, each: Candidate, present: Status, request: StatusRequest) -> str | None:
        try:
            self._catalogue.get(each.type_id).check_reason(request.reason)
            check_transition(each.index, present, request.status, request.reason)
        except LedgerError as error:
            return type(error).__name__
        return None

    def _digest(self, made: ChangeSet, rows: Iterable[SetRow]) -> bytes:
        """Return the SHA-256 over what a second person signs of every call."""
        parts = (
            co_signature_digest(self._ledger, order, made.nonce + part, made.deadline)
            for part, order in enumerate(orders_of(made, rows))
        )
        return hashlib.sha256(b"".join(parts)).digest()


def _spelt(wording: Wording | None) -> str | None:
    return None if wording is None else orjson.dumps(asdict(wording)).decode()


def _read(text: str | None) -> Wording | None:
    return None if text is None else Wording(**orjson.loads(text))
