"""One hostile input through the whole of prepare, in this process."""

import hashlib
import io
import math
import time
import wave
from pathlib import Path

from pydantic import BaseModel

from functions.prepare.job import prepare
from functions.prepare.media import recording
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.artifacts import Manifest
from shared.model.contracts import Artifact, Prepared, Source, StageRequest
from shared.model.errors import PROBLEM_TYPE, Permanent, StageError
from shared.settings import settings
from tests.hostile.inputs import Hostile

STATUS = Path("/proc/self/status")
LONGEST = 2000
"""Characters of a problem's detail, which a workflow has to carry."""


class Outcome(BaseModel):
    """How an attempt ended."""

    end: str
    """`answer`, the problem's type, or `escaped` with the exception that no caller expects."""
    detail: str = ""
    sound: bool = False
    """Some of it was decoded."""
    seconds: float = 0.0
    peak: int = 0
    """MiB that the process held at most."""

    @property
    def right(self) -> bool:
        """An answer, or a problem that is final."""
        return self.end == "answer" or self.end.startswith(PROBLEM_TYPE)


class Discarding(MemoryBlobs):
    """Keeps no sound, only how long it is: hours of it would not fit."""

    def __init__(self) -> None:
        super().__init__()
        self.samples = 0

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        if not isinstance(content, Path):
            return super().put_if_absent(uri, content, sha256)
        with wave.open(str(content)) as file:
            self.samples += file.getnframes() if uri.endswith("-chunks.wav") else 0
        return super().put_if_absent(uri, hashlib.sha256(uri.encode()).digest(), sha256)


def attempt(made: Hostile) -> Outcome:
    forget_peak()
    began = time.monotonic()
    try:
        check(*prepared(made))
        outcome = Outcome(end="answer", sound=True)
    except Permanent as error:
        outcome = Outcome(
            end=error.type if len(str(error)) < LONGEST else "escaped length",
            detail=str(error)[:LONGEST],
        )
    except StageError as error:
        outcome = Outcome(end=f"escaped {error.type}", detail=str(error))
    except Exception as error:
        outcome = Outcome(end=f"escaped {type(error).__name__}", detail=repr(error)[:500])
    seconds, peak = time.monotonic() - began, peak_memory()
    return outcome.model_copy(
        update={
            "sound": outcome.sound or sounds(made.data),
            "seconds": round(seconds, 3),
            "peak": peak,
        }
    )


def prepared(made: Hostile) -> tuple[Prepared, Discarding]:
    blobs, inbox = Discarding(), settings().buckets.inbox
    generation = blobs.put(
        f"gs://{inbox}/{made.name}", made.data, if_generation_match=0, metadata=made.metadata
    )
    assert generation is not None
    if made.options is not None:
        blobs.put(f"gs://{inbox}/options.json", made.options, if_generation_match=0)
    source = Source(bucket=inbox, name=made.name, generation=generation)
    asked = StageRequest(source=source, params={"run": 1, "execution": "hostile"})
    return prepare(asked, blobs, JobStore(MemoryDocuments())), blobs


def check(answer: Prepared, blobs: Discarding) -> None:
    """Raise AssertionError unless the answer is whole, and can be told in JSON."""
    answer.model_dump_json()
    artifact = answer.outputs["manifest"]
    assert isinstance(artifact, Artifact)
    manifest = Manifest.model_validate_json(blobs.read(artifact.uri))
    chunks = answer.outputs["chunks"]
    assert isinstance(chunks, tuple) and len(chunks) == len(manifest.chunks) > 0
    assert math.isclose(manifest.chunks[-1].end, manifest.media.duration, abs_tol=0.002)
    assert math.isclose(blobs.samples / 16_000, manifest.media.duration, abs_tol=0.002)


def sounds(data: bytes) -> bool:
    """Whether any of it can be decoded, though it is no answer."""
    try:
        with recording(io.BytesIO(data), settings().recordings.max_hours * 3600) as original:
            return next(original.samples(), None) is not None
    except Exception:
        return False


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak_memory() -> int:
    lines = STATUS.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
