"""Any interleaving or kill of several workers leaves the same objects at the end."""

from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from functions.finalize.answer.outbox import put_answer, put_problem
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Artifact, Engine, Params, Source, StageRequest, StageResponse
from shared.model.errors import StageBusy
from shared.runtime.execution import execute, store_output
from shared.runtime.stage import ListedOutput, Output, SingleOutput, Stage, StageInput
from shared.settings import JobSettings
from tests.support.interleaving import Killed, Steps, Turn, Worker, play

SOURCE = Source(bucket="dropscribe-inbox", name="talk.mp3", generation=5)
ENGINE = Engine(name="e", version="1")
turns = st.lists(
    st.builds(Turn, st.integers(0, 3), st.sampled_from([False] * 8 + [True]), st.booleans()),
    max_size=80,
)


class Text(BaseModel):
    text: str


def run(task: StageInput[Params]) -> Iterator[Output]:
    for word in task.files["audio"].read_text().split():
        path = task.folder / "part.wav"
        path.write_text(word)
        yield ListedOutput("parts", path)
    yield SingleOutput("text", Text(text="done"))


STAGE = Stage("echo", "1", Params, run, lambda _: ENGINE)


class Clock:
    """A clock that the test sets, so that leases run out when it wants them to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def world() -> tuple[MemoryBlobs, MemoryDocuments, Clock, StageRequest]:
    blobs = MemoryBlobs()
    audio: Artifact = store_output(
        "gs://dropscribe-work/in", SingleOutput("audio", Text(text="one two three")), blobs
    )
    return blobs, MemoryDocuments(), Clock(), StageRequest(source=SOURCE, inputs={"audio": audio})


def objects(blobs: MemoryBlobs) -> dict[str, bytes]:
    """Returns every object; results without their seconds, which differ between runs."""
    found = {blob.uri: blobs.read(blob.uri) for blob in blobs.list("gs://")}
    return {
        uri: StageResponse.model_validate_json(data)
        .model_copy(update={"seconds": 0.0})
        .model_dump_json()
        .encode()
        if b'"stage_version"' in data
        else data
        for uri, data in found.items()
    }


def attempt(
    blobs: MemoryBlobs, documents: MemoryDocuments, clock: Clock, request: StageRequest
) -> Callable[[Worker], object]:
    def work(worker: Worker) -> object:
        jobs: Any = JobStore(Steps(documents, worker), clock=clock)
        return execute(STAGE, request, Steps(blobs, worker), jobs)

    return work


@settings(max_examples=150, deadline=None)
@given(turns, st.integers(1, 4), st.booleans())
def test_any_interleaving_of_attempts_leaves_the_same_objects(
    order: list[Turn], workers: int, leases_run_out: bool
) -> None:
    undisturbed, documents, clock, request = world()
    expected = execute(STAGE, request, undisturbed, JobStore(documents, clock=clock))

    blobs, documents, clock, request = world()
    results = play([attempt(blobs, documents, clock, request)] * workers, order)
    assert all(isinstance(result, StageResponse | StageBusy | Killed) for result in results), (
        results
    )
    clock.now += 61 if leases_run_out else 3600
    after = JobStore(documents, JobSettings(attempts=99), clock=clock)
    last = execute(STAGE, request, blobs, after)

    assert last.outputs.keys() == expected.outputs.keys()
    assert objects(blobs) == objects(undisturbed), "no object more, no object less, none different"
    assert {task.state for task in after.records.of_job(SOURCE.job_id)} == {"done"}, (
        "no lease is left"
    )
    completed = [result for result in results if isinstance(result, StageResponse)]
    assert all(result.outputs == last.outputs for result in completed), (
        "every worker got the same result"
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 3), st.booleans()), min_size=1, max_size=4
    ),
    turns,
)
def test_the_newest_answer_remains_in_any_order_of_writes(
    writers: list[tuple[int, int, bool]], order: list[Turn]
) -> None:
    """`writers` are (generation, run, is it a transcript).

    A killed writer is repeated, as the workflow does.
    """
    blobs = MemoryBlobs()

    def write(store: Any, generation: int, run: int, transcript: bool) -> None:
        source = SOURCE.model_copy(update={"generation": generation})
        content = f"{generation}.{run}".encode()
        if transcript:
            put_answer(source, run, {"transcript.srt": content, "transcript.json": content}, store)
        else:
            put_problem(source, run, content, store)

    works = [lambda worker, w=writer: write(Steps(blobs, worker), *w) for writer in writers]
    for writer, result in zip(writers, play(works, order), strict=True):
        assert result is None or isinstance(result, Killed), result
        if isinstance(result, Killed):
            write(blobs, *writer)

    newest = max((generation, run) for generation, run, _ in writers)
    kinds = {transcript for generation, run, transcript in writers if (generation, run) == newest}
    found = {
        blob.uri.rpartition("/")[2]: blobs.read(blob.uri).decode() for blob in blobs.list("gs://")
    }
    marks = found.keys() & {"transcript.json", "problem.json"}
    assert {found[mark] for mark in marks} == {f"{newest[0]}.{newest[1]}"}, "only the newest"
    assert len(marks) == 1 or len(kinds) == 2, "one answer"
    assert ("transcript.srt" in found) == ("transcript.json" in found)
