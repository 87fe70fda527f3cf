"""`http.*` calls send, parse, time out and fail as Google Workflows does."""

import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from emulators.workflows.errors import WorkflowError
from emulators.workflows.tests.echo import EchoServer, serve_echo
from emulators.workflows.tests.running import run_workflow


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoServer]:
    with serve_echo() as server:
        yield server


def call(url: str, verb: str = "post", make_token: Any = None, **arguments: Any) -> Any:
    source = {
        "main": {
            "params": ["args"],
            "steps": [
                {
                    "call": {
                        "call": f"http.{verb}",
                        "args": {"url": url, **arguments},
                        "result": "response",
                    }
                },
                {"done": {"return": "${response}"}},
            ],
        }
    }
    return run_workflow(json.dumps(source), make_token=make_token)


def failed(url: str, **arguments: Any) -> Any:
    with pytest.raises(WorkflowError) as raised:
        call(url, **arguments)
    return raised.value.payload


def test_a_map_is_sent_as_json(echo: EchoServer) -> None:
    response = call(
        f"{echo.url}/a",
        body={"job": 42},
        headers={"X-Own": "1"},
        query={"q": [1, "ü"], "yes": True},
    )
    sent = response["body"]
    assert response["code"] == 200
    assert response["headers"]["Content-Type"] == "application/json"
    assert json.loads(sent["body"]) == {"job": 42}
    assert sent["headers"]["content-type"] == "application/json; charset=utf-8"
    assert sent["headers"]["x-own"] == "1"
    assert sent["path"] == "/a?q=1&q=%C3%BC&yes=true"


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        ("text", None, '"text"'),
        ("text", "text/plain", "text"),
        ({"a": "b c"}, "application/x-www-form-urlencoded", "a=b+c"),
        ("${text.encode('bytes')}", None, "bytes"),
        ([1], "application/json", "[1]"),
    ],
)
def test_the_body_takes_the_form_of_its_content_type(
    echo: EchoServer, body: Any, content_type: str | None, sent: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    assert call(f"{echo.url}/a", body=body, headers=headers)["body"]["body"] == sent


def test_oidc_asks_for_a_token_for_the_audience_or_the_url(echo: EchoServer) -> None:
    audiences: list[str] = []

    def make_token(audience: str) -> str:
        audiences.append(audience)
        return "secret"

    url = f"{echo.url}/a"
    response = call(url, auth={"type": "OIDC"}, make_token=make_token)
    call(url, auth={"type": "OIDC", "audience": "https://x.run.app"}, make_token=make_token)
    assert response["body"]["headers"]["authorization"] == "Bearer secret"
    assert audiences == [url, "https://x.run.app"]
    assert "authorization" not in call(url, auth={"type": "OIDC"})["body"]["headers"]
    assert "authorization" not in call(url, make_token=make_token)["body"]["headers"]


def test_an_error_status_raises_with_headers_and_body(echo: EchoServer) -> None:
    error = failed(f"{echo.url}/status/404")
    assert error["message"] == "HTTP server responded with error code 404"
    assert (error["code"], error["tags"], error["body"]["path"]) == (
        404,
        ["HttpError"],
        "/status/404",
    )
    assert error["headers"]["Content-Type"] == "application/json"


def test_only_application_json_is_decoded(echo: EchoServer) -> None:
    assert isinstance(failed(f"{echo.url}/problem/422")["body"], str)
    assert isinstance(failed(f"{echo.url}/status/422")["body"], dict)


def test_a_late_answer_is_a_timeout(echo: EchoServer) -> None:
    assert failed(f"{echo.url}/sleep/3", timeout=0.2)["tags"] == ["TimeoutError"]


def test_a_refused_connection_failed() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    assert failed(f"http://127.0.0.1:{port}/")["tags"] == [
        "ConnectionError",
        "ConnectionFailedError",
    ]


def test_a_connection_that_breaks_is_no_failed_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: server.accept()[0].close())
        thread.start()
        assert failed(f"http://127.0.0.1:{server.getsockname()[1]}/")["tags"] == ["ConnectionError"]
        thread.join(timeout=10)


@pytest.mark.parametrize(
    ("arguments", "tag"),
    [
        ({"url": "ftp://host/"}, "ValueError"),
        ({"url": "no url"}, "ValueError"),
        ({"url": "http://127.0.0.1:1/", "headers": {"a": 1}}, "TypeError"),
        ({"url": "http://127.0.0.1:1/", "query": {"a": None}}, "TypeError"),
        ({"url": "http://127.0.0.1:1/", "timeout": "10"}, "TypeError"),
        ({"url": "http://127.0.0.1:1/", "method": "FETCH", "verb": "request"}, "ValueError"),
        ({"url": "http://127.0.0.1:1/", "body": {"a": "${len}"}}, "ValueError"),
        ({"url": "http://127.0.0.1:1/", "nonsense": 1}, "TypeError"),
    ],
)
def test_wrong_arguments_raise_an_error(arguments: dict[str, Any], tag: str) -> None:
    assert failed(**arguments)["tags"] == [tag]


def test_any_method_over_request(echo: EchoServer) -> None:
    assert call(f"{echo.url}/a", verb="request", method="DELETE")["body"]["method"] == "DELETE"
