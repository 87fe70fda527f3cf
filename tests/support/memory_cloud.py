"""A cloud in memory: the real prepare, finalize, reconcile and operations, one call of a store at a
time.

An execution calls the stages as workflows/transcription.yaml does. Whoever works is a `Worker` of
`interleaving`, so a test may let anybody do any number of steps, and kill, refuse or lose anybody
anywhere. Time stands still between.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, JsonValue

from functions.diarize.stage import DiarizeParams
from functions.finalize.job import finalize
from functions.prepare.job import prepare
from functions.prepare.stage import PrepareParams
from functions.transcribe.stage import TranscribeParams
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.layout import work_uri
from shared.jobs.store import JobStore
from shared.model.artifacts import (
    Aligned,
    Chunk,
    Diarization,
    Interval,
    Manifest,
    Media,
)
from shared.model.contracts import Engine, Prepared, Problem, Source, StageRequest, StageResponse
from shared.model.errors import BadOption, ModelUnavailable, NotAudio, StageError, Transient
from shared.ports.documents import Document
from shared.ports.executions import ActiveExecution
from shared.runtime.execution import (
    cache_key,
    costs_only_its_part,
    execute,
    find_committed,
    store_problem,
)
from shared.runtime.http import problem_of
from shared.runtime.stage import ListedOutput, Output, SingleOutput, Stage, StageInput
from tests.support.interleaving import Killed, Steps, Turn, Worker

ENGINE = Engine(name="e", version="1")
UNSUPPORTED = "la"
"""A language that the recogniser does not know."""
Answer = Callable[[StageRequest, Any, Any], BaseModel]
Call = tuple[str, StageRequest, Answer]
"""Which stage is asked what, and what answers."""


class Failed(Exception):
    """A call that the workflow does not repeat."""

    def __init__(self, problem: Problem | None) -> None:
        self.problem = problem


class Cloud:
    """All stores, everybody at work, and what was seen to go wrong."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.blobs = MemoryBlobs(self.clock)
        self.documents = Documents(self)
        self.jobs = JobStore(self.documents, clock=self.clock)
        self.executions: dict[str, Execution] = {}
        self.orphans: list[Worker] = []
        """Containers that go on though nobody waits for their answer any more."""
        self.runs: dict[tuple[str, int], set[int]] = {}
        """The runs that began of each job, since each time somebody asked for it."""
        self.wrong: list[str] = []
        self.cannot_diarize = False
        """diarize fails for good."""

    def clock(self) -> float:
        return self.now

    def worker(self, work: Callable[[Any, Any, Any], object]) -> Worker:
        """Someone whose calls of the stores and of the workflow are steps."""
        return Worker(
            lambda worker: work(
                Steps(self.blobs, worker),
                JobStore(Steps(self.documents, worker), clock=self.clock),
                Steps(self, worker),
            )
        )

    # What `shared.adapters.workflows.Executions` promises

    def start(self, source: Source, run: int) -> str:
        return self._begun(lambda made: made.transcribe(source, run))

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        return self._begun(lambda made: made.hand_over(source, run, problem))

    def delete_audio(self, source: Source, run: int) -> str:
        return self._begun(lambda made: made.delete_audio(source, run))

    def draw_edits(self, source: Source, run: int) -> str:
        return self._begun(lambda made: made.draw_edits(source, run))

    def is_active(self, execution: str) -> bool:
        return execution in self.executions

    def list_active(self) -> Iterator[ActiveExecution]:
        for execution in tuple(self.executions):
            yield ActiveExecution(execution, None)

    def cancel(self, execution: str) -> None:
        """Its containers go on for a while."""
        if execution in self.executions:
            self.executions.pop(execution).let_go()

    def _begun(self, play: "Callable[[Execution], Play]") -> str:
        execution = f"e{len(self.runs)}-{self.documents.writes}-{len(self.executions)}-{self.now}"
        self.executions[execution] = Execution(self, execution, play)
        return execution


