"""What must be true when all is over, seen from outside: with a plain storage client, and in the
folders."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
import psutil
from google.cloud import storage

from local.layout import OUTBOX, WORK
from shared.model.contracts import Source
from tests.chaos.api_clients import ApiClients
from tests.chaos.cloud import LEASE, ChaosCloud
from tests.chaos.load import Upload

MARKS = {"transcript.json", "problem.json"}


@dataclass
class Claims:
    KINDS: ClassVar = (
        "lost",
        "answered twice",
        "answered otherwise",
        "paid twice",
        "left over",
        "incomplete",
        "deleted otherwise",
        "uploaded twice",
        "server error",
        "not sent",
        "not signed",
        "sent otherwise",
        "edit lost",
        "trace with gaps",
    )
    cloud: ChaosCloud
    wrong: list[str] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    extra_stage_runs: int = 0
    known: dict[tuple[object, ...], dict[str, Any]] = field(default_factory=dict)
    """Undisturbed answers, by kind of recording."""
    incomplete: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Words of the incomplete answers, by job."""

    def claim(self, kind: str, holds: bool, otherwise: str) -> None:
        assert kind in self.KINDS
        if not holds:
            self.broken[kind] += 1
            self.wrong.append(f"{kind}: {otherwise}")

    def of_a_cloud_at_rest(self, uploads: list[Upload]) -> None:
        if self.cloud.firestore is None:  # the emulator loses Idempotency-Keys
            self.of_uploads_by_the_api(uploads)
        for upload in uploads:
            self.of_an_answer(upload)
            self.of_its_work(upload)
            self.of_its_audio(upload)
        expected = {upload.source.name for upload in uploads}
        found = [blob.name for blob in self.cloud.client.list_blobs(OUTBOX, prefix="chaos/")]
        stray = [name for name in found if name.rpartition("/")[0] not in expected]
        is_excused = self.tombstones_were_lost()
        what = f"stray objects in the outbox: {stray[:3]}"
        self.claim("answered twice", is_excused or not stray, what)
        self.of_leases(uploads)

    def of_an_answer(self, upload: Upload) -> None:
        name, generation = upload.source.name, upload.source.generation
        blobs = list(self.cloud.client.list_blobs(OUTBOX, prefix=f"{name}/"))
        marks = {blob.name.rpartition("/")[2] for blob in blobs} & MARKS
        wanted = {"problem.json"} if upload.recording.broken else {"transcript.json"}
        self.claim(
            "lost", wanted <= marks, f"{name} has {sorted(marks)} instead of {sorted(wanted)}"
        )
        self.claim(
            "answered twice",
            marks <= wanted,
            f"{name} has {sorted(marks)} instead of {sorted(wanted)}",
        )
        runs = {
            (blob.metadata["dropscribe-generation"], blob.metadata["dropscribe-run"])
            for blob in blobs
        }
        self.claim("answered twice", len(runs) == 1, f"{name} is answered by {sorted(runs)}")
        if marks != wanted:
            return
        self.claim(
            "answered otherwise",
            {g for g, _ in runs} == {str(generation)},
            f"{name}: of another generation",
        )
        if upload.recording.missing and self.cloud.jobs.find(upload.source.job_id) is None:
            return  # lost with the emulator, so nobody could redrive it: it is still incomplete
        found = essence(self.cloud.files(name))
        undisturbed = self.undisturbed(upload)
        expected = {key: undisturbed[key] for key in found if key in undisturbed}
        self.claim(
            "answered otherwise",
            found == expected,
            f"{name} has another answer than without faults",
        )

    def undisturbed(self, upload: Upload) -> dict[str, Any]:
        """The answer to the same recording when nothing is done to the cloud; one for each kind."""
        recording = upload.recording
        if recording.kind not in self.known:
            source = self.cloud.upload(
                f"calm/{len(self.known)}.wav", recording.data, recording.options
            )
            self.known[recording.kind] = essence(self.cloud.answer(source, 300).files)
        return self.known[recording.kind]

    def of_incomplete_answers(self, uploads: list[Upload]) -> None:
        """What could be recognised is there, and a warning says what is not."""
        for upload in uploads:
            name, code = upload.source.name, upload.recording.missing
            transcript = json.loads(self.cloud.files(name).get("transcript.json", b"{}"))
            codes = {warning["code"] for warning in transcript.get("warnings", [])}
            self.claim("incomplete", code in codes, f"{name} has {sorted(codes)}, not {code}")
            words = transcript.get("words", [])
            self.incomplete[upload.source.job_id] = words
            key, value = ("speaker", None) if code == "speakers_unknown" else ("score", None)
            told = all(word[key] == value for word in words)
            self.claim("incomplete", told, f"{name} has a {key} in spite of {code}")

    def of_completed_answers(self, uploads: list[Upload]) -> None:
        """A redrive has added what was missing, and changed no word."""
        for upload in uploads:
            job = self.cloud.jobs.find(upload.source.job_id)
            if job is None:  # lost with the emulator
                continue
            name, code = upload.source.name, upload.recording.missing
            transcript = json.loads(self.cloud.files(name).get("transcript.json", b"{}"))
            codes = {warning["code"] for warning in transcript.get("warnings", [])}
            self.claim("incomplete", code not in codes, f"{name} still has {code}")
            keys = ("word", "start", "end") if code == "speakers_unknown" else ("word",)
            before, after = (
                [[word[key] for key in keys] for word in words]
                for words in (
                    self.incomplete[upload.source.job_id],
                    transcript.get("words", []),
                )
            )
            self.claim("incomplete", before == after, f"{name}: the redrive changed its words")

    def of_its_audio(self, upload: Upload) -> None:
        """It is gone exactly if that was asked for and there is an answer."""
        source = upload.source
        if self.cloud.jobs.find(source.job_id) is None:  # lost with the emulator
            return
        recording = self.cloud.client.bucket(source.bucket).get_blob(source.name)
        is_there = recording is not None and recording.generation == source.generation
        has_work = any(name.endswith(".wav") for name in self.cloud.work(source))
        keeps = upload.recording.keeps_audio
        self.claim(
            "deleted otherwise",
            is_there == keeps and (keeps or not has_work),
            f"{source.name}: recording {is_there}, work audio {has_work}, kept {keeps}",
        )

    def of_its_work(self, upload: Upload) -> None:
        """Each object is a stage's answer, or belongs to one, or is the problem that ended the
        job."""
        blobs = list(self.cloud.client.list_blobs(WORK, prefix=f"{upload.source.job_id}/"))
        referred = {*references(blobs), "edits.json"}
        referred |= {"problem.json"} if upload.recording.broken else set()
        stray = [
            blob.name
            for blob in blobs
            if not is_answer(blob.name) and last(blob.name) not in referred
        ]
        self.claim("left over", not stray, f"work that belongs to no answer: {stray[:3]}")

    def of_leases(self, uploads: list[Upload]) -> None:
        """None is held any more; of a job that was overtaken by a new generation none may last."""
        final, now = {upload.source.job_id for upload in uploads}, datetime.now(UTC)
        for job in self.cloud.jobs.list_page("", limit=10_000)[0]:
            for task in self.cloud.jobs.records.of_job(job.job_id):
                lasts = 0 < (task.lease_until - now).total_seconds() <= 2 * LEASE
                held = task.state == "running" and (job.job_id in final or lasts)
                self.claim("left over", not held, f"a lease of {task.stage} is left")

    def tombstones_were_lost(self) -> bool:
        """Returns whether the job store was lost. A stage at work may then answer a recording that
        was erased, and a client begins again an upload whose record is gone."""
        lines = self.cloud.journal.read_text().splitlines()
        return any(line.startswith("lost ") for line in lines)

    def of_the_api(self, clients: ApiClients, erased: list[Source]) -> None:
        """The gateway had no fault of its own, showed no job twice, and erased what it was told
        to."""
        errors = clients.server_errors()
        self.claim("server error", not errors, f"the gateway answered {errors}")
        self.claim("server error", clients.repeated == 0, f"{clients.repeated} jobs listed twice")
        for source in erased:
            status = clients.status_of(source.job_id)
            is_gone = status in (httpx.codes.GONE, httpx.codes.NOT_FOUND)
            has_tombstone = status == httpx.codes.GONE
            if not has_tombstone and self.tombstones_were_lost():
                continue
            left = [self.cloud.client.bucket(source.bucket).get_blob(source.name)]
            names = [blob.name for blob in left if blob] + list(self.cloud.files(source.name))
            names += self.cloud.work(source)
            self.claim("deleted otherwise", not names, f"of an erased recording there is {names}")
            self.claim("deleted otherwise", is_gone, f"an erased job answers {status}")

    def of_uploads_by_the_api(self, uploads: list[Upload]) -> None:
        """No Idempotency-Key made two jobs: a recording has as many as it has generations that
        were sent."""
        for upload in uploads:
            jobs = self.cloud.jobs.list_by_object(upload.source.bucket, upload.source.name)
            self.claim(
                "uploaded twice",
                len(jobs) <= upload.generations,
                f"{upload.source.name} has {len(jobs)} jobs for {upload.generations} uploads",
            )

    def of_its_journal(self) -> None:
        """No stage whose answer was committed has run again; and how many ran more than once before
        that.

        When the job store is lost, so are the leases of the stages at work: each may run again.
        """
        begun: dict[str, str] = {}
        unleased: set[str] = set()
        paid: Counter[str] = Counter()
        committed: set[str] = set()
        late: set[str] = set()
        for line in self.cloud.journal.read_text().splitlines():
            what, question, who = line.split(" ")
            if what == "lost":
                unleased |= set(begun.values())
            elif what == "committed":
                committed.add(question)
            elif what == "begin":
                begun[who] = question
                late = late | {who} if question in committed else late - {who}
            elif who in begun:
                question = begun.pop(who)
                paid[question] += 1
                is_excused = who not in late or question in unleased
                self.claim("paid twice", is_excused, f"{question} ran again after its answer")
        self.extra_stage_runs = sum(count - 1 for count in paid.values())

    def of_what_is_left(self, clients: ApiClients, sessions: int) -> None:
        """After `dropscribe down`. Of an upload whose session was asked for again, by a client or
        by the gateway whose answer was lost, the former one stays until it expires, after a week.
        `sessions` is how many were asked for."""
        _, processes = psutil.wait_procs(self.cloud.stragglers(), timeout=15)
        self.claim(
            "left over", not processes, f"processes: {[process.pid for process in processes]}"
        )
        temporary = [
            path.name for path in self.cloud.temp.rglob("*") if path.parent != self.cloud.temp
        ]
        self.claim("left over", not temporary, f"temporary files: {temporary[:3]}")
        folder = self.cloud.home.folder / "buckets"
        with closing(sqlite3.connect(f"file:{folder / 'index.sqlite'}?mode=ro", uri=True)) as index:
            named = {content for (content,) in index.execute("select content from objects")}
            uploads = index.execute("select count(*) from uploads where answer is null").fetchone()[
                0
            ]
        files = {path.name for path in (folder / "content").iterdir()}
        stray = len(files - named)
        missing = len(named - files)
        what = f"files of no object: {stray}; missing: {missing}"
        self.claim("left over", not missing and stray <= uploads, what)
        superseded = sessions - clients.sessions_used
        is_excused = self.tombstones_were_lost() or uploads <= superseded
        what = f"{uploads} uploads begun and not ended, where {superseded} sessions were replaced"
        self.claim("left over", is_excused, what)


