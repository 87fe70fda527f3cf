"""People who correct transcripts of a cloud under attack, and what must be true of their edits."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from shared.formats.corrections import correct
from shared.formats.writers import draw_format
from shared.model.edits import StoredEdits
from shared.model.formats import EDITS_FILE, FORMATS, TRANSCRIPT
from shared.model.options import option_values
from shared.model.transcript import Transcript
from tests.chaos.api_clients import ApiClients
from tests.chaos.claims import Claims
from tests.chaos.load import Upload

PAUSE = 0.5
"""Seconds between two saves."""


@dataclass
class Saved:
    """What was saved for a job."""

    revision: int = 0
    """The last one that the gateway confirmed."""
    names: set[str] = field(default_factory=set)
    """The name of that revision, and those of later saves that were not confirmed. A save that is
    refused while a run takes the edits over may have been taken over, too."""


class Editors:
    """Names the first speaker of jobs that are done, again and again, by the API."""

    def __init__(self, clients: ApiClients, seed: int) -> None:
        self.clients = clients
        self.saved: dict[str, Saved] = {}
        self.statuses: Counter[int] = Counter()
        """How often a save had each status."""
        self._dice = random.Random(f"{seed} edits")

    @contextmanager
    def editing(self) -> Iterator[None]:
        """Saves edits again and again, beside the block."""
        ends = threading.Event()

        def keep_editing() -> None:
            while not ends.wait(PAUSE):
                self.edit_one()

        thread = threading.Thread(target=keep_editing, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ends.set()
            thread.join(120)

    def edit_one(self) -> None:
        """Names a speaker of a job that is done, if one of them has a speaker."""
        done = [job["id"] for job in self.clients.list_all() if job["state"] == "done"]
        self._dice.shuffle(done)
        for job_id in done:
            if self.save(job_id) == httpx.codes.OK:
                return

    def save(self, job_id: str) -> int:
        """Saves a new name over the edits that are there. Returns the status."""
        path = f"/api/v1/jobs/{job_id}/edits"
        current = self.clients.ask("GET", path)
        if not current.is_success:
            return current.status_code
        name = f"Name {time.monotonic_ns()}"
        saved = self.saved.setdefault(job_id, Saved())
        saved.names.add(name)
        headers = {"If-Match": current.headers["ETag"]}
        body = {"speakers": {"S1": name}}
        answer = self.clients.ask("PUT", path, json=body, headers=headers)
        self.statuses[answer.status_code] += 1
        if answer.is_success:
            saved.revision = answer.json()["revision"]
            saved.names = {name}
        elif answer.status_code != httpx.codes.PRECONDITION_FAILED:
            saved.names.discard(name)
        return answer.status_code

    def undrawn(self) -> list[str]:
        """Returns the jobs whose files lack edits that were confirmed."""
        jobs = self.clients.cloud.jobs
        found = [jobs.find(job_id) for job_id in self.saved]
        return [job.job_id for job in found if job is not None and job.edits_due is not None]

    def claim(self, claims: Claims, uploads: Sequence[Upload]) -> None:
        """The files of each answer have the last edits that were confirmed. If the job store was
        lost, so may be what was due."""
        if claims.tombstones_were_lost():
            return
        for upload in uploads:
            saved = self.saved.get(upload.source.job_id)
            if saved is None or not saved.revision:
                continue
            name = upload.source.name
            files = self.clients.cloud.files(name)
            edits = edits_of(files)
            has_edits = edits is not None and edits.revision >= saved.revision
            claims.claim("edit lost", has_edits, f"{name} lacks revision {saved.revision}")
            if edits is not None:
                is_last = edits.speakers.get("S1") in saved.names
                claims.claim("edit lost", is_last, f"{name} has the edits of another save")
                odd = drawn_otherwise(files, edits)
                claims.claim("edit lost", not odd, f"{name} has {odd} without its edits")


def edits_of(files: Mapping[str, bytes]) -> StoredEdits | None:
    """Returns the edits beside an answer, or None."""
    content = files.get(EDITS_FILE)
    return None if content is None else StoredEdits.model_validate_json(content)


def drawn_otherwise(files: Mapping[str, bytes], edits: StoredEdits) -> list[str]:
    """Returns the files that are not what is drawn from the transcript and its edits."""
    transcript = Transcript.model_validate_json(files[TRANSCRIPT.file_name])
    options = option_values(transcript.options)
    corrected = correct(transcript, edits)
    odd = []
    for name in options.formats:
        file_name = FORMATS[name].file_name
        if files.get(file_name) != draw_format(name, corrected, options):
            odd.append(file_name)
    return odd
