"""A recording cut by prepare into a folder, so that other stages can be run on it by themselves."""

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from functions.prepare.stage import PrepareParams, prepare_audio
from shared.runtime.stage import StageInput

CHUNK_SECONDS = 300
SPAN_SECONDS = 1200
"""As on Google Cloud."""
MAX_SECONDS = 12 * 3600


@dataclass(frozen=True)
class Prepared:
    """The files that prepare makes of a recording, in a folder."""

    folder: Path

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.json"

    @property
    def chunks(self) -> list[Path]:
        return sorted(self.folder.glob("chunks-*.wav"))

    @property
    def spans(self) -> list[Path]:
        return sorted(self.folder.glob("spans-*.wav"))


def prepare(recording: Path, folder: Path) -> Prepared:
    """Writes the recording's chunks, spans and manifest into the folder, which is made."""
    workdir = folder / "work"
    workdir.mkdir(parents=True)
    params = PrepareParams(
        chunk_seconds=CHUNK_SECONDS, span_seconds=SPAN_SECONDS, max_seconds=MAX_SECONDS
    )
    stage_input = StageInput(params, {}, workdir, lambda: recording.open("rb"))
    count = 0
    for output in prepare_audio(stage_input):
        content = output.content
        if isinstance(content, Path):
            content.replace(folder / f"{output.name}-{count:04}.wav")
            count += 1
        else:
            text = content.model_dump_json()
            (folder / f"{output.name}.json").write_text(text)
    return Prepared(folder)


def seconds_of(files: Sequence[Path]) -> float:
    """Returns the length of all WAV files together, in seconds."""
    seconds = 0.0
    for path in files:
        with wave.open(str(path)) as file:
            seconds += file.getnframes() / file.getframerate()
    return seconds
