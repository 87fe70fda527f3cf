"""Questions to each function about half a minute of a real telephone call."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from google.cloud import storage

from emulators.storage.tests.server import BucketServer
from images.selftest import ENGINE
from local.layout import INBOX, OUTBOX, WORK
from shared.model.artifacts import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Chunk,
    Diarization,
    Interval,
    Manifest,
    Media,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
    Turn,
)
from shared.model.contracts import Artifact, Source, StageRequest, WireModel
from tests.models.sample import SAMPLE, SECONDS, SPEECH

START: dict[str, Any] = {"run": 1, "execution": "test"}
_, _, _, BEGIN, END, TEXT = (
    SAMPLE.with_suffix(".stm").read_text().splitlines()[-1].split(maxsplit=5)
)
"""What is said last, and when."""
MEASURES: dict[str, None] = dict.fromkeys(
    ("avg_logprob", "compression_ratio", "no_speech_prob", "temperature")
)


class Desk:
    """The buckets, with the recording in the inbox."""

    def __init__(self, client: storage.Client) -> None:
        self.client = client
        for bucket in (INBOX, OUTBOX, WORK):
            if not client.bucket(bucket).exists():
                client.create_bucket(bucket)
        blob = client.bucket(INBOX).blob("sample.wav")
        blob.upload_from_filename(SAMPLE)
        self.source = Source(bucket=INBOX, name="sample.wav", generation=blob.generation)

    def question(self, params: dict[str, Any], inputs: dict[str, WireModel | bytes]) -> str:
        kept = {name: self.put_if_absent(name, content) for name, content in inputs.items()}
        return StageRequest(source=self.source, inputs=kept, params=params).model_dump_json()

    def put_if_absent(self, name: str, content: WireModel | bytes) -> Artifact:
        data = content if isinstance(content, bytes) else content.model_dump_json().encode()
        digest = hashlib.sha256(data).hexdigest()
        blob = self.client.bucket(WORK).blob(f"given/{digest}-{name}")
        blob.upload_from_string(data)
        return Artifact(uri=f"gs://{WORK}/{blob.name}", generation=blob.generation, sha256=digest)

    def read(self, uri: str) -> bytes:
        return bytes(storage.Blob.from_uri(uri, self.client).download_as_bytes())


@contextmanager
def desk(buckets: BucketServer) -> Iterator[Desk]:
    with buckets.client() as client:
        yield Desk(client)


def manifest() -> Manifest:
    """The sample as a recording of one chunk and one span."""
    media = Media(
        container="wav",
        codec="pcm_s16le",
        duration=SECONDS,
        sample_rate=16_000,
        channels=1,
        bytes=1,
    )
    chunk, span = Chunk(start=0.0, end=SECONDS, speech=SPEECH), Interval(start=0.0, end=SECONDS)
    return Manifest(media=media, chunks=(chunk,), spans=(span,), probe=(), engine=ENGINE)


def prepare(desk: Desk) -> str:
    return desk.question(START, {})


def transcribe(desk: Desk) -> str:
    return desk.question({"language": "en"}, {"audio": SAMPLE.read_bytes(), "manifest": manifest()})


def align(desk: Desk) -> str:
    """The last words, of which nothing is known but that they are somewhere in their turn."""
    words = tuple(
        RecognizedWord(word=word, start=float(BEGIN), end=float(END), probability=0.5)
        for word in TEXT.split()
    )
    segment = RecognizedSegment(
        start=float(BEGIN), end=float(END), language="en", text=TEXT, words=words, **MEASURES
    )
    return desk.question(
        {},
        {
            "audio": SAMPLE.read_bytes(),
            "recognition": Recognition(segments=(segment,), engine=ENGINE),
        },
    )


def diarize(desk: Desk) -> str:
    return desk.question({}, {"audio": SAMPLE.read_bytes(), "manifest": manifest()})


def finalize(desk: Desk) -> str:
    """One word, said while somebody speaks."""
    word = AlignedWord(
        segment=0, word="Chicago.", start=18, end=19, score=0.9, confidence=0.9, timing="aligned"
    )
    segment = AlignedSegment(start=18, end=19, language="en", text="Chicago.", **MEASURES)
    turns = (Turn(start=0, end=SECONDS, speaker="A"),)
    words = Aligned(segments=(segment,), words=(word,), asr=ENGINE, engines=())
    told = Diarization(turns=turns, overlapping=turns, embeddings={"A": (1.0, 0.0)}, engine=ENGINE)
    return desk.question(START, {"manifest": manifest(), "words-0": words, "turns-0": told})


def reconcile(desk: Desk) -> str:
    return "{}"


QUESTIONS: dict[str, Callable[[Desk], str]] = {
    each.__name__: each for each in (prepare, transcribe, align, diarize, finalize, reconcile)
}
