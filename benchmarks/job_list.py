"""How long a page of a list of jobs takes, by the number of jobs that there are.

    python -m benchmarks.job_list

On SQLite and, if FIRESTORE_EMULATOR_HOST names one, on Firestore's emulator. Five of the jobs have
failed, two of them in a folder of few jobs: such a page must not read the others.
Each figure is the median of many calls. Ratios compare with the smallest number of jobs, which fill
no page. The emulator has no indexes and looks at every job, so its figures are none of Firestore's.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from benchmarks.machine import keep
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.jobs.transitions import new_job
from shared.model.contracts import Source
from shared.ports.documents import Documents

COUNTS = (10, 1_000, 10_000)
LIMIT = 50
"""Jobs of a page."""
RARE = 5
"""Jobs that have failed, however many others there are."""
IN_SMALL_FOLDER = 2
"""As many of them are in the small folder, and no other job."""
CALLS = 30
FOLDER = "large/"
SMALL_FOLDER = "small/"


def main() -> None:
    figures = {"sqlite": measured(on_sqlite)}
    if "FIRESTORE_EMULATOR_HOST" in os.environ:
        figures["firestore emulator"] = measured(on_firestore)
    keep("job_list", figures)


def on_sqlite(_: int) -> Documents:
    folder = tempfile.mkdtemp(prefix="job-list-")
    return SqliteDocuments(Path(folder) / "jobs.sqlite")


def on_firestore(count: int) -> Documents:
    """Returns an empty database of the emulator's."""
    from shared.adapters.firestore import FirestoreDocuments
    from shared.settings import settings

    os.environ["DROPSCRIBE_FIRESTORE_DATABASE"] = f"job-list-{count}-{time.time_ns()}"
    settings.cache_clear()
    return FirestoreDocuments()


def measured(make: Callable[[int], Documents]) -> dict[str, dict[str, float]]:
    """Returns the milliseconds of each page by the number of jobs, and what the last page takes for
    one of the first."""
    rows: dict[str, dict[str, float]] = {}
    for count in COUNTS:
        store = JobStore(make(count))
        fill(store, count)
        for page, milliseconds in pages(store).items():
            row = rows.setdefault(page, {})
            row[f"ms of {count}"] = round(milliseconds, 2)
    for row in rows.values():
        first, last = row[f"ms of {COUNTS[0]}"], row[f"ms of {COUNTS[-1]}"]
        row["ratio"] = round(last / first, 2)
    return rows


def fill(store: JobStore, count: int) -> None:
    """Store so many jobs, a second apart."""
    began = time.time() - count
    for number in range(count):
        rare_number, remainder = divmod(number * RARE, count)
        is_rare = remainder < RARE
        is_in_small_folder = is_rare and rare_number < IN_SMALL_FOLDER
        folder = SMALL_FOLDER if is_in_small_folder else FOLDER
        source = Source(bucket="inbox", name=f"{folder}{number}.mp3", generation=1)
        job = as_it_is(source, began + number, is_rare)
        document = job.model_dump(mode="json")
        store.documents.put(f"jobs/{job.job_id}", document, if_version=None)


def as_it_is(source: Source, created: float, is_rare: bool) -> Job:
    """Returns the job as the transitions would leave it, in one write instead of three."""
    now = datetime.fromtimestamp(created, UTC)
    state = "failed" if is_rare else "done"
    job = new_job(source, 1, "execution", "running", now, now + timedelta(days=30))
    return job.model_copy(update={"state": state, "ended": now})


def pages(store: JobStore) -> Mapping[str, float]:
    """Returns the median milliseconds of each kind of page."""
    _, cursor = store.list_page("", limit=LIMIT)
    calls: dict[str, Callable[[], object]] = {
        "the newest": lambda: store.list_page("", limit=LIMIT),
        "the second page": lambda: store.list_page("", limit=LIMIT, cursor=cursor),
        "a rare state": lambda: store.list_page("", states=("failed",), limit=LIMIT),
        "a small folder": lambda: store.list_page(SMALL_FOLDER, limit=LIMIT),
        "a rare state of a large folder": lambda: store.list_page(
            FOLDER, states=("failed",), limit=LIMIT
        ),
        "the counts of all states": store.count_by_state,
    }
    return {name: timed(call) for name, call in calls.items()}


def timed(call: Callable[[], object]) -> float:
    """Returns the median milliseconds of a call."""
    taken = []
    for _ in range(CALLS):
        began = time.perf_counter()
        call()
        seconds = time.perf_counter() - began
        taken.append(seconds * 1000)
    return median(taken)


if __name__ == "__main__":
    main()
