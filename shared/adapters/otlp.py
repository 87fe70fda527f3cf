"""Exports spans in OpenTelemetry's protocol: to a file, to an address, or to Cloud Trace.

The messages are those of opentelemetry-proto. Nothing here raises: no job fails, or waits for long,
because its trace cannot be stored.
"""

import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import google.auth
from google.auth.transport.urllib3 import AuthorizedHttp
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Status
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from urllib3 import BaseHTTPResponse, Retry, Timeout, connection_from_url
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url

from shared import __version__
from shared.ports.spans import AttributeValue, TraceSpan

log = logging.getLogger(__name__)

TRACES_PATH = "/v1/traces"
GOOGLE_ADDRESS = f"https://telemetry.googleapis.com{TRACES_PATH}"
GOOGLE_SCOPE = "https://www.googleapis.com/auth/trace.append"
TIMEOUT = Timeout(5)
"""Seconds until a collector must have answered."""
NO_RETRIES = Retry(False)
"""Like the timeout, it is made once, and not by urllib3 for each request."""
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


Post = Callable[..., BaseHTTPResponse]
"""Posts to one address, as `urlopen` of urllib3."""


@dataclass
class OtlpHttp:
    """Sends spans to an address."""

    connect: Callable[[], Post]
    """Is called by the first sending."""
    post: Post | None = None

    def send(self, spans: Sequence[TraceSpan]) -> None:
        """Send spans. Raises HTTPError if they are refused or not answered, and what the
        credentials raise."""
        if self.post is None:
            self.post = self.connect()
        response = self.post(
            body=export_request(spans).SerializeToString(),
            headers=HEADERS,
            timeout=TIMEOUT,
            retries=NO_RETRIES,
            redirect=False,
        )
        if response.status != HTTPStatus.OK:
            raise HTTPError(f"status {response.status}")


def post_to_collector(address: str) -> Post:
    """Returns what posts to a collector's address over one connection, which a PoolManager would
    look for in each request."""
    connection = connection_from_url(address)
    return partial(connection.urlopen, "POST", parse_url(address).request_uri)


def post_to_google() -> Post:
    """Returns what posts to Cloud Trace with the credentials of this process's service account."""
    credentials, _ = google.auth.default(scopes=[GOOGLE_SCOPE])
    connections = AuthorizedHttp(credentials)
    return partial(connections.urlopen, "POST", GOOGLE_ADDRESS)


def address_of_traces(address: str) -> str:
    """Returns the address to post to, given a collector's address with or without its path."""
    base = address.rstrip("/")
    return base if base.endswith(TRACES_PATH) else base + TRACES_PATH


def export_request(spans: Sequence[TraceSpan]) -> ExportTraceServiceRequest:
    """Returns OTLP's request with the spans."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    add_attributes(resource_spans.resource, resource_attributes())
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = SCOPE
    scope_spans.scope.version = __version__
    for span in spans:
        add_span(scope_spans, span)
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


def add_span(scope_spans: ScopeSpans, span: TraceSpan) -> None:
    message = scope_spans.spans.add(
        trace_id=bytes.fromhex(span.trace_id),
        span_id=bytes.fromhex(span.span_id),
        parent_span_id=bytes.fromhex(span.parent_id or ""),
        name=span.name,
        kind=kind_of(span),
        start_time_unix_nano=span.started,
        end_time_unix_nano=span.ended,
    )
    add_attributes(message, own_names(span.attributes))
    if span.error is not None:
        message.status.code = Status.STATUS_CODE_ERROR
        message.status.message = span.error


def kind_of(span: TraceSpan) -> "SpanMessage.SpanKind.ValueType":
    """Returns the kind of a request that was received, or of work within one."""
    return SpanMessage.SPAN_KIND_SERVER if span.is_request else SpanMessage.SPAN_KIND_INTERNAL


def own_names(attributes: Mapping[str, AttributeValue]) -> dict[str, AttributeValue]:
    """Returns attributes under names that no other system uses."""
    return {f"dropscribe.{name}": value for name, value in attributes.items()}


def add_attributes(
    message: Resource | SpanMessage, attributes: Mapping[str, AttributeValue]
) -> None:
    for key, value in attributes.items():
        pair = message.attributes.add(key=key)
        set_value(pair.value, value)


def set_value(message: AnyValue, value: AttributeValue) -> None:
    if isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int):
        message.int_value = value
    elif isinstance(value, float):
        message.double_value = value
    else:
        message.string_value = value


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
