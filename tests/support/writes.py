"""Requests that change something, each sent under its own key until it is answered."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import choice
from typing import Any

import httpx2
import orjson

from api.services.status import StatusRequest
from api.store.licences import LicenceRow
from ledger.licences.decisions import Wording
from ledger.values import Digest, Status
from tests.support.bulk import bulk_csv
from tests.support.front import digest_of
from tests.support.jobs_of_office import ordered
from tests.support.licences import AGENCY
from tests.support.office import TYPE, Office
from tests.support.service import order
from tests.support.sets import appoint, propose, signatures_of

AGENCY_PATH = f"/v1/agencies/{AGENCY.jurisdiction}/{AGENCY.code}"
SETS, JOBS = f"{AGENCY_PATH}/change-sets", f"{AGENCY_PATH}/jobs?type={TYPE}"
WORDING = {"text": "撤销", "number": "1", "legalBasis": "第六十九条", "appeal": "六十日"}
ORDERS = {
    "suspend": {"status": "suspended", "reason": 101},
    "reinstate": {"status": "valid", "reason": 201},
    "revoke": {"status": "revoked", "reason": 320, "decision": WORDING},
}
LONGER = {"valid_until": "2036-11-20"}
UPLOAD = bulk_csv([{}] * 3)
ABOUT: Mapping[str, Sequence[Status]] = {
    "suspend": [Status.SUSPENDED],
    "reinstate": [Status.VALID],
    "revoke": [Status.REVOKED],
    "renew": [Status.SUPERSEDED],
    "replace": [Status.SUPERSEDED],
    "propose": [Status.VALID] * 2,  # no more than proposed
    "confirm": [Status.SUSPENDED] * 2,
    "approve": [Status.REVOKED] * 2,
    "submit": [],
    "cancel": [],
}
"""What becomes of the licences that a write of each kind is about."""
ADDED: Mapping[str, Mapping[str, int]] = {
    "suspend": {"changes": 1},
    "reinstate": {"changes": 1},
    "revoke": {"changes": 1, "records": 1},
    "renew": {"licences": 1, "records": 1},
    "replace": {"licences": 1, "records": 1},
    "propose": {"change_sets": 1, "change_set_rows": 2},
    "confirm": {"changes": 2},
    "approve": {"changes": 2, "records": 2},
    "submit": {"jobs": 1, "job_chunks": 1},
    "cancel": {},
}
"""Rows that a write of each kind adds, its kept answer apart."""


Rows = Sequence[LicenceRow]


@dataclass(frozen=True)
class Write:
    """A request that changes something: JSON, unless it says what else."""

    path: str
    body: bytes = b""
    media_type: str = "application/json"

    @classmethod
    def of(cls, path: str, body: Any) -> "Write":
        return cls(path, orjson.dumps(body))


class Caller:
    """Somebody who sends writes, each under its own key, and keeps what was answered."""

    def __init__(self, ports: Sequence[int], token: str) -> None:
        self.answers: defaultdict[str, list[bytes]] = defaultdict(list)
        self._ports = ports
        self._token = token

    def send(self, key: str, write: Write) -> bool:
        """Send a write to any of the servers; return whether it was acknowledged."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": write.media_type,
            "Idempotency-Key": key,
        }
        address = f"http://127.0.0.1:{choice(self._ports)}{write.path}"  # noqa: S311  # the run's seed repeats it
        try:
            answer = httpx2.post(address, content=write.body, headers=headers)
        except httpx2.HTTPError:
            return False
        if answer.status_code in (409, 503):
            return False
        assert answer.status_code in (201, 202), answer.text
        self.answers[key].append(answer.content)
        return True

    def answer(self, key: str) -> bytes:
        """Return the answer to a key; raise where two of them differ."""
        (answer,) = set(self.answers[key])
        return answer

    def licences(self) -> list[Digest]:
        """Return the digests of the licences that were ordered; raise as `answer`."""
        answers = [self.answer(key) for key in list(self.answers)]
        return [digest_of(answer) for answer in answers if b'"document":' in answer]


class Desk:
    """Makes writes of every kind, each about licences, sets and jobs that no other is about."""

    def __init__(self, place: Office) -> None:
        self.statuses: dict[Digest, Status] = {}
        """What is to become of each licence."""
        self._place = place
        self._approver = appoint(place)
        self._makers: Mapping[str, Callable[[Rows], Write]] = {
            "suspend": partial(_change, "suspend"),
            "reinstate": self._reinstatement,
            "revoke": partial(_change, "revoke"),
            "renew": partial(_succeed, 401, LONGER),
            "replace": partial(_succeed, 403, {}),
            "propose": _proposal,
            "confirm": self._confirmation,
            "approve": self._approval,
            "submit": lambda _rows: Write(JOBS, UPLOAD, "text/csv"),
            "cancel": self._cancellation,
        }

    def fresh(self, kinds: Collection[str]) -> dict[str, Write]:
        """Return one write of each of these kinds."""
        return {kind: self._made(kind) for kind in ABOUT if kind in kinds}

    def _made(self, kind: str) -> Write:
        statuses = ABOUT[kind]
        rows = self._place.issue(len(statuses)) if statuses else ()
        self.statuses |= dict(zip([row.digest for row in rows], statuses, strict=True))
        return self._makers[kind](rows)

    def _reinstatement(self, rows: Rows) -> Write:
        self._place.change(rows[0], Status.SUSPENDED, 101)
        self._place.work()
        return _change("reinstate", rows)

    def _cancellation(self, _rows: Rows) -> Write:
        return Write(f"/v1/jobs/0x{ordered(self._place, UPLOAD).hex()}/cancellation")

    def _confirmation(self, rows: Rows) -> Write:
        id_ = propose(self._place, rows, StatusRequest(Status.SUSPENDED, 101))
        return Write(f"/v1/change-sets/0x{id_.hex()}/confirmation")

    def _approval(self, rows: Rows) -> Write:
        request = StatusRequest(
            Status.REVOKED, 311, wording=Wording("撤销", "1", "第六十九条", "六十日")
        )
        id_ = propose(self._place, rows, request)
        signed = signatures_of(self._place, id_, self._approver)
        form = {
            "approver": self._approver.address,
            "signatures": [f"0x{each.hex()}" for each in signed],
        }
        return Write.of(f"/v1/change-sets/0x{id_.hex()}/approval", form)


def _change(kind: str, rows: Rows) -> Write:
    return Write.of(f"/v1/licences/{_name(rows[0])}/status", ORDERS[kind])


def _succeed(reason: int, fields: Mapping[str, Any], rows: Rows) -> Write:
    former = {"digest": _name(rows[0]), "reason": reason}
    return Write.of("/v1/licences", order(TYPE, predecessor=former, fields=dict(fields)))


def _proposal(rows: Rows) -> Write:
    names = [_name(row) for row in rows]
    return Write.of(SETS, {"select": {"digests": names}, "order": ORDERS["suspend"]})


def _name(row: LicenceRow) -> str:
    return f"0x{row.digest.hex()}"
