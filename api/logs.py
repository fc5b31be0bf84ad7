"""The process's log: one JSON object a line on standard error, and no words of foreign errors."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter

_STAMPS: Final = (
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def json_log() -> Any:
    """Let every logger of this process write JSON lines; return one of them."""
    structlog.configure(
        processors=[*_STAMPS, structlog.processors.JSONRenderer(orjson.dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,  # else each line puts its logger together anew
    )
    return structlog.get_logger()


def json_log_of_server() -> dict[str, Any]:
    """Return the `logging` configuration with which uvicorn's own lines are such lines too."""
    formatter = {
        "()": ProcessorFormatter,
        "foreign_pre_chain": [*_STAMPS, _without_words],
        "processors": [
            ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    }
    handler = {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"json": handler},
        "loggers": {"uvicorn": {"handlers": ["json"], "level": "INFO", "propagate": False}},
    }


def _without_words(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Leave of an exception its name alone: its own words may hold personal data."""
    raised = event.pop("exc_info", None)
    if isinstance(raised, tuple) and raised[0] is not None:
        event["error"] = raised[0].__name__
    return event
