"""Jobs as a service tells of them."""

from typing import Any

from wallet.jobs import Job, job_of

ID = "0x" + "ab" * 16
ANSWER: dict[str, Any] = {
    "job": ID,
    "state": "waiting",
    "dryRun": False,
    "rows": None,
    "checked": 0,
    "issued": 0,
    "repeated": 0,
    "faults": 0,
    "firstFaults": [],
    "error": None,
}


def job(**changes: Any) -> Job:
    """Return a job as told, `changes` laid over one that waits."""
    return job_of(ANSWER | changes, "http://service")
