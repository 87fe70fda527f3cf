"""A compressed upload is prepared like any other, or refused with the encoding that it claims."""

import gzip
from dataclasses import replace

import pytest

from functions.prepare.job import prepare
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Prepared, Source, StageRequest
from shared.model.errors import NotAudio, RecordingTooLarge
from shared.ports.blobs import Blob
from shared.settings import settings
from tests.support.recordings import speech, wav

RECORDING = wav(speech()[:80_000])


class EncodedBlobs(MemoryBlobs):
    """A store whose objects claim to be encoded."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    def find(self, uri: str) -> Blob | None:
        found = super().find(uri)
        return found and replace(found, content_encoding=self._encoding)


def prepared(blobs: MemoryBlobs, data: bytes) -> Prepared:
    generation = blobs.put("gs://inbox/a/call.wav", data, if_generation_match=0)
    assert generation is not None
    source = Source(bucket="inbox", name="a/call.wav", generation=generation)
    request = StageRequest(source=source, params={"run": 1, "execution": "e"})
    return prepare(request, blobs, JobStore(MemoryDocuments()))


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("gzip", gzip.compress(RECORDING)),
        ("", gzip.compress(RECORDING)),
        ("gzip", RECORDING),
        ("br", RECORDING),
        ("deflate", gzip.compress(RECORDING)),
    ],
)
def test_the_content_decides_how_it_is_read(encoding: str, data: bytes) -> None:
    response = prepared(EncodedBlobs(encoding), data)
    chunks = response.outputs["chunks"]
    assert isinstance(chunks, tuple) and len(chunks) == 1


def test_options_may_be_compressed_too() -> None:
    blobs = MemoryBlobs()
    options = gzip.compress(b'{"language": "de"}')
    blobs.put("gs://inbox/a/options.json", options, if_generation_match=0)
    plan = prepared(blobs, RECORDING).plan
    assert plan is not None and plan["detect"] is None


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate"])
def test_a_refusal_names_the_encoding(encoding: str) -> None:
    with pytest.raises(NotAudio, match=f"Content-Encoding {encoding}, so upload it without"):
        prepared(EncodedBlobs(encoding), b"\x1b\x03 this is no sound" * 100)


def test_the_limit_holds_for_the_unpacked_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(wav(speech() * 0))
    monkeypatch.setenv("DROPSCRIBE_MAX_GIGABYTES", str(len(packed) * 10 / 1e9))
    settings.cache_clear()
    try:
        with pytest.raises(RecordingTooLarge, match="unpacked, it has more than"):
            prepared(MemoryBlobs(), packed)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
