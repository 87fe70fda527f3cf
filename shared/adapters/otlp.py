"""Exports spans in OpenTelemetry's protocol: to a file, to an address, or to Cloud Trace.

The messages are those of opentelemetry-proto. Nothing here raises: no job fails, or waits for long,
because its trace cannot be stored.
"""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, cast

import google.auth
from google.auth.transport.urllib3 import AuthorizedHttp
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from urllib3 import PoolManager
from urllib3.exceptions import HTTPError

from shared import __version__
from shared.ports.spans import AttributeValue, TraceSpan

log = logging.getLogger(__name__)

TRACES_PATH = "/v1/traces"
GOOGLE_ADDRESS = f"https://telemetry.googleapis.com{TRACES_PATH}"
GOOGLE_SCOPE = "https://www.googleapis.com/auth/trace.append"
TIMEOUT = 5.0
"""Seconds until a collector must have answered."""
HEADERS = {"Content-Type": "application/x-protobuf"}
SCOPE = "dropscribe"
"""What has recorded the spans."""


@dataclass(frozen=True)
class OtlpFile:
    """Adds spans to a file, to which several processes may add. Each line is a request of OTLP in
    JSON."""

    path: Path

    def export(self, spans: Sequence[TraceSpan]) -> None:
        line = json_of(spans)
        try:
            self._add(line.encode() + b"\n")
        except OSError as error:
            log.warning("spans not written: %s", error.strerror)

    def _add(self, line: bytes) -> None:
        """Add a line. One that a process left incomplete when it was killed is ended before it."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT
        file = os.open(self.path, flags, 0o600)
        try:
            size = os.fstat(file).st_size
            is_torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
            os.write(file, b"\n" + line if is_torn else line)
        finally:
            os.close(file)


@dataclass
class OtlpHttp:
    """Sends spans to an address."""

    address: str
    connect: Callable[[], PoolManager] = PoolManager
    connections: PoolManager | None = None

    def send(self, spans: Sequence[TraceSpan]) -> None:
        """Send spans. Raises HTTPError if they are refused or not answered, and what the
        credentials raise."""
        if self.connections is None:
            self.connections = self.connect()
        body = export_request(spans).SerializeToString()
        response = self.connections.urlopen(
            "POST",
            self.address,
            body=body,
            headers=HEADERS,
            timeout=TIMEOUT,
            retries=False,
            redirect=False,
        )
        if response.status != HTTPStatus.OK:
            raise HTTPError(f"status {response.status}")


def address_of_traces(address: str) -> str:
    """Returns the address to post to, given a collector's address with or without its path."""
    base = address.rstrip("/")
    return base if base.endswith(TRACES_PATH) else base + TRACES_PATH


def google_connections() -> PoolManager:
    """Returns connections with the credentials of this process's service account."""
    credentials, _ = google.auth.default(scopes=[GOOGLE_SCOPE])
    connections = AuthorizedHttp(credentials)
    return cast(PoolManager, connections)


def export_request(spans: Sequence[TraceSpan]) -> ExportTraceServiceRequest:
    """Returns OTLP's request with the spans."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(key_values(resource_attributes()))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = SCOPE
    scope_spans.scope.version = __version__
    scope_spans.spans.extend(message_of(span) for span in spans)
    return request


def resource_attributes() -> dict[str, AttributeValue]:
    """Returns what is known of this process. Cloud Trace wants the project."""
    attributes: dict[str, AttributeValue] = {
        "service.name": os.environ.get("K_SERVICE", "dropscribe"),
        "service.version": __version__,
    }
    project = os.environ.get("GOOGLE_CLOUD_PROJECT")
    if project is not None:
        attributes["gcp.project_id"] = project
    return attributes


def message_of(span: TraceSpan) -> SpanMessage:
    message = SpanMessage(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_id or ""),
        name=span.name,
        kind=kind_of(span),
        start_time_unix_nano=span.started,
        end_time_unix_nano=span.ended,
        attributes=key_values(own_names(span.attributes)),
    )
    if span.error is not None:
        status = Status(code=Status.STATUS_CODE_ERROR, message=span.error)
        message.status.CopyFrom(status)
    return message


def kind_of(span: TraceSpan) -> "SpanMessage.SpanKind.ValueType":
    """Returns the kind of a request that was received, or of work within one."""
    return SpanMessage.SPAN_KIND_SERVER if span.is_request else SpanMessage.SPAN_KIND_INTERNAL


def own_names(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Returns attributes under names that no other system uses."""
    return {f"dropscribe.{name}": value for name, value in attributes.items()}


def key_values(attributes: Mapping[str, AttributeValue]) -> list[KeyValue]:
    pairs = []
    for key, value in attributes.items():
        pair = KeyValue(key=key, value=any_value(value))
        pairs.append(pair)
    return pairs


def any_value(value: AttributeValue) -> AnyValue:
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, int):
        return AnyValue(int_value=value)
    if isinstance(value, float):
        return AnyValue(double_value=value)
    return AnyValue(string_value=value)


def json_of(spans: Sequence[TraceSpan]) -> str:
    """Returns OTLP's request in JSON, in which ids are hexadecimal digits and 64-bit numbers texts.

    It is written without the messages, since to convert them would take most of the time that a
    trace costs.
    """
    written = [json_span(span) for span in spans]
    scope_spans = {"scope": {"name": SCOPE, "version": __version__}, "spans": written}
    resource = {"attributes": json_attributes(resource_attributes())}
    request = {"resourceSpans": [{"resource": resource, "scopeSpans": [scope_spans]}]}
    return json.dumps(request, separators=(",", ":"))


def json_span(span: TraceSpan) -> dict[str, Any]:
    written: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "name": span.name,
        "kind": kind_of(span),
        "startTimeUnixNano": str(span.started),
        "endTimeUnixNano": str(span.ended),
        "attributes": json_attributes(own_names(span.attributes)),
    }
    if span.parent_id is not None:
        written["parentSpanId"] = span.parent_id
    if span.error is not None:
        written["status"] = {"code": Status.STATUS_CODE_ERROR, "message": span.error}
    return written


def json_attributes(attributes: Mapping[str, AttributeValue]) -> list[dict[str, Any]]:
    return [{"key": key, "value": json_value(value)} for key, value in attributes.items()]


def json_value(value: AttributeValue) -> dict[str, AttributeValue]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value}
