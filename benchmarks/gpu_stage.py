"""Runs one stage on a prepared recording, on the device of the settings, and prints its figures.

    python -m benchmarks.gpu_stage STAGE PREPARED RESULTS [RECOGNITIONS]

PREPARED is a folder of benchmarks.prepared. The stage's JSON results are written to the folder
RESULTS, named by part. align reads the words to align from RECOGNITIONS, the results of transcribe.
`benchmarks.gpu` starts it in a process of its own for each row of its table.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from benchmarks.prepared import Prepared, seconds_of
from functions.align.stage import AlignParams, align
from functions.diarize.stage import DiarizeParams, diarize
from functions.transcribe.stage import TranscribeParams, load_recogniser, transcribe
from shared.runtime.stage import Output, StageInput
from shared.settings import settings

Run = Callable[[int, Path], Iterator[Output]]
"""Runs the stage on a part, given its number and its audio."""


@dataclass(frozen=True)
class Work:
    """What a stage took."""

    parts: int
    audio_seconds: float
    load_seconds: float
    """Until the model was loaded and, for align and on a GPU, had worked on one part."""
    began: float
    """Unix seconds at which the measured work began."""
    work_seconds: float
    host_mib: int
    """Most memory of the process."""


def main() -> None:
    stage, prepared, *folders = sys.argv[1:]
    results, *recognitions = map(Path, folders)
    work = measure(stage, Prepared(Path(prepared)), results, recognitions)
    print(json.dumps(asdict(work)))


def measure(stage: str, prepared: Prepared, results: Path, recognitions: list[Path]) -> Work:
    """Runs the stage on all parts of the recording, and writes its results."""
    started = time.monotonic()
    audio = prepared.spans if stage == "diarize" else prepared.chunks
    run = load(stage, prepared, recognitions)
    if settings().inference.device != "cpu" or stage == "align":
        list(run(0, audio[0]))  # loads dictionaries, and a GPU's kernels at their first use
    load_seconds = time.monotonic() - started

    results.mkdir(parents=True, exist_ok=True)
    began = time.time()
    started = time.monotonic()
    for part, file in enumerate(audio):
        for output in run(part, file):
            write(output, results / f"{part:04}.json")
    return Work(
        parts=len(audio),
        audio_seconds=round(seconds_of(audio), 1),
        load_seconds=round(load_seconds, 1),
        began=began,
        work_seconds=round(time.monotonic() - started, 2),
        host_mib=peak_mib(),
    )


def load(stage: str, prepared: Prepared, recognitions: list[Path]) -> Run:
    """Loads the stage's model. Returns what runs the stage."""
    if stage == "transcribe":
        load_recogniser()
        return partial(transcribe_part, prepared)
    if stage == "align":
        (folder,) = recognitions
        return partial(align_part, folder)

    from functions.diarize.pipeline import load as load_diarizer

    diarizer = load_diarizer()
    diarizer.pipeline.segmentation_batch_size = settings().inference.batch_size
    return partial(diarize_part, prepared)


def transcribe_part(prepared: Prepared, part: int, audio: Path) -> Iterator[Output]:
    params = TranscribeParams(part=part, language="en")
    files = {"audio": audio, "manifest": prepared.manifest}
    stage_input = StageInput(params, files, prepared.folder, lambda: audio.open("rb"))
    return transcribe(stage_input)


def align_part(recognitions: Path, part: int, audio: Path) -> Iterator[Output]:
    from functions.align.aligner import load as load_aligner

    files = {"audio": audio, "recognition": recognitions / f"{part:04}.json"}
    stage_input = StageInput(AlignParams(part=part), files, recognitions, lambda: audio.open("rb"))
    return align(stage_input, load_aligner)


def diarize_part(prepared: Prepared, part: int, audio: Path) -> Iterator[Output]:
    from functions.diarize.pipeline import load as load_diarizer

    files = {"audio": audio, "manifest": prepared.manifest}
    params = DiarizeParams(part=part)
    stage_input = StageInput(params, files, prepared.folder, lambda: audio.open("rb"))
    return diarize(stage_input, load_diarizer())


def write(output: Output, path: Path) -> None:
    content = output.content
    assert isinstance(content, BaseModel)
    path.write_text(content.model_dump_json())


def peak_mib() -> int:
    """Returns the most memory that this process has held."""
    lines = Path("/proc/self/status").read_text().splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM"))
    kib = int(peak.split()[1])
    return round(kib / 1024)


if __name__ == "__main__":
    main()
