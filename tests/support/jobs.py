"""Jobs whose work a test plays itself: what HTTP promises can be seen without doing any."""

import secrets
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from api.services.idempotency import Keep
from api.services.jobs import (
    JobFinished,
    JobNotReceiving,
    JobOrder,
    JobPage,
    JobRunning,
    JobState,
    JobUnknown,
    JobView,
)
from api.services.sign_ins import Roles
from api.store.idempotency import IdempotencyStore
from ledger.values import Address, AgencyId, Role


@dataclass
class FakeJobs:
    """Keeps bodies and views in memory; `script` is what the next readings of a job find."""

    roles: Roles
    answers: IdempotencyStore
    bodies: dict[bytes, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    views: dict[bytes, JobView] = field(default_factory=dict)
    script: list[dict[str, Any]] = field(default_factory=list)
    results: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def begin(self, order: JobOrder, by: Address) -> bytes:
        self.roles.require(by, order.agency, Role.ISSUER)
        job = secrets.token_bytes(16)
        self.bodies[job] = bytearray()
        self.views[job] = JobView(
            id=job,
            agency=order.agency,
            type_id=order.type_id,
            is_dry_run=order.is_dry_run,
            state=JobState.RECEIVING,
            requested_by=by,
            requested_at=1,
            finished_at=None,
            rows=None,
            checked=0,
            issued=0,
            repeated=0,
            faults=0,
            first_faults=(),
            error=None,
        )
        return job

    def append(self, job: bytes, chunk: bytes) -> None:
        self.sizes.append(len(chunk))
        self.bodies[job] += chunk

    def submit(self, job: bytes, by: Address, keep: Keep[JobView] | None) -> JobView:  # noqa: ARG002  # as the real one
        view = self.put(job, state=JobState.WAITING)
        if keep is not None:
            self.answers.keep(keep(view))
        return view

    def discard(self, job: bytes) -> None:
        if self.views[job].state is not JobState.RECEIVING:
            raise JobNotReceiving(job)
        del self.views[job], self.bodies[job]

    def get(self, job: bytes, by: Address) -> JobView:
        if job not in self.views:
            raise JobUnknown(job)
        self.roles.require_any(by, self.views[job].agency)
        if self.script:
            self.put(job, **self.script.pop(0))
        return self.views[job]

    def list(self, agency: AgencyId, by: Address, cursor: str | None, limit: int) -> JobPage:
        self.roles.require_any(by, agency)
        found = [view for view in reversed(self.views.values()) if view.agency == agency]
        start = int(cursor or 0)
        more = str(start + limit) if len(found) > start + limit else None
        return JobPage(tuple(found[start : start + limit]), more)

    def cancel(self, job: bytes, by: Address, keep: Keep[JobView] | None) -> JobView:
        if self.get(job, by).state.is_final:
            raise JobFinished(job, self.views[job].state)
        view = self.put(job, state=JobState.CANCELLED)
        if keep is not None:
            self.answers.keep(keep(view))
        return view

    def result(self, job: bytes, by: Address) -> Iterator[bytes]:
        if not self.get(job, by).state.is_final:
            raise JobRunning(job, self.views[job].state)
        return iter(self.results)

    def put(self, job: bytes, **changes: Any) -> JobView:
        """Let the work come so far."""
        self.views[job] = replace(self.views[job], **changes)
        return self.views[job]
