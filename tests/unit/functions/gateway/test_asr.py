"""The dialect of whisper-asr-webservice answers its clients as they send their requests.

Sources of the requests, as of November 2026:
Bazarr: github.com/morpheus65535/bazarr, custom_libs/subliminal_patch/providers/whisperai.py
Speakr: github.com/murtaza-nasir/speakr, src/services/transcription/connectors/asr_endpoint.py
SubGen, which speaks the same dialect: github.com/McCloudS/subgen, subgen.py
Answers: github.com/ahmetoner/whisper-asr-webservice, app/webservice.py and app/utils.py
"""

import io
import wave
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import webvtt

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.limits import Limits
from shared import __version__
from shared.jobs.job import Job
from shared.model.api import Scope
from shared.settings import settings
from tests.support.answered_uploads import BAD, FIRST, SECOND, TEXT, answered_deployment
from tests.support.gateway import InProcess, gateway_client, key_headers

SAMPLES = bytes(range(256)) * 250
"""Two seconds of raw samples."""
INBOX = settings().buckets.inbox


@pytest.fixture
def stores() -> Deployment:
    return answered_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers = httpx.Headers(key_headers(stores))
        yield client


def ask(
    client: httpx.Client, content: bytes = b"sound", path: str = "/asr", **params: Any
) -> httpx.Response:
    files = {"audio_file": ("folder/call.mp3", content, "audio/mpeg")}
    return client.post(path, params=params, files=files)


def only_job(stores: Deployment) -> Job:
    jobs, _ = stores.jobs.list_page("", limit=10)
    (job,) = jobs
    return job


def stored_options(stores: Deployment) -> dict[str, str]:
    """Returns what an upload's object says of its options."""
    stored = stores.blobs.find(only_job(stores).source.uri)
    assert stored is not None
    metadata = dict(stored.metadata)
    return {name: value for name, value in metadata.items() if "upload" not in name}


def as_requests_sends(
    client: httpx.Client, path: str, params: dict[str, Any], files: dict[str, Any], user: str = ""
) -> httpx.Response:
    """Returns the answer to what the package requests, which Bazarr uses, makes of these."""
    address = f"http://{user}gateway{path}"
    sent = requests.Request("POST", address, params=params, files=files).prepare()
    assert sent.url is not None and isinstance(sent.body, bytes)
    headers = {name: str(value) for name, value in sent.headers.items()}
    return client.post(sent.url, headers=headers, content=sent.body)


# As clients send their requests


def test_bazarr_gets_captions_for_raw_samples(client: httpx.Client, stores: Deployment) -> None:
    params = {
        "task": "transcribe",
        "language": "de",
        "output": "srt",
        "encode": "false",
        "video_file": "/tv/Ein Fall (2019)/s01e01.mkv",
    }
    answer = as_requests_sends(client, "/asr", params, {"audio_file": SAMPLES})
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"1\n00:00:00,500 --> 00:00:")
    assert b"Speaker" not in answer.content
    job = only_job(stores)
    assert job.source.name.startswith("asr/") and job.source.name.endswith("/audio_file.wav")
    assert stored_options(stores) == {
        "task": "transcribe",
        "language": "de",
        "diarize": "false",
        "formats": '["srt", "vtt", "txt", "rttm", "ctm"]',
    }
    with wave.open(io.BytesIO(stores.blobs.read(job.source.uri))) as sound:
        assert sound.readframes(len(SAMPLES)) == SAMPLES


def test_bazarr_gets_the_language_of_raw_samples(client: httpx.Client, stores: Deployment) -> None:
    params = {"encode": "false", "video_file": None}
    answer = as_requests_sends(client, "/detect-language", params, {"audio_file": SAMPLES})
    found = answer.json()
    assert found == {"detected_language": "english", "language_code": "en", "confidence": 0.97}
    assert stored_options(stores) == {
        "task": "detect",
        "language": "auto",
        "diarize": "false",
        "formats": "[]",
        "keep-audio": "false",
    }


def test_bazarr_sends_the_key_in_its_address(stores: Deployment) -> None:
    _, key = stores.keys.create("bazarr", ("read", "write"), "films/", None)
    params = {"task": "transcribe", "language": "en", "output": "srt", "encode": "false"}
    with gateway_client(stores) as client:
        sent = {"audio_file": SAMPLES}
        answer = as_requests_sends(client, "/asr", params, sent, user=f"bazarr:{key}@")
    assert answer.status_code == 200, answer.text
    assert only_job(stores).source.name.startswith("films/asr/")


