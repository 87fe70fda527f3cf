"""A running one-machine cloud answers Bazarr's and Speakr's requests, by their HTTP libraries."""

import io
import os
import re
import subprocess
import wave
from pathlib import Path

import httpx
import pytest
import requests

from local.layout import INBOX
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav

pytestmark = pytest.mark.slow  # the same requests are sent to the gateway alone with each change

RECORDING = wav(speech())
DIALECTS = (Path(__file__).parents[2] / "docs" / "dialects.md").read_text(encoding="utf-8")
PATIENCE = 60.0
"""Seconds."""


def address(cloud: Cloud, user: str) -> str:
    """Returns the gateway's address with the key as the password of a user."""
    url = cloud.home.ports().url("gateway")
    key = cloud.home.key.read_text().strip()
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{user}:{key}@{rest}"


def raw_samples() -> bytes:
    with wave.open(io.BytesIO(RECORDING)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16_000, 1)
        samples: bytes = sound.readframes(sound.getnframes())
    return samples


def source_of(cloud: Cloud, answer: requests.Response) -> Source:
    """Returns the recording of the job that answered."""
    job = cloud.jobs.find(answer.headers["X-Dropscribe-Job"])
    assert job is not None
    assert (job.source.bucket, job.state) == (INBOX, "done")
    return job.source


def is_kept(cloud: Cloud, source: Source) -> bool:
    found: bool = cloud.client.bucket(INBOX).blob(source.name).exists()
    return found


def test_bazarr_finds_the_language_and_gets_captions(cloud: Cloud) -> None:
    endpoint = address(cloud, "bazarr")
    samples = {"audio_file": raw_samples()}
    params = {"encode": "false"}
    found = requests.post(
        f"{endpoint}/detect-language", params=params, files=samples, timeout=PATIENCE
    )
    assert found.json()["language_code"] == "en", found.text
    assert found.json()["detected_language"] == "english"
    params = {"task": "transcribe", "language": "en", "output": "srt", "encode": "false"}
    captions = requests.post(f"{endpoint}/asr", params=params, files=samples, timeout=PATIENCE)
    assert captions.content.startswith(b"1\n00:00:0"), captions.text
    assert is_kept(cloud, source_of(cloud, captions))
    of_detection = source_of(cloud, found)
    cloud.until(lambda: not is_kept(cloud, of_detection), PATIENCE, "the deletion of the sound")
    transcript = cloud.answer(of_detection).transcript
    assert (transcript["text"], transcript["words"]) == ("", [])


def test_speakr_gets_segments_with_speakers(cloud: Cloud) -> None:
    params: dict[str, str | bool | int] = {"encode": True, "task": "transcribe", "output": "json"}
    params |= {"diarize": True, "enable_diarization": True, "max_speakers": 2}
    files = {"audio_file": ("meeting.wav", io.BytesIO(RECORDING), "audio/wav")}
    with httpx.Client() as client:
        url = f"{address(cloud, 'speakr')}/asr"
        answer = client.post(url, params=params, files=files, timeout=PATIENCE)
    data = answer.raise_for_status().json()
    assert data["language"] == "en"
    assert {segment["speaker"] for segment in data["segments"]} == {"SPEAKER_00"}
    assert all(segment["text"].strip() for segment in data["segments"])


def test_the_example_of_the_documents_works(cloud: Cloud, tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(RECORDING)
    example = re.search("## whisper-asr-webservice.*?```bash\n(.*?)```", DIALECTS, re.DOTALL)
    assert example is not None
    ran = subprocess.run(
        ["bash", "-euc", example[1]],
        cwd=tmp_path,
        env={**os.environ, **cloud.printed_environment()},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("1\n00:00:0"), ran.stdout
    assert '"language_code":"en"' in ran.stdout
