"""The runner process serves Google's Executions client over gRPC, and plain HTTP."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.api_core import exceptions
from google.cloud.workflows.executions_v1 import ExecutionsClient
from google.cloud.workflows.executions_v1.services.executions.transports import (
    ExecutionsGrpcTransport,
)
from google.cloud.workflows.executions_v1.types import Execution, ExecutionView

from emulators.workflows.tests.echo import EchoServer, serve_echo

WORKFLOW = """
main:
  params: [args]
  steps:
    - work:
        call: http.post
        args:
          url: ${sys.get_env("STAGE_URL") + args.path}
          body: ${args}
        result: response
    - pause:
        call: sys.sleep
        args: {seconds: "${default(map.get(args, \\"pause\\"), 0)}"}
    - done:
        return:
          code: ${response.code}
          id: ${sys.get_env("GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID")}
          sent: ${json.decode(response.body.body)}
"""
PARENT = "projects/dropscribe-local/locations/local/workflows/work"


class Runner:
    """A runner process, and what is needed to start it again."""

    def __init__(self, folder: Path, stage_url: str, *options: str) -> None:
        self._folder = folder
        with socket.socket() as free, socket.socket() as free_for_grpc:
            free.bind(("127.0.0.1", 0))
            free_for_grpc.bind(("127.0.0.1", 0))
            port, self._grpc_port = free.getsockname()[1], free_for_grpc.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        (folder / "work.yaml").write_text(WORKFLOW)
        files = ["--workflow", str(folder / "work.yaml"), "--data", str(folder / "data")]
        ports = ["--port", str(port), "--grpc-port", str(self._grpc_port)]
        settings = ["--inbox", "inbox", "--env", f"STAGE_URL={stage_url}", *options]
        self.command = [sys.executable, "-m", "emulators.workflows", *ports, *files, *settings]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stderr=log)
        until(self.is_up)

    def stop(self, number: int) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def is_up(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.log()
        try:
            socket.create_connection(("127.0.0.1", self._grpc_port), timeout=5).close()
            return httpx.get(f"{self.url}/health", timeout=5).is_success
        except (OSError, httpx.TransportError):
            return False

    def client(self) -> ExecutionsClient:
        channel = grpc.insecure_channel(f"127.0.0.1:{self._grpc_port}")
        return ExecutionsClient(transport=ExecutionsGrpcTransport(channel=channel))

    def log(self) -> str:
        return (self._folder / "log").read_text()

    def status(self) -> Any:
        return httpx.get(f"{self.url}/status", timeout=10).json()


def until(happens: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := happens():
            return result
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} seconds")


@contextmanager
def running(folder: Path, stage_url: str, *options: str) -> Iterator[Runner]:
    runner = Runner(folder, stage_url, *options)
    runner.start()
    try:
        yield runner
    finally:
        assert runner.process is not None
        runner.process.kill()
        runner.process.wait(timeout=30)


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoServer]:
    with serve_echo() as server:
        yield server


@pytest.fixture
def runner(tmp_path: Path, echo: EchoServer) -> Iterator[Runner]:
    """Yields a new runner, for tests that stop it or count its executions."""
    with running(tmp_path, echo.url, "--slots", f"{echo.url}=2") as runner:
        yield runner


@pytest.fixture
def client(runner: Runner) -> Iterator[ExecutionsClient]:
    with runner.client() as client:
        yield client


@pytest.fixture(scope="module")
def shared_runner(tmp_path_factory: pytest.TempPathFactory, echo: EchoServer) -> Iterator[Runner]:
    """Yields one runner for all tests that look only at executions of their own."""
    with running(tmp_path_factory.mktemp("runner"), echo.url, "--slots", f"{echo.url}=2") as runner:
        yield runner


@pytest.fixture(scope="module")
def shared_client(shared_runner: Runner) -> Iterator[ExecutionsClient]:
    with shared_runner.client() as client:
        yield client


def create(client: ExecutionsClient, **argument: Any) -> str:
    argument.setdefault("path", "/fast")
    return str(
        client.create_execution(
            parent=PARENT, execution=Execution(argument=json.dumps(argument))
        ).name
    )


def ended(client: ExecutionsClient, name: str) -> Any:
    def get() -> Execution | None:
        execution = client.get_execution(name=name)
        return None if execution.state == Execution.State.ACTIVE else execution

    return until(get)


def test_an_execution_runs_and_returns(shared_client: ExecutionsClient) -> None:
    name = create(shared_client, word="hello")
    execution = ended(shared_client, name)
    assert name.startswith(f"{PARENT}/executions/")
    assert execution.state == Execution.State.SUCCEEDED
    assert json.loads(execution.argument) == {"word": "hello", "path": "/fast"}
    assert json.loads(execution.result) == {
        "code": 200,
        "id": name.rpartition("/")[2],
        "sent": {"word": "hello", "path": "/fast"},
    }
    assert execution.end_time >= execution.start_time
    assert abs(execution.duration - (execution.end_time - execution.start_time)) < timedelta(
        milliseconds=1
    )
    assert execution.workflow_revision_id.startswith("000001-")
    assert [(step.routine, step.step) for step in execution.status.current_steps] == [
        ("main", "done")
    ]


def test_a_failure_shows_payload_and_context(shared_client: ExecutionsClient) -> None:
    execution = ended(shared_client, create(shared_client, path="/status/404"))
    payload = json.loads(execution.error.payload)
    assert execution.state == Execution.State.FAILED
    assert (payload["code"], payload["tags"]) == (404, ["HttpError"])
    assert 'in step "work", routine "main", line: 5' in execution.error.context
    assert not execution.result


def test_the_list_is_paged_newest_first(client: ExecutionsClient) -> None:
    names = [create(client) for _ in range(5)]
    for name in names:
        ended(client, name)
    pages = client.list_executions(request={"parent": PARENT, "page_size": 2})
    sizes: list[int] = []
    listed: list[Any] = []
    for page in pages.pages:
        sizes.append(len(page.executions))
        listed += page.executions
    assert sizes == [2, 2, 1]
    assert [execution.name for execution in listed] == names[::-1]
    assert not any(execution.argument for execution in listed)
    full = client.list_executions(request={"parent": PARENT, "view": ExecutionView.FULL})
    assert all(execution.argument for execution in full)


def test_the_list_may_have_the_executions_in_some_states_only(client: ExecutionsClient) -> None:
    names = [create(client) for _ in range(3)]
    for name in names:
        ended(client, name)

    def listed(filter_: str) -> list[str]:
        pages = client.list_executions(request={"parent": PARENT, "filter": filter_})
        return [execution.name for execution in pages]

    assert listed('state="SUCCEEDED"') == names[::-1]
    assert listed('state="ACTIVE" OR state="QUEUED"') == []
    assert listed('state="ACTIVE" OR state="SUCCEEDED"') == names[::-1]
    with pytest.raises(exceptions.InvalidArgument, match="filter"):
        listed('startTime>"2023-08-01"')


def test_the_basic_view_leaves_out_the_data(shared_client: ExecutionsClient) -> None:
    name = create(shared_client)
    ended(shared_client, name)
    basic = shared_client.get_execution(request={"name": name, "view": ExecutionView.BASIC})
    assert basic.state == Execution.State.SUCCEEDED
    assert not basic.argument and not basic.result


def test_what_is_wrong_is_googles_error(shared_client: ExecutionsClient) -> None:
    with pytest.raises(exceptions.NotFound):
        shared_client.get_execution(name=f"{PARENT}/executions/none")
    with pytest.raises(exceptions.NotFound):
        shared_client.get_execution(name="no name of an execution")
    with pytest.raises(exceptions.NotFound):
        shared_client.create_execution(parent=f"{PARENT}-other", execution=Execution())
    for argument in ("{no json", json.dumps("x" * 33_000)):
        with pytest.raises(exceptions.InvalidArgument, match="argument"):
            shared_client.create_execution(parent=PARENT, execution=Execution(argument=argument))
    for wrong in ({"page_token": "?"}, {"page_size": -1}):
        with pytest.raises(exceptions.InvalidArgument, match="page"):
            list(shared_client.list_executions(request={"parent": PARENT, **wrong}))
    done = create(shared_client)
    ended(shared_client, done)
    with pytest.raises(exceptions.FailedPrecondition, match="SUCCEEDED"):
        shared_client.cancel_execution(name=done)


@pytest.mark.parametrize("argument", [{"path": "/sleep/30"}, {"path": "/fast", "pause": 1000}])
def test_cancel_ends_a_call_and_a_sleep(
    shared_client: ExecutionsClient, argument: dict[str, Any]
) -> None:
    name = create(shared_client, **argument)
    step = "pause" if "pause" in argument else "work"
    until(
        lambda: (
            step in [s.step for s in shared_client.get_execution(name=name).status.current_steps]
        )
    )
    assert shared_client.cancel_execution(name=name).state == Execution.State.CANCELLED
    assert shared_client.get_execution(name=name).state == Execution.State.CANCELLED


def test_cancel_ends_a_wait_for_a_slot(
    client: ExecutionsClient, runner: Runner, echo: EchoServer
) -> None:
    names = [create(client, path="/sleep/30", number=number) for number in range(4)]
    until(lambda: runner.status()["queues"][echo.url] == {"slots": 2, "running": 2, "waiting": 2})
    waiting = {one["id"]: one["waiting"] for one in runner.status()["active"]}
    assert [waiting[name.rpartition("/")[2]] for name in names] == [
        {},
        {},
        {echo.url: 1},
        {echo.url: 2},
    ]
    client.cancel_execution(name=names[2])
    assert runner.status()["queues"][echo.url] == {"slots": 2, "running": 2, "waiting": 1}
    for name in (names[0], names[1], names[3]):
        client.cancel_execution(name=name)
    assert runner.status()["queues"][echo.url] == {"slots": 2, "running": 0, "waiting": 0}
    assert ended(client, create(client)).state == Execution.State.SUCCEEDED


def test_a_killed_runner_starts_its_executions_again(
    client: ExecutionsClient, runner: Runner
) -> None:
    done = create(client)
    ended(client, done)
    names = [create(client, path="/sleep/1", number=number) for number in range(4)]
    cancelled = create(client, path="/sleep/1")
    client.cancel_execution(name=cancelled)
    runner.stop(signal.SIGKILL)
    runner.start()
    assert {ended(client, name).state for name in names} == {Execution.State.SUCCEEDED}
    assert [json.loads(ended(client, name).result)["sent"]["number"] for name in names] == [
        0,
        1,
        2,
        3,
    ]
    assert client.get_execution(name=cancelled).state == Execution.State.CANCELLED
    assert len(list(client.list_executions(parent=PARENT))) == 6
    assert runner.log().count("execution resumes") == 4


def test_a_terminated_runner_exits_cleanly_and_resumes(
    client: ExecutionsClient, runner: Runner
) -> None:
    name = create(client, path="/sleep/1")
    assert runner.stop(signal.SIGTERM) == 0
    runner.start()
    assert ended(client, name).state == Execution.State.SUCCEEDED


def test_over_http_an_execution_is_created_shown_listed_and_cancelled(runner: Runner) -> None:
    executions = f"{runner.url}/v1/{PARENT}/executions"
    names = [
        httpx.post(executions, json={"argument": json.dumps({"path": "/sleep/30"})}).json()["name"]
        for _ in range(3)
    ]
    assert [name.rpartition("/")[0] for name in names] == [f"{PARENT}/executions"] * 3
    basic = httpx.get(f"{runner.url}/v1/{names[0]}", params={"view": "BASIC"}).json()
    full = httpx.get(f"{runner.url}/v1/{names[0]}").json()
    assert (full["state"], full["createTime"]) == ("ACTIVE", full["startTime"])
    assert json.loads(full["argument"]) == {"path": "/sleep/30"}
    assert basic == {key: value for key, value in full.items() if key not in ("argument", "status")}
    page = httpx.get(executions, params={"pageSize": 2}).json()
    rest = httpx.get(executions, params={"pageSize": 2, "pageToken": page["nextPageToken"]}).json()
    assert [each["name"] for each in page["executions"] + rest["executions"]] == names[::-1]
    assert "nextPageToken" not in rest
    assert httpx.post(f"{runner.url}/v1/{names[0]}:cancel").json()["state"] == "CANCELLED"


def test_over_http_what_is_wrong_has_googles_code_and_status(shared_runner: Runner) -> None:
    executions = f"{shared_runner.url}/v1/{PARENT}/executions"
    cancelled = httpx.post(executions, json={"argument": json.dumps({"path": "/sleep/30"})}).json()[
        "name"
    ]
    httpx.post(f"{shared_runner.url}/v1/{cancelled}:cancel")
    answers = [
        httpx.get(f"{executions}/none"),
        httpx.post(executions, content=b"{no json"),
        httpx.post(executions, json={"argument": {}}),
        httpx.get(executions, params={"pageSize": "many"}),
        httpx.post(f"{shared_runner.url}/v1/{cancelled}:cancel"),
    ]
    assert [(answer.status_code, answer.json()["error"]["status"]) for answer in answers] == [
        (404, "NOT_FOUND"),
        (400, "INVALID_ARGUMENT"),
        (400, "INVALID_ARGUMENT"),
        (400, "INVALID_ARGUMENT"),
        (400, "FAILED_PRECONDITION"),
    ]


def notification(event_type: str = "OBJECT_FINALIZE", bucket: str = "inbox") -> dict[str, Any]:
    resource = {"bucket": bucket, "name": "team/secret-name.mp3", "generation": "7", "size": "1"}
    return {
        "eventType": event_type,
        "eventId": "1",
        "time": "2026-11-22T06:00:00.123Z",
        "object": resource,
    }


def test_an_event_starts_an_execution_each_time_it_is_sent(
    runner: Runner, client: ExecutionsClient
) -> None:
    for _ in range(2):
        assert httpx.post(f"{runner.url}/events", json=notification()).status_code == 200
    for other in (notification("OBJECT_DELETE"), notification(bucket="outbox")):
        assert httpx.post(f"{runner.url}/events", json=other).status_code == 200
    assert httpx.post(f"{runner.url}/events", json={"no": "event"}).status_code == 400
    executions = list(
        client.list_executions(request={"parent": PARENT, "view": ExecutionView.FULL})
    )
    assert len(executions) == 2
    event = json.loads(executions[0].argument)
    assert (event["type"], event["data"]["name"]) == (
        "google.cloud.storage.object.v1.finalized",
        "team/secret-name.mp3",
    )


@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_an_event_as_eventarc_sends_it_becomes_the_argument(
    shared_runner: Runner, shared_client: ExecutionsClient, mode: str
) -> None:
    sent = json.loads((Path(__file__).parent / "eventarc" / f"{mode}.json").read_text())
    answer = httpx.post(
        f"{shared_runner.url}/events", headers=sent["headers"], content=json.dumps(sent["body"])
    )
    execution = shared_client.get_execution(
        name=f"{PARENT}/executions/{answer.raise_for_status().json()['execution']}"
    )
    argument = json.loads(execution.argument)
    assert (
        argument["data"]["name"] == "team/call one.wav"
        and int(argument["data"]["generation"]) == 1795328389992551
    )
    assert {
        name: argument[name]
        for name in ("specversion", "id", "type", "source", "subject", "time", "bucket")
    } == {
        "specversion": "1.0",
        "id": "1096434104173400",
        "type": "google.cloud.storage.object.v1.finalized",
        "source": "//storage.googleapis.com/projects/_/buckets/inbox",
        "subject": "objects/team/call one.wav",
        "time": "2026-11-22T06:00:00.123Z",
        "bucket": "inbox",
    }


def test_an_acknowledged_event_survives_a_kill(runner: Runner, client: ExecutionsClient) -> None:
    answer = httpx.post(f"{runner.url}/events", json=notification())
    runner.stop(signal.SIGKILL)
    runner.start()
    execution = ended(client, f"{PARENT}/executions/{answer.json()['execution']}")
    assert execution.state == Execution.State.FAILED
    assert json.loads(execution.error.payload)["tags"] == ["KeyError"]


def test_the_log_is_json_without_payloads(runner: Runner, client: ExecutionsClient) -> None:
    httpx.post(f"{runner.url}/events", json=notification())
    name = create(client, path="/status/500", word="payload-word")
    ended(client, name)
    until(lambda: not runner.status()["active"])
    lines = [json.loads(line) for line in runner.log().splitlines()]
    failed = next(
        line
        for line in lines
        if line.get("execution") == name.rpartition("/")[2] and "code" in line
    )
    assert (failed["severity"], failed["step"], failed["code"], failed["tags"]) == (
        "ERROR",
        "work",
        500,
        ["HttpError"],
    )
    assert "payload-word" not in runner.log()
    assert "secret-name" not in runner.log()


def test_a_bad_workflow_is_refused_at_start(tmp_path: Path, echo: EchoServer) -> None:
    runner = Runner(tmp_path, echo.url)
    file = tmp_path / "work.yaml"
    file.write_text(WORKFLOW.replace("http.post", "http.pst"))
    done = subprocess.run(runner.command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"{file}:5: step 'work': http.pst: unknown call" in done.stderr


def test_a_grpc_port_that_is_taken_ends_the_runner(tmp_path: Path, echo: EchoServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [*Runner(tmp_path, echo.url).command, "--grpc-port", str(taken.getsockname()[1])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "gRPC cannot be served" in done.stderr


def test_five_hundred_executions_at_once(tmp_path: Path, echo: EchoServer) -> None:
    with (
        running(tmp_path, echo.url, "--slots", f"{echo.url}=16") as runner,
        runner.client() as client,
    ):
        names = {create(client, number=number) for number in range(500)}
        until(lambda: runner.status()["executions"] == {"SUCCEEDED": 500}, 120)
        assert {
            each.name
            for each in client.list_executions(request={"parent": PARENT, "page_size": 1000})
        } == names
    assert echo.most_at_once("fast") <= 16
