"""Runs a stage for a request: fetches the inputs, stores the outputs and commits the result.

A result is stored under a key made of everything that could change it, and is committed last, so
that a retry, a duplicate or a restart finds it. Leases only save money: two attempts at the same
request would write the same objects.
"""

import hashlib
import json
import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shared.jobs.audio import delete_work_audio
from shared.jobs.layout import job_uri, problem_uri, result_uri, work_uri
from shared.jobs.store import JobStore
from shared.jobs.unaligned_parts import record_unaligned
from shared.model.contracts import Artifact, Engine, Problem, Source, StageRequest, StageResponse
from shared.model.errors import (
    AudioDeleted,
    JobStoreUnavailable,
    RecordingErased,
    StageBusy,
    StageError,
    Transient,
)
from shared.model.finality import PROBLEMS_OF_THE_JOB
from shared.model.stages import STAGES
from shared.ports.blobs import BlobStore, delete_prefix
from shared.runtime.http import validated
from shared.runtime.log import run_context
from shared.runtime.process import stop_on_sigterm
from shared.runtime.spans import describe_request, trace_span
from shared.runtime.stage import ListedOutput, Output, P, Stage, StageInput
from shared.runtime.workdir import disk_full_is_transient, workdir
from shared.settings import settings

log = logging.getLogger(__name__)

RELEASE_PAUSE = 1.0
"""Seconds until a lease that could not be released is tried again."""

Outputs = dict[str, Artifact | tuple[Artifact, ...]]


def execute(
    stage: Stage[P], request: StageRequest, blobs: BlobStore, jobs: JobStore
) -> StageResponse:
    """Returns the result that is committed for this request, or computes and commits it.

    Raises the errors of the stage and of the stores, and BadRequest, StageBusy, AttemptsExhausted,
    RecordingErased or AudioDeleted.
    """
    source = request.source
    params = validated(stage.params, request.params)
    with trace_span("load model"):
        engine = stage.engine(params)
    key = cache_key(stage, request, params, engine)
    folder_uri = work_uri(source, stage.name)
    uri = result_uri(source, stage.name, key)
    record_key = f"{stage.name}-{key}"
    describe_request(stage=stage.name, part=params.part)

    with delete_if_gone(source, blobs):
        cached = find_committed(uri, blobs)
        if cached is not None:
            describe_request(reused=True)
            jobs.records.record_reuse(source.job_id, record_key, stage.name, params.part)
            # The worker that committed it may have died before it saw the erasure.
            jobs.raise_if_erased(source.job_id)
            return cached

    lease = Lease(jobs, source.job_id, record_key)
    with (
        delete_if_gone(source, blobs),
        attempt(lease, stage.name, params.part) as current,
        workdir(stage.name) as folder,
    ):
        files = fetch_inputs(request, folder, blobs)
        # Another attempt may have committed since the check above, perhaps while this process was
        # frozen and its lease ran out.
        cached = find_committed(uri, blobs)
        if cached is not None:
            return cached
        stage_input = StageInput(params, files, folder, lambda: blobs.open(source))
        with trace_span("work"):
            outputs = store_outputs(stage.run(stage_input), folder_uri, blobs)
        response = StageResponse(
            job_id=source.job_id,
            stage=stage.name,
            stage_version=stage.version,
            outputs=outputs,
            engine=engine,
            seconds=round(current.seconds(), 3),
        )
        return commit(uri, response, blobs)


# The cached result


def cache_key(stage: Stage[P], request: StageRequest, params: P, engine: Engine) -> str:
    """Returns the result's key: a digest of everything that could change the result."""
    digests = {name: artifact.sha256 for name, artifact in request.inputs.items()}
    recipe = {
        "stage": [stage.name, stage.version],
        "engine": [engine.name, engine.version, engine.model, engine.digest],
        "inputs": digests,
        "params": params.model_dump(mode="json"),
    }
    text = json.dumps(recipe, sort_keys=True)
    digest = hashlib.sha256(text.encode())
    return digest.hexdigest()[:20]


