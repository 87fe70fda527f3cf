"""Odd and hostile forms of the dialects are read or refused; none leads out of the key's folder."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.settings import settings
from tests.support.answered_uploads import answered_deployment
from tests.support.gateway import gateway_client, key_headers

PATHS = {"/asr": "audio_file", "/v1/audio/transcriptions": "file"}
INBOX = f"gs://{settings().buckets.inbox}/"
FOLDER = "team-a/"
END = b"--x--\r\n"
FORM = "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def stores() -> Deployment:
    return answered_deployment()


@pytest.fixture(scope="module")
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers = httpx.Headers(key_headers(stores, ("read", "write"), FOLDER))
        yield client


def part(name: str, content: bytes, file_name: str | None = None, headers: bytes = b"") -> bytes:
    disposition = f'form-data; name="{name}"'
    if file_name is not None:
        disposition += f'; filename="{file_name}"'
    head = f"--x\r\nContent-Disposition: {disposition}\r\n".encode("utf-8", "surrogateescape")
    return head + headers + b"\r\n" + content + b"\r\n"


def is_inside(stores: Deployment) -> bool:
    """Returns whether every recording is in the key's folder."""
    names = [blob.name for blob in stores.blobs.list(INBOX)]
    return all(name.startswith((f"{FOLDER}asr/", f"{FOLDER}openai/")) for name in names)


def count(stores: Deployment) -> int:
    return len(list(stores.blobs.list(INBOX)))


REFUSED = {
    "a thousand fields": b"".join(part(f"field{number}", b"v") for number in range(1000)),
    "a field of 65 kB": part("x-note", b"v" * 65_600),
    "a name of 50 kB": part("n" * 50_000, b"v"),
    "a control character in a tag": part("x-note", b"a\x00b"),
    "a line break in the name of a tag": part("x-a\nb", b"v"),
    "headers of 100 kB": part("note", b"v", headers=b"X-Note: " + b"v" * 100_000 + b"\r\n"),
    "5000 headers": part("note", b"v", headers=b"X-Note: v\r\n" * 5000),
    "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n",
    "no headers": b"--x\r\n\r\nv\r\n",
    "no such language": part("language", b"\xff\xfe"),
    "an endless JSON": part("replacements", b'{"a":' * 3000),
    "an endless number": part("speakers", b"1" + b"0" * 5000),
    "no number": part("speakers", b"NaN"),
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("odd", REFUSED)
def test_an_odd_part_is_refused_and_nothing_is_stored(
    client: httpx.Client, stores: Deployment, path: str, odd: str
) -> None:
    before = count(stores)
    recording = part(PATHS[path], b"sound", "call.wav")
    answer = client.post(
        path, content=recording + REFUSED[odd] + END, headers={"Content-Type": FORM}
    )
    assert answer.status_code in (400, 422), answer.text
    assert count(stores) == before


BROKEN = {
    "no end": part("note", b"v"),
    "nothing": b"",
    "no form": b"\x00\xff" * 1000,
}
TYPES = (
    "multipart/form-data",
    "multipart/form-data; boundary=",
    f"multipart/form-data; boundary={'x' * 60_000}",
    "multipart/mixed; boundary=x",
    "application/x-www-form-urlencoded",
    "",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_is_no_whole_form_is_refused(
    client: httpx.Client, stores: Deployment, path: str
) -> None:
    before = count(stores)
    recording = part(PATHS[path], b"sound", "call.wav")
    for body in BROKEN.values():
        answer = client.post(path, content=body, headers={"Content-Type": FORM})
        assert answer.status_code == 400, answer.text
    for kind in TYPES:
        answer = client.post(path, content=recording + END, headers={"Content-Type": kind})
        assert answer.status_code == 400, kind[:60]
    for files in (b"", part(PATHS[path], b"sound"), recording + recording):
        answer = client.post(path, content=files + END, headers={"Content-Type": FORM})
        assert answer.status_code in (400, 422), answer.text
    assert count(stores) == before


NAMES = (
    "",
    " ",
    ".",
    "..",
    "../../other/call.wav",
    "..\\..\\call.wav",
    "/etc/passwd",
    "options.json",
    "gsutil/tmp/parallel_composite_uploads/x",
    "folder/",
    "\x00.wav",
    "a\x07b\x7f.wav",
    "\u202ewav.exe",
    "\u2028.wav",
    "\ud800\udcff.wav".encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape"),
    "n" * 2000,
    "%0d%0aX-Evil: 1.wav",
    "\U0001f600.wav",
    "Réunion d’équipe; 1.m4a",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_recording_stays_in_the_folder_whatever_its_file_is_called(
    client: httpx.Client, stores: Deployment, path: str
) -> None:
    for name in NAMES:
        before = count(stores)
        body = part(PATHS[path], b"sound", name) + END
        answer = client.post(path, content=body, headers={"Content-Type": FORM})
        assert answer.status_code == 200, (name, answer.text)
        disposition = answer.headers.get("Content-Disposition", "")
        assert disposition.isascii() and disposition.isprintable()
        assert "X-Evil" not in answer.headers
        assert count(stores) == before + 1
    assert is_inside(stores)


@pytest.mark.parametrize("charset", ["no-such", "utf-16", "idna", "base64", "unicode_escape"])
def test_an_odd_character_set_is_no_bug(client: httpx.Client, charset: str) -> None:
    body = part("audio_file", b"sound", "call.wav") + part("language", b"de") + END
    kind = f"{FORM}; charset={charset}"
    answer = client.post("/asr", content=body, headers={"Content-Type": kind})
    assert answer.status_code in (200, 400, 422), answer.text
