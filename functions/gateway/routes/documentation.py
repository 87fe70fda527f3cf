"""Pages that show the OpenAPI document: Swagger UI at /docs and ReDoc at /redoc.

All their files come from this address, and no page has a script or style of its own in it, so that
they work without the internet and under a strict Content-Security-Policy. Addresses are relative,
so that they work behind any prefix.
"""

from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)

FILES = Path(fastapi_offline.__file__).parent / "static"
"""Folder of Swagger UI's and ReDoc's own files."""
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of the pages. Both libraries set styles of elements, and ReDoc searches
in a worker."""
HEADERS = {"Content-Security-Policy": PAGE_POLICY}

SWAGGER_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dropscribe API - Swagger UI</title>
<link rel="icon" href="docs/files/favicon.png">
<link rel="stylesheet" href="docs/files/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/files/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
SWAGGER_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis],
  validatorUrl: null,
});
"""
"""`validatorUrl`: without null, the page would load a badge from swagger.io."""
REDOC_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dropscribe API - ReDoc</title>
<link rel="icon" href="docs/files/favicon.png">
</head>
<body>
<redoc spec-url="openapi.json" hide-loading></redoc>
<script src="docs/files/redoc.standalone.js"></script>
</body>
</html>
"""


def add_documentation(app: FastAPI) -> None:
    """Add the pages and the files that they load."""
    app.include_router(router)
    app.mount("/docs/files", StaticFiles(directory=FILES), name="documentation-files")


@router.get("/docs")
async def swagger_page() -> HTMLResponse:
    return HTMLResponse(SWAGGER_PAGE, headers=HEADERS)


@router.get("/docs/start.js")
async def swagger_start() -> Response:
    return Response(SWAGGER_START, media_type="text/javascript")


@router.get("/redoc")
async def redoc_page() -> HTMLResponse:
    return HTMLResponse(REDOC_PAGE, headers=HEADERS)