def test_bazarrs_test_of_the_connection_shows_the_version(stores: Deployment) -> None:
    with gateway_client(stores) as client:
        answer = client.get("/status")
    assert answer.json() == {"version": f"Dropscribe {__version__}"}


def test_speakr_gets_segments_with_speakers(client: httpx.Client, stores: Deployment) -> None:
    params: dict[str, Any] = {
        "encode": True,
        "task": "transcribe",
        "output": "json",
        "language": "de",
        "diarize": True,
        "enable_diarization": True,
        "return_speaker_embeddings": True,
        "min_speakers": 1,
        "max_speakers": 3,
    }
    files = {"audio_file": ("Réunion d’équipe.m4a", io.BytesIO(b"sound"), "audio/mp4")}
    answer = client.post("/asr", params=params, files=files)
    answer.raise_for_status()
    data = answer.json()
    assert (data["text"], data["language"]) == (TEXT, "en")
    heard = [(part.get("speaker"), part.get("text", "").strip()) for part in data["segments"]]
    assert heard == [("SPEAKER_00", FIRST), ("SPEAKER_01", SECOND)]
    assert [(part["start"], part["end"]) for part in data["segments"]] == [(0.5, 1.5), (11.0, 12.5)]
    assert "words" not in data["segments"][0]
    options = stored_options(stores)
    assert (options["diarize"], options["min-speakers"], options["max-speakers"]) == (
        "true",
        "1",
        "3",
    )


def test_subgens_clients_get_what_subgen_answers(client: httpx.Client) -> None:
    """SubGen takes the length and the offset of a detection, which mean nothing here."""
    params: dict[str, Any] = {"encode": "true", "detect_lang_length": 30, "detect_lang_offset": 60}
    answer = ask(client, path="/detect-language", **params)
    assert answer.json()["language_code"] == "en"


# Outputs


def test_the_default_output_is_one_line_per_segment(client: httpx.Client) -> None:
    answer = ask(client)
    assert answer.text == f"{FIRST}\n{SECOND}\n"


def test_the_headers_are_those_of_the_original(client: httpx.Client, stores: Deployment) -> None:
    for output in ("txt", "json", "srt"):
        answer = ask(client, output=output)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert answer.headers["Asr-Engine"] == "dropscribe"
        disposition = answer.headers["Content-Disposition"]
        assert disposition == f'attachment; filename="call.mp3.{output}"'
        job_id = answer.headers["X-Dropscribe-Job"]
        assert client.get(f"/api/v1/jobs/{job_id}").json()["state"] == "done"


def test_tsv_has_milliseconds(client: httpx.Client) -> None:
    answer = ask(client, output="tsv", diarize="true")
    lines = ["start\tend\ttext", f"500\t1500\t{FIRST}", f"11000\t12500\t{SECOND}", ""]
    assert answer.text == "\n".join(lines)


def test_vtt_is_read_by_others(client: httpx.Client) -> None:
    answer = ask(client, output="vtt")
    captions = webvtt.from_buffer(io.StringIO(answer.text)).captions
    assert " ".join(caption.text for caption in captions) == TEXT


def test_words_have_the_keys_of_whisper_and_whisperx(client: httpx.Client) -> None:
    answer = ask(client, output="json", word_timestamps="true", diarize="true")
    first, second = answer.json()["segments"]
    assert first["words"][0] == {
        "word": "Hello",
        "start": 0.5,
        "end": 1.0,
        "probability": 0.8,
        "score": 0.9,
        "speaker": "SPEAKER_00",
    }
    assert [word["word"] for word in second["words"]] == ["Who", "is", "it?"]
    whispers = {"id", "seek", "start", "end", "text", "tokens", "temperature", "avg_logprob"}
    assert whispers | {"compression_ratio", "no_speech_prob"} <= first.keys()


def test_a_client_may_prefer_to_get_the_job(client: httpx.Client) -> None:
    files = {"audio_file": ("call.mp3", b"sound")}
    for path in ("/asr", "/detect-language"):
        answer = client.post(path, files=files, headers={"Prefer": "respond-async"})
        assert answer.status_code == 202
        assert answer.headers["Location"] == f"/api/v1/jobs/{answer.json()['id']}"


