"""Files that are dropped onto the page arrive in the storage, whatever happens on their way."""

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.storage.tests.server import BucketServer, bucket_server
from functions.gateway.deployment import deployment
from shared.adapters.gcs import GcsBlobs
from tests.browser.complaints import Complaints
from tests.browser.gateway import BrowserGateway
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import INBOX

PART = 8 * 2**20
"""Bytes that the page sends in one request."""
DROP = """([name, size, seed]) => {
  const bytes = new Uint8Array(size).map((_, index) => (index * seed) % 251);
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type: "audio/wav" }));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    const event = new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true });
    document.querySelector("#header").dispatchEvent(event);
  }
}"""


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    """The storage emulator, with an inbox that has no rule for web pages."""
    with bucket_server(tmp_path_factory.mktemp("storage")) as server:
        buckets = f"{server.url}/storage/v1/b?project=p"
        httpx.post(buckets, json={"name": INBOX}).raise_for_status()
        yield server


@pytest.fixture
def gateway(
    application: tuple[Any, str], storage: BucketServer, monkeypatch: pytest.MonkeyPatch
) -> BrowserGateway:
    """A gateway whose recordings are in the storage emulator."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", storage.url)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    app, url = application
    stores = replace(memory_deployment(), blobs=GcsBlobs())
    app.dependency_overrides[deployment] = lambda: stores
    return BrowserGateway(url, stores)


def drop(page: Any, name: str, size: int, seed: int = 7) -> bytes:
    """Drops a made-up file onto the page. Returns its bytes."""
    page.evaluate(DROP, [name, size, seed])
    return bytes(index * seed % 251 for index in range(251)) * (size // 251) + bytes(
        index * seed % 251 for index in range(size % 251)
    )


def stored(gateway: BrowserGateway, name: str) -> bytes:
    return gateway.stores.blobs.read(f"gs://{INBOX}/{name}")


def opened(page: Any) -> None:
    page.goto("/")
    page.get_by_role("heading", level=1, name="Recordings").wait_for()


def uploads(page: Any) -> Any:
    return page.get_by_role("list", name="Uploads").get_by_role("listitem")


def test_a_dropped_file_is_uploaded_in_parts_and_listed(page: Any, gateway: BrowserGateway) -> None:
    opened(page)
    page.get_by_text("Options for what you add").click()
    page.get_by_label("Language").select_option("de")
    page.get_by_label("Number of speakers").fill("2")
    page.get_by_label("Folder").fill("/team-a/")
    sent = drop(page, "call.wav", PART + 300_000)
    page.get_by_role("link", name="call.wav").wait_for()
    assert uploads(page).count() == 0
    assert stored(gateway, "team-a/call.wav") == sent
    (job,), _ = gateway.stores.jobs.list_page("")
    assert job.source.name == "team-a/call.wav"
    blob = gateway.stores.blobs.find(job.source.uri)
    assert blob is not None
    options = {name: blob.metadata[name] for name in ("language", "speakers")}
    assert options == {"language": "de", "speakers": "2"}


@pytest.mark.slow
def test_an_upload_pauses_without_a_network_and_goes_on(
    page: Any, gateway: BrowserGateway, complaints: Complaints
) -> None:
    complaints.expect("ERR_")
    opened(page)
    has_begun: list[str] = []

    def cut_second_part(route: Any) -> None:
        if route.request.headers.get("content-range", "").startswith("bytes 0-"):
            route.continue_()
            return
        if not has_begun:
            has_begun.append("cut")
            page.context.set_offline(True)
            route.abort("connectionreset")
            return
        route.continue_()

    page.route("**/upload/storage/**", cut_second_part)
    sent = drop(page, "long.wav", 3 * PART + 5)
    upload = uploads(page).filter(has_text="long.wav")
    upload.get_by_text("Paused until there is a connection").wait_for()
    page.context.set_offline(False)
    page.get_by_role("link", name="long.wav").wait_for()
    assert stored(gateway, "long.wav") == sent


@pytest.mark.slow
def test_a_taken_name_is_asked_about(
    page: Any, gateway: BrowserGateway, complaints: Complaints
) -> None:
    complaints.expect("status of 409")
    first = random.Random(1).randbytes(100)
    gateway.stores.blobs.put(f"gs://{INBOX}/call (2).wav", first, if_generation_match=0)
    opened(page)
    drop(page, "call (2).wav", 1000)
    taken = uploads(page).filter(has_text="There is a recording of this name already")
    taken.get_by_role("button", name="Keep both").click()
    page.get_by_role("link", name="call (3).wav").wait_for()
    assert stored(gateway, "call (2).wav") == first
    second = drop(page, "call (2).wav", 1001, seed=11)
    taken.get_by_role("button", name="Replace it").click()
    page.get_by_role("link", name="call (2).wav").wait_for()
    assert stored(gateway, "call (2).wav") == second


@pytest.mark.slow
def test_an_upload_goes_on_in_another_view_and_can_be_cancelled(
    page: Any, gateway: BrowserGateway, complaints: Complaints
) -> None:
    complaints.expect("ERR_")
    opened(page)
    held: list[Any] = []
    page.route("**/upload/storage/**", lambda route: held.append(route))
    drop(page, "first.wav", 1000)
    with page.expect_request("**/upload/storage/**"):
        drop(page, "second.wav", 1000)
    uploads(page).nth(1).wait_for()
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("heading", level=1, name="Settings").wait_for()
    page.get_by_role("link", name="Recordings").click()
    second = uploads(page).filter(has_text="second.wav")
    second.get_by_role("button", name="Cancel").click()
    second.wait_for(state="detached")
    page.unroute("**/upload/storage/**")
    for route in held:
        with suppress(playwright_error()):  # the cancelled one is gone
            route.continue_()
    page.get_by_role("link", name="first.wav").wait_for()
    assert gateway.stores.blobs.find(f"gs://{INBOX}/second.wav") is None


def playwright_error() -> type[Exception]:
    error: type[Exception] = pytest.importorskip("playwright.sync_api").Error
    return error


@pytest.mark.slow
def test_a_file_is_chosen_by_the_keyboard(
    page: Any, gateway: BrowserGateway, tmp_path: Path
) -> None:
    file = tmp_path / "chosen.wav"
    file.write_bytes(b"sound")
    opened(page)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose files").press("Enter")
    chooser.value.set_files(str(file))
    page.get_by_role("link", name="chosen.wav").wait_for()
    assert stored(gateway, "chosen.wav") == b"sound"
