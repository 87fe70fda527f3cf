"""Proves at the end of an image's build that its function works, on one second of sound.

`python -m images.selftest transcribe` sends the function a request of each of its stages,
`python -m images.selftest gateway` asks the gateway for its health and for jobs without a key, and
`python -m images.selftest notify` has an event delivered (selftest_notify.py).
Storage and job store are in memory; everything else is what runs in the cloud, the model included.
"""

import hashlib
import http.client
import importlib
import io
import math
import os
import socket
import struct
import subprocess
import sys
import time
import wave

import functions_framework
from pydantic import JsonValue

from shared.model.artifacts import (
    SAMPLE_RATE,
    Aligned,
    Chunk,
    Detection,
    Interval,
    Manifest,
    Media,
    ProbeWindow,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.contracts import Artifact, Engine, Source, StageRequest, WireModel
from shared.model.formats import FORMATS
from shared.model.stages import STAGES, StageSpec
from shared.runtime.wiring import blob_store
from shared.settings import settings

SECOND = Interval(start=0.0, end=1.0)
ENGINE = Engine(name="selftest", version="1")
RUN: dict[str, JsonValue] = {"run": 1, "execution": "selftest"}
"""Parameters of a stage that claims the job."""
ENVIRONMENT = {
    "DROPSCRIBE_BLOB_STORE": "shared.adapters.memory:MemoryBlobs",
    "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.memory:MemoryDocuments",
    "DROPSCRIBE_EXECUTIONS_HOST": "127.0.0.1:9",  # no workflow is called
    "DROPSCRIBE_WEBHOOK_SECRET": "secret of the selftest, not of a deployment",
    "DROPSCRIBE_WEBHOOK_HOSTS": '["127.0.0.1"]',
}
GATEWAY_STATUSES = {"/health/live": 200, "/api/v1/keys/me": 401}
"""Path of a request without a key to the gateway, and the status of its response."""
GATEWAY_MODULES = ("shared.formats.parquet_tables", "shared.formats.word_document")
"""What the gateway imports only when it draws a document."""
START_SECONDS = 60.0
"""Seconds in which the gateway must start. A build may be slow."""


def main() -> None:
    os.environ |= ENVIRONMENT
    function = sys.argv[1]
    if function == "gateway":
        sys.exit(0 if gateway_works() else 1)
    if function == "notify":
        from images.selftest_notify import notify_works  # its packages are in that image only

        sys.exit(0 if notify_works() else 1)
    sys.exit(0 if stages_work(function) else 1)


def gateway_works() -> bool:
    """Returns whether the gateway, started by the image's command, answers as it should. Raises
    ImportError if it could not draw documents."""
    for module in GATEWAY_MODULES:
        importlib.import_module(module)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
    command = (sys.executable, "-m", "functions.gateway.main")
    with subprocess.Popen(command, env=environment) as gateway:
        try:
            statuses = {path: status_of(path, port, gateway) for path in GATEWAY_STATUSES}
        finally:
            gateway.terminate()
    for path, status in statuses.items():
        sys.stdout.write(f"gateway: {status} {path}\n")
    return statuses == GATEWAY_STATUSES


def status_of(path: str, port: int, server: subprocess.Popen[bytes]) -> int | None:
    """Returns the status of the response of a server that may still be starting, or None if it
    ends or does not start in time."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except ConnectionError:
            time.sleep(0.05)
        finally:
            connection.close()
    return None


def stages_work(function: str) -> bool:
    """Returns whether the function answers a request of each of its stages."""
    app = functions_framework.create_app("main", f"functions/{function}/main.py")
    client = app.test_client()
    if client.get("/health").status_code != 200:
        sys.exit(f"{function}: /health does not answer")
    statuses = []
    for body in requests_to(function):
        response = client.post("/", data=body)
        sys.stdout.write(f"{function}: {response.status_code} {response.text}\n")
        statuses.append(response.status_code)
    refuse_cuda_13()
    return all(status == 200 for status in statuses)


def requests_to(function: str) -> list[str]:
    """Returns a request body for each stage that the function serves, or an empty one."""
    requests = []
    for stage in STAGES.values():
        if stage.function == function:
            requests.append(stage_request(stage))
    return requests or ["{}"]


def stage_request(stage: StageSpec) -> str:
    """Returns a request about a recording in the inbox, and stores its inputs."""
    samples = sample_inputs()
    inputs = {name: store(name, samples[name]) for name in stage.inputs}
    params = dict(stage.fixed_params)
    if stage.claims_job:
        params |= RUN
    if stage.function == "finalize":
        params["options"] = {"formats": {"value": list(FORMATS), "origin": "selftest"}}
    return StageRequest(source=recording(), inputs=inputs, params=params).model_dump_json()


def recording() -> Source:
    """Returns the recording of one second, in the inbox."""
    bucket, name = settings().buckets.inbox, "second.wav"
    uri = f"gs://{bucket}/{name}"
    blob_store().put(uri, tone(), if_generation_match=0)
    blob = blob_store().find(uri)
    assert blob is not None
    return Source(bucket=bucket, name=name, generation=blob.generation)


def tone() -> bytes:
    """Returns a WAV file with a rising tone of one second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        for n in range(SAMPLE_RATE):
            phase = 0.05 * n + n * n / 2e5
            out.writeframes(struct.pack("<h", int(8000 * math.sin(phase))))
    return file.getvalue()


def sample_inputs() -> dict[str, bytes | WireModel]:
    """Returns an artifact for each input that a stage may have, by the input's name."""
    return {
        "audio": tone(),
        "manifest": manifest(),
        "language": Detection(code="en", confidence=0.9, windows=(), engine=ENGINE),
        "recognition": recognition(),
        "words-0": Aligned(segments=(), words=(), asr=ENGINE, engines=()),
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
    return Manifest(
        media=media,
        chunks=(Chunk(start=0.0, end=1.0, speech=(SECOND,)),),
        spans=(SECOND,),
        probe=(ProbeWindow(start=0.0, end=1.0, offset=0.0),),
        engine=ENGINE,
    )


def recognition() -> Recognition:
    word = RecognizedWord(word="Hello.", start=0.2, end=0.8, probability=0.9)
    segment = RecognizedSegment(
        start=0.0,
        end=1.0,
        language="en",
        text="Hello.",
        avg_logprob=None,
        compression_ratio=None,
        no_speech_prob=None,
        temperature=None,
        words=(word,),
    )
    return Recognition(segments=(segment,), engine=ENGINE)


def store(name: str, content: bytes | WireModel) -> Artifact:
    """Stores an input in the work bucket and returns it."""
    data = content if isinstance(content, bytes) else content.model_dump_json().encode()
    digest = hashlib.sha256(data)
    uri = f"gs://{settings().buckets.work}/{name}"
    return blob_store().put_if_absent(uri, data, digest.hexdigest())


def refuse_cuda_13() -> None:
    """Exits if PyTorch is built for CUDA 13: the driver of Cloud Run's GPUs loads CUDA 12."""
    torch = sys.modules.get("torch")
    if torch is None:
        return
    version = torch.version.cuda or "12"
    if version.partition(".")[0] != "12":
        sys.exit(f"this PyTorch is built for CUDA {version}")


if __name__ == "__main__":
    main()
