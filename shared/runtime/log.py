"""Structured logs: one JSON object a line, as Cloud Logging reads them.

What may be logged above debug: job ids, stages, counts, seconds, codes. Never an object's name, a
text or a token.
"""

import contextvars
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_about: contextvars.ContextVar[dict[str, str]] = contextvars.ContextVar("about", default={})  # noqa: B039
_standard = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "severity": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            **_about.get(),
        }
        line |= {
            key: value
            for key, value in vars(record).items()
            if key not in _standard and value is not None
        }
        if record.exc_info:
            line["stack_trace"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


@contextmanager
def log_context(**fields: str) -> Iterator[None]:
    """Put these fields on every line logged in the block."""
    token = _about.set({**_about.get(), **fields})
    try:
        yield
    finally:
        _about.reset(token)


def configure(level: str = "INFO") -> None:
    """Log to stderr. Other people's loggers say only what is wrong: some log the text they were
    given."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for ours in ("shared", "functions", "local"):
        logging.getLogger(ours).setLevel(level)
