"""The shell around every stage: HTTP in, pure function, artifacts out, HTTP back.

The answer to a question is kept under a key made of everything that could change it, and is committed last, so a retry,
a duplicate and a restart find it. Leases only save money: two attempts at once would write the same objects.
"""

import hashlib
import json
import logging
import os
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

import flask
from pydantic import BaseModel, ValidationError

from shared.contracts import Artifact, Engine, Params, Problem, Source, StageRequest, StageResponse
from shared.errors import (
    BadRequest,
    Bug,
    JobStoreUnavailable,
    RecordingErased,
    StageBusy,
    StageError,
    Transient,
    is_final,
)
from shared.identity import authenticate
from shared.jobs import JobStore
from shared.log import about
from shared.process import stoppable
from shared.scratch import roomy, scratch
from shared.settings import settings
from shared.storage import JSON, BlobStore, job_uri, problem_uri, wipe, work_uri

log = logging.getLogger(__name__)

BUG_DETAIL = "The log holds the traceback."
"""All that a caller may know of a bug: the exception's message may hold what was said."""
RELEASE_PAUSE = 1.0
"""Seconds until a lease that could not be given back is tried again."""

A = TypeVar("A", bound=BaseModel)
P = TypeVar("P", bound=Params)
Content = BaseModel | Path
"""What a stage makes: a model is kept as JSON, a file as its bytes. The shell deletes the file once it is kept."""


@dataclass(frozen=True)
class One:
    """The only output of its name."""

    name: str
    content: Content


@dataclass(frozen=True)
class Each:
    """The next output in the list of its name."""

    name: str
    content: Content


Output = One | Each


@dataclass(frozen=True)
class Task(Generic[P]):
    """All that a stage gets to see."""

    params: P
    files: Mapping[str, Path]
    """The request's inputs, fetched and verified."""
    folder: Path
    """For the files it makes; gone when it ends."""
    original: Callable[[], BinaryIO] = field(repr=False)
    """Opens the recording itself, seekable, read over the network piece by piece."""


@dataclass(frozen=True)
class Stage(Generic[P]):
    """A named, versioned, pure function from local files to outputs, kept one by one as it yields them."""

    name: str
    version: str
    params: type[P]
    run: Callable[[Task[P]], Iterator[Output]]
    engine: Callable[[P], Engine]
    """What will compute it: part of the question, since another model gives another answer."""


def serve(name: str, request: flask.Request, model: type[A], answer: Callable[[A], BaseModel]) -> flask.Response:
    """Answer one HTTP request with what `answer` makes of its body, or with a problem. GET tells that it is up.

    Whatever escapes is a problem: a 500 that is none would pass for the platform's, and be tried again.
    """
    if request.method == "GET":
        return flask.Response('{"status":"ok"}', mimetype=JSON)
    try:
        authenticate(request)
        asked = parse(request, model)
    except Exception as error:
        return refuse(request, problem_of(error, name, None))
    job = {"job_id": asked.source.job_id} if isinstance(asked, StageRequest) else {}
    with about(**job, stage=name):
        try:
            with roomy():
                return flask.Response(answer(asked).model_dump_json(), mimetype=JSON)
        except Exception as error:
            problem = problem_of(error, name, job.get("job_id"))
        if isinstance(asked, StageRequest) and is_final(problem):
            leave(problem, asked, settings().blobs(), settings().jobs())
        return refuse(request, problem)


def problem_of(error: Exception, name: str, job_id: str | None) -> Problem:
    """Returns what the caller may know of an exception, and logs the rest."""
    if isinstance(error, Transient):
        log.info("not now: %s", error, extra={"status": error.status})
    elif isinstance(error, StageError):
        log.warning("answered with a problem", extra={"problem": error.type, "status": error.status})
    else:
        log.error("bug in a function", exc_info=error)
        error = Bug(BUG_DETAIL)
    return error.problem(job_id, name)


def leave(problem: Problem, asked: StageRequest, blobs: BlobStore, jobs: JobStore) -> None:
    """Leave the problem where finalize finds it: the workflow may see only that some branch failed."""
    if problem.status == RecordingErased.status:
        return  # nothing is to be left of it
    try:
        blobs.replace(problem_uri(asked.source), problem.model_dump_json().encode(), over=0)
        if jobs.erased(asked.source.job_id):
            wipe(problem_uri(asked.source), blobs)
    except StageError:
        log.warning("problem not left in work")  # the workflow still carries the response


def execute(stage: Stage[P], request: StageRequest, blobs: BlobStore, jobs: JobStore) -> StageResponse:
    """Give the answer already committed for this question, or work one out and commit it."""
    params = read_params(stage, request)
    key = question(stage, request, params, stage.engine(params))
    home = work_uri(request.source, stage.name)
    uri = f"{home}/{key}.json"
    if (answer := committed(uri, blobs)) is not None:
        jobs.reuse(request.source.job_id, f"{stage.name}-{key}", stage.name, params.part)
        return answer
    with (
        erasing(request.source, blobs),
        attempt(stage, request.source, key, params.part, jobs) as this,
        scratch(stage.name) as folder,
    ):
        if this.again and (answer := committed(uri, blobs)) is not None:
            return answer  # of an attempt that ended between the look above and this beginning
        task = Task(params, fetched(request, folder, blobs), folder, lambda: blobs.open(request.source))
        outputs = collected(stage.run(task), home, blobs)
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
        wipe(job_uri(source), blobs)
        raise


