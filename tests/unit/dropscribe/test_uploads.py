"""A recording is uploaded whole and once, whatever breaks on the way, or not at all."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from dropscribe import ApiError, FileChanged, UploadFailed, uploads
from tests.unit.dropscribe.bodies import CREATED, job, problem
from tests.unit.dropscribe.both_clients import KEY, Caller

QUARTER = 2**18
"""Cloud Storage stores multiples of it until the last piece."""
STORAGE = "https://storage.example"
SECRET_URL = f"{STORAGE}/upload?upload_id=secret"


@dataclass
class Storage:
    """The API's uploads and a resumable upload of Cloud Storage, as far as clients see them.

    `faults` are done to the next pieces, one each; None lets a piece through.
    """

    size: int
    faults: Iterator[Callable[["Storage", bytes], httpx.Response | None] | None]
    content: bytes = b""
    opened: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    is_complete: bool = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if str(request.url).startswith(STORAGE):
            return self.take(request)
        if request.url.path == "/api/v1/uploads":
            return self.open(request)
        if request.url.path == "/api/v1/uploads/u1":
            assert self.is_complete
            return httpx.Response(303, headers={"Location": "/api/v1/jobs/j1"})
        return httpx.Response(200, json=job())

    def open(self, request: httpx.Request) -> httpx.Response:
        self.opened.append(json.loads(request.content))
        self.keys.append(request.headers["Idempotency-Key"])
        session = {
            "id": "u1",
            "upload_url": SECRET_URL,
            "method": "PUT",
            "headers": {"X-Extra": "1"},
            "expires": CREATED,
            "upload_status": "/api/v1/uploads/u1",
        }
        return httpx.Response(201, json=session)

    def take(self, request: httpx.Request) -> httpx.Response:
        assert "X-API-Key" not in request.headers and request.headers["X-Extra"] == "1"
        found = re.fullmatch(r"bytes (\*|(\d+)-(\d+))/(\d+)", request.headers["Content-Range"])
        assert found is not None and int(found[4]) == self.size
        if found[1] == "*":
            return self.standing()
        first, last = int(found[2]), int(found[3])
        assert first == len(self.content) and last - first + 1 == len(request.content)
        fault = next(self.faults, None)
        refusal = fault(self, request.content) if fault else None
        if refusal is not None:
            return refusal
        if fault is None:
            self.store(request.content)
        return self.standing()

    def store(self, piece: bytes) -> None:
        self.content += piece
        self.is_complete = len(self.content) == self.size
        assert self.is_complete or len(self.content) % QUARTER == 0

    def standing(self) -> httpx.Response:
        if self.is_complete:
            return httpx.Response(200, json={"name": "a.wav"})
        have = {"Range": f"bytes=0-{len(self.content) - 1}"} if self.content else {}
        return httpx.Response(308, headers=have)


def nothing_arrives(storage: Storage, piece: bytes) -> httpx.Response:
    raise httpx.WriteError("the connection broke")


def a_part_arrives(storage: Storage, piece: bytes) -> httpx.Response:
    storage.store(piece[: 3 * QUARTER])
    raise httpx.ReadError("the connection broke")


def all_arrives_but_the_response_is_lost(storage: Storage, piece: bytes) -> httpx.Response:
    storage.store(piece)
    raise httpx.ReadTimeout("no response")


def only_a_part_is_kept(storage: Storage, piece: bytes) -> None:
    storage.store(piece[: 5 * QUARTER])


def unavailable(storage: Storage, piece: bytes) -> httpx.Response:
    return httpx.Response(503, headers={"Retry-After": "2"})


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """Returns a recording of three pieces, the last one short."""
    file = tmp_path / "large.wav"
    file.write_bytes(bytes(range(256)) * (2 * 8 * 2**20 // 256) + b"the end")
    return file


FAULTS = {
    "none": [],
    "nothing arrives": [nothing_arrives],
    "a part arrives": [None, a_part_arrives],
    "a response is lost": [all_arrives_but_the_response_is_lost],
    "the last response is lost": [None, None, all_arrives_but_the_response_is_lost],
    "a part is kept": [only_a_part_is_kept],
    "storage is away": [unavailable, unavailable],
    "everything": [
        nothing_arrives,
        a_part_arrives,
        unavailable,
        all_arrives_but_the_response_is_lost,
    ],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_a_large_recording_arrives_whole_whatever_breaks(
    caller: Caller, large: Path, faults: list[Any]
) -> None:
    storage = Storage(large.stat().st_size, iter(faults))
    progress: list[tuple[int, int]] = []
    found = caller.call(
        storage,
        "upload",
        large,
        "team/a.wav",
        {"speakers": 2},
        {"order": "7"},
        on_progress=lambda sent, size: progress.append((sent, size)),
    )
    assert found.id == "j1" and storage.content == large.read_bytes()
    (opened,) = storage.opened
    assert opened.pop("content_type") in ("audio/x-wav", "audio/wav")
    assert opened == {
        "name": "team/a.wav",
        "size": storage.size,
        "options": {"speakers": 2},
        "metadata": {"order": "7"},
        "replace": False,
    }
    sent = [each for each, _ in progress]
    assert sent == sorted(sent) and progress[-1] == (storage.size, storage.size)


def test_an_upload_that_was_complete_already_leads_to_its_job(caller: Caller, large: Path) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(303, headers={"Location": "/api/v1/jobs/j1"})
        return httpx.Response(200, json=job())

    assert caller.call(answer, "upload", large).id == "j1"
    assert caller.last.url.path == "/api/v1/jobs/j1"


def test_the_address_of_an_upload_is_in_no_log(
    caller: Caller, large: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    caller.call(Storage(large.stat().st_size, iter([])), "upload", large)
    assert f"PUT {STORAGE}/upload " in caplog.text and "secret" not in caplog.text


def test_storage_is_asked_as_late_as_it_wants(caller: Caller, large: Path) -> None:
    storage = Storage(large.stat().st_size, iter([unavailable]))
    caller.call(storage, "upload", large)
    assert caller.pauses == [2]


def test_an_upload_without_progress_is_given_up(caller: Caller, large: Path) -> None:
    storage = Storage(large.stat().st_size, iter([nothing_arrives] * 99))
    with pytest.raises(UploadFailed, match="storage does not take the recording: the connection"):
        caller.call(storage, "upload", large)
    assert len(caller.pauses) == 9 and max(caller.pauses) == 32


def test_storage_that_refuses_is_not_asked_again(caller: Caller, large: Path) -> None:
    def gone(storage: Storage, piece: bytes) -> httpx.Response:
        return httpx.Response(410, text="the session is gone")

    storage = Storage(large.stat().st_size, iter([gone]))
    with pytest.raises(UploadFailed, match=r"^storage answers 410: the session is gone$"):
        caller.call(storage, "upload", large)
    assert caller.pauses == []


def append(file: Path) -> None:
    with file.open("ab") as opened:
        opened.write(b"more")


def overwrite(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"other")


def truncate(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(100)


@pytest.mark.parametrize("change", [append, overwrite, truncate])
def test_a_file_that_changes_while_it_is_sent_is_not_uploaded(
    caller: Caller, large: Path, change: Callable[[Path], None]
) -> None:
    def change_then_take(storage: Storage, piece: bytes) -> None:
        storage.store(piece)
        change(large)

    storage = Storage(large.stat().st_size, iter([None, change_then_take]))
    with pytest.raises(FileChanged, match=r"large[.]wav changed while it was sent; it was not"):
        caller.call(storage, "upload", large)
    assert not storage.is_complete


# In one request


def fields(request: httpx.Request) -> dict[str, bytes]:
    """Returns the fields of a form."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    form = BytesParser().parsebytes(head + request.read())
    found = {}
    for part in form.get_payload():
        assert isinstance(part, Message)
        name = part.get_param("name", header="content-disposition")
        found[str(name)] = bytes(part.get_payload(decode=True))
    return found


