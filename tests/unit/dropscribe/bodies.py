"""Bodies as the server sends them."""

from typing import Any

import httpx

CREATED = "2026-01-02T03:04:05Z"


def job(job_id: str = "j1", **changed: Any) -> dict[str, Any]:
    body = {
        "id": job_id,
        "name": "a.wav",
        "state": "running",
        "run": 1,
        "created": CREATED,
        "updated": CREATED,
        "started": None,
        "ended": None,
        "problem": None,
        "warnings": [],
        "formats": [],
        "metadata": {},
        "links": {"self": f"/api/v1/jobs/{job_id}", "transcript": None, "audio": None},
        "options": {},
        "progress": {"stages": [], "share": 0.0, "eta_seconds": None},
    }
    return body | changed


def summary(job_id: str, **changed: Any) -> dict[str, Any]:
    body = job(job_id, **changed)
    del body["options"], body["progress"]
    return body


def problem(
    status: int, detail: str = "why", type: str = "urn:dropscribe:problem:x", **headers: str
) -> httpx.Response:
    body = {"type": type, "title": "No.", "status": status, "detail": detail}
    content_type = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, json=body, headers=content_type | headers)
