"""Each method of both clients asks for what it says, and returns what the server answers."""

import inspect
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dropscribe import (
    ApiError,
    AsyncClient,
    Client,
    DropscribeError,
    Edits,
    EventsExpired,
    FileChanged,
    TimedOut,
)
from dropscribe.server import Server
from functions.gateway.examples import BATCH_VIEW, EXAMPLES, FEED_EVENT, LIMITS, METRICS
from shared.model.api import DeploymentLimits
from shared.model.metrics import Metrics
from tests.unit.dropscribe.bodies import CREATED, job, problem, summary
from tests.unit.dropscribe.both_clients import KEY, URL, Caller

CALLS: list[tuple[str, tuple[Any, ...], str, str]] = [
    ("job", ("j1",), "GET", "/api/v1/jobs/j1"),
    ("redrive", ("j1",), "POST", "/api/v1/jobs/j1/redrive"),
    ("cancel", ("j1",), "POST", "/api/v1/jobs/j1/cancel"),
]


@pytest.mark.parametrize(("method", "arguments", "verb", "path"), CALLS)
def test_a_call_of_a_job_returns_the_job(
    caller: Caller, method: str, arguments: tuple[Any, ...], verb: str, path: str
) -> None:
    found = caller.call(lambda request: httpx.Response(200, json=job()), method, *arguments)
    assert (found.id, found.state) == ("j1", "running")
    assert (caller.last.method, caller.last.url.path) == (verb, path)
    assert caller.last.headers["X-API-Key"] == KEY
    assert KEY not in str(caller.last.url)


def test_what_a_newer_server_adds_is_left_out(caller: Caller) -> None:
    body = job(mood="good", links={"self": "/", "transcript": None, "audio": None, "video": "/v"})
    assert caller.call(lambda request: httpx.Response(200, json=body), "job", "j1").id == "j1"


def test_an_address_may_have_a_path(caller: Caller) -> None:
    caller.url = "https://example.com/speech/"
    caller.call(lambda request: httpx.Response(200, json=job()), "job", "j1")
    assert str(caller.last.url) == "https://example.com/speech/api/v1/jobs/j1"


def test_a_list_goes_through_all_pages(caller: Caller) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "cursor" in request.url.params:
            return httpx.Response(200, json={"jobs": [summary("j1")], "next_cursor": None})
        return httpx.Response(200, json={"jobs": [summary("j2")], "next_cursor": "more"})

    after = datetime(2026, 1, 2, tzinfo=UTC)
    found = caller.call(answer, "jobs", state="running", prefix="team/", created_after=after)
    assert [each.id for each in found] == ["j2", "j1"]
    asked = dict(caller.last.url.params)
    expected = {"state": "running", "prefix": "team/", "created_after": after.isoformat()}
    assert asked == expected | {"cursor": "more", "limit": "200"}


def test_a_batch_is_made_of_jobs_and_looked_at(caller: Caller) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=BATCH_VIEW)

    made = caller.call(answer, "create_batch", jobs=["0" * 20], metadata={"case": "12"})
    assert made.counts.pending == 1
    assert (caller.last.method, caller.last.url.path) == ("POST", "/api/v1/batches")
    assert json.loads(caller.last.content) == {"jobs": ["0" * 20], "metadata": {"case": "12"}}
    assert caller.call(answer, "batch", made.id) == made
    assert caller.last.url.path == f"/api/v1/batches/{made.id}"


def feed(ids: list[str], cursor: str, has_gap: bool = False) -> httpx.Response:
    events = [{**FEED_EVENT, "id": each, "cursor": f"after {each}"} for each in ids]
    return httpx.Response(200, json={"events": events, "cursor": cursor, "has_gap": has_gap})


def test_events_are_read_until_there_are_no_more(caller: Caller) -> None:
    pages = [feed(["e1", "e2"], "c2"), feed(["e3"], "c3"), feed([], "c3 again")]
    found = caller.call(lambda request: pages.pop(0), "events", "c0", follow=False)
    assert [(each.id, each.cursor) for each in found] == [
        ("e1", "after e1"),
        ("e2", "after e2"),
        ("e3", "after e3"),
    ]
    asked = [dict(request.url.params) for request in caller.requests]
    assert [each["after"] for each in asked] == ["c0", "c2", "c3"]
    assert {each["wait"] for each in asked} == {"0"}


