"""All that prepare makes of a recording, and what memory it takes."""

import io
import json
import subprocess
import sys
import wave
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from functions.prepare.stage import Cutting, cut
from shared.model.artifacts import Manifest
from shared.runtime.stage import ListedOutput, SingleOutput, StageInput
from tests.support.media_files import RATE, Samples


class Made:
    """All that prepare yields, read back."""

    def __init__(self, data: bytes, folder: Path, **params: Any) -> None:
        self.order: list[str] = []
        self.sounds: dict[str, list[Samples]] = defaultdict(list)
        asked = Cutting(**{"chunk_seconds": 10, "span_seconds": 60, "max_seconds": 3600, **params})
        for output in cut(StageInput(asked, {}, folder, lambda: io.BytesIO(data))):
            self.order.append(output.name)
            assert isinstance(
                output, ListedOutput if output.name in ("chunks", "spans") else SingleOutput
            )
            if isinstance(output.content, Path):
                self.sounds[output.name].append(read(output.content))
                output.content.unlink()
            else:
                self.manifest = Manifest.model_validate_json(output.content.model_dump_json())
        assert not list(folder.iterdir())


def read(path: Path) -> Samples:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


PEAK = """
import json, sys
from pathlib import Path
import psutil
from functions.prepare.stage import Cutting, cut
from shared.runtime.stage import StageInput
params = Cutting(chunk_seconds=10, span_seconds=60, max_seconds=36000, channels=sys.argv[3])
peak = 0
for output in cut(StageInput(params, {}, Path(sys.argv[2]), lambda: open(sys.argv[1], "rb"))):
    peak = max(peak, psutil.Process().memory_info().rss)
    if isinstance(output.content, Path):
        output.content.unlink()
    else:
        duration = output.content.media.duration
print(json.dumps([duration, peak]))
"""


def peak(recording: Path, folder: Path, channels: str = "mix") -> tuple[float, float]:
    """Seconds of a recording, and the most megabytes that are held while it is prepared."""
    command = [sys.executable, "-c", PEAK, str(recording), str(folder), channels]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    duration, size = json.loads(done.stdout)
    return duration, size / 1e6
