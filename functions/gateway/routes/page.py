"""The page for people: one document at / and the files that it loads under /page/.

They need no key: they are the same for everyone, and hold nothing of the deployment. The files are
read once, and no request can reach another file.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from functions.gateway.deployment import InDeployment
from functions.gateway.downloads import is_known, not_modified
from shared.model.errors import NotFound

FILES = Path(__file__).parents[1] / "page"
"""Folder of the page's files."""
DOCUMENT = "index.html"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Content types by the ends of files' names. What has another end is not served."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "connect-src 'self' {uploads}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Content-Security-Policy of the document. Trusted types have a browser refuse text as markup."""
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'"
"""Of the files that it loads, so that none of them does anything if it is opened by itself."""


@dataclass(frozen=True)
class PageFile:
    """A file of the page."""

    content: bytes
    compressed: bytes
    """The content as gzip has it: about a third."""
    content_type: str
    digest: str
    """SHA-256 of the content in hex."""


router = APIRouter(include_in_schema=False)


@router.head("/")
@router.get("/")
def show_page(request: Request, stores: InDeployment) -> Response:
    """Answer with the document. It may upload to the origin of the storage."""
    policy = POLICY.format(uploads=stores.blobs.upload_origin())
    return answer_file(whole_document(), request, policy)


@router.head("/page/{name:path}")
@router.get("/page/{name:path}")
async def read_page_file(name: str, request: Request) -> Response:
    """Answer with a file that the document loads."""
    file = page_files().get(name)
    if file is None:
        raise NotFound("The page has no such file.")
    return answer_file(file, request, FILE_POLICY)


@cache
def page_files() -> dict[str, PageFile]:
    """Returns the page's files by their names."""
    files = {}
    for path in sorted(FILES.iterdir()):
        content_type = TYPES.get(path.suffix)
        if content_type is None:
            continue
        files[path.name] = page_file(path.read_bytes(), content_type)
    return files


def page_file(content: bytes, content_type: str) -> PageFile:
    digest = hashlib.sha256(content).hexdigest()
    compressed = gzip.compress(content, mtime=0)
    return PageFile(content, compressed, content_type, digest)


@cache
def whole_document() -> PageFile:
    """Returns the document, which names all modules, so that a browser fetches them at once instead
    of each when another one imports it."""
    document = page_files()[DOCUMENT]
    modules = [name for name in page_files() if name.endswith(".js")]
    links = [f'<link rel="modulepreload" href="page/{name}">\n' for name in modules]
    head_end = b"</head>"
    preloads = "".join(links).encode()
    content = document.content.replace(head_end, preloads + head_end)
    return page_file(content, document.content_type)


def answer_file(file: PageFile, request: Request, policy: str) -> Response:
    """Returns the answer with a file, compressed for those who take it, or the one that spares it.

    A browser asks each time whether its copy is current, so that all files are of the same release.
    """
    is_compressed = takes_gzip(request)
    tag = f'"{file.digest[:32]}-gzip"' if is_compressed else f'"{file.digest[:32]}"'
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "ETag": tag,
        "Vary": "Accept-Encoding",
    }
    if is_known(request, tag):
        return not_modified(headers)
    if is_compressed:
        headers["Content-Encoding"] = "gzip"
    content = file.compressed if is_compressed else file.content
    return Response(content, headers=headers, media_type=file.content_type)


def takes_gzip(request: Request) -> bool:
    """Returns whether the client names gzip without refusing it."""
    for item in request.headers.get("Accept-Encoding", "").split(","):
        name, _, weight = item.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" or weight == ""
    return False