def test_events_are_followed_for_ever(caller: Caller) -> None:
    pages = [feed([], "c0"), feed(["e1"], "c1"), problem(403)]
    with pytest.raises(ApiError):
        caller.call(lambda request: pages.pop(0), "events")
    asked = [dict(request.url.params) for request in caller.requests]
    assert [each.get("after") for each in asked] == [None, "c0", "c1"]
    assert {each["wait"] for each in asked} == {"60"}
    assert caller.pauses == [0.5], "a server that answers at once is not asked without end"
    assert caller.last.extensions["timeout"]["read"] == 120


def test_events_that_expired_unread_are_an_error(caller: Caller) -> None:
    with pytest.raises(EventsExpired):
        caller.call(lambda request: feed(["e9"], "c9", has_gap=True), "events", "old")


def test_wait_for_asks_until_the_job_has_ended(caller: Caller) -> None:
    states = ["queued", "running", "done"]

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=job(state=states.pop(0)))

    assert caller.call(answer, "wait_for", "j1", timeout=3600).state == "done"
    assert [request.url.params["wait"] for request in caller.requests] == ["60"] * 3
    assert caller.pauses == [0.5, 0.5], "a server that answers at once is not asked without end"


def test_wait_for_gives_up_in_the_end(caller: Caller) -> None:
    with pytest.raises(TimedOut, match=r"^a[.]wav is running after 0 s; the job goes on$"):
        caller.call(lambda request: httpx.Response(200, json=job()), "wait_for", "j1", timeout=0)


def test_a_long_wait_has_a_longer_timeout(caller: Caller) -> None:
    caller.call(lambda request: httpx.Response(200, json=job()), "job", "j1", wait=60)
    timeouts = caller.last.extensions["timeout"]
    assert timeouts == {"connect": 10, "read": 120, "write": 60, "pool": 60}


def test_options_of_a_redrive_are_kept_replaced_or_reset(caller: Caller) -> None:
    for options in (None, {}, {"speakers": 2}):
        caller.call(lambda request: httpx.Response(202, json=job()), "redrive", "j1", options)
    sent = [request.content for request in caller.requests]
    assert sent == [b'{"options":null}', b'{"options":{}}', b'{"options":{"speakers":2}}']


def test_a_transcript_is_returned_as_it_is(caller: Caller) -> None:
    found = caller.call(lambda request: httpx.Response(200, content=b"1\n"), "transcript", "j1")
    assert found == b"1\n" and caller.last.url.query == b"format=json"


def test_a_transcript_can_be_drawn_as_it_is_wanted(caller: Caller) -> None:
    captions = {"caption-lines": 1, "caption-words": True, "caption-speakers": "never"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=b"1\n")

    caller.call(answer, "transcript", "j1", "vtt", original=True, captions=captions)
    assert dict(caller.last.url.params) == {
        "format": "vtt",
        "original": "true",
        "caption-lines": "1",
        "caption-words": "true",
        "caption-speakers": "never",
    }


def test_edits_are_read_and_replaced(caller: Caller) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=EXAMPLES["EditsView"])

    found = caller.call(answer, "edits", "j1")
    assert (found.revision, found.etag) == (2, '"1-2"')
    saved = caller.call(answer, "save_edits", "j1", found, found.etag)
    assert saved == found
    assert (caller.last.method, caller.last.url.path) == ("PUT", "/api/v1/jobs/j1/edits")
    assert caller.last.headers["If-Match"] == '"1-2"'
    assert json.loads(caller.last.content) == EXAMPLES["Edits"]


def test_a_save_whose_answer_was_lost_is_repeated(caller: Caller) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if len(caller.requests) == 1:
            raise httpx.ReadError("broken")
        return httpx.Response(200, json=EXAMPLES["EditsView"])

    saved = caller.call(answer, "save_edits", "j1", Edits(), '"1-1"')
    assert (saved.revision, len(caller.requests)) == (2, 2)


def test_a_conflict_is_reported_and_not_repeated(caller: Caller) -> None:
    refusal = problem(412, "urn:dropscribe:problem:edits-outdated")
    with pytest.raises(ApiError) as refused:
        caller.call(lambda request: refusal, "save_edits", "j1", Edits(), '"1-1"')
    assert (refused.value.status, len(caller.requests)) == (412, 1)


