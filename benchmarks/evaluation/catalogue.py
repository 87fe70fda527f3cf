"""Reads what a folder's MANIFEST.tsv says of its recordings.

The columns are file, speakers (a number; "1-2" and "2+" are not exact), lang, truth (a file beside
it), speaker_ids (separated by ";"), rate,
repo and truth_kind. The first folder of `file` is the recording's source.
A folder without MANIFEST.tsv is read by its .rttm files, which name the recordings and who speaks
in them.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from pyannote.database.util import load_rttm

MANIFEST = "MANIFEST.tsv"
TELEPHONE_RATE = 8000
"""Hz at and below which a recording is of telephone quality."""
Row = Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """A recording of the folder."""

    path: Path
    name: str
    """Path in the folder."""
    source: str
    language: str | None = None
    """None where several are spoken or it is unknown."""
    voices: tuple[str, ...] = ()
    """Who speaks; empty where they have no names."""
    speakers: int | None = None
    """How many people speak; None where the exact number is unknown."""
    rate: int = 0
    """Hz of the original; 0 if unknown."""
    truth: Path | None = None
    truth_kind: str = ""
    """Where the truth comes from, in words; begins with "none" where no part of it is sure."""
    origin: str = ""
    """The public repository that holds it."""

    @property
    def single_voice(self) -> bool:
        """Whether one known person speaks, and no other."""
        is_doubtful = self.truth_kind.startswith("none")
        is_alone = self.speakers == 1
        is_named = len(self.voices) == 1
        return is_alone and is_named and not is_doubtful

    @property
    def telephone(self) -> bool:
        return 0 < self.rate <= TELEPHONE_RATE


def entries(folder: Path) -> list[Entry]:
    """Returns the recordings that the folder describes, in order of their names."""
    has_manifest = (folder / MANIFEST).exists()
    read = of_manifest if has_manifest else of_turns
    found = list(read(folder))
    found.sort(key=lambda entry: entry.name)
    return found


def of_manifest(folder: Path) -> Iterator[Entry]:
    for row in table(folder / MANIFEST):
        truth = row.get("truth")
        yield Entry(
            path=folder / row["file"],
            name=row["file"],
            source=row["file"].partition("/")[0],
            language=single_language(row),
            voices=named_voices(row),
            speakers=exact_number(row.get("speakers", "")),
            rate=exact_number(row.get("rate", "")) or 0,
            truth=folder / truth if truth else None,
            truth_kind=row.get("truth_kind", ""),
            origin=row.get("repo", ""),
        )


def of_turns(folder: Path) -> Iterator[Entry]:
    """Yields a recording for each .wav or .flac that an .rttm beside it names."""
    for file in sorted(folder.rglob("*.rttm")):
        annotations = load_rttm(str(file))  # type: ignore[no-untyped-call]
        for uri, annotation in sorted(annotations.items()):
            for path in sorted(file.parent.glob(f"{uri}.[wf]*")):
                people = tuple(sorted(str(label) for label in annotation.labels()))
                yield Entry(
                    path=path,
                    name=path.relative_to(folder.parent).as_posix(),
                    source=file.parent.name,
                    voices=people,
                    speakers=len(people),
                    truth=file,
                )


def table(path: Path) -> list[Row]:
    """Returns the rows of a tab-separated file with a header. Quotation marks mean nothing."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return list(rows)


def single_language(row: Row) -> str | None:
    language = row.get("lang", "")
    is_one = language.isalpha()
    return language if is_one else None


def named_voices(row: Row) -> tuple[str, ...]:
    listed = row.get("speaker_ids", "")
    names = []
    for part in listed.split(";"):
        name = part.strip()
        if name:
            names.append(name)
    return tuple(names)


def exact_number(text: str) -> int | None:
    return int(text) if text.isdigit() else None


@cache
def digest(path: Path) -> str:
    """Returns the SHA-256 of the file's bytes."""
    return sha256(path.read_bytes()).hexdigest()


def sexes(folder: Path) -> dict[str, str]:
    """Returns the sex of each voice that a text.tsv or speakers.tsv of the folder gives: F or M."""
    found: dict[str, str] = {}
    for name in ("speakers.tsv", "text.tsv"):
        for path in sorted(folder.rglob(name)):
            for row in table(path):
                if row.get("sex"):
                    found[row["speaker"]] = row["sex"]
    return found


def text(entry: Entry) -> str | None:
    """Returns what is said in a recording, if its truth is a text.tsv or VoxForge's PROMPTS."""
    if entry.truth is None:
        return None
    if entry.truth.name == "text.tsv":
        return texts_of_table(entry.truth).get(entry.path.name)
    if entry.truth.suffix == ".PROMPTS":
        prompt = entry.path.stem.rpartition("_")[2]
        return texts_of_prompts(entry.truth).get(prompt)
    return None


@cache
def texts_of_table(path: Path) -> dict[str, str]:
    rows = table(path)
    return {row["file"]: row["text"] for row in rows}


@cache
def texts_of_prompts(path: Path) -> dict[str, str]:
    """Returns the text of each prompt: lines have its name, after folders, and the text."""
    found = {}
    text = path.read_text("utf-8")
    for line in text.splitlines():
        file, _, words = line.partition(" ")
        name = Path(file).name
        found[name] = words.strip()
    return found