def find_committed(uri: str, blobs: BlobStore) -> StageResponse | None:
    """Returns the result at `uri`, or None if there is none or one of its outputs is gone."""
    blob = blobs.find(uri)
    if blob is None:
        return None
    content = blobs.read(uri, blob.generation)
    response = StageResponse.model_validate_json(content)
    for artifact in artifacts(response):
        if blobs.find(artifact.uri) is None:
            return None
    return response.model_copy(update={"reused": True})


def artifacts(response: StageResponse) -> Iterator[Artifact]:
    """Yields the outputs of a result, those of a list one by one."""
    for output in response.outputs.values():
        if isinstance(output, tuple):
            yield from output
        else:
            yield output


def commit(uri: str, response: StageResponse, blobs: BlobStore) -> StageResponse:
    """Write the result, unless another attempt committed one before. Returns the one that is
    committed.

    A result whose outputs are gone is replaced. Raises StageBusy if another attempt replaces it at
    the same moment.
    """
    data = response.model_dump_json().encode()
    created = blobs.put(uri, data, if_generation_match=0)
    if created is not None:
        return response
    committed = find_committed(uri, blobs)
    if committed is not None:
        return committed.model_copy(update={"reused": False})
    stale = blobs.find(uri)
    stale_generation = stale.generation if stale else 0
    replaced = blobs.put(uri, data, if_generation_match=stale_generation)
    if replaced is None:
        raise StageBusy("another attempt committed at the same moment")
    return response


# The attempt and its lease


@dataclass(frozen=True)
class Lease:
    """The right of one attempt to work on a request. It may have been lost since."""

    jobs: JobStore
    job_id: str
    key: str
    """Key of the stage record."""
    owner: str = field(default_factory=lambda: uuid.uuid4().hex)

    def renew_until(self, ended: threading.Event) -> None:
        """Renew the lease again and again until the attempt has ended.

        Past the stage deadline it kills the process: a call that hangs cannot be ended otherwise.
        """
        limits = settings().jobs
        job = {"job_id": self.job_id}
        deadline = time.monotonic() + limits.stage_deadline
        while not ended.wait(limits.heartbeat):
            if time.monotonic() > deadline:
                log.error("stage deadline passed", extra=job)
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                self.jobs.records.heartbeat(self.job_id, self.key, self.owner)
            except Transient:
                log.warning("lease not renewed", extra=job)

    def release(self, *, counted: bool) -> None:
        """Release the lease, trying again while the job store is unavailable.

        A lease that runs out instead would count as an attempt that died.
        """
        deadline = time.monotonic() + settings().jobs.lease
        while True:
            try:
                self.jobs.records.release_lease(self.job_id, self.key, self.owner, counted=counted)
                return
            except JobStoreUnavailable:
                if time.monotonic() > deadline:
                    raise
                time.sleep(RELEASE_PAUSE)


@dataclass(frozen=True)
class Attempt:
    """An attempt that is under way."""

    started: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Returns the time since the attempt started."""
        return time.monotonic() - self.started


@contextmanager
def attempt(lease: Lease, stage: str, part: int) -> Iterator[Attempt]:
    """Start an attempt and hold its lease while the block runs.

    Raises Stopping in the block on SIGTERM, and DiskFull for a full disk.
    """
    jobs, job_id = lease.jobs, lease.job_id
    job = jobs.start_attempt(job_id, lease.key, stage, part, lease.owner)
    run = None if job is None else job.run
    current = Attempt()
    ended = threading.Event()
    heartbeat = threading.Thread(target=lease.renew_until, args=(ended,), daemon=True)
    heartbeat.start()
    try:
        with run_context(job_id, run), stop_on_sigterm(), disk_full_is_transient():
            yield current
    except BaseException as error:
        may_pass = isinstance(error, Transient)
        lease.release(counted=not may_pass)
        raise
    else:
        jobs.records.complete_attempt(job_id, lease.key, lease.owner, current.seconds())
        jobs.raise_if_gone(job_id)
    finally:
        ended.set()
        heartbeat.join()


@contextmanager
def delete_if_gone(source: Source, blobs: BlobStore) -> Iterator[None]:
    """Deletes what the block has written if the recording is erased while it runs; only the audio
    if the job's audio is deleted."""
    try:
        yield
    except RecordingErased:
        delete_prefix(job_uri(source), blobs)
        raise
    except AudioDeleted:
        delete_work_audio(source, blobs)
        raise


