"""The page's files are public, current, and may do nothing but what the page needs."""

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.routes.page import FILES, TYPES, page_files
from tests.support.gateway import gateway_client, memory_deployment
from tests.unit.functions.gateway.test_documentation import Page

NAMES = sorted(path.name for path in FILES.iterdir())
MAX_BYTES = 150_000
"""Of all files together, as browsers load them."""
MARKUP = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "createContextualFragment",
    "DOMParser",
    "srcdoc",
    "setHTML",
    "eval(",
    "new Function",
)
"""What would make markup or code of a text."""
STORES = ("localStorage", "sessionStorage", "indexedDB", "document.cookie")
"""Where a script could keep a key."""


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with gateway_client(memory_deployment()) as client:
        yield client


def policy_of(answer: httpx.Response) -> dict[str, list[str]]:
    """Returns the sources of a Content-Security-Policy by directive."""
    policy = {}
    for directive in answer.headers["Content-Security-Policy"].split(";"):
        name, *sources = directive.split()
        policy[name] = sources
    return policy


def test_the_document_loads_only_files_of_the_page(client: httpx.Client) -> None:
    page = Page(client.get("/").text)
    assert page.inline.strip() == ""
    files = [address for address in page.addresses if not address.startswith("#")]
    assert "page/main.js" in files
    for address in files:
        assert address.startswith("page/")
        assert client.get(f"/{address}").status_code == 200, address


def test_the_document_has_all_modules_fetched_at_once(client: httpx.Client) -> None:
    modules = {f"page/{name}" for name in NAMES if name.endswith(".js")}
    document = client.get("/").text
    assert modules <= set(Page(document).addresses)
    assert document.count('rel="modulepreload"') == len(modules)


def test_the_policy_lets_the_page_run_its_own_files_and_upload(client: httpx.Client) -> None:
    policy = policy_of(client.get("/"))
    assert policy.pop("default-src") == ["'none'"]
    for name in ("script-src", "style-src", "img-src", "media-src"):
        assert policy.pop(name) == ["'self'"], name
    assert policy.pop("connect-src") == ["'self'", "memory://uploads"]
    for name in ("base-uri", "form-action", "frame-ancestors", "trusted-types"):
        assert policy.pop(name) == ["'none'"], name
    assert policy == {"require-trusted-types-for": ["'script'"]}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_served_as_it_is(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/page/{name}")
    assert answer.status_code == 200
    assert answer.content == (FILES / name).read_bytes()
    suffix = name[name.rindex(".") :]
    assert answer.headers["Content-Type"] == TYPES[suffix]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert policy_of(answer)["default-src"] == ["'none'"]


def test_a_browser_asks_whether_its_copy_is_current(client: httpx.Client) -> None:
    first = client.get("/page/main.js")
    assert first.headers["Cache-Control"] == "no-cache"
    tag = first.headers["ETag"]
    again = client.get("/page/main.js", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    digest = hashlib.sha256(first.content).hexdigest()
    assert tag.strip('"').removesuffix("-gzip") in digest
    other = client.get("/page/api.js", headers={"If-None-Match": tag})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1, gzip; q=0.5", True),
        ("gzip;q=0", False),
        ("gzip; q=0.0", False),
        ("x-gzip", False),
        ("identity", False),
        ("", False),
    ],
)
def test_a_file_is_compressed_for_those_who_take_it(
    client: httpx.Client, accepted: str, is_compressed: bool
) -> None:
    answer = client.get("/page/main.js", headers={"Accept-Encoding": accepted})
    assert answer.content == (FILES / "main.js").read_bytes()
    assert answer.headers.get("Content-Encoding") == ("gzip" if is_compressed else None)
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert answer.headers["ETag"].endswith('-gzip"') == is_compressed


@pytest.mark.parametrize("path", ["../app.py", "..%2Fapp.py", "missing.js", "main.js/", ""])
def test_no_other_file_is_served(client: httpx.Client, path: str) -> None:
    answer = client.get(f"/page/{path}")
    assert answer.status_code in (401, 404)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_page_is_small() -> None:
    loaded = sum(len(page_files()[name].compressed) for name in NAMES)
    assert loaded <= MAX_BYTES


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith(".js")])
def test_a_module_makes_no_markup_of_text(name: str) -> None:
    source = (FILES / name).read_text()
    found = [word for word in MARKUP if word in source]
    assert not found


def test_only_preferences_are_kept_in_the_browser() -> None:
    keeping = []
    for name in NAMES:
        source = (FILES / name).read_text()
        if any(store in source for store in STORES):
            keeping.append(name)
    assert keeping == ["preferences.js"]