class Documents(MemoryDocuments):
    """Counts, and remembers which jobs were erased."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.erased: set[str] = set()
        self.writes = 0

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        self.writes += 1
        written = super().put(path, document, if_version)
        if written and document.get("state") == "erased":
            self.erased.add(path.removeprefix("jobs/"))
        return written

    def expire(self, now: str) -> None:
        self._kept = {
            path: kept for path, kept in self._kept.items() if str(kept[0]["expires"]) > now
        }


Play = Generator[Call, Any, None]


class Execution:
    """The workflow: one call after the other, each repeated while its failure may pass."""

    def __init__(self, cloud: Cloud, name: str, play: "Callable[[Execution], Play]") -> None:
        self.cloud, self.name = cloud, name
        self.play = play(self)
        self.call: Call = next(self.play)
        self.worker: Worker | None = None
        self.busy = False
        """The last call was told to come again."""

    def go(self, turn: Turn) -> None:
        self.worker = self.worker or self.cloud.worker(self.asked)
        if not self.worker.ended:
            self.worker.go(turn)
        if self.worker.ended:
            result, self.worker = self.worker.result, None
            self.returned(result)

    def asked(self, blobs: Any, jobs: Any, _: Any) -> object:
        """As `shared.stage.serve` does."""
        stage, asked, answer = self.call
        try:
            return answer(asked, blobs, jobs)
        except Transient:
            raise
        except Exception as error:
            if not isinstance(error, StageError):
                self.cloud.wrong.append(f"a bug: {error!r}")
            problem = problem_of(error, stage, asked.source.job_id)
            store_problem(problem, asked, blobs, jobs)
            return problem

    def returned(self, result: object) -> None:
        self.busy = isinstance(result, Transient | Killed)
        if self.busy:
            return  # it is called again
        if isinstance(result, Problem):
            self.fail(result)
        else:
            self.proceed(lambda: self.play.send(result))

    def fail(self, problem: Problem | None) -> None:
        self.let_go()
        self.proceed(lambda: self.play.throw(Failed(problem)))

    def proceed(self, step: Callable[[], Call]) -> None:
        try:
            self.call = step()
        except (StopIteration, Failed):
            self.cloud.executions.pop(self.name, None)

    def let_go(self) -> None:
        """Nobody waits for the call any more, which goes on."""
        if self.worker:
            self.cloud.orphans.append(self.worker)
            self.worker = None

    def transcribe(self, source: Source, run: int) -> Play:
        ending: dict[str, JsonValue] = {"run": run, "execution": self.name}
        try:
            prepared: Prepared = yield "prepare", ask(source, ending), self.prepare
            if prepared.duplicate:
                return
            self.begun(source, run)
            (audio,), manifest = prepared.outputs["chunks"], prepared.outputs["manifest"]
            heard: StageResponse = yield (
                "transcribe",
                ask(source, prepared.plan["transcribe"], audio=audio, manifest=manifest),
                self.hear,
            )
            inputs = {"manifest": manifest, "words-0": heard.outputs["aligned"]}
            failures: dict[str, JsonValue] = {}
            for span in prepared.outputs["spans"]:
                yield from self.diarize(source, prepared, span, inputs, failures)
            params = {**(prepared.plan["finalize"] or {}), **ending, "failures": failures}
            yield "finalize", ask(source, params, **inputs), finalize
        except Failed as failed:
            problem = failed.problem.model_dump(mode="json") if failed.problem else None
            yield "finalize", ask(source, {**ending, "error": {"problem": problem}}), finalize

    def diarize(
        self,
        source: Source,
        prepared: Prepared,
        span: Any,
        inputs: dict[str, Any],
        failures: dict[str, JsonValue],
    ) -> Play:
        """As the workflow's branch does: a failure for good costs only the speakers."""
        asked = ask(
            source, prepared.plan["diarize"], audio=span, manifest=prepared.outputs["manifest"]
        )
        try:
            found: StageResponse = yield "diarize", asked, self.find_speakers
            inputs["turns-0"] = found.outputs["diarization"]
        except Failed as failed:
            if failed.problem and not costs_only_its_part(failed.problem):
                raise
            failures["diarize-0"] = {"code": failed.problem.status if failed.problem else 0}

    def delete_audio(self, source: Source, run: int) -> Play:
        asked = ask(source, {"run": run, "execution": self.name, "delete_audio": True})
        yield "finalize", asked, finalize

    def draw_edits(self, source: Source, run: int) -> Play:
        asked = ask(source, {"run": run, "execution": self.name, "draw_edits": True})
        yield "finalize", asked, finalize

    def hand_over(self, source: Source, run: int, problem: Problem) -> Play:
        error: JsonValue = {"problem": problem.model_dump(mode="json")}
        yield (
            "finalize",
            ask(source, {"run": run, "execution": self.name, "error": error}),
            finalize,
        )

    def begun(self, source: Source, run: int) -> None:
        job = self.cloud.jobs.find(source.job_id)
        if job and job.run == run:
            self.cloud.runs.setdefault((source.job_id, job.requested_run), set()).add(run)

    def prepare(self, asked: StageRequest, blobs: Any, jobs: Any) -> BaseModel:
        return prepare(asked, blobs, jobs, self.paying(CUT, asked))

    def hear(self, asked: StageRequest, blobs: Any, jobs: Any) -> BaseModel:
        return execute(self.paying(HEAR, asked), asked, blobs, jobs)

    def find_speakers(self, asked: StageRequest, blobs: Any, jobs: Any) -> BaseModel:
        def run(task: StageInput[Any]) -> Iterator[Output]:
            if self.cloud.cannot_diarize:
                raise ModelUnavailable("there is no diarizer")
            yield from SPEAKERS.run(task)

        stage = replace(SPEAKERS, run=run)
        return execute(self.paying(stage, asked), asked, blobs, jobs)

    def paying(self, stage: Stage[Any], asked: StageRequest) -> Stage[Any]:
        """The stage, which notes when it is run though its answer is there."""

        def run(task: StageInput[Any]) -> Iterator[Output]:
            key = cache_key(stage, asked, task.params, ENGINE)
            if find_committed(f"{work_uri(asked.source, stage.name)}/{key}.json", self.cloud.blobs):
                self.cloud.wrong.append(f"{stage.name} was paid again")
            yield from stage.run(task)

        return replace(stage, run=run)


