"""What the functions of a cloud under attack are made of: engines, stores that are watched, and a
clock that is moved.

Recordings with the option `model=base` are heard by the real model; for the others nothing is done,
slowly.
"""

import hashlib
import json
import os
import re
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from functions.diarize.stage import RawDiarization, SpeakerBounds
from functions.transcribe.stage import Recogniser, TranscribeParams
from local.layout import INBOX
from shared.adapters.firestore import FirestoreDocuments
from shared.adapters.gcs import GcsBlobs
from shared.adapters.sqlite import SqliteDocuments
from shared.model.artifacts import Interval, RecognizedSegment
from shared.model.contracts import Artifact
from shared.ports.blobs import JSON, Blob
from shared.ports.documents import Document
from tests.support.noop import Noop

ENVIRONMENT = {
    "DROPSCRIBE_TRANSCRIBER": "tests.chaos.engines:recogniser",
    "DROPSCRIBE_ALIGNER": "tests.chaos.engines:aligner",
    "DROPSCRIBE_DIARIZER": "tests.chaos.engines:diarizer",
    "DROPSCRIBE_BLOB_STORE": "tests.chaos.engines:WatchedBlobs",
    "DROPSCRIBE_CLOCK": "tests.chaos.engines:moved_clock",
    "DROPSCRIBE_LEASE": "6",
    "DROPSCRIBE_HEARTBEAT": "1.5",
    "DROPSCRIBE_ATTEMPTS": "50",
}
"""Settings of a cloud under attack. Many attempts: here each is somebody's murder, not the
recording's fault."""
STORES = {
    "sqlite": {"DROPSCRIBE_JOB_DOCUMENTS": "tests.chaos.engines:WatchedSqlite"},
    "firestore": {"DROPSCRIBE_JOB_DOCUMENTS": "tests.chaos.engines:WatchedFirestore"},
}
STORAGE = "CHAOS_STORAGE"
"""Environment variable: the URL of the disturber in front of the bucket server."""
JOURNAL = "CHAOS_JOURNAL"
"""Environment variable: the file in which the functions note what they begin, keep and commit."""
CLOCK = "CHAOS_CLOCK"
"""Environment variable: a JSON file that says by how many seconds each function's clock is
wrong."""
PLANTS = "CHAOS_PLANTS"
"""Environment variable: a folder. While it holds the file `broken`, the engines fail for good at
recordings that are marked for it. It also remembers which deletions were interrupted."""
BROKEN = "broken"
SPEAKERS_OF_THE_BROKEN = 7
"""The option max-speakers of recordings that cannot be diarized."""
LANGUAGE_OF_THE_BROKEN = "de"
"""The option language of recordings that cannot be aligned."""
WORK_SECONDS = 0.3
"""What a stage that does nothing takes, so that it can be struck while it is at it."""
ANSWER = re.compile(r"/([0-9a-f]{20})/([a-z]+)/([0-9a-f]{20})\.json$")
TASK = re.compile(r"^jobs/([0-9a-f]{20})/tasks/([a-z]+)-([0-9a-f]{20})$")


class Busy(Noop):
    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        time.sleep(WORK_SECONDS)
        return super().transcribe(audio, speech, language, params)

    def __call__(self, audio: Path, bounds: SpeakerBounds) -> RawDiarization:
        time.sleep(WORK_SECONDS)
        if bounds.maximum == SPEAKERS_OF_THE_BROKEN and is_broken():
            raise RuntimeError("planted")
        return super().__call__(audio, bounds)

    def for_language(self, language: str) -> None:
        """Any other error would only cost the exact times of single segments."""
        if language == LANGUAGE_OF_THE_BROKEN and is_broken():
            raise MemoryError("planted")


def is_broken() -> bool:
    return (Path(os.environ[PLANTS]) / BROKEN).exists()


def recogniser(model: str | None) -> Recogniser:
    if model != "base":
        return Busy()
    from functions.transcribe.whisper import load

    return load(model)


def aligner() -> Busy:
    return Busy()


def diarizer() -> Busy:
    return Busy()


def moved_clock() -> float:
    wrong: dict[str, float] = json.loads(Path(os.environ[CLOCK]).read_text())
    return time.time() + wrong.get(os.environ["K_SERVICE"], 0)


def note(what: str, question: tuple[str, ...]) -> None:
    """One line, appended at once. Who notes is told, since one begins and the same one keeps."""
    line = " ".join((what, "/".join(question), f"{os.getpid()}.{threading.get_ident()}"))
    descriptor = os.open(os.environ[JOURNAL], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


class WatchedBlobs(GcsBlobs):
    """Reaches the bucket server through the disturber."""

    def __init__(self) -> None:
        os.environ["STORAGE_EMULATOR_HOST"] = os.environ[STORAGE]
        super().__init__()

    def find(self, uri: str) -> Blob | None:
        found = super().find(uri)
        if found and (answer := ANSWER.search(uri)):
            note("committed", answer.groups())
        return found

    def delete(self, uri: str, generation: int) -> bool:
        """Dies in finalize before a job's work audio is deleted, and then before its recording."""
        folder, _, name = uri.rpartition("/")
        is_recording = uri.startswith(f"gs://{INBOX}/")
        if os.environ["K_SERVICE"] == "finalize" and (is_recording or name.endswith(".wav")):
            die_once(uri if is_recording else folder)
        return super().delete(uri, generation)

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        note("keep", ())
        return super().put_if_absent(uri, content, sha256)

    def put(
        self,
        uri: str,
        data: bytes | BinaryIO,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        written = super().put(
            uri,
            data,
            if_generation_match=if_generation_match,
            content_type=content_type,
            metadata=metadata,
        )
        if written is not None and (answer := ANSWER.search(uri)):
            note("committed", answer.groups())
        return written


def die_once(what: str) -> None:
    """Kills this process, unless a process has died of the same before."""
    digest = hashlib.sha256(what.encode()).hexdigest()[:20]
    marker = Path(os.environ[PLANTS]) / f"died-{digest}"
    try:
        marker.touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def note_a_beginning(path: str, document: Document) -> None:
    """A lease that is taken, and not one that is renewed."""
    if (
        (task := TASK.match(path))
        and document["state"] == "running"
        and document["started"] == document["updated"]
    ):
        note("begin", task.groups())


class WatchedSqlite(SqliteDocuments):
    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        if written := super().put(path, document, if_version):
            note_a_beginning(path, document)
        return written


class WatchedFirestore(FirestoreDocuments):
    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        if written := super().put(path, document, if_version):
            note_a_beginning(path, document)
        return written
