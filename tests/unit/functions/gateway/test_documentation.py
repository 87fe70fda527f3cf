"""Swagger UI and ReDoc load everything from the gateway, and nothing of a page is inline."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import httpx
import pytest

from tests.support.gateway import gateway_client, memory_deployment

PAGES = ("/docs", "/redoc")


class Page(HTMLParser):
    """What a page loads, and what stands between its script and style tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline = ""
        self._within = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._within = tag
        for name, value in attributes:
            assert not name.startswith("on") and name != "style", "an inline script or style"
            if name in ("src", "href", "spec-url") and value:
                self.addresses.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within in ("script", "style"):
            self.inline += data


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with gateway_client(memory_deployment()) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_only_what_the_gateway_has(client: httpx.Client, path: str) -> None:
    page = Page(client.get(path).text)
    assert len(page.addresses) >= 3
    for address in page.addresses:
        assert not re.match(r"[a-z]+:|/", address), "a foreign or absolute address"
        assert client.get(f"/{address}").status_code == 200, address


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_inline_script_or_style(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert Page(answer.text).inline.strip() == ""
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src" not in policy, "scripts follow default-src"


@pytest.mark.parametrize("path", [*PAGES, "/docs/start.js"])
def test_no_foreign_address_is_written_in_a_page(client: httpx.Client, path: str) -> None:
    text = client.get(path).text
    assert re.findall(r"(?:https?:)?//[a-z]", text) == []


def test_the_document_itself_is_served(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"] == "3.1.0"
    assert document["info"]["title"] == "Dropscribe"
