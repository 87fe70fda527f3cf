"""Reads traces back from the file that they were written to, and finds gaps in them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.model.trace_ids import trace_id_of

ERROR = 2
"""OTLP's status code of a span that failed."""


def traces_of(folder: Path) -> Path:
    """Returns the file with the traces of the cloud in a folder."""
    return folder / "traces.jsonl"


@dataclass(frozen=True)
class ReadSpan:
    trace_id: str
    span_id: str
    parent_id: str
    """Empty: it has none."""
    name: str
    service: str
    started: int
    ended: int
    attributes: dict[str, Any]
    failed: bool

    @property
    def part(self) -> int | None:
        """Returns the part of the recording that a stage's request was about."""
        part = self.attributes.get("dropscribe.part")
        return None if part is None else int(part)

    @property
    def stage(self) -> str | None:
        stage = self.attributes.get("dropscribe.stage")
        return None if stage is None else str(stage)


@dataclass
class Trace:
    """The spans of one run. A span that was exported twice is one."""

    spans: dict[str, ReadSpan] = field(default_factory=dict)

    @property
    def roots(self) -> list[ReadSpan]:
        return [span for span in self.spans.values() if not span.parent_id]

    def named(self, name: str) -> list[ReadSpan]:
        return [span for span in self.spans.values() if span.name == name]

    def gaps(self) -> list[str]:
        """Returns what keeps the spans from being one tree."""
        found = []
        if len(self.roots) != 1:
            found.append(f"{len(self.roots)} roots")
        for span in self.spans.values():
            if span.parent_id and span.parent_id not in self.spans:
                found.append(f"the parent of {span.name} is missing")
            if span.ended < span.started:
                found.append(f"{span.name} ended before it began")
        return found

    def parts(self, stage: str) -> set[int | None]:
        """Returns the parts that a stage succeeded at."""
        return {
            span.part for span in self.spans.values() if span.stage == stage and not span.failed
        }


def read_traces(path: Path) -> dict[str, Trace]:
    """Returns the traces in a file, by their ids."""
    traces: dict[str, Trace] = {}
    for span in read_spans(path):
        trace = traces.setdefault(span.trace_id, Trace())
        trace.spans[span.span_id] = span
    return traces


def trace_of(path: Path, job_id: str, run: int) -> Trace:
    """Returns the trace of a run, which is empty if there is none."""
    return read_traces(path).get(trace_id_of(job_id, run), Trace())


def read_spans(path: Path) -> Iterator[ReadSpan]:
    """Yields the spans of a file in the order in which they were exported. A line that a process
    left incomplete when it was killed has none."""
    for line in path.read_text().splitlines():
        try:
            request = json.loads(line)
        except ValueError:
            continue
        for resource_spans in request["resourceSpans"]:
            resource = attributes_of(resource_spans["resource"])
            for scope_spans in resource_spans["scopeSpans"]:
                for span in scope_spans["spans"]:
                    yield read_span(span, resource["service.name"])


def read_span(span: dict[str, Any], service: str) -> ReadSpan:
    return ReadSpan(
        trace_id=span["traceId"],
        span_id=span["spanId"],
        parent_id=span.get("parentSpanId", ""),
        name=span["name"],
        service=service,
        started=int(span["startTimeUnixNano"]),
        ended=int(span["endTimeUnixNano"]),
        attributes=attributes_of(span),
        failed=span.get("status", {}).get("code") == ERROR,
    )


def attributes_of(document: dict[str, Any]) -> dict[str, Any]:
    """Returns the attributes of a span or resource, whose values are each in a field of their
    type."""
    values = {}
    for attribute in document.get("attributes", []):
        (value,) = attribute["value"].values()
        values[attribute["key"]] = value
    return values
