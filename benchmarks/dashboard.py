"""Records the metrics of a real run of the one-machine cloud: `python -m benchmarks.dashboard`.
`python -m benchmarks.dashboard_picture` draws the Grafana dashboard of it.

The cloud runs engines that do nothing but take their time, so the run shows how recordings queue,
fail and end, not how fast a model is. Its /metrics are read as often as a Prometheus would.
"""

import json
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

from benchmarks.machine import keep
from dropscribe import Client
from functions.gateway.request_checks import MAX_BODY
from shared.model.stages import FUNCTIONS
from tests.support.cloud import Cloud
from tests.support.recordings import RATE, speech, wav
from tests.support.slow import ENVIRONMENT

RUN = "dashboard"
"""Name of the recorded run in benchmarks/results."""
SCRAPE_SECONDS = 15
"""Prometheus' default is a minute, and most examples of its settings have 15 s."""
MINUTES = 14.0


class Wave(NamedTuple):
    """Recordings that are uploaded together, at a second of the run."""

    second: float
    recordings: int
    audio_seconds: int


NOT_AUDIO = b"This is a text."
SLOWLY = {"language": "en", "initial-prompt": "slowly"}
UNKNOWN_LANGUAGE = {"language": "la"}
WAVES = (
    Wave(second=20, recordings=10, audio_seconds=60),
    Wave(second=110, recordings=60, audio_seconds=30),
    Wave(second=400, recordings=20, audio_seconds=120),
    Wave(second=560, recordings=40, audio_seconds=20),
)
UPLOADS_AT_ONCE = 8


def record(minutes: float) -> None:
    """Run the cloud for so many minutes, and keep what /metrics said."""
    with tempfile.TemporaryDirectory(prefix="dropscribe-dashboard-") as folder:
        resources = {name: spec.resources.model_dump() for name, spec in FUNCTIONS.items()}
        environment = {**ENVIRONMENT, "DROPSCRIBE_RESOURCES": json.dumps(resources)}
        cloud = Cloud(Path(folder) / "cloud", environment)
        cloud.up()
        try:
            load = threading.Thread(target=upload_waves, args=(cloud, Path(folder)), daemon=True)
            load.start()
            scrapes = changes(read_metrics(cloud, minutes * 60))
        finally:
            cloud.down()
    keep(RUN, {"seconds_between": SCRAPE_SECONDS, "minutes": minutes, "scrapes": scrapes})


def upload_waves(cloud: Cloud, folder: Path) -> None:
    """Upload the recordings of each wave through the API, several at once. One of ten is no
    recording, and one has an option that no model knows. After each wave a few requests are
    refused."""
    began = time.monotonic()
    text = folder / "text.wav"
    text.write_bytes(NOT_AUDIO)
    with api_client(cloud) as client, ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        for number, wave in enumerate(WAVES):
            recording = folder / f"{number}.wav"
            samples = np.resize(speech(), wave.audio_seconds * RATE)
            recording.write_bytes(wav(samples))
            time.sleep(max(0.0, began + wave.second - time.monotonic()))
            for index in range(wave.recordings):
                file = text if index % 10 == 4 else recording
                options = UNKNOWN_LANGUAGE if index % 10 == 8 else SLOWLY
                pool.submit(client.upload, file, f"wave-{number}/{index}.wav", options)
            be_refused(cloud, wave.recordings // 10)


def be_refused(cloud: Cloud, times: int) -> None:
    """Send requests with a key that is not valid, and some with a body that is too large."""
    url = cloud.home.ports().url("gateway")
    wrong = {"Authorization": f"Bearer ds_{'0' * 64}"}
    with httpx.Client(base_url=url, headers=wrong) as client:
        for number in range(times):
            client.get("/api/v1/jobs")
            if number % 3 == 0:
                client.post("/api/v1/uploads", content=bytes(MAX_BODY + 1), headers=own_key(cloud))


def own_key(cloud: Cloud) -> dict[str, str]:
    key = cloud.home.key.read_text().strip()
    return {"Authorization": f"Bearer {key}"}


def api_client(cloud: Cloud) -> Client:
    return Client(cloud.home.ports().url("gateway"), cloud.home.key.read_text().strip())


def read_metrics(cloud: Cloud, seconds: float) -> Iterator[tuple[float, str]]:
    """Yields the second of each scrape since the first one, and what /metrics said."""
    url = cloud.home.ports().url("gateway")
    headers = own_key(cloud)
    began = time.monotonic()
    while (second := time.monotonic() - began) < seconds:
        answer = httpx.get(f"{url}/metrics", headers=headers, timeout=30).raise_for_status()
        yield second, answer.text
        time.sleep(SCRAPE_SECONDS)


def changes(scrapes: Iterable[tuple[float, str]]) -> list[dict[str, Any]]:
    """Returns the scrapes that said something new, with the values by series. The gateway reads its
    jobs once a minute."""
    changed: list[dict[str, Any]] = []
    for second, text in scrapes:
        values = values_of(text)
        if not changed or changed[-1]["values"] != values:
            changed.append({"second": round(second), "values": values})
    return changed


def values_of(text: str) -> dict[str, float]:
    """Returns the value of each series in Prometheus' text format, such as `jobs{state="done"}`."""
    values = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = [f'{name}="{value}"' for name, value in sample.labels.items()]
            inside = ",".join(labels)
            values[f"{sample.name}{{{inside}}}"] = sample.value
    return values


if __name__ == "__main__":
    record(MINUTES)