# What is refused, and what is left


def test_options_that_are_not_given_stay_the_deployments(
    client: httpx.Client, stores: Deployment
) -> None:
    assert ask(client, language="", initial_prompt="").status_code == 200
    assert stored_options(stores) == {"diarize": "false"}


def test_other_options_may_be_given_and_what_is_unknown_is_ignored(
    client: httpx.Client, stores: Deployment
) -> None:
    params: dict[str, Any] = {
        "channels": "split",
        "model": "large-v2",
        "formats": "srt",
        "batch_size": "4",
    }
    assert ask(client, hotwords="Okafor", vad_filter="true", **params).status_code == 200
    expected = {"channels": "split", "hotwords": "Okafor", "diarize": "false"}
    assert stored_options(stores) == expected


WRONG = [
    ({"language": "klingon"}, "language is 'klingon'"),
    ({"task": "summarise"}, "task is 'summarise'"),
    ({"diarize": "true", "min_speakers": "many"}, "min-speakers is 'many'"),
    ({"diarize": "true", "min_speakers": "5", "max_speakers": "2"}, "no smaller maximum"),
    ({"initial_prompt": "x" * 2001}, "at most 2000 characters"),
    ({"output": "docx"}, "'txt', 'vtt', 'srt', 'tsv' or 'json'"),
    ({"encode": "maybe"}, "encode"),
]


@pytest.mark.parametrize(("params", "says"), WRONG)
def test_a_wrong_value_is_refused_before_anything_is_stored(
    client: httpx.Client, stores: Deployment, params: dict[str, Any], says: str
) -> None:
    answer = ask(client, **params)
    assert answer.status_code == 422, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert not list(stores.blobs.list(f"gs://{INBOX}/"))


def test_the_form_must_have_the_recording_under_its_name(client: httpx.Client) -> None:
    answer = client.post("/asr", files={"file": ("call.mp3", b"sound")})
    assert (answer.status_code, "audio_file" in answer.json()["detail"]) == (422, True)
    assert client.post("/asr", content=b"sound").status_code == 400
    assert ask(client, b"").status_code == 415
    assert ask(client, b"\x01", encode="false").status_code == 415


def test_a_recording_without_an_answer_is_answered_with_its_problem(
    client: httpx.Client, stores: Deployment
) -> None:
    answer = ask(client, BAD)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (415, "urn:dropscribe:problem:not-audio")
    assert problem["job_id"] == only_job(stores).job_id
    assert stores.blobs.find(only_job(stores).source.uri) is not None


def test_a_recording_without_a_language_is_erased(client: httpx.Client, stores: Deployment) -> None:
    answer = ask(client, BAD, "/detect-language")
    assert answer.status_code == 415
    assert only_job(stores).state == "erased"
    assert not list(stores.blobs.list(f"gs://{INBOX}/"))


def test_a_key_has_so_many_held_requests_at_once(stores: Deployment) -> None:
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    app.state.limits = Limits(requests_per_minute=100, streams_per_key=0)
    with httpx.Client(transport=InProcess(app), base_url="http://gateway") as client:
        client.headers = httpx.Headers(key_headers(stores))
        for path in ("/asr", "/detect-language"):
            answer = ask(client, path=path)
            assert (answer.status_code, "Retry-After" in answer.headers) == (429, True)
    assert not list(stores.blobs.list(f"gs://{INBOX}/"))


def test_a_key_needs_the_scopes_read_and_write(stores: Deployment) -> None:
    with gateway_client(stores) as client:
        wanting: tuple[tuple[Scope, ...], ...] = (("read", "erase", "admin"), ("write",))
        for scopes in wanting:
            client.headers = httpx.Headers(key_headers(stores, scopes))
            for path in ("/asr", "/detect-language"):
                assert ask(client, path=path).status_code == 403


def test_options_may_be_fields_of_the_form(client: httpx.Client, stores: Deployment) -> None:
    files = {"audio_file": ("call.mp3", b"sound")}
    fields = {"language": "de", "output": "srt", "model": "tiny", "x-order-id": "77"}
    answer = client.post("/asr", files=files, data=fields)
    assert answer.text == f"{FIRST}\n{SECOND}\n"
    expected = {"language": "de", "diarize": "false", "x-order-id": "77"}
    assert stored_options(stores) == expected