def test_an_erasure_returns_nothing(caller: Caller) -> None:
    assert caller.call(lambda request: httpx.Response(204), "erase", "j1") is None
    assert (caller.last.method, caller.last.url.path) == ("DELETE", "/api/v1/jobs/j1")


def test_an_erasure_that_broke_off_goes_on(caller: Caller) -> None:
    """The server answers when all is deleted. The answer to an earlier try may have been lost."""
    erased = problem(410, type="urn:dropscribe:problem:recording-erased")
    outcomes: list[httpx.Response | Exception] = [httpx.ReadTimeout("late"), problem(503), erased]

    def answer(request: httpx.Request) -> httpx.Response:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert caller.call(answer, "erase", "j1") is None
    assert outcomes == []
    assert caller.last.extensions["timeout"]["read"] == 600


def test_an_erasure_that_is_refused_is_no_erasure(caller: Caller) -> None:
    with pytest.raises(ApiError):
        caller.call(lambda request: problem(404), "erase", "j1")


KEY_VIEW = {
    "id": "k1",
    "prefix": "ds_ab",
    "name": "Anna",
    "scopes": ["read"],
    "folder": "team/",
    "created": CREATED,
    "expires": None,
    "last_used": None,
    "revoked": None,
}


def test_keys_are_made_listed_and_revoked(caller: Caller) -> None:
    made = caller.call(
        lambda request: httpx.Response(201, json=KEY_VIEW | {"key": "ds_abc"}),
        "create_key", "Anna", ["read"], "team/",
    )  # fmt: skip
    assert made.key == "ds_abc"
    sent = b'{"name":"Anna","scopes":["read"],"folder":"team/","expires":null}'
    assert caller.last.content == sent
    listed = caller.call(lambda request: httpx.Response(200, json={"keys": [KEY_VIEW]}), "keys")
    assert [key.id for key in listed] == ["k1"]
    assert caller.call(lambda request: httpx.Response(200, json=KEY_VIEW), "me").folder == "team/"
    caller.call(lambda request: httpx.Response(204), "revoke_key", "k1")
    assert (caller.last.method, caller.last.url.path) == ("DELETE", "/api/v1/keys/k1")


def test_health_and_metrics_are_returned(caller: Caller) -> None:
    body = {"status": "ok", "version": "1"}
    assert caller.call(lambda request: httpx.Response(200, json=body), "health").status == "ok"
    figures = caller.call(lambda request: httpx.Response(200, json=METRICS), "metrics")
    assert figures == Metrics.model_validate(METRICS)
    assert (caller.last.method, caller.last.url.path) == ("GET", "/api/v1/metrics/")


def test_the_limits_are_returned(caller: Caller) -> None:
    body = {**LIMITS, "max_of_a_later_version": 1}
    found = caller.call(lambda request: httpx.Response(200, json=body), "limits")
    assert found == DeploymentLimits.model_validate(LIMITS)
    assert caller.last.url.path == "/api/v1/limits"


def test_a_refusal_has_the_problem_the_status_and_the_request(caller: Caller) -> None:
    refused = problem(409, "it is done", **{"X-Request-Id": "r7", "Retry-After": "3"})
    with pytest.raises(ApiError, match=r"^No: it is done$") as caught:
        caller.call(lambda request: refused, "cancel", "j1")
    assert (caught.value.status, caught.value.request_id) == (409, "r7")
    assert caught.value.retry_after == 3
    assert caught.value.problem.type == "urn:dropscribe:problem:x"


def test_a_refusal_of_something_in_front_is_shown_by_its_text(caller: Caller) -> None:
    page = httpx.Response(413, text="<h1>too large</h1>" + "x" * 1000)
    with pytest.raises(ApiError, match=r"^Request Entity Too Large: <h1>too large</h1>x") as caught:
        caller.call(lambda request: page, "cancel", "j1")
    assert len(caught.value.problem.detail) == 300


def audio_of(content: bytes, etag: str = '"1"') -> Any:
    def answer(request: httpx.Request) -> httpx.Response:
        first, last = map(int, request.headers["Range"].removeprefix("bytes=").split("-"))
        last = min(last, first + 4, len(content) - 1)
        found = {"Content-Range": f"bytes {first}-{last}/{len(content)}", "ETag": etag}
        return httpx.Response(206, content=content[first : last + 1], headers=found)

    return answer


