"""Structured logs: one JSON object per line, as Cloud Logging reads them.

Above the level DEBUG only job ids, stages, counts, seconds and codes may be logged, never the name
of an object, a text or a token.
"""

import contextvars
import json
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType

from shared.model.trace_ids import trace_id_of
from shared.runtime.spans import current_span_id

OUR_LOGGERS = ("shared", "functions", "local")

TRACE_FIELD = "logging.googleapis.com/trace"
SPAN_FIELD = "logging.googleapis.com/spanId"
SAMPLED_FIELD = "logging.googleapis.com/trace_sampled"

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
            **span_fields(),
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


@contextmanager
def run_context(job_id: str | None, run: int | None) -> Iterator[None]:
    """Adds the trace of a run to every line that is logged in the block, where the run is known.

    Cloud Logging shows the lines beside the trace's spans.
    """
    if job_id is None or run is None:
        yield
        return
    trace = trace_id_of(job_id, run)
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    name = trace if project is None else f"projects/{project}/traces/{trace}"
    with log_context(**{TRACE_FIELD: name}):
        yield


def span_fields() -> dict[str, str | bool]:
    """Returns the fields of the span that is recorded at present; none where there are no
    traces."""
    span_id = current_span_id()
    if span_id is None:
        return {}
    return {SPAN_FIELD: span_id, SAMPLED_FIELD: True}


def configure(level: str = "INFO") -> None:
    """Log to stderr. Libraries log warnings only, since some log the texts that they process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OUR_LOGGERS:
        logging.getLogger(name).setLevel(level)
