"""What an image has to show before it is one: its function answers a question about one second of
sound.

`python -m images.selftest transcribe`, at the end of the build and in any container. Storage and
job store are in memory; the rest is what runs in the cloud, the engine and its model included.
"""

import hashlib
import io
import math
import os
import struct
import sys
import wave
from collections.abc import Callable

import functions_framework

from shared.model.artifacts import (
    SAMPLE_RATE,
    Aligned,
    Chunk,
    Diarization,
    Interval,
    Manifest,
    Media,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.contracts import Artifact, Engine, Source, StageRequest, WireModel
from shared.runtime.wiring import blob_store
from shared.settings import settings

SECOND = Interval(start=0.0, end=1.0)
NOBODY = Engine(name="selftest", version="1")
START = {"run": 1, "execution": "selftest"}


SETTINGS = {
    "DROPSCRIBE_BLOB_STORE": "shared.adapters.memory:MemoryBlobs",
    "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.memory:MemoryDocuments",
    "DROPSCRIBE_EXECUTIONS_HOST": "127.0.0.1:9",  # nobody is called
}


def main() -> None:
    os.environ |= SETTINGS
    name = sys.argv[1]
    client = functions_framework.create_app("main", f"functions/{name}/main.py").test_client()
    if client.get("/health").status_code != 200:
        sys.exit(f"{name}: no health")
    answer = client.post("/", data=QUESTIONS[name]())
    sys.stdout.write(f"{name}: {answer.status_code} {answer.text}\n")
    refuse_cuda_13()
    sys.exit(0 if answer.status_code == 200 else 1)


def sound() -> bytes:
    """A WAV file: a second of a tone that rises."""
    tone = (int(8000 * math.sin(0.05 * n + n * n / 2e5)) for n in range(SAMPLE_RATE))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes(b"".join(struct.pack("<h", sample) for sample in tone))
    return file.getvalue()


def prepare() -> str:
    return asked({}, START)


def transcribe() -> str:
    return asked({"audio": sound(), "manifest": manifest()}, {"language": "en"})


def align() -> str:
    word = RecognizedWord(word="Hello.", start=0.2, end=0.8, probability=0.9)
    segment = RecognizedSegment(
        start=0.0, end=1.0, language="en", text="Hello.", words=(word,),
        avg_logprob=None, compression_ratio=None, no_speech_prob=None, temperature=None,
    )  # fmt: skip
    return asked({"audio": sound(), "heard": Recognition(segments=(segment,), engine=NOBODY)}, {})


def diarize() -> str:
    return asked({"audio": sound(), "manifest": manifest()}, {})


def finalize() -> str:
    words = Aligned(segments=(), words=(), asr=NOBODY, engines=())
    turns = Diarization(turns=(), overlapping=(), embeddings={}, engine=NOBODY)
    return asked({"manifest": manifest(), "words-0": words, "turns-0": turns}, START)


def reconcile() -> str:
    return "{}"


QUESTIONS: dict[str, Callable[[], str]] = {
    each.__name__: each for each in (prepare, transcribe, align, diarize, finalize, reconcile)
}


def manifest() -> Manifest:
    media = Media(
        container="wav",
        codec="pcm_s16le",
        duration=1.0,
        sample_rate=SAMPLE_RATE,
        channels=1,
        bytes=1,
    )
    chunk = Chunk(start=0.0, end=1.0, speech=(SECOND,))
    return Manifest(media=media, chunks=(chunk,), spans=(SECOND,), probe=(), engine=NOBODY)


def asked(inputs: dict[str, bytes | WireModel], params: dict[str, object]) -> str:
    """The request about a recording that lies in the inbox, with its inputs stored."""
    uri = f"gs://{settings().inbox}/second.wav"
    generation = blob_store().put(uri, sound(), if_generation_match=0)
    return StageRequest.model_validate(
        {
            "source": Source(
                bucket=settings().inbox, name="second.wav", generation=generation or 1
            ),
            "inputs": {name: kept(name, content) for name, content in inputs.items()},
            "params": params,
        }
    ).model_dump_json()


def kept(name: str, content: bytes | WireModel) -> Artifact:
    data = content if isinstance(content, bytes) else content.model_dump_json().encode()
    return blob_store().put_if_absent(
        f"gs://{settings().work}/{name}", data, hashlib.sha256(data).hexdigest()
    )


def refuse_cuda_13() -> None:
    """The driver of Cloud Run's GPUs loads CUDA 12."""
    torch = sys.modules.get("torch")
    if torch is not None and (torch.version.cuda or "12").partition(".")[0] != "12":
        sys.exit(f"this PyTorch is made for CUDA {torch.version.cuda}")


if __name__ == "__main__":
    main()
