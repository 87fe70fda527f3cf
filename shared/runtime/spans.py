"""Records what a request spends its time on, as spans of the trace of the run that it works on.

The spans of a request are kept until it ends, and are exported together. So no span is exported
whose parent is lost with a process that dies, and the run may become known at any time until then.
Where nothing is recorded, a span costs no more than a call.
"""

import contextvars
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from shared.model.errors import StageError
from shared.model.trace_ids import root_id_of, trace_id_of
from shared.ports.spans import AttributeValue, SpanExporter, TraceSpan

Attributes = dict[str, AttributeValue]

FindRun = Callable[[str, int | None], int | None]
"""Returns the run in whose trace the spans of a request are, given the job's id and the run that
the request says it is about. Returns None if they are in no trace."""
MAX_SPANS = 1000
"""Spans of one request. What further ones would show is part of their parents."""


@dataclass
class RecordedSpan:
    """A span whose trace is not known yet."""

    name: str
    parent_id: str | None
    """None: the root of the trace."""
    span_id: str = field(default_factory=lambda: secrets.token_hex(8))
    started: int = field(default_factory=time.time_ns)
    ended: int = 0
    attributes: Attributes = field(default_factory=dict)
    error: str | None = None


@dataclass
class RequestSpans:
    """The spans of a request, and the job that it works on."""

    job_id: str | None
    run: int | None
    recorded: list[RecordedSpan] = field(default_factory=list)
    begun: int = 0
    attributes: Attributes = field(default_factory=dict)
    """Of the span of the request itself."""
    of_other_traces: list[TraceSpan] = field(default_factory=list)
    """Spans of other runs, and roots of traces, which are exported with those of the request."""

    def may_begin(self) -> bool:
        """Returns whether a further span is recorded."""
        self.begun += 1
        return self.begun <= MAX_SPANS

    def spans(self) -> Iterator[TraceSpan]:
        """Yields the spans in the trace of the run. There are none if no run is known."""
        if self.job_id is None or self.run is None:
            return
        trace_id = trace_id_of(self.job_id, self.run)
        root_id = root_id_of(self.job_id, self.run)
        for span in self.recorded:
            attributes = {"job_id": self.job_id, "run": self.run, **span.attributes}
            yield TraceSpan(
                trace_id=trace_id,
                span_id=span.span_id,
                parent_id=span.parent_id or root_id,
                name=span.name,
                started=span.started,
                ended=span.ended,
                attributes=attributes,
                error=span.error,
                is_request=span.parent_id is None,
            )


start_seconds: list[float] = []
"""How long this worker took to get ready, mostly to load its model, until its first request has it
as an attribute."""
_request = contextvars.ContextVar[RequestSpans | None]("request_spans", default=None)
_current = contextvars.ContextVar[RecordedSpan | None]("current_span", default=None)


@contextmanager
def trace_span(name: str, **attributes: AttributeValue) -> Iterator[Attributes]:
    """Records the block as a span of the request that is handled. Yields its attributes, to which
    the block may add."""
    request = _request.get()
    if request is None or not request.may_begin():
        yield attributes
        return
    parent = _current.get()
    parent_id = parent.span_id if parent else None
    current = RecordedSpan(name, parent_id, attributes=attributes)
    token = _current.set(current)
    try:
        yield attributes
    except BaseException as error:
        current.error = error_type(error)
        raise
    finally:
        _current.reset(token)
        current.ended = time.time_ns()
        request.recorded.append(current)


@contextmanager
def request_spans(
    name: str,
    exporter: SpanExporter | None,
    find_run: FindRun,
    job_id: str | None = None,
    run: int | None = None,
) -> Iterator[RequestSpans]:
    """Records the block as a request, and exports its spans when it ends, unless there is no
    exporter."""
    request = RequestSpans(job_id, run)
    if exporter is None:
        yield request
        return
    outer, outer_span = _request.get(), _current.get()
    request_token = _request.set(request)
    span_token = _current.set(None)
    try:
        with trace_span(name) as attributes:
            request.attributes = attributes
            if start_seconds:
                attributes["worker_start_seconds"] = start_seconds.pop()
            yield request
    finally:
        _current.reset(span_token)
        _request.reset(request_token)
        if request.job_id is not None:
            request.run = find_run(request.job_id, request.run)
        finished = [*request.spans(), *request.of_other_traces]
        if outer is not None and outer_span is not None:
            outer.of_other_traces += finished
        elif finished:
            exporter.export(finished)


def note_job(job_id: str, run: int | None) -> None:
    """Record which job and run the request is about that is handled."""
    request = _request.get()
    if request is not None:
        request.job_id = job_id
        request.run = run


def describe_request(**attributes: AttributeValue) -> None:
    """Add attributes to the request that is handled."""
    request = _request.get()
    if request is not None:
        request.attributes |= attributes


def add_spans(spans: list[TraceSpan]) -> None:
    """Have spans exported with those of the request that is handled."""
    request = _request.get()
    if request is not None:
        request.of_other_traces += spans


def is_recording() -> bool:
    """Returns whether the spans of a request are recorded at present."""
    return _request.get() is not None


def current_span_id() -> str | None:
    """Returns the id of the span that is recorded at present."""
    current = _current.get()
    return current.span_id if current else None


def error_type(error: BaseException) -> str:
    """Returns what a trace may know of an exception: its message may name a recording."""
    if isinstance(error, StageError):
        return error.name()
    return type(error).__name__
