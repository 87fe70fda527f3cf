"""Recordings and their jobs in the stores of a gateway, in each state that a job can have."""

from collections.abc import Mapping

from functions.finalize.answer.files import output_uris
from functions.finalize.answer.outbox import FILE_NAMES, put_answer, put_problem
from functions.gateway.deployment import Deployment
from shared.jobs.events import publish_job_event
from shared.model.contracts import Problem, Source
from shared.model.errors import NotAudio
from shared.model.formats import PEAKS_FILE

INBOX = "dropscribe-inbox"
CALL = "team-a/call.wav"
JSON_AND_SRT = {"json": b'{"words": []}', "srt": b"1\n"}
PEAKS = b"\x00\x80\xff"


def upload(
    stores: Deployment,
    name: str = CALL,
    content: bytes = b"sound",
    metadata: Mapping[str, str] | None = None,
) -> Source:
    """Writes a recording over the one of the same name, if there is one."""
    uri = f"gs://{INBOX}/{name}"
    before = stores.blobs.find(uri)
    generation = stores.blobs.put(
        uri, content, if_generation_match=before.generation if before else 0, metadata=metadata
    )
    assert generation is not None
    return Source(bucket=INBOX, name=name, generation=generation)


def begin(stores: Deployment, source: Source, run: int = 1) -> None:
    """Has a run claim the job, so that it is running."""
    assert stores.jobs.claim(source, run, f"execution-of-run-{run}") is not None


def finish(
    stores: Deployment,
    source: Source,
    run: int = 1,
    contents: Mapping[str, bytes] = JSON_AND_SRT,
    *,
    deletes_audio: bool = False,
    tags: dict[str, str] | None = None,
    peaks: bytes | None = PEAKS,
) -> None:
    """Writes the transcript of a job that is running, by format, makes the job done, and logs
    that. Without `peaks` it is like one that an earlier version of prepare has prepared."""
    files = {FILE_NAMES[format]: content for format, content in contents.items()}
    if peaks is not None:
        files[PEAKS_FILE] = peaks
    assert put_answer(source, run, files, stores.blobs)
    formats = [format for format in contents if format != "json"]
    uris = output_uris(source, formats)
    stores.jobs.finish(
        source.job_id, run, "done", results=uris, deletes_audio=deletes_audio, tags=tags
    )
    publish_job_event(source.job_id, stores.jobs, None)


def fail(stores: Deployment, source: Source, run: int = 1) -> Problem:
    """Writes the problem of a job that is running, makes the job failed, and logs that."""
    problem = NotAudio("It is a text.").problem(source.job_id, "prepare")
    put_problem(source, run, problem.model_dump_json().encode(), stores.blobs)
    uri = f"gs://dropscribe-outbox/{source.name}/problem.json"
    stores.jobs.finish(source.job_id, run, "failed", problem, {"problem": uri})
    publish_job_event(source.job_id, stores.jobs, None)
    return problem


def done_job(stores: Deployment, name: str = CALL, content: bytes = b"sound") -> Source:
    """Returns a recording that has a transcript."""
    source = upload(stores, name, content)
    begin(stores, source)
    finish(stores, source)
    return source
