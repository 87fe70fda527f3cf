"""Runs one hostile input through the whole of prepare, in this process."""

import hashlib
import io
import math
import time
import wave
from pathlib import Path

from pydantic import BaseModel

from functions.prepare.job import prepare
from functions.prepare.media import open_recording
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.artifacts import SAMPLE_RATE, Manifest
from shared.model.contracts import Artifact, Prepared, Source, StageRequest
from shared.model.errors import PROBLEM_TYPE, Permanent, StageError
from shared.settings import settings
from tests.hostile.inputs import HostileInput

STATUS = Path("/proc/self/status")
MAX_DETAIL = 2000
"""Characters of a problem's detail, which a workflow has to carry."""
MAX_REPR = 500
"""Characters kept of an unexpected exception."""


class Outcome(BaseModel):
    """How an attempt ended."""

    end: str
    """`answer`, the problem's type, or `escaped` with an exception that no caller expects."""
    detail: str = ""
    sound: bool = False
    """Some of it was decoded."""
    seconds: float = 0.0
    peak: int = 0
    """MiB that the process held at most."""

    @property
    def acceptable(self) -> bool:
        """Returns whether it ended in an answer or a final problem."""
        return self.end == "answer" or self.end.startswith(PROBLEM_TYPE)


class DiscardingBlobs(MemoryBlobs):
    """Keeps only the length of sound, since hours of it would not fit into memory."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = 0

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        if not isinstance(content, Path):
            return super().put_if_absent(uri, content, sha256)
        if uri.endswith("-chunks.wav"):
            with wave.open(str(content)) as file:
                self.samples += file.getnframes()
        replacement = hashlib.sha256(uri.encode()).digest()
        return super().put_if_absent(uri, replacement, sha256)


def attempt(hostile: HostileInput) -> Outcome:
    reset_peak_memory()
    start = time.monotonic()
    outcome = run(hostile)
    seconds = time.monotonic() - start
    peak = peak_memory()
    measured = {
        "sound": outcome.sound or has_sound(hostile.data),
        "seconds": round(seconds, 3),
        "peak": peak,
    }
    return outcome.model_copy(update=measured)


def run(hostile: HostileInput) -> Outcome:
    try:
        response, blobs = prepare_input(hostile)
        check(response, blobs)
    except Permanent as error:
        detail = str(error)
        end = error.type if len(detail) < MAX_DETAIL else "escaped length"
        return Outcome(end=end, detail=detail[:MAX_DETAIL])
    except StageError as error:
        return Outcome(end=f"escaped {error.type}", detail=str(error))
    except Exception as error:
        end = f"escaped {type(error).__name__}"
        return Outcome(end=end, detail=repr(error)[:MAX_REPR])
    return Outcome(end="answer", sound=True)


def prepare_input(hostile: HostileInput) -> tuple[Prepared, DiscardingBlobs]:
    blobs = DiscardingBlobs()
    inbox = settings().buckets.inbox
    uri = f"gs://{inbox}/{hostile.name}"
    generation = blobs.put(uri, hostile.data, if_generation_match=0, metadata=hostile.metadata)
    assert generation is not None
    if hostile.options is not None:
        blobs.put(f"gs://{inbox}/options.json", hostile.options, if_generation_match=0)
    source = Source(bucket=inbox, name=hostile.name, generation=generation)
    request = StageRequest(source=source, params={"run": 1, "execution": "hostile"})
    return prepare(request, blobs, JobStore(MemoryDocuments())), blobs


def check(response: Prepared, blobs: DiscardingBlobs) -> None:
    """Raise AssertionError unless the response is complete, and can be written as JSON."""
    response.model_dump_json()
    artifact = response.outputs["manifest"]
    assert isinstance(artifact, Artifact)
    manifest = Manifest.model_validate_json(blobs.read(artifact.uri))
    chunks = response.outputs["chunks"]
    assert isinstance(chunks, tuple)
    assert len(chunks) == len(manifest.chunks) > 0
    duration = manifest.media.duration
    assert math.isclose(manifest.chunks[-1].end, duration, abs_tol=0.002)
    assert math.isclose(blobs.samples / SAMPLE_RATE, duration, abs_tol=0.002)


def has_sound(data: bytes) -> bool:
    """Returns whether any of it can be decoded, although it was refused."""
    try:
        with open_recording(io.BytesIO(data), settings().recordings.max_hours * 3600) as recording:
            return next(recording.samples(), None) is not None
    except Exception:
        return False


def reset_peak_memory() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    """Returns the most MiB held since the reset."""
    for line in STATUS.read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    raise AssertionError("the kernel reports no VmHWM")