# Inputs and outputs


def fetch_inputs(request: StageRequest, folder: Path, blobs: BlobStore) -> dict[str, Path]:
    """Returns the inputs as local files. They are numbered, since not every input's name can be a
    file name."""
    files = {}
    for number, (name, artifact) in enumerate(request.inputs.items()):
        file = folder / f"input-{number}"
        blobs.fetch(artifact, file)
        files[name] = file
    return files


def store_outputs(outputs: Iterator[Output], folder_uri: str, blobs: BlobStore) -> Outputs:
    """Store each output as soon as the stage yields it. Returns them as artifacts by name.

    So the stage's files need not all be on disk at once.
    """
    stored: Outputs = {}
    for output in outputs:
        artifact = store_output(folder_uri, output, blobs)
        if isinstance(output, ListedOutput):
            listed = stored.get(output.name, ())
            assert isinstance(listed, tuple)
            stored[output.name] = (*listed, artifact)
        else:
            stored[output.name] = artifact
    return stored


def store_output(folder_uri: str, output: Output, blobs: BlobStore) -> Artifact:
    """Store an output under a name made of its digest, and delete its file.

    Returns its artifact.
    """
    content = output.content
    if not isinstance(content, Path):
        data = content.model_dump_json().encode()
        digest = hashlib.sha256(data).hexdigest()
        uri = f"{folder_uri}/{digest[:16]}-{output.name}.json"
        return blobs.put_if_absent(uri, data, digest)
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    uri = f"{folder_uri}/{digest[:16]}-{output.name}{content.suffix}"
    artifact = blobs.put_if_absent(uri, content, digest)
    content.unlink()
    return artifact


def store_problem(
    problem: Problem, request: StageRequest, blobs: BlobStore, jobs: JobStore
) -> None:
    """Store the problem for finalize, since the workflow may only see that some branch failed.

    Nothing is stored if the recording is gone, or if the answer is written without this part. A
    call that outlives its job may find its input deleted with the job's audio.
    """
    if problem.status == RecordingErased.status:
        return
    if costs_only_its_part(problem):
        record_missing_part(problem, request, jobs)
        return
    job_id = request.source.job_id
    uri = problem_uri(request.source)
    data = problem.model_dump_json(exclude_none=True).encode()
    try:
        if jobs.is_gone(job_id):
            return
        blobs.put(uri, data, if_generation_match=0)
        if jobs.is_gone(job_id):
            delete_prefix(uri, blobs)
    except StageError:
        log.warning("problem not stored")  # the workflow still has it from the response


def record_missing_part(problem: Problem, request: StageRequest, jobs: JobStore) -> None:
    """Record a part that will not be aligned, so that its words are shown before the job ends."""
    part = request.params.get("part", 0)
    if problem.stage != "align" or not isinstance(part, int):
        return
    try:
        record_unaligned(request.source.job_id, part, jobs)
    except StageError:
        log.warning("missing part not recorded")  # its words are shown at the end of the job


def costs_only_its_part(problem: Problem) -> bool:
    """Returns whether the answer is written without the part at which the problem occurred.

    `failure_of_part` in the workflow has the same rule.
    """
    stage = STAGES.get(problem.stage or "")
    if stage is None or not stage.can_be_missing:
        return False
    return problem.type not in PROBLEMS_OF_THE_JOB
