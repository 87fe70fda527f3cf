"""Jobs whose chunks are in the work bucket, as prepare stores them."""

from collections.abc import Iterator, Sequence

from functions.gateway.deployment import Deployment
from functions.prepare.sample_buffer import Samples, write_wav
from shared.model.artifacts import SAMPLE_RATE, Chunk, Manifest
from shared.model.contracts import Engine, Params, Source, StageRequest
from shared.runtime.execution import execute
from shared.runtime.stage import ListedOutput, Output, SingleOutput, Stage, StageInput
from tests.support.finalize_inputs import manifest_of

ENGINE = Engine(name="test", version="1")


def store_chunks(
    stores: Deployment, source: Source, *channels: Sequence[Samples], part: int = 0
) -> None:
    """Has prepare store the samples of the chunks of each channel; of one channel as the mix of
    all. Its result differs by `part`."""
    sounds = []
    chunks = []
    for number in range(len(channels[0])):
        for channel, samples in enumerate(channels):
            sounds.append(samples[number])
            chunks.append(chunk_of(samples, number, channel if len(channels) > 1 else None))
    duration = chunks[-1].end
    manifest = manifest_of(duration, [()]).model_copy(update={"chunks": tuple(chunks)})
    prepare(stores, source, sounds, manifest, part)


def chunk_of(samples: Sequence[Samples], number: int, channel: int | None) -> Chunk:
    """Returns where a chunk of a channel is."""
    before = sum(map(len, samples[:number]))
    start = before / SAMPLE_RATE
    end = start + len(samples[number]) / SAMPLE_RATE
    return Chunk(start=start, end=end, channel=channel, speech=())


def prepare(
    stores: Deployment, source: Source, sounds: Sequence[Samples], manifest: Manifest, part: int
) -> None:
    """Has a worker do the stage, as it does for the workflow."""

    def run(stage_input: StageInput[Params]) -> Iterator[Output]:
        for number, samples in enumerate(sounds):
            path = stage_input.folder / f"chunk-{number}.wav"
            write_wav(path, [samples])
            yield ListedOutput("chunks", path)
        yield SingleOutput("manifest", manifest)

    stage = Stage("prepare", "1", Params, run, lambda params: ENGINE)
    request = StageRequest(source=source, params={"part": part})
    execute(stage, request, stores.blobs, stores.jobs)
