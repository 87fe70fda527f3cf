"""Each run of a job is one tree of spans without gaps, and names nothing that is transcribed."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.model.trace_ids import trace_id_of
from tests.support.cloud import Cloud
from tests.support.gateway import ALL_SCOPES
from tests.support.recordings import speech, wav
from tests.support.traces import Trace, trace_of, traces_of

NAME = "geheim/Okonkwo.wav"
PROMPT = "Heidelberg"
TAG = "Rechnung 17"


@pytest.fixture(scope="module")
def answered(cloud: Cloud) -> str:
    """Returns the id of a job that is done, and was traced."""
    metadata = {"initial-prompt": PROMPT, "language": "en", "x-order": TAG}
    source = cloud.upload(NAME, wav(speech()[104_000:184_000]), metadata)
    cloud.answer(source)
    traces = traces_of(cloud.home.folder)
    cloud.until(lambda: bool(trace_of(traces, source.job_id, 1).roots), 30, "root of the trace")
    return source.job_id


@pytest.fixture
def trace(cloud: Cloud, answered: str) -> Trace:
    return trace_of(traces_of(cloud.home.folder), answered, 1)


def test_a_run_is_one_tree_without_gaps(trace: Trace) -> None:
    assert trace.gaps() == []
    (root,) = trace.roots
    assert root.attributes["dropscribe.state"] == "done"
    for span in trace.spans.values():
        assert root.started <= span.ended


def test_it_has_every_stage_and_what_the_stages_did(trace: Trace) -> None:
    for stage in ("prepare", "transcribe", "align", "diarize"):
        assert trace.parts(stage) == {0}, stage
    names = {span.name for span in trace.spans.values()}
    assert names >= {"finalize", "storage read", "storage write", "load model", "model transcribe"}
    assert names >= {"model align", "model diarize"}
    services = {span.service for span in trace.spans.values()}
    assert services >= {"prepare", "transcribe", "align", "diarize", "finalize"}


def test_it_says_nothing_of_the_recording(cloud: Cloud, answered: str) -> None:
    content = traces_of(cloud.home.folder).read_text()
    assert answered in content
    for secret in ("Okonkwo", "geheim", PROMPT, "Rechnung", "Word."):
        assert secret not in content


def test_lines_of_the_log_name_the_trace_and_the_span_and_the_request(
    cloud: Cloud, answered: str, trace: Trace
) -> None:
    line = settled_line(cloud.home.log("finalize"), answered)
    project = cloud.environment.get("GOOGLE_CLOUD_PROJECT", "dropscribe-local")
    name = f"projects/{project}/traces/{trace_id_of(answered, 1)}"
    assert line["logging.googleapis.com/trace"] == name
    assert line["logging.googleapis.com/trace_sampled"] is True
    assert trace.spans[line["logging.googleapis.com/spanId"]].service == "finalize"
    assert line["request_id"]


def test_a_further_run_has_a_tree_of_its_own(cloud: Cloud, answered: str) -> None:
    done = cloud.command("redrive", answered)
    assert done.returncode == 0, done.stderr
    run = 3
    traces = traces_of(cloud.home.folder)
    cloud.until(lambda: bool(trace_of(traces, answered, run).roots), 30, "root of the trace")
    trace = trace_of(traces, answered, run)
    assert trace.gaps() == []
    assert trace.named("redrive")
    (reused,) = trace.named("align")
    assert reused.attributes["dropscribe.reused"] is True


def test_an_upload_through_the_api_is_part_of_the_tree(cloud: Cloud) -> None:
    _, key = cloud.keys.create("traces", ALL_SCOPES, "traces/", None)
    url = cloud.home.ports().url("gateway")
    headers = {"Authorization": f"Bearer {key}"}
    form = {"name": "traces/call.wav"}
    files = {"file": ("call.wav", wav(speech()[104_000:184_000]))}
    answer = httpx.post(
        f"{url}/api/v1/jobs/upload", headers=headers, data=form, files=files, timeout=90
    )
    job_id = str(answer.raise_for_status().json()["id"])
    traces = traces_of(cloud.home.folder)
    cloud.until(lambda: bool(trace_of(traces, job_id, 1).roots), 60, "root of the trace")
    trace = trace_of(traces, job_id, 1)
    assert trace.gaps() == []
    (upload,) = trace.named("upload")
    assert upload.service == "gateway"
    children = [span.name for span in trace.spans.values() if span.parent_id == upload.span_id]
    assert "storage write" in children


def settled_line(log: Path, job_id: str) -> dict[str, Any]:
    """Returns the line with which finalize logs the end of a job."""
    for text in log.read_text().splitlines():
        if '"settled"' in text and job_id in text:
            return dict(json.loads(text))
    raise AssertionError("no line about the end of the job")
