"""Jobs of which a test does one part after the other, on stores in memory."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from functions.gateway.deployment import Deployment
from shared.jobs.job import KnownRecording
from shared.model.artifacts import Recognition, RecognizedSegment, RecognizedWord
from shared.model.contracts import Engine, Params, Source, StageRequest
from shared.model.options import resolve
from shared.runtime.execution import execute
from shared.runtime.stage import Output, SingleOutput, Stage, StageInput
from tests.support.finalize_inputs import aligned, manifest_of, segment, sentence
from tests.support.gateway_jobs import begin, upload

ENGINE = Engine(name="test", version="1")
CHUNK_SECONDS = 60.0


def cut_job(
    stores: Deployment,
    chunks: int,
    name: str = "team-a/call.wav",
    options: Mapping[str, JsonValue] | None = None,
) -> Source:
    """Returns a job that is running and cut into chunks of a minute."""
    source = upload(stores, name)
    begin(stores, source)
    cut(stores, source, chunks, options=options)
    return source


def cut(
    stores: Deployment,
    source: Source,
    chunks: int,
    run: int = 1,
    options: Mapping[str, JsonValue] | None = None,
) -> None:
    """Does the first stage of a run."""
    made = manifest_of(CHUNK_SECONDS * chunks, [()] * chunks)
    do(stores, source, "prepare", 0, SingleOutput("manifest", made))
    _, in_force = resolve({"test": options or {}})
    known = KnownRecording(5, {}, in_force)
    stores.jobs.record_parts(source.job_id, run, chunks, spans=1, known=known)


def align(
    stores: Deployment, source: Source, part: int, text: str = "Good morning.", start: float = 1.0
) -> None:
    """Does a part of the job, in which a sentence is said."""
    do(stores, source, "align", part, SingleOutput("aligned", sentence(text, start)))


def recognise(
    stores: Deployment, source: Source, part: int, text: str = "Good morning.", start: float = 1.0
) -> None:
    """Recognises the sentence of a part, which is aligned next."""
    words = [recognised_word(word, start + 0.5 * index) for index, word in enumerate(text.split())]
    said = RecognizedSegment(
        start=start,
        end=words[-1].end,
        language="en",
        text=text,
        avg_logprob=-0.2,
        compression_ratio=1.2,
        no_speech_prob=0.1,
        temperature=0.0,
        words=tuple(words),
    )
    recognition = Recognition(segments=(said,), engine=ENGINE)
    do(stores, source, "transcribe", part, SingleOutput("recognition", recognition))


def recognised_word(word: str, start: float) -> RecognizedWord:
    return RecognizedWord(word=word, start=start, end=start + 0.4, probability=0.9)


def align_suspect(stores: Deployment, source: Source, part: int) -> None:
    """Does a part of the job, in which a sentence was decoded that was probably never said."""
    suspect = segment("Thanks for watching!", quality_flags=("no_speech",))
    do(stores, source, "align", part, SingleOutput("aligned", aligned([suspect], [])))


def do(stores: Deployment, source: Source, stage: str, part: int, output: Output) -> None:
    """Has a worker do a part of a stage, as it does for the workflow."""

    def run(task: StageInput[Params]) -> Iterator[Output]:
        yield output

    worker = Stage(stage, "1", Params, run, lambda params: ENGINE)
    request = StageRequest(source=source, params={"part": part})
    execute(worker, request, stores.blobs, stores.jobs)
