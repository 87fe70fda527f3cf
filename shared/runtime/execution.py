"""The shell around every stage: HTTP in, pure function, artifacts out, HTTP back.

The answer to a question is kept under a key made of everything that could change it, and is
committed last, so a retry, a duplicate and a restart find it. Leases only save money: two attempts
at once would write the same objects.
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

from shared.jobs.layout import job_uri, problem_uri, work_uri
from shared.jobs.store import JobStore
from shared.model.contracts import Artifact, Engine, Problem, Source, StageRequest, StageResponse
from shared.model.errors import (
    JobStoreUnavailable,
    RecordingErased,
    StageBusy,
    StageError,
    Transient,
)
from shared.ports.blobs import BlobStore, delete_prefix
from shared.runtime.http import validated
from shared.runtime.process import stoppable
from shared.runtime.stage import ListedOutput, Output, P, Stage, StageInput
from shared.runtime.workdir import disk_full_is_transient, workdir
from shared.settings import settings

log = logging.getLogger(__name__)

RELEASE_PAUSE = 1.0
"""Seconds until a lease that could not be given back is tried again."""


def execute(
    stage: Stage[P], request: StageRequest, blobs: BlobStore, jobs: JobStore
) -> StageResponse:
    """Give the answer already committed for this question, or work one out and commit it."""
    params = validated(stage.params, request.params)
    key = cache_key(stage, request, params, stage.engine(params))
    home = work_uri(request.source, stage.name)
    uri = f"{home}/{key}.json"
    if (answer := find_committed(uri, blobs)) is not None:
        jobs.record_reuse(request.source.job_id, f"{stage.name}-{key}", stage.name, params.part)
        return answer
    with (
        erasing(request.source, blobs),
        attempt(stage, request.source, key, params.part, jobs) as this,
        workdir(stage.name) as folder,
    ):
        if this.again and (answer := find_committed(uri, blobs)) is not None:
            return answer  # of an attempt that ended between the look above and this beginning
        task = StageInput(
            params, fetch_inputs(request, folder, blobs), folder, lambda: blobs.open(request.source)
        )
        outputs = store_outputs(stage.run(task), home, blobs)
        return commit(
            uri,
            StageResponse(
                job_id=request.source.job_id,
                stage=stage.name,
                stage_version=stage.version,
                outputs=outputs,
                engine=stage.engine(params),
                seconds=round(this.seconds(), 3),
            ),
            blobs,
        )


@contextmanager
def erasing(source: Source, blobs: BlobStore) -> Iterator[None]:
    """An erasure that comes while the block runs takes also what the block has written."""
    try:
        yield
    except RecordingErased:
        delete_prefix(job_uri(source), blobs)
        raise


def cache_key(stage: Stage[P], request: StageRequest, params: P, engine: Engine) -> str:
    """The answer's name: everything that could change the answer, and nothing else."""
    recipe = {
        "stage": [stage.name, stage.version],
        "engine": [engine.name, engine.version, engine.model, engine.digest],
        "inputs": {name: artifact.sha256 for name, artifact in request.inputs.items()},
        "params": params.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:20]


def find_committed(uri: str, blobs: BlobStore) -> StageResponse | None:
    """The answer at `uri`, if its outputs are all still there."""
    if (blob := blobs.find(uri)) is None:
        return None
    answer = StageResponse.model_validate_json(blobs.read(uri, blob.generation))
    if all(blobs.find(artifact.uri) for artifact in artifacts(answer)):
        return answer.model_copy(update={"reused": True})
    return None


def artifacts(answer: StageResponse) -> Iterator[Artifact]:
    for output in answer.outputs.values():
        yield from output if isinstance(output, tuple) else (output,)


@dataclass(frozen=True)
class Attempt:
    again: bool
    """There was one before."""
    started: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.started


