"""OpenAI's requests become jobs with the options that they mean, and errors have OpenAI's body."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from functions.gateway.deployment import Deployment
from functions.gateway.openai_errors import error_body
from shared.jobs.job import Job
from shared.model.errors import BadOption
from shared.settings import settings
from tests.support.answered_uploads import BAD, TEXT, answered_deployment
from tests.support.gateway import gateway_client, key_headers

URL = "/v1/audio/transcriptions"
INBOX = settings().buckets.inbox


@pytest.fixture
def stores() -> Deployment:
    return answered_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores, ("read", "write")))
        yield client


def send(client: httpx.Client, content: bytes = b"sound", url: str = URL, **fields: Any) -> Any:
    """Sends a form. A field of several values is a list, and `__` stands for brackets."""
    named = {name.replace("__", "[]"): value for name, value in fields.items()}
    files = {"file": ("call.wav", content, "audio/wav")}
    return client.post(url, files=files, data={"model": "whisper-1", **named})


def only_job(stores: Deployment) -> Job:
    (job,), _ = stores.jobs.list_page("", limit=10)
    return job


def options_of(stores: Deployment) -> dict[str, str]:
    """Returns the options that are stored with the only recording."""
    found = stores.blobs.find(only_job(stores).source.uri)
    assert found is not None
    return {name: value for name, value in found.metadata.items() if "dropscribe" not in name}


def test_a_request_is_a_job_that_is_found_by_its_header(
    client: httpx.Client, stores: Deployment
) -> None:
    answer = send(client)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"text": TEXT, "usage": {"type": "duration", "seconds": 20.0}}
    job = only_job(stores)
    assert answer.headers["X-Dropscribe-Job"] == job.job_id
    folder, _, name = job.source.name.split("/")
    assert (folder, name) == ("openai", "call.wav")
    assert client.get(f"/api/v1/jobs/{job.job_id}").json()["state"] == "done"


def test_n8ns_node_gets_a_json(client: httpx.Client, stores: Deployment) -> None:
    """Its node "Transcribe a Recording" makes this form, and its credential is tried by the list
    of models (@n8n/n8n-nodes-langchain 2.41.1)."""
    boundary = "--------------------------116723243350545296745401"
    lines = [
        f"--{boundary}",
        'Content-Disposition: form-data; name="model"',
        "",
        "whisper-1",
        f"--{boundary}",
        'Content-Disposition: form-data; name="language"',
        "",
        "de",
        f"--{boundary}",
        'Content-Disposition: form-data; name="file"; filename="call.wav"',
        "Content-Type: audio/wav",
        "",
        "sound",
        f"--{boundary}--",
        "",
    ]
    content_type = f"multipart/form-data; boundary={boundary}"
    headers = {"Accept": "application/json", "content-type": content_type}
    answer = client.post(URL, content="\r\n".join(lines), headers=headers)
    assert answer.json()["text"] == TEXT
    assert options_of(stores)["language"] == "de"
    assert client.get("/v1/models").json()["object"] == "list"


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({}, {}),
        ({"language": "en"}, {"language": "en"}),
        ({"language": "", "prompt": " "}, {}),
        ({"languages__": ["en", "de"]}, {"languages": '["en", "de"]'}),
        ({"languages": "en,de"}, {"languages": '["en", "de"]'}),
        ({"prompt": "Anna and Ben."}, {"initial-prompt": "Anna and Ben."}),
        ({"prompt": "a" + "b" * 2000}, {"initial-prompt": "b" * 2000}),
        ({"keywords__": ["Anna", "Ben"]}, {"hotwords": "Anna, Ben"}),
        ({"temperature": "0.2", "include__": "logprobs", "chunking_strategy": "auto"}, {}),
        ({"chunking_strategy[type]": "server_vad", "user": "u1", "anything": "1"}, {}),
        ({"model": "gpt-4o-transcribe"}, {}),
        ({"x-order-id": "77"}, {"x-order-id": "77"}),
        ({"response_format": "srt"}, {"formats": '["srt", "vtt", "txt", "rttm", "ctm"]'}),
        ({"response_format": "vtt", "formats": "vtt"}, {"formats": "vtt"}),
    ],
)
def test_fields_mean_options_and_unknown_ones_change_nothing(
    client: httpx.Client, stores: Deployment, fields: dict[str, Any], options: dict[str, str]
) -> None:
    answer = send(client, **fields)
    assert answer.status_code == 200, answer.text
    assert options_of(stores) == {"diarize": "false", **options}


@pytest.mark.parametrize(
    ("fields", "options"),
    [
        ({"response_format": "diarized_json"}, {"diarize": "true"}),
        ({"min_speakers": "2"}, {"min-speakers": "2"}),
        ({"diarize": "true"}, {"diarize": "true"}),
        (
            {"response_format": "diarized_json", "speakers": "3"},
            {"diarize": "true", "speakers": "3"},
        ),
    ],
)
def test_speakers_are_distinguished_only_on_request(
    client: httpx.Client, stores: Deployment, fields: dict[str, Any], options: dict[str, str]
) -> None:
    assert send(client, **fields).status_code == 200
    assert options_of(stores) == options


def test_a_translation_is_the_task_of_that_name(client: httpx.Client, stores: Deployment) -> None:
    answer = send(client, url="/v1/audio/translations", response_format="verbose_json", task="x")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["task"], answer.json()["language"]) == ("translate", "english")
    assert options_of(stores) == {"diarize": "false", "task": "translate"}


def test_a_format_that_the_deployment_does_not_write_is_written_for_its_request(
    client: httpx.Client, stores: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPSCRIBE_DEFAULTS", '{"formats": ["txt"]}')
    settings.cache_clear()
    try:
        answer = send(client, response_format="srt")
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert answer.text.startswith("1\n00:00:00,500 --> "), answer.text
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert options_of(stores)["formats"] == '["txt", "srt"]'


def test_a_client_may_prefer_to_get_the_job(client: httpx.Client, stores: Deployment) -> None:
    client.headers["Prefer"] = "wait=10, Respond-Async"
    answer = send(client)
    assert answer.status_code == 202
    job_id = only_job(stores).job_id
    assert answer.headers["Location"] == f"/api/v1/jobs/{job_id}"
    assert answer.headers["Preference-Applied"] == "respond-async"
    assert answer.json()["id"] == job_id


def test_a_repeated_request_gets_the_answer_of_the_first(
    client: httpx.Client, stores: Deployment
) -> None:
    client.headers["Idempotency-Key"] = "1"
    first, second = send(client), send(client)
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    assert second.headers["X-Dropscribe-Job"] == only_job(stores).job_id
    other = send(client, b"other")
    assert (other.status_code, other.json()["error"]["code"]) == (400, "key_reused")


def test_a_request_that_is_sent_again_finds_no_job_of_another_key(
    client: httpx.Client, stores: Deployment
) -> None:
    client.headers["X-Stainless-Retry-Count"] = "0"
    first = send(client).headers["X-Dropscribe-Job"]
    client.headers["X-Stainless-Retry-Count"] = "1"
    assert send(client).headers["X-Dropscribe-Job"] == first
    others = [send(client, language="en"), send(client, b"other")]
    client.headers.update(key_headers(stores, ("read", "write")))
    others.append(send(client))
    found = {answer.headers["X-Dropscribe-Job"] for answer in others}
    assert len(found) == 3 and first not in found


# Errors


def error_of(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/json"
    (error,) = answer.json().values()
    assert set(error) == {"message", "type", "param", "code"}
    return dict(error)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": "docx"}, "response_format"),
        ({"timestamp_granularities__": "phrase"}, "timestamp_granularities"),
        ({"languages": '{"en": 1}'}, "languages"),
        ({"language": "klingon"}, "language"),
        ({"keywords__": "x" * 1001}, "keywords"),
        ({"speakers": "0"}, "speakers"),
        ({"known_speaker_names__": ["Anna"]}, "known_speaker_names"),
        ({"known_speaker_references__": ["data:audio/wav;base64,AA"]}, "known_speaker_references"),
        ({"stream": "maybe"}, "stream"),
        ({"stream": "true", "response_format": "srt"}, "stream"),
    ],
)
def test_a_wrong_field_is_named(
    client: httpx.Client, stores: Deployment, fields: dict[str, Any], param: str
) -> None:
    answer = send(client, **fields)
    assert answer.status_code == 400, answer.text
    error = error_of(answer)
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert stores.jobs.list_page("", limit=1)[0] == []


def test_a_translation_has_no_speakers(client: httpx.Client) -> None:
    answer = send(client, url="/v1/audio/translations", response_format="diarized_json")
    assert (answer.status_code, error_of(answer)["param"]) == (400, "response_format")


def test_a_form_without_a_file_is_refused(client: httpx.Client) -> None:
    answer = client.post(URL, files={"sound": ("a.wav", b"1")}, data={"model": "x"})
    assert (answer.status_code, error_of(answer)["param"]) == (400, "file")
    answer = client.post(URL, json={"model": "x"})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "bad_request")


def test_errors_before_the_route_have_the_body_too(
    client: httpx.Client, stores: Deployment
) -> None:
    wrong = client.get("/v1/models", headers={"Authorization": f"Bearer ds_{'0' * 64}"})
    assert (wrong.status_code, error_of(wrong)["code"]) == (401, "invalid_api_key")
    assert wrong.headers["WWW-Authenticate"] == "Bearer"
    foreign = client.post("/v1/chat/completions", json={})
    assert (foreign.status_code, error_of(foreign)["type"]) == (404, "invalid_request_error")
    method = client.get(URL)
    assert (method.status_code, error_of(method)["code"]) == (405, None)
    in_url = client.get("/v1/models?api_key=1")
    assert (in_url.status_code, error_of(in_url)["code"]) == (400, "key_misplaced")


@pytest.mark.parametrize("scope", ["read", "write"])
def test_a_key_needs_both_scopes(client: httpx.Client, stores: Deployment, scope: Any) -> None:
    client.headers.update(key_headers(stores, (scope,)))
    answer = send(client)
    assert (answer.status_code, error_of(answer)["code"]) == (403, "forbidden")


def test_an_empty_or_too_large_file_is_refused(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = send(client, b"")
    assert (empty.status_code, error_of(empty)["code"]) == (400, "empty_recording")
    monkeypatch.setenv("DROPSCRIBE_MAX_FORM_MEGABYTES", "0.001")
    settings.cache_clear()
    try:
        large = send(client, b"x" * 1001)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
    assert (large.status_code, error_of(large)["code"]) == (413, "body_too_large")


def test_a_job_that_fails_is_an_error_that_is_not_repeated(
    client: httpx.Client, stores: Deployment
) -> None:
    answer = send(client, BAD)
    assert (answer.status_code, error_of(answer)["code"]) == (400, "not_audio")
    assert answer.headers["X-Dropscribe-Job"] == only_job(stores).job_id
    assert answer.headers["X-Should-Retry"] == "false"


def test_models_are_listed_and_any_name_is_one(client: httpx.Client) -> None:
    listed = client.get("/v1/models").json()
    assert [model["id"] for model in listed["data"]] == ["dropscribe", "whisper-1"]
    for path in ("openai/whisper-large-v3", "openai%2Fwhisper-large-v3"):
        url = httpx.URL("http://gateway", raw_path=f"/v1/models/{path}".encode())
        assert client.get(url).json()["id"] == "openai/whisper-large-v3"


@pytest.mark.parametrize("path", ["", "%2e%2e/keys", "a%2f..%2fb", "a%00", "a\\b"])
def test_an_odd_name_of_a_model_is_refused(client: httpx.Client, path: str) -> None:
    url = httpx.URL("http://gateway", raw_path=f"/v1/models/{path}".encode())
    answer = client.get(url)
    assert answer.status_code in (400, 404)
    assert set(answer.json()["error"]) == {"message", "type", "param", "code"}


@pytest.mark.parametrize("count", ["9" * 5000, "0", "-1", "many", ""])
def test_any_count_of_retries_is_read(client: httpx.Client, count: str) -> None:
    client.headers["X-Stainless-Retry-Count"] = count
    assert send(client).status_code == 200


def test_captions_are_not_left_out_of_the_formats_that_are_written(
    client: httpx.Client, stores: Deployment
) -> None:
    answer = send(client, response_format="srt", formats="txt, docx")
    assert (answer.status_code, error_of(answer)["param"]) == (400, "formats")
    assert stores.jobs.list_page("", limit=10)[0] == []


def test_an_option_that_only_the_job_finds_wrong_is_named() -> None:
    """As a language that the deployment's model does not know."""
    detail = "object metadata: language is 'zh'; expected one that the model 'small.en' supports"
    assert error_body(BadOption(detail).problem(None, None)).error.param == "language"
