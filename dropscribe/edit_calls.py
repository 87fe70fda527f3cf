"""The calls of the API about edits: what people correct in a transcript."""

from dropscribe.calls import get, read
from dropscribe.exchange import exchange
from dropscribe.server import Call, Server
from dropscribe.steps import Steps
from shared.model.api_paths import job_path
from shared.model.edits import Edits
from shared.model.edits_api import EditsView


def edits(server: Server, job_id: str) -> Steps[EditsView]:
    return (yield from get(server, edits_path(job_id), EditsView))


def save_edits(server: Server, job_id: str, edits: Edits, etag: str) -> Steps[EditsView]:
    """Replaces the edits that have this ETag. The server recognises a repeated call."""
    names = set(Edits.model_fields)
    body = edits.model_dump(mode="json", include=names)
    headers = {"If-Match": etag}
    call = Call("PUT", edits_path(job_id), json=body, headers=headers, is_repeatable=True)
    response = yield from exchange(server, call)
    return read(EditsView, response.content)


def edits_path(job_id: str) -> str:
    return f"{job_path(job_id)}/edits"