def test_a_small_recording_is_sent_in_one_request(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"sound")
    options = {"language": None, "speakers": 2, "diarize": False, "formats": ["srt"], "model": "x"}
    found = caller.call(
        lambda request: httpx.Response(202, json=job()),
        "upload", file, None, options, {"order": "7"}, True,
    )  # fmt: skip
    assert found.id == "j1" and len(caller.requests) == 1
    assert fields(caller.last) == {
        "file": b"sound",
        "name": b"a.wav",
        "replace": b"true",
        "metadata": b'{"order": "7"}',
        "language": b"",
        "speakers": b"2",
        "diarize": b"false",
        "formats": b'["srt"]',
        "model": b"x",
    }
    assert caller.last.headers["X-API-Key"] == KEY


def test_a_small_recording_is_sent_again_under_the_same_idempotency_key(
    caller: Caller, tmp_path: Path
) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"sound")
    outcomes: Iterator[httpx.Response | Exception] = iter(
        [httpx.ReadError("broke"), problem(503), httpx.Response(202, json=job())]
    )

    def answer(request: httpx.Request) -> httpx.Response:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    caller.call(answer, "upload", file)
    keys = {request.headers["Idempotency-Key"] for request in caller.requests}
    contents = {fields(request)["file"] for request in caller.requests}
    assert (len(caller.requests), len(keys), contents) == (3, 1, {b"sound"})


@dataclass
class OutOfReach:
    """An API whose storage the client cannot reach."""

    forms: list[dict[str, bytes]] = field(default_factory=list)
    on_refusal: Callable[[], None] = lambda: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v1/uploads":
            self.on_refusal()
            return problem(409, type="urn:dropscribe:problem:storage-out-of-reach")
        self.forms.append(fields(request))
        return httpx.Response(202, json=job())


def test_a_large_recording_is_sent_in_one_request_if_storage_is_out_of_reach(
    caller: Caller, large: Path
) -> None:
    api = OutOfReach()
    assert caller.call(api, "upload", large, "b.wav", {"speakers": 2}).id == "j1"
    (sent,) = api.forms
    assert sent["file"] == large.read_bytes()
    assert (sent["name"], sent["speakers"]) == (b"b.wav", b"2")
    first, second = caller.requests
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"]


@pytest.mark.parametrize("change", [append, overwrite, truncate])
def test_a_large_file_that_changes_before_it_is_sent_whole_is_not_uploaded(
    caller: Caller, large: Path, change: Callable[[Path], None]
) -> None:
    api = OutOfReach(on_refusal=lambda: change(large))
    with pytest.raises(FileChanged, match=r"large[.]wav changed while it was sent; it was not"):
        caller.call(api, "upload", large)
    assert api.forms == []


def test_a_refused_upload_is_not_repeated(caller: Caller, tmp_path: Path) -> None:
    file = tmp_path / "a.wav"
    file.write_bytes(b"sound")
    with pytest.raises(ApiError, match="taken"):
        caller.call(lambda request: problem(409, "taken"), "upload", file)
    assert len(caller.requests) == 1


def test_pieces_are_what_cloud_storage_wants() -> None:
    assert uploads.PIECE_BYTES % QUARTER == 0
