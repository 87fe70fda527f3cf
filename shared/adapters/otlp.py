"""Exports spans in OpenTelemetry's protocol: to a file, to an address, or to Cloud Trace.

The messages are those of opentelemetry-proto. Nothing here raises: no job fails, or waits for long,
because its trace cannot be stored.
"""

import base64
import json
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import google.auth
import requests
from google.auth.transport.requests import AuthorizedSession
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SpanMessage
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from shared import __version__
from shared.ports.spans import AttributeValue, TraceSpan

log = logging.getLogger(__name__)

TRACES_PATH = "/v1/traces"
GOOGLE_ADDRESS = f"https://telemetry.googleapis.com{TRACES_PATH}"
GOOGLE_SCOPE = "https://www.googleapis.com/auth/trace.append"
TIMEOUT = 5.0
"""Seconds until a collector must have answered."""
HEADERS = {"Content-Type": "application/x-protobuf"}
ID_FIELDS = ("traceId", "spanId", "parentSpanId")


@dataclass(frozen=True)
class OtlpFile:
    """Adds spans to a file, to which several processes may add. Each line is a request of OTLP in
    JSON."""

    path: Path

    def export(self, spans: Sequence[TraceSpan]) -> None:
        line = json_of(export_request(spans))
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
    open_session: Callable[[], requests.Session] = requests.Session
    session: requests.Session | None = None

    def send(self, spans: Sequence[TraceSpan]) -> None:
        """Send spans. Raises what the session raises, and HTTPError if they are refused."""
        if self.session is None:
            self.session = self.open_session()
        body = export_request(spans).SerializeToString()
        response = self.session.post(
            self.address, data=body, headers=HEADERS, timeout=TIMEOUT, allow_redirects=False
        )
        response.raise_for_status()


def address_of_traces(address: str) -> str:
    """Returns the address to post to, given a collector's address with or without its path."""
    base = address.rstrip("/")
    return base if base.endswith(TRACES_PATH) else base + TRACES_PATH


def google_session() -> requests.Session:
    """Returns a session with the credentials of this process's service account."""
    credentials, _ = google.auth.default(scopes=[GOOGLE_SCOPE])
    session: requests.Session = AuthorizedSession(credentials)
    return session


def export_request(spans: Sequence[TraceSpan]) -> ExportTraceServiceRequest:
    """Returns OTLP's request with the spans."""
    request = ExportTraceServiceRequest()
    resource_spans = request.resource_spans.add()
    resource_spans.resource.attributes.extend(key_values(resource_attributes()))
    scope_spans = resource_spans.scope_spans.add()
    scope_spans.scope.name = "dropscribe"
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
        kind=SpanMessage.SPAN_KIND_SERVER if span.is_request else SpanMessage.SPAN_KIND_INTERNAL,
        start_time_unix_nano=span.started,
        end_time_unix_nano=span.ended,
        attributes=key_values(own_names(span.attributes)),
    )
    if span.error is not None:
        status = Status(code=Status.STATUS_CODE_ERROR, message=span.error)
        message.status.CopyFrom(status)
    return message


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


def json_of(request: ExportTraceServiceRequest) -> str:
    """Returns a request in OTLP's JSON, which is protobuf's with ids in hexadecimal digits."""
    document = MessageToDict(request, use_integers_for_enums=True)
    for resource_spans in document["resourceSpans"]:
        for scope_spans in resource_spans["scopeSpans"]:
            for span in scope_spans["spans"]:
                write_ids_as_digits(span)
    return json.dumps(document, separators=(",", ":"))


def write_ids_as_digits(span: dict[str, Any]) -> None:
    for field in ID_FIELDS:
        if field in span:
            content = base64.b64decode(span[field])
            span[field] = content.hex()