def test_audio_is_downloaded_in_the_pieces_that_the_server_gives(
    caller: Caller, tmp_path: Path
) -> None:
    to = tmp_path / "a.wav"
    assert caller.call(audio_of(b"twelve bytes"), "audio", "j1", to) == to
    assert to.read_bytes() == b"twelve bytes" and len(caller.requests) == 3
    assert list(tmp_path.iterdir()) == [to]


def test_the_sound_that_was_transcribed_is_downloaded(caller: Caller, tmp_path: Path) -> None:
    caller.call(audio_of(b"RIFF"), "audio", "j1", tmp_path / "a.wav", "wav")
    assert caller.last.url.params["format"] == "wav"


def test_audio_that_is_replaced_meanwhile_is_not_mixed(caller: Caller, tmp_path: Path) -> None:
    versions = iter(['"1"', '"2"'])

    def answer(request: httpx.Request) -> httpx.Response:
        found: httpx.Response = audio_of(b"twelve bytes", next(versions))(request)
        return found

    with pytest.raises(FileChanged):
        caller.call(answer, "audio", "j1", tmp_path / "a.wav")
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_pieces_gives_all_at_once(caller: Caller, tmp_path: Path) -> None:
    to = tmp_path / "a.wav"
    caller.call(lambda request: httpx.Response(200, content=b"all"), "audio", "j1", to)
    assert to.read_bytes() == b"all" and len(caller.requests) == 1


def test_a_key_is_not_shown_with_a_client() -> None:
    assert KEY not in repr(Server("https://a", KEY))


def test_every_failure_is_of_one_class() -> None:
    assert issubclass(ApiError, DropscribeError) and issubclass(TimedOut, DropscribeError)


def test_both_clients_have_the_same_methods() -> None:
    def methods(client: type) -> dict[str, list[str]]:
        found = inspect.getmembers(client, inspect.isfunction)
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in found
            if not name.startswith("_")
        }

    assert methods(Client) == methods(AsyncClient)
    assert all(inspect.getdoc(getattr(Client, name)) for name in methods(Client))


def test_an_address_of_the_page_holds_a_code_and_no_key(caller: Caller) -> None:
    made = {"code": "a-code", "expires": "2026-11-28T09:40:00Z"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, json=made)

    assert caller.call(answer, "page_address") == f"{URL}/#login=a-code"
    assert (caller.last.method, caller.last.url.path) == ("POST", "/api/v1/login-codes")
    assert caller.call(answer, "page_address", "j1") == f"{URL}/?job=j1#login=a-code"


def test_the_queue_is_returned(caller: Caller) -> None:
    body = EXAMPLES["Queue"]
    queue = caller.call(lambda request: httpx.Response(200, json=body), "queue", "team/", 5)
    assert queue.jobs[0].waiting.parts == {"transcribe": 2, "diarize": 1}
    assert caller.last.url.path == "/api/v1/queue"
    assert dict(caller.last.url.params) == {"limit": "5", "prefix": "team/"}


def test_costs_go_through_all_pages(caller: Caller) -> None:
    example: Any = EXAMPLES["SpendingPage"]
    (spent,) = example["jobs"]
    ended = spent["ended"]

    def answer(request: httpx.Request) -> httpx.Response:
        is_last = "before" in request.url.params
        page = {"jobs": [spent], "price_table": None, "next_before": None if is_last else ended}
        return httpx.Response(200, json=page)

    since = datetime(2026, 11, 28, tzinfo=UTC)
    found = caller.call(answer, "costs", since)
    assert [job.cost_usd for job in found] == [spent["cost_usd"]] * 2
    assert datetime.fromisoformat(caller.last.url.params["before"]) == datetime.fromisoformat(ended)


@pytest.mark.parametrize("key", ["ключ", "a\nb", "a b", ""])
def test_a_key_that_no_header_can_have_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(DropscribeError) as raised:
        Client(URL, key)
    assert not key or key not in str(raised.value)


@pytest.mark.parametrize("url", ["", "zz", "ftp://x", "http://", "http://[", "http://a:99999/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(DropscribeError, match="the server's address"):
        Client(url)


def test_a_message_has_no_password() -> None:
    server = Server("http://name:secret@127.0.0.1:9/", None)
    assert server.shown_url == "http://127.0.0.1:9"
