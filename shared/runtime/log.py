"""Structured logs: one JSON object per line, as Cloud Logging reads them.

Above the level DEBUG only job ids, stages, counts, seconds and codes may be logged, never the name
of an object, a text or a token.
"""

import contextvars
import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType

OUR_LOGGERS = ("shared", "functions", "local")

_empty: Mapping[str, str] = MappingProxyType({})
_context = contextvars.ContextVar("log_context", default=_empty)
_standard_fields = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a log record, its `extra` fields and the log context as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": time.isoformat(timespec="milliseconds"),
            "severity": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **_context.get(),
        }
        for key, value in vars(record).items():
            if key not in _standard_fields and value is not None:
                line[key] = value
        if record.exc_info:
            line["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Adds these fields to every line that is logged in the block."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def configure(level: str = "INFO") -> None:
    """Log to stderr. Libraries log warnings only, since some log the texts that they process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(level)
