"""What the project needs of a system that collects traces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

AttributeValue = str | int | float | bool


@dataclass(frozen=True)
class TraceSpan:
    """A piece of work that has ended, in the trace of a run.

    No field may have a name of an object, a text or a secret.
    """

    trace_id: str
    span_id: str
    parent_id: str | None
    """None: it is the root of the trace."""
    name: str
    started: int
    """In nanoseconds since the epoch."""
    ended: int
    """In nanoseconds since the epoch."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    error: str | None = None
    """The type of the problem or exception that ended it. None: it succeeded."""
    is_request: bool = False
    """Whether it is a request that another process sent."""


class SpanExporter(Protocol):
    """Takes spans to where they are collected."""

    def export(self, spans: Sequence[TraceSpan]) -> None:
        """Send the spans. A failure is logged, and never raised: no job fails for its trace."""
        ...
