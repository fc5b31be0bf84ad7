"""Connections to PostgreSQL on which nothing waits for ever.

The server ends a statement that runs, or waits for a lock, for too long. A server that hangs, or a
network that swallows everything, ends nothing: the client then gives up by itself.
"""

from typing import Any, Final, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Engine, create_engine, event

CONNECT_SECONDS: Final = 5
"""Longest wait for a new connection (proposed)."""
LOCK_SECONDS: Final = 5.0
"""Longest wait for another transaction's lock (proposed)."""
STATEMENT_SECONDS: Final = 30.0
"""Longest run of one statement of the service (proposed); migrations are not bounded."""
ANSWER_SECONDS: Final = 35.0
"""Longest silence of the server after which the client gives up (proposed)."""

_Answer = TypeVar("_Answer")


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed when the server does not answer within `ANSWER_SECONDS`."""

    def wait(
        self, gen: PQGen[_Answer], interval: float = 0.1, timeout: float | None = None
    ) -> _Answer:
        """See psycopg; raise `OperationalError` when the answer is not whole in time."""
        try:
            return super().wait(gen, interval, timeout or ANSWER_SECONDS)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # its statement goes on: it is of no use to anybody
            raise


def postgres_engine(url: URL, *, pool_seconds: float, bounded: bool) -> Engine:
    """Return an engine; what the URL itself says of a time-out stands.

    `bounded` False leaves statements as much time as they take.
    """
    given: dict[str, Any] = {"connect_timeout": CONNECT_SECONDS, "keepalives_idle": CONNECT_SECONDS}
    if bounded:
        bounds = {"lock_timeout": LOCK_SECONDS, "statement_timeout": STATEMENT_SECONDS}
        given["options"] = " ".join(f"-c {name}={s * 1000:.0f}" for name, s in bounds.items())
    arguments = {name: value for name, value in given.items() if name not in url.query}
    engine = create_engine(
        url, pool_pre_ping=True, pool_timeout=pool_seconds, connect_args=arguments
    )
    if bounded:
        event.listen(engine, "do_connect", _connect)
    return engine


def _connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> BoundedConnection:
    return BoundedConnection.connect(*arguments, **named)