def essence(files: Mapping[str, bytes]) -> dict[str, Any]:
    """What may not differ from run to run, of every file of an answer. The formats of one that was
    corrected are others: `Editors` looks at them."""
    kept = (
        "media",
        "options",
        "language",
        "text",
        "segments",
        "words",
        "speakers",
        "turns",
        "overlaps",
        "quality",
    )
    is_corrected = "edits.json" in files
    drawn = () if is_corrected else (".srt", ".vtt", ".txt")
    found: dict[str, Any] = {name: files[name] for name in files if name.endswith(drawn)}
    found["names"] = sorted(set(files) - {"edits.json"})
    if "transcript.json" in files:
        transcript: dict[str, Any] = json.loads(files["transcript.json"])
        return found | {key: transcript[key] for key in kept}
    problem = json.loads(files["problem.json"])
    return found | {key: problem[key] for key in ("type", "title", "detail", "status", "stage")}


def references(blobs: Iterable[storage.Blob]) -> Iterable[str]:
    """The last parts of the names of what the answers among them refer to."""
    for blob in blobs:
        if is_answer(blob.name):
            for output in json.loads(blob.download_as_bytes())["outputs"].values():
                yield from (
                    last(each["uri"]) for each in (output if isinstance(output, list) else [output])
                )


def is_answer(name: str) -> bool:
    """`<20 hex digits>.json`; an artifact has `<16 hex digits>-<output>.<ending>`."""
    stem = last(name).removesuffix(".json")
    return len(stem) == 20 and "-" not in stem


def last(name: str) -> str:
    return name.rpartition("/")[2]