def question(stage: Stage[P], request: StageRequest, params: P, engine: Engine) -> str:
    """The answer's name: everything that could change the answer, and nothing else."""
    recipe = {
        "stage": [stage.name, stage.version],
        "engine": [engine.name, engine.version, engine.model, engine.digest],
        "inputs": {name: artifact.sha256 for name, artifact in request.inputs.items()},
        "params": params.model_dump(mode="json"),
    }
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:20]


def committed(uri: str, blobs: BlobStore) -> StageResponse | None:
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
def attempt(stage: Stage[P], source: Source, key: str, part: int, jobs: JobStore) -> Iterator[Attempt]:
    """Count an attempt and hold its lease while the block runs."""
    owner, task = uuid.uuid4().hex, f"{stage.name}-{key}"
    this = Attempt(jobs.begin(source.job_id, task, stage.name, part, owner))
    ended = threading.Event()
    heart = threading.Thread(target=beat, args=(jobs, source.job_id, task, owner, ended), daemon=True)
    heart.start()
    try:
        with stoppable(), roomy():
            yield this
    except BaseException as error:
        give_back(jobs, source.job_id, task, owner, counted=not isinstance(error, Transient))
        raise
    else:
        jobs.complete(source.job_id, task, owner, this.seconds())
        jobs.check_not_erased(source.job_id)
    finally:
        ended.set()
        heart.join()


def give_back(jobs: JobStore, job_id: str, task: str, owner: str, *, counted: bool) -> None:
    """Release the lease, again and again while the job store is away: a lease that just runs out looks like a death."""
    deadline = time.monotonic() + settings().lease
    while True:
        try:
            return jobs.release(job_id, task, owner, counted=counted)
        except JobStoreUnavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(RELEASE_PAUSE)


def beat(jobs: JobStore, job_id: str, task: str, owner: str, ended: threading.Event) -> None:
    """Renew the lease until the attempt ends. Past the deadline, end the process: a hung call hears nothing else."""
    deadline = time.monotonic() + settings().stage_deadline
    while not ended.wait(settings().heartbeat):
        if time.monotonic() > deadline:
            log.error("stage deadline passed", extra={"job_id": job_id})
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            jobs.renew(job_id, task, owner)
        except Transient:
            log.warning("lease not renewed", extra={"job_id": job_id})


def fetched(request: StageRequest, folder: Path, blobs: BlobStore) -> dict[str, Path]:
    """The inputs as local files. Numbered, since an input's name may be no file name."""
    files = {name: folder / f"input-{number}" for number, name in enumerate(request.inputs)}
    for name, path in files.items():
        blobs.fetch(request.inputs[name], path)
    return files


def collected(made: Iterator[Output], home: str, blobs: BlobStore) -> dict[str, Artifact | tuple[Artifact, ...]]:
    """Keep each output as it comes, so that a long stage holds one file at a time."""
    outputs: dict[str, Artifact | tuple[Artifact, ...]] = {}
    for output in made:
        kept = keep(home, output, blobs)
        if isinstance(output, Each):
            before = outputs.get(output.name, ())
            assert isinstance(before, tuple)
            outputs[output.name] = (*before, kept)
        else:
            outputs[output.name] = kept
    return outputs


def keep(home: str, output: Output, blobs: BlobStore) -> Artifact:
    """Store an output under its content's hash."""
    if isinstance(output.content, Path):
        with output.content.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        artifact = blobs.keep(f"{home}/{digest[:16]}-{output.name}{output.content.suffix}", output.content, digest)
        output.content.unlink()
        return artifact
    data = output.content.model_dump_json().encode()
    digest = hashlib.sha256(data).hexdigest()
    return blobs.keep(f"{home}/{digest[:16]}-{output.name}.json", data, digest)


def commit(uri: str, answer: StageResponse, blobs: BlobStore) -> StageResponse:
    """Write the answer over nothing, or over a stale one; if another attempt was first, theirs stands."""
    data = answer.model_dump_json().encode()
    if blobs.replace(uri, data, over=0) is not None:
        return answer
    if theirs := committed(uri, blobs):
        return theirs.model_copy(update={"reused": False})
    stale = blobs.find(uri)
    if blobs.replace(uri, data, over=stale.generation if stale else 0) is None:
        raise StageBusy("another attempt committed at the same moment")
    return answer


def read_params(stage: Stage[P], request: StageRequest) -> P:
    try:
        return stage.params.model_validate(request.params)
    except ValidationError as error:
        raise BadRequest(reasons(error)) from error


def parse(request: flask.Request, model: type[A]) -> A:
    """Returns the body; one that is empty is an empty object."""
    try:
        return model.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        raise BadRequest(reasons(error)) from error


def reasons(error: ValidationError) -> str:
    """What is wrong where, without the values, which may be anyone's secret."""
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())


def refuse(request: flask.Request, problem: Problem) -> flask.Response:
    """Workflows asks for plain JSON because it may not decode `+json` bodies; people get RFC 9457's own type."""
    plain = request.headers.get("Accept") == JSON
    mimetype = JSON if plain else "application/problem+json"
    return flask.Response(problem.model_dump_json(exclude_none=True), problem.status, mimetype=mimetype)
