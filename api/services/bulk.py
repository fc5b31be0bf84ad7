"""Running jobs: every row is checked first, then licences are issued a batch at a time.

A batch is one transaction: licences, anchoring batch, intent and the job's checkpoint. Whoever runs
the job after a crash goes on behind the last one, so that nothing is issued twice, with external
ids or without.
"""

from typing import Any, Final

import structlog

from api.services.builders import BuilderLost
from api.services.checking import Tally, check
from api.services.issuers import SigningKeyMissing
from api.services.issuing import Issuing
from api.services.job_results import fault_lines, stop_line
from api.services.running import CLAIM_SECONDS, KeyChanged, Ports, Stopped, Work
from api.services.uploads import EncodingUnknown, TooManyRows, UploadMalformed
from api.store.jobs import JobRow, JobState
from api.store.turns import GIVEN_UP_AT, CancelAsked, Ending, TurnLost
from ledger.errors import AllowanceTooSmall, Refused, Unavailable

PAUSE_SECONDS: Final = 5
"""How long a job rests that could not go on, so that others have their turn (proposed)."""
GIVEN_UP: Final = "JobGivenUp"
"""The error of a job that ended, or held up, every process that ran it."""


class Bulk:
    """Takes one job after another; many processes may do so at once."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._log = structlog.get_logger("jobs")

    def step(self) -> int:
        """Run the job that waits longest; return 0 when there is none.

        An outage is raised once the job is given back and has the error's name; it goes on from
        its last batch.
        """
        ports, now = self._ports, self._ports.clock()
        turn = ports.turns.take(now, now + CLAIM_SECONDS)
        if turn is None:
            return 0
        self._say("taken", turn)
        ports.reach("taken")
        try:
            self._run(turn)
        except TurnLost:
            self._say("TurnLost", turn)
            ports.turns.lose(turn)
        except (KeyChanged, Stopped) as over:
            self._say(type(over).__name__, turn)
            ports.turns.give_back(turn, 0, counts=False)
        except Exception as failure:
            # A lost builder may have died of this very job, and another one would, too.
            counts = not isinstance(failure, Unavailable) or isinstance(failure, BuilderLost)
            until, error = ports.clock() + PAUSE_SECONDS, type(failure).__name__
            ports.turns.give_back(turn, until, counts=counts, error=error)
            raise
        return 1

    def _run(self, turn: JobRow) -> None:
        if turn.is_cancelled:
            self._stop(turn, JobState.CANCELLED, None)
        elif turn.tries >= GIVEN_UP_AT:
            self._stop(turn, JobState.FAILED, GIVEN_UP)
        else:
            self._go_through(turn)

    def _go_through(self, turn: JobRow) -> None:
        work = None
        try:
            work = Work(self._ports, turn)
            if turn.state is JobState.ISSUING or self._has_passed(work):
                self._ports.reach("issuing")
                Issuing(work).run()
                self._end(work.turn, JobState.DONE)
        except (EncodingUnknown, UploadMalformed, TooManyRows) as error:
            self._end(turn, JobState.REFUSED, error=type(error).__name__)
        except CancelAsked:
            self._stop(work.turn if work else turn, JobState.CANCELLED, None)
        except (Refused, AllowanceTooSmall, SigningKeyMissing) as error:
            self._stop(work.turn if work else turn, JobState.FAILED, type(error).__name__)

    def _has_passed(self, work: Work) -> bool:
        """Check all rows; return whether they are to be issued now."""
        work.keep(state=JobState.CHECKING.value, checked=0, faults=0)
        tally = check(work)
        self._ports.reach("checked")
        counts: dict[str, Any] = {"checked": tally.rows, "rows": tally.rows}
        if tally.faults:
            work.keep(**counts)
            self._refuse(work.turn, tally)
            return False
        if work.turn.is_dry_run:
            work.keep(**counts, repeated=tally.repeated)
            self._end(work.turn, JobState.DONE)
            return False
        work.keep(**counts, state=JobState.ISSUING.value, faults=0)
        work.turn = self._ports.jobs.get(work.turn.id)
        work.reopen()
        return True

    def _refuse(self, turn: JobRow, tally: Tally) -> None:
        self._end(
            turn,
            JobState.REFUSED,
            faults=tally.faults,
            first_faults=tally.first,
            result=fault_lines(tally.listed, tally.external_ids, tally.unlisted),
        )

    def _stop(self, turn: JobRow, state: JobState, error: str | None) -> None:
        """End a job before its end; what it issued stays issued, and is listed."""
        self._end(turn, state, error=error, result=stop_line(error or state.value))

    def _end(self, turn: JobRow, state: JobState, **more: Any) -> None:
        self._ports.turns.finish(turn, Ending(state, self._ports.clock(), **more))
        self._ports.reach("finished")
        self._say(state.value, turn, error=more.get("error"))

    def _say(self, event: str, turn: JobRow, **values: Any) -> None:
        self._log.info(event, job=turn.id.hex(), turn=turn.turn, **values)
