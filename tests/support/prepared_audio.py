"""Everything that prepare makes of a recording, and the memory that it takes."""

import io
import json
import subprocess
import sys
import wave
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from functions.prepare.stage import PrepareParams, prepare_audio
from shared.model.artifacts import Manifest
from shared.runtime.stage import ListedOutput, Output, SingleOutput, StageInput
from tests.support.audio_files import Samples
from tests.support.recordings import RATE

LISTED = ("chunks", "spans")


class PreparedAudio:
    """Everything that prepare yields for a recording, read back."""

    def __init__(self, data: bytes, folder: Path, **params: Any) -> None:
        self.output_names: list[str] = []
        """In the order in which the outputs were yielded."""
        self.samples: dict[str, list[Samples]] = defaultdict(list)
        """Of each output's WAV files."""
        self.peaks = b""
        self.manifest: Manifest

        defaults = {"chunk_seconds": 10, "span_seconds": 60, "max_seconds": 3600}
        prepare_params = PrepareParams(**(defaults | params))
        stage_input = StageInput(prepare_params, {}, folder, lambda: io.BytesIO(data))
        for output in prepare_audio(stage_input):
            self._add(output)
        assert not list(folder.iterdir())

    def _add(self, output: Output) -> None:
        self.output_names.append(output.name)
        expected_type = ListedOutput if output.name in LISTED else SingleOutput
        assert isinstance(output, expected_type)
        if output.name == "peaks":
            assert isinstance(output.content, Path)
            self.peaks = output.content.read_bytes()
            output.content.unlink()
        elif isinstance(output.content, Path):
            self.samples[output.name].append(read_work_audio(output.content))
            output.content.unlink()
        else:
            self.manifest = Manifest.model_validate_json(output.content.model_dump_json())


def read_work_audio(path: Path) -> Samples:
    """Returns the samples of a file that must be mono, 16-bit and at 16 kHz."""
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE
        assert file.getnchannels() == 1
        assert file.getsampwidth() == 2
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


MEASURE_MEMORY = """
import json, sys
from pathlib import Path
import psutil
from functions.prepare.stage import PrepareParams, prepare_audio
from shared.runtime.stage import StageInput
params = PrepareParams(chunk_seconds=10, span_seconds=60, max_seconds=36000, channels=sys.argv[3])
stage_input = StageInput(params, {}, Path(sys.argv[2]), lambda: open(sys.argv[1], "rb"))
peak = 0
for output in prepare_audio(stage_input):
    peak = max(peak, psutil.Process().memory_info().rss)
    if isinstance(output.content, Path):
        output.content.unlink()
    else:
        duration = output.content.media.duration
print(json.dumps([duration, peak]))
"""


def peak_memory(recording: Path, folder: Path, channels: str = "mix") -> tuple[float, float]:
    """Returns a recording's seconds, and the most megabytes that preparing it holds."""
    command = [sys.executable, "-c", MEASURE_MEMORY, str(recording), str(folder), channels]
    process = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    duration, peak = json.loads(process.stdout)
    return duration, peak / 1e6