def ask(source: Source, params: Mapping[str, JsonValue] | None, **inputs: Any) -> StageRequest:
    return StageRequest(source=source, inputs=inputs, params=dict(params or {}))


def cut(task: StageInput[PrepareParams]) -> Iterator[Output]:
    """One chunk, and one span if the recording says "talk of two". One that says "bad" is none."""
    with task.original() as recording:
        sound = recording.read()
    if sound == b"bad":
        raise NotAudio("it says so")
    path = task.folder / "chunk.wav"
    path.write_bytes(sound)
    yield ListedOutput("chunks", path)
    media = Media(
        container="wav", codec="pcm", duration=1.0, sample_rate=16000, channels=1, bytes=len(sound)
    )
    whole = Interval(start=0.0, end=1.0)
    chunk = Chunk(start=0.0, end=1.0, speech=(whole,))
    spans: tuple[Interval, ...] = ()
    if sound == b"talk of two":
        spans = (whole,)
        span_path = task.folder / "span.wav"
        span_path.write_bytes(b"span of two")
        yield ListedOutput("spans", span_path)
    yield SingleOutput(
        "manifest", Manifest(media=media, chunks=(chunk,), spans=spans, probe=(), engine=ENGINE)
    )


def hear(task: StageInput[TranscribeParams]) -> Iterator[Output]:
    """Nothing. One language is refused, as a model of few languages does."""
    if task.params.language == UNSUPPORTED:
        raise BadOption(f"language is {UNSUPPORTED!r}")
    yield SingleOutput("aligned", Aligned(segments=(), words=(), asr=ENGINE, engines=(ENGINE,)))


def find_turns(task: StageInput[DiarizeParams]) -> Iterator[Output]:
    """Nobody speaks."""
    found = Diarization(turns=(), overlapping=(), embeddings={}, engine=ENGINE)
    yield SingleOutput("diarization", found)


CUT = Stage("prepare", "1", PrepareParams, cut, lambda _: ENGINE)
HEAR = Stage("transcribe", "1", TranscribeParams, hear, lambda _: ENGINE)
SPEAKERS = Stage("diarize", "1", DiarizeParams, find_turns, lambda _: ENGINE)
