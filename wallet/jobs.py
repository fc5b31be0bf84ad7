"""Jobs of a service as the wallet sees them, and following one over dropped connections."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.errors import LedgerError, Refused, Unavailable
from wallet.faults import MOST_LINES, fault_lines
from wallet.service import AnswerMalformed, Service, ServiceBusy, ServiceUnavailable

TRIES: Final = 12
"""Attempts in a row to see a job again before a person is told: about a minute and a half."""
LONGEST_SECONDS: Final = 8.0
_OVER: Final = frozenset({"done", "refused", "failed", "cancelled"})
_FILE_FAULTS: Final[Mapping[str, str]] = {
    "EncodingUnknown": "The file is neither UTF-8 nor GB18030. Save it as CSV UTF-8.",
    "UploadMalformed": "The file has no heading, or no rows.",
    "TooManyRows": "The file has more rows than one job may have. Part it into several files.",
}
"""What is wrong with a file as a whole."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as the service told it last."""

    id: str
    state: str
    is_dry_run: bool
    rows: int | None
    checked: int
    issued: int
    repeated: int
    faults: int
    first_faults: tuple[Mapping[str, Any], ...]
    error: str | None
    answer: Mapping[str, Any] = field(repr=False)

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in _OVER

    @property
    def path(self) -> str:
        """Where the service has it."""
        return f"/v1/jobs/{self.id}"

    def failure(self) -> LedgerError | None:
        """Return why a job that is over did not do what was asked; None when it did."""
        if self.state == "refused":
            return JobRefused(self)
        if self.state == "cancelled":
            return JobCancelled(self.id, self.issued)
        return JobFailed(self.id, self.issued, self.error or "") if self.state == "failed" else None


@dataclass(eq=False)
class JobRefused(Refused):
    """Rows of the file break rules; nothing was issued. Mend the file and send it again."""

    job: Job

    def __str__(self) -> str:
        """Return every fault that is known, and what to do next."""
        job = self.job
        if not job.faults:
            said = _FILE_FAULTS.get(job.error or "", f"The file was refused ({job.error}).")
            return f"Nothing was issued. {said}"
        faults = "1 fault" if job.faults == 1 else f"{job.faults:,} faults"
        lines = [f"Nothing was issued: the file has {faults}."]
        lines += ["  " + line for line in fault_lines(job.first_faults, job.faults)]
        lines.append("Mend the file and send it again.")
        if job.faults > MOST_LINES:
            lines.append(f"All faults as a table: suizheng job result {job.id} FILE")
        return "\n".join(lines)


@dataclass(eq=False)
class JobCancelled(Refused):
    """The job was cancelled. What had been issued by then stands; its result says which."""

    job: str
    issued: int

    def __str__(self) -> str:
        """Return what remains of it, and what to do next."""
        return (
            f"The job was cancelled; {self.issued:,} licences had been issued by then and stand.\n"
            f"Which ones: suizheng job result {self.job} FILE"
        )


@dataclass(eq=False)
class JobFailed(Unavailable):
    """The job could not be finished. Send the file again once the cause is gone."""

    job: str
    issued: int
    error: str

    def __str__(self) -> str:
        """Return why, what remains of it, and what to do next."""
        return (
            f"The job could not be finished ({self.error}); {self.issued:,} licences had been "
            f"issued by then and stand.\nWhich ones: suizheng job result {self.job} FILE\n"
            "Send the file again once the cause is gone; rows with an external_id are not issued "
            "twice."
        )


@dataclass(eq=False)
class JobUnwatched(Unavailable):
    """The job goes on at the service. Watch it or end it with suizheng job."""

    job: str

    def __str__(self) -> str:
        """Return how to see it again, or end it."""
        return (
            "The job goes on at the service.\n"
            f"Watch it: suizheng job watch {self.job}\nEnd it: suizheng job cancel {self.job}"
        )


def job_of(answer: Mapping[str, Any], base_url: str) -> Job:
    """Return a job of its JSON; raise `AnswerMalformed`."""
    try:
        return Job(
            id=str(answer["job"]),
            state=str(answer["state"]),
            is_dry_run=bool(answer["dryRun"]),
            rows=None if answer["rows"] is None else int(answer["rows"]),
            checked=int(answer["checked"]),
            issued=int(answer["issued"]),
            repeated=int(answer["repeated"]),
            faults=int(answer["faults"]),
            first_faults=tuple(dict(fault) for fault in answer["firstFaults"]),
            error=answer["error"],
            answer=answer,
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise AnswerMalformed(base_url) from exc


def get_job(service: Service, job: str) -> Job:
    """Return a job as it is now; raises as `Service.send`."""
    return job_of(service.get(f"/v1/jobs/{job}"), service.base_url)


def follow(
    service: Service, job: Job, show: Callable[[Job], None], pause: Callable[[float], object]
) -> Job:
    """Return a job once it is over, telling `show` of every change.

    Raises:
        JobUnwatched: when the service cannot be reached for too long, or at Ctrl-C.
        ServiceRefused: when it refuses to tell.
    """
    misses = 0
    try:
        while not job.is_over:
            if misses > TRIES:
                raise JobUnwatched(job.id)
            try:
                for answer in service.events(f"{job.path}/events"):
                    job, misses = job_of(answer, service.base_url), 0
                    show(job)
            except (ServiceUnavailable, ServiceBusy):
                pass  # the job goes on; it is seen again when the service is
            if not job.is_over:
                misses += 1
                pause(min(2.0 ** (misses - 1), LONGEST_SECONDS))
    except KeyboardInterrupt:
        raise JobUnwatched(job.id) from None
    return job
