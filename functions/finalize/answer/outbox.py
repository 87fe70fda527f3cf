"""The outbox: one folder a recording, one answer in it, whatever fails and however often.

Every object carries the pair (generation, run) that it answers and is only ever written over an
older pair. `transcript.json` or `problem.json` is written last and is the commit mark; the other
one is deleted after it. Both may be seen for a moment: the higher pair wins.
"""

from collections.abc import Mapping

from shared.jobs.layout import answer_folder
from shared.model.contracts import Source
from shared.model.errors import StorageUnavailable
from shared.ports.blobs import JSON, Blob, BlobStore
from shared.settings import settings

TRANSCRIPT, PROBLEM = "transcript.json", "problem.json"
NAMES = {
    "json": TRANSCRIPT,
    "srt": "transcript.srt",
    "vtt": "transcript.vtt",
    "txt": "transcript.txt",
    "rttm": "transcript.rttm",
    "ctm": "transcript.ctm",
    "whisperx": "transcript.whisperx.json",
    "openai": "transcript.openai.json",
}
"""All that an answer may consist of."""
TYPES = {
    "json": JSON,
    "srt": "application/x-subrip",
    "vtt": "text/vtt; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "rttm": "text/plain; charset=utf-8",
    "ctm": "text/plain; charset=utf-8",
}
"""By the last ending of the name."""
TRIES = 10
"""Lost races before a write is given up."""

Pair = tuple[int, int]
"""(generation of the recording, run of the job)."""


def folder(source: Source) -> str:
    return f"gs://{settings().buckets.outbox}/{answer_folder(source)}"


def pair(blob: Blob) -> Pair:
    """What an outbox object answers. One that somebody else put there answers nothing."""
    metadata = blob.metadata
    return int(metadata.get("dropscribe-generation", 0)), int(metadata.get("dropscribe-run", 0))


def put_answer(
    source: Source,
    run: int,
    files: Mapping[str, bytes],
    blobs: BlobStore,
    language: str | None = None,
) -> bool:
    """Write the other formats, then the transcript, then drop a problem it replaces, and formats it
    does not have.

    False when a later answer stands. `language` is that of the text.
    """
    ordered = sorted(files, key=lambda name: name == TRANSCRIPT)
    mine = (source.generation, run)

    def stands() -> bool:
        return standing(source, PROBLEM, blobs) <= mine

    if (
        stands()
        and all(put(source, run, name, files[name], blobs, language) for name in ordered)
        and stands()
    ):
        for name in (PROBLEM, *(set(NAMES.values()) - set(files))):
            drop(source, run, name, blobs)
        return True
    drop_transcript(source, run, blobs)
    return False


def put_problem(source: Source, run: int, problem: bytes, blobs: BlobStore) -> bool:
    """Write the problem, then drop the older answer it replaces. False when this pair or a later
    one has an answer."""
    mine = (source.generation, run)

    def stands() -> bool:
        return standing(source, TRANSCRIPT, blobs) < mine

    if stands() and put(source, run, PROBLEM, problem, blobs) and stands():
        drop_transcript(source, run - 1, blobs)  # should this very run be writing one, that stands
        return True
    drop(source, run, PROBLEM, blobs)
    return False


def standing(source: Source, name: str, blobs: BlobStore) -> Pair:
    """What the other kind of answer answers. It is looked for before a write, and after it: a later
    run may write its own and look for what it replaces in between."""
    found = blobs.find(f"{folder(source)}/{name}")
    return pair(found) if found else (0, 0)


def put(
    source: Source, run: int, name: str, data: bytes, blobs: BlobStore, language: str | None = None
) -> bool:
    """Write over nothing or over an older pair. True also when this very pair stands already."""
    uri, mine = f"{folder(source)}/{name}", (source.generation, run)
    metadata = {
        "dropscribe-generation": str(mine[0]),
        "dropscribe-run": str(mine[1]),
        "dropscribe-job": source.job_id,
    }
    metadata |= {"dropscribe-language": language} if language else {}
    kind = TYPES[name.rpartition(".")[2]]
    over = 0
    for _ in range(TRIES):
        if (
            blobs.put(uri, data, if_generation_match=over, content_type=kind, metadata=metadata)
            is not None
        ):
            return True
        found = blobs.find(uri)
        if found and pair(found) >= mine:
            return pair(found) == mine
        over = found.generation if found else 0
    raise StorageUnavailable(f"{TRIES} writes in a row met another's")


def withdraw(source: Source, run: int, blobs: BlobStore) -> None:
    """Delete the answer of this pair and of older ones, whatever it is."""
    drop(source, run, PROBLEM, blobs)
    drop_transcript(source, run, blobs)


def drop_transcript(source: Source, run: int, blobs: BlobStore) -> None:
    for name in NAMES.values():
        drop(source, run, name, blobs)


def drop(source: Source, run: int, name: str, blobs: BlobStore) -> None:
    """Delete what an older pair, or this one, left there."""
    found = blobs.find(f"{folder(source)}/{name}")
    if found and pair(found) <= (source.generation, run):
        blobs.delete(found.uri, found.generation)
