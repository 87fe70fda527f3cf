"""Spans are exported as OpenTelemetry's collectors read them, to a file and to an address."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from google.oauth2.credentials import Credentials
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from urllib3.exceptions import HTTPError

from shared.adapters.otlp import (
    OtlpFile,
    OtlpHttp,
    address_of_traces,
    export_request,
    json_of,
    post_to_collector,
    post_to_google,
)
from shared.ports.spans import TraceSpan

ROOT = TraceSpan(
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
    parent_id=None,
    name="job",
    started=1_800_000_000_000_000_001,
    ended=1_800_000_001_000_000_001,
    attributes={"run": 1, "reused": True, "seconds": 0.5, "state": "done"},
    error="urn:dropscribe:problem:not-audio",
)


class Received(NamedTuple):
    """A request to a collector."""

    path: str
    content_type: str
    body: bytes
    authorization: str | None
    port: int
    """Of the client's connection."""


class Collector(BaseHTTPRequestHandler):
    """Keeps what it is sent."""

    protocol_version = "HTTP/1.1"
    status = 200
    received: list[Received]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        request = Received(
            path=self.path,
            content_type=self.headers["Content-Type"],
            body=body,
            authorization=self.headers["Authorization"],
            port=self.client_address[1],
        )
        self.received.append(request)
        self.send_response(self.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def collector(status: int) -> Iterator[tuple[str, list[Received]]]:
    """Yields its address, and what it received."""
    received: list[Received] = []
    handler = type("Own", (Collector,), {"status": status, "received": received})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


def exporter_to(address: str) -> OtlpHttp:
    return OtlpHttp(partial(post_to_collector, address_of_traces(address)))


def test_an_address_gets_the_spans_as_protobuf() -> None:
    with collector(200) as (address, received):
        exporter_to(address).send([ROOT])
    (request,) = received
    assert (request.path, request.content_type) == ("/v1/traces", "application/x-protobuf")
    (resource,) = ExportTraceServiceRequest.FromString(request.body).resource_spans
    (span,) = resource.scope_spans[0].spans
    assert span.trace_id.hex() == ROOT.trace_id
    assert span.end_time_unix_nano - span.start_time_unix_nano == 1_000_000_000
    assert span.status.message == ROOT.error
    assert {pair.key for pair in resource.resource.attributes} >= {"service.name"}


def test_the_spans_of_all_requests_go_over_one_connection() -> None:
    with collector(200) as (address, received):
        exporter = exporter_to(address)
        exporter.send([ROOT])
        exporter.send([ROOT])
    assert len(received) == 2
    assert len({request.port for request in received}) == 1


@pytest.mark.parametrize("status", [307, 503])
def test_a_refusal_is_an_error_and_is_not_repeated(status: int) -> None:
    with collector(status) as (address, received):
        with pytest.raises(HTTPError):
            exporter_to(address).send([ROOT])
        assert len(received) == 1


def test_google_gets_the_token_of_the_service_account(monkeypatch: pytest.MonkeyPatch) -> None:
    def default(scopes: list[str]) -> tuple[Credentials, str]:
        return Credentials(" ".join(scopes)), "p"

    monkeypatch.setattr("google.auth.default", default)
    with collector(200) as (address, received):
        monkeypatch.setattr("shared.adapters.otlp.GOOGLE_ADDRESS", address_of_traces(address))
        OtlpHttp(post_to_google).send([ROOT])
    (request,) = received
    assert request.path == "/v1/traces"
    assert request.authorization == "Bearer https://www.googleapis.com/auth/trace.append"


def test_the_path_is_added_to_a_collectors_address() -> None:
    wanted = "http://127.0.0.1:4318/v1/traces"
    assert address_of_traces("http://127.0.0.1:4318/") == wanted
    assert address_of_traces(wanted) == wanted


def test_the_json_is_that_of_the_messages() -> None:
    child = replace(ROOT, span_id="c8be7c825a9a3442", parent_id=ROOT.span_id, is_request=True)
    document = json.loads(json_of([ROOT, child]))
    for span in document["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for field in ("traceId", "spanId", "parentSpanId"):
            digits = bytes.fromhex(span.get(field, ""))
            span[field] = base64.b64encode(digits).decode()
    message = ParseDict(document, ExportTraceServiceRequest())
    assert message == export_request([ROOT, child])


def test_a_file_has_the_json_that_the_protocol_prescribes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids are hexadecimal digits, 64-bit numbers are texts, enumerations are numbers."""
    monkeypatch.setenv("K_SERVICE", "prepare")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    OtlpFile(tmp_path / "traces").export([ROOT])
    OtlpFile(tmp_path / "traces").export([ROOT])
    first, second = (tmp_path / "traces").read_text().splitlines()
    assert first == second
    (resource_spans,) = json.loads(first)["resourceSpans"]
    values = {pair["key"]: pair["value"] for pair in resource_spans["resource"]["attributes"]}
    assert values["service.name"] == {"stringValue": "prepare"}
    assert values["gcp.project_id"] == {"stringValue": "p"}
    (span,) = resource_spans["scopeSpans"][0]["spans"]
    assert span["traceId"] == ROOT.trace_id
    assert span["spanId"] == ROOT.span_id
    assert "parentSpanId" not in span
    assert span["startTimeUnixNano"] == "1800000000000000001"
    assert span["status"] == {"code": 2, "message": ROOT.error}
    assert {pair["key"]: pair["value"] for pair in span["attributes"]} == {
        "dropscribe.run": {"intValue": "1"},
        "dropscribe.reused": {"boolValue": True},
        "dropscribe.seconds": {"doubleValue": 0.5},
        "dropscribe.state": {"stringValue": "done"},
    }
    assert (tmp_path / "traces").stat().st_mode & 0o777 == 0o600
