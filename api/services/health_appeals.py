"""Appeals 申诉 against what a gate decided: a scan number in, a written answer out, in time.

Of the code nothing was kept, so who appeals shows it to the officer once more, and the officer's
tool judges it by the versions that the row cites. What comes here is the answer: it has to say of
the scan what the scan says, and of an overturned refusal which new pass was given. Then the
agency's key signs it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.idempotency import Keep
from api.services.issuers import Issuers
from api.services.policies import CitedPolicies
from api.services.sign_ins import Roles
from api.store.health_appeals import (
    AnswerRow,
    AppealAnswered,
    AppealRow,
    AppealStore,
    SignedAnswer,
)
from api.store.health_passes import PassStore
from api.store.health_scans import ScanStore
from api.store.records import RecordUnknown
from ledger.health import appeals, scans
from ledger.health.appeals import Answer, Appeal, AppealRefused, Judgement
from ledger.values import Address, AgencyId, Digest, KeyUsage, Role

KEPT_SECONDS: Final = 14 * 86_400
"""How long scan and answer are kept from the answer on, if not longer anyway (proposed)."""


@dataclass(frozen=True, slots=True)
class AppealView:
    """An appeal, and its answer once there is one."""

    appeal: Appeal
    is_overdue: bool
    answer: Answer | None = None
    signed: SignedAnswer | None = None
    is_new: bool = False


class Appeals:
    """Takes appeals from anybody who has a scan's number; answers are for the agency's officers."""

    def __init__(  # noqa: PLR0913  # ports, each named
        self,
        *,
        store: AppealStore,
        scans: ScanStore,
        passes: PassStore,
        roles: Roles,
        issuers: Issuers,
        policies: CitedPolicies,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._scans = scans
        self._passes = passes
        self._roles = roles
        self._issuers = issuers
        self._policies = policies
        self._clock = clock
        self._randomness = randomness

    def lodge(self, number: str) -> AppealView:
        """Take an appeal, to be answered within what the policy says that the verdict cites.

        One that is there already stays as it is. Raises `ScanUnknown`, `ScanErased` and
        `AppealRefused` where the person was let pass.
        """
        scan, now = self._scans.get(number), self._clock()
        row = scans.read_row(scan.row)
        lodged_at = max(now, row.minute)  # a gate's clock may be ahead
        appeal = appeals.lodge(
            scan.row,
            id_=self._randomness(appeals.ID_BYTES),
            at=lodged_at,
            answer_within=self._policies.answer_within(row.citations, scan.agency),
        )
        lodged = AppealRow(scan.digest, appeal.id, scan.agency, appeal.lodged_at, appeal.answer_by)
        is_new = self._store.lodge(lodged, number)
        return self._view(lodged if is_new else self._store.get(number), is_new=is_new)

    def appeal(self, number: str) -> AppealView:
        """Return the appeal against a scan, for anybody who has its number; raise `AppealUnknown`.

        The number is 80 bits of the row's digest: nobody guesses it.
        """
        return self._view(self._store.get(number))

    def open(
        self, agency: AgencyId, by: Address, cursor: str | None, limit: int
    ) -> tuple[Sequence[AppealView], str | None]:
        """Return an agency's appeals without answer, longest waiting first, and the next cursor.

        Raises `RoleMissing` unless `by` acts for the agency, and `CursorMalformed`.
        """
        self._roles.require_any(by, agency)
        rows, more = self._store.open(agency, cursor, limit)
        return [self._view(row) for row in rows], more

    def answer(
        self, number: str, document: bytes, by: Address, keep: Keep[AppealView] | None
    ) -> AppealView:
        """Sign the written answer to an appeal, store it, and let it be anchored.

        Raises:
            AppealUnknown, AppealAnswered: as things stand.
            SigningKeyMissing: when no key of the agency is at hand.
            RoleMissing: unless `by` is REGISTRAR of the agency.
            AppealRefused: for a document that is no answer, is to another appeal, says of the scan
                what it does not say, is of another time, or names a remedy that is no pass of the
                agency.
        """
        row = self._store.get(number)
        self._roles.require(by, row.agency, Role.REGISTRAR)
        if row.answer is not None:
            raise AppealAnswered(number)
        answer, now = appeals.read_answer(document), self._clock()
        self._check(answer, row, number, now)
        digest, signed = appeals.digest_of_answer(document), self._signed(document, row.agency)
        view = AppealView(_appeal_of(row), answer.is_late, answer, signed)
        stored = AnswerRow(digest, signed, now, now + KEPT_SECONDS)
        self._store.answer(row, number, stored, None if keep is None else keep(view))
        return view

    def _check(self, answer: Answer, row: AppealRow, number: str, now: int) -> None:
        scan = scans.read_row(self._scans.get(number).row)
        if answer.appeal != _appeal_of(row):
            raise AppealRefused("id")
        if answer.citations != scan.citations:
            raise AppealRefused("citations")
        if answer.decided != Judgement(scan.outcome, scan.reasons):
            raise AppealRefused("decided")
        if not row.lodged_at <= answer.answered_at <= now + scans.MINUTE_SECONDS:
            raise AppealRefused("answeredAt")
        if answer.remedy is not None and not self._is_pass(answer.remedy, row.agency):
            raise AppealRefused("remedy")

    def _signed(self, document: bytes, agency: AgencyId) -> SignedAnswer:
        signer = self._issuers.signer(agency, KeyUsage.DOCUMENTS)
        return SignedAnswer(document, signer.sign(document), signer.public_key.key_id)

    def _is_pass(self, digest: Digest, agency: AgencyId) -> bool:
        try:
            return self._passes.get(digest).agency == agency
        except RecordUnknown:
            return False

    def _view(self, row: AppealRow, *, is_new: bool = False) -> AppealView:
        if row.answer is None:
            return AppealView(_appeal_of(row), row.answer_by < self._clock(), is_new=is_new)
        answer = appeals.read_answer(row.answer.document)
        return AppealView(_appeal_of(row), answer.is_late, answer, row.answer)


def _appeal_of(row: AppealRow) -> Appeal:
    return Appeal(row.id, row.scan, row.lodged_at, row.answer_by)