@contextmanager
def attempt(
    stage: Stage[P], source: Source, key: str, part: int, jobs: JobStore
) -> Iterator[Attempt]:
    """Count an attempt and hold its lease while the block runs."""
    owner, task = uuid.uuid4().hex, f"{stage.name}-{key}"
    this = Attempt(jobs.start_attempt(source.job_id, task, stage.name, part, owner))
    ended = threading.Event()
    heart = threading.Thread(
        target=heartbeat, args=(jobs, source.job_id, task, owner, ended), daemon=True
    )
    heart.start()
    try:
        with stoppable(), disk_full_is_transient():
            yield this
    except BaseException as error:
        release_lease(jobs, source.job_id, task, owner, counted=not isinstance(error, Transient))
        raise
    else:
        jobs.complete_attempt(source.job_id, task, owner, this.seconds())
        jobs.raise_if_erased(source.job_id)
    finally:
        ended.set()
        heart.join()


def release_lease(jobs: JobStore, job_id: str, task: str, owner: str, *, counted: bool) -> None:
    """Release the lease, again and again while the job store is away: a lease that just runs out
    looks like a death."""
    deadline = time.monotonic() + settings().lease
    while True:
        try:
            return jobs.release_lease(job_id, task, owner, counted=counted)
        except JobStoreUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(RELEASE_PAUSE)


def heartbeat(jobs: JobStore, job_id: str, task: str, owner: str, ended: threading.Event) -> None:
    """Renew the lease until the attempt ends. Past the deadline, end the process: a hung call hears
    nothing else."""
    deadline = time.monotonic() + settings().stage_deadline
    while not ended.wait(settings().heartbeat):
        if time.monotonic() > deadline:
            log.error("stage deadline passed", extra={"job_id": job_id})
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            jobs.heartbeat(job_id, task, owner)
        except Transient:
            log.warning("lease not renewed", extra={"job_id": job_id})


def fetch_inputs(request: StageRequest, folder: Path, blobs: BlobStore) -> dict[str, Path]:
    """The inputs as local files. Numbered, since an input's name may be no file name."""
    files = {name: folder / f"input-{number}" for number, name in enumerate(request.inputs)}
    for name, path in files.items():
        blobs.fetch(request.inputs[name], path)
    return files


def store_outputs(
    made: Iterator[Output], home: str, blobs: BlobStore
) -> dict[str, Artifact | tuple[Artifact, ...]]:
    """Keep each output as it comes, so that a long stage holds one file at a time."""
    outputs: dict[str, Artifact | tuple[Artifact, ...]] = {}
    for output in made:
        kept = store_output(home, output, blobs)
        if isinstance(output, ListedOutput):
            before = outputs.get(output.name, ())
            assert isinstance(before, tuple)
            outputs[output.name] = (*before, kept)
        else:
            outputs[output.name] = kept
    return outputs


def store_output(home: str, output: Output, blobs: BlobStore) -> Artifact:
    """Store an output under its content's hash."""
    if isinstance(output.content, Path):
        with output.content.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        artifact = blobs.put_if_absent(
            f"{home}/{digest[:16]}-{output.name}{output.content.suffix}", output.content, digest
        )
        output.content.unlink()
        return artifact
    data = output.content.model_dump_json().encode()
    digest = hashlib.sha256(data).hexdigest()
    return blobs.put_if_absent(f"{home}/{digest[:16]}-{output.name}.json", data, digest)


def commit(uri: str, answer: StageResponse, blobs: BlobStore) -> StageResponse:
    """Write the answer over nothing, or over a stale one; if another attempt was first, theirs
    stands."""
    data = answer.model_dump_json().encode()
    if blobs.put(uri, data, if_generation_match=0) is not None:
        return answer
    if theirs := find_committed(uri, blobs):
        return theirs.model_copy(update={"reused": False})
    stale = blobs.find(uri)
    if blobs.put(uri, data, if_generation_match=stale.generation if stale else 0) is None:
        raise StageBusy("another attempt committed at the same moment")
    return answer


def store_problem(
    problem: Problem, request: StageRequest, blobs: BlobStore, jobs: JobStore
) -> None:
    """Stores the problem where finalize finds it.

    The workflow may only see that some branch failed. Nothing is stored of an erased recording.
    """
    if problem.status == RecordingErased.status:
        return
    uri = problem_uri(request.source)
    try:
        blobs.put(uri, problem.model_dump_json().encode(), if_generation_match=0)
        if jobs.is_erased(request.source.job_id):
            delete_prefix(uri, blobs)
    except StageError:
        log.warning("problem not stored")  # the workflow still carries the response
