"""How long it takes to find only the language of a recording, with the packaged models.

    python -m benchmarks.detection

A one-machine cloud runs in a temporary folder. A phone call of 30 seconds, repeated to the lengths
below, is sent as raw samples to `/detect-language`, as Bazarr does; and the 30 seconds to `/asr`.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from benchmarks.machine import keep
from tests.support.cloud import Cloud
from tests.support.recordings import speech

SECONDS = 30
"""Of the phone call."""
LENGTHS = (SECONDS, 600, 3600)
"""Seconds of the recordings."""
PATIENCE = 3600.0
"""Seconds that a request may take."""


def client_of(cloud: Cloud) -> httpx.Client:
    key = cloud.home.key.read_text().strip()
    url = cloud.home.ports().url("gateway")
    return httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=PATIENCE)


def timed(client: httpx.Client, path: str, length: int) -> dict[str, Any]:
    """Returns how long a request for a recording of this length took, and what its stages took."""
    samples = speech().tobytes() * (length // SECONDS)
    begun = time.perf_counter()
    answer = client.post(path, params={"encode": "false"}, files={"audio_file": samples})
    seconds = time.perf_counter() - begun
    answer.raise_for_status()
    job = client.get(f"/api/v1/jobs/{answer.headers['X-Dropscribe-Job']}").json()
    stages = {stage["stage"]: round(stage["seconds"], 1) for stage in job["progress"]["stages"]}
    return {"audio_seconds": length, "seconds": round(seconds, 1), "stages": stages}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        cloud = Cloud(Path(name), {})
        cloud.up()
        try:
            with client_of(cloud) as client:
                timed(client, "/detect-language", SECONDS)  # loads the model
                found = [timed(client, "/detect-language", length) for length in LENGTHS]
                transcribed = timed(client, "/asr", SECONDS)
        finally:
            cloud.down()
    keep("detection", {"detection": found, "transcription": transcribed})


if __name__ == "__main__":
    main()
