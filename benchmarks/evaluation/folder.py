"""Recordings of one's own: sound files with their truth beside them, under the same name or in a
MANIFEST.json, or listed in a MANIFEST.tsv.

- .rttm: who speaks when. One .rttm may serve all files of its folder, by their names.
- .stm: who says what, and when.
- .txt, .lab: all that is said.
- .TextGrid: when each word begins, in the tiers with "word" in their name.
- MANIFEST.json: [{"file": ..., "language": "en", "reference": "text: ..."}, ...]. A reference that
  does not begin with "text:" is a remark.
- MANIFEST.tsv: see catalogue.py. It decides alone, and may give only the number of speakers.

Recordings that split.py assigns to the other half are not read.
"""

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeGuard

from pyannote.database.util import load_rttm

from benchmarks.evaluation import catalogue
from benchmarks.evaluation.catalogue import MANIFEST, Entry, entries
from benchmarks.evaluation.split import half
from benchmarks.evaluation.truth import Onset, Recording, Utterance
from benchmarks.evaluation.voices import Split
from functions.prepare import media
from shared.model.errors import Permanent

TRUTH = (".rttm", ".stm", ".txt", ".lab", ".textgrid", ".json")
LONGEST = 12 * 3600.0
"""Seconds."""
SILENT = ("", "sil", "sp", "spn", "<eps>")
"""Marks of a TextGrid that are no words."""
IGNORED = "ignore_time_segment_in_scoring"
"""Stands in an .stm for a text that nobody agrees on."""
LANGUAGE = re.compile(r"[a-z]{2,3}")


class NothingGiven(Exception):
    """No recording in the folder has a truth; says what is wrong with each."""


class LeftOut(Exception):
    """Why a file cannot be measured."""


@dataclass(frozen=True)
class Line:
    """Of an .stm file."""

    speaker: str
    start: float
    end: float
    text: str


def recordings(folder: Path, split: Split) -> list[Recording]:
    """Returns the recordings of one half that have a truth; names the others on stderr.

    A folder with a MANIFEST.tsv is read by it. Raises NothingGiven.
    """
    read_any = catalogued if (folder / MANIFEST).exists() else read
    found, left_out = read_any(folder, split)
    complaints = "\n".join(f"left out {name}: {reason}" for name, reason in left_out.items())
    if not found:
        raise NothingGiven(f"{folder} has no recording that can be measured\n{complaints}")
    if complaints:
        print(complaints, file=sys.stderr)
    return found


def catalogued(folder: Path, split: Split) -> tuple[list[Recording], dict[str, str]]:
    """Returns what a MANIFEST.tsv lists: the recordings, and why others cannot be measured."""
    found: list[Recording] = []
    left_out: dict[str, str] = {}
    for entry in entries(folder):
        if half(entry.path) != split:
            continue
        try:
            found.append(of_entry(entry))
        except (LeftOut, Permanent) as error:
            left_out[entry.name] = str(error)
    return found, left_out


def of_entry(entry: Entry) -> Recording:
    """Returns the recording with as much truth as the manifest names. Raises LeftOut."""
    spoken = turns_in(entry.truth, entry.path.stem) if named(entry.truth, ".rttm") else []
    words = onsets_in(entry.truth) if named(entry.truth, ".TextGrid") else ()
    text = catalogue.text(entry)
    if not (spoken or words or text or entry.speakers):
        raise LeftOut("neither its turns or words are known, nor the exact number of speakers")

    seconds = duration(entry.path)
    if not spoken and (words or text):
        spoken = [whole(seconds, words, text)]
    return Recording(
        name=re.sub(r"[^\w-]", "-", entry.name),
        set=f"{entry.source}-silver" if "silver" in entry.truth_kind else entry.source,
        audio=entry.path,
        seconds=seconds,
        utterances=tuple(replace(each, language=entry.language) for each in spoken),
        onsets=words,
        language=entry.language,
        speakers_known=not (words or text),
        speech_known=bool(spoken),
        number_known=entry.speakers,
        real=True,
    )


def named(truth: Path | None, ending: str) -> TypeGuard[Path]:
    return truth is not None and truth.suffix == ending


def turns_in(truth: Path, stem: str) -> list[Utterance]:
    """Returns the turns that an .rttm has of a recording.

    An .rttm of one recording may name it otherwise if its own name is similar; one of many
    recordings has none of those that it does not name.
    """
    annotations = load_rttm(str(truth))  # type: ignore[no-untyped-call]
    annotation = annotations.get(stem)
    if annotation is None and len(annotations) == 1 and stem.startswith(truth.stem):
        annotation = next(iter(annotations.values()))
    if annotation is None:
        return []
    tracks = annotation.itertracks(yield_label=True)
    return [Utterance(str(who), at.start, at.end, None, None) for at, _, who in tracks]


def onsets_in(grid: Path) -> tuple[Onset, ...]:
    """Returns the start of each word in a TextGrid."""
    text = text_of(grid)
    onsets = []
    for start, word in sorted(intervals(text)):
        label = word.strip().lower()
        if label not in SILENT:
            onset = Onset(word, start)
            onsets.append(onset)
    return tuple(onsets)


def read(folder: Path, split: Split) -> tuple[list[Recording], dict[str, str]]:
    """Returns the recordings of one half with a truth beside them, and why others have none."""
    notes = manifest(folder)
    found: list[Recording] = []
    left_out: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        is_truth = path.suffix.lower() in TRUTH
        if is_truth or not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        if half(path) != split:
            continue
        try:
            found.append(recording(path, name, notes.get(name, {})))
        except (LeftOut, Permanent) as error:
            left_out[name] = str(error)
    return found, left_out


def manifest(folder: Path) -> dict[str, Mapping[str, Any]]:
    listed = folder / "MANIFEST.json"
    if not listed.exists():
        return {}

    text = listed.read_text("utf-8")
    notes = json.loads(text)
    return {note["file"]: note for note in notes}


def recording(path: Path, name: str, note: Mapping[str, Any]) -> Recording:
    words, text, known = timed_words(path), wording(path, note), turns(path)
    said = list(lines(beside(path, ".stm")))
    if not (words or text or known or said):
        raise LeftOut("nothing tells what is said in it, or who speaks when")
    language = note.get("language") if LANGUAGE.fullmatch(str(note.get("language"))) else None
    seconds = duration(path)
    utterances = (
        joined(known or spans(said), said) if known or said else [whole(seconds, words, text)]
    )
    return Recording(
        name=re.sub(r"[^\w-]", "-", name),
        set="given",
        audio=path,
        seconds=seconds,
        utterances=tuple(replace(utterance, language=language) for utterance in utterances),
        onsets=words,
        language=language,
        speakers_known=bool(known or said),
        real=True,
    )


def beside(path: Path, ending: str) -> Path:
    return path.with_suffix(ending)


def duration(path: Path) -> float:
    """Seconds, by decoding it as Dropscribe does."""
    with path.open("rb") as file, media.open_recording(file, LONGEST) as sound:
        for _ in sound.samples():
            pass
        return sound.media.duration


def turns(path: Path) -> list[Utterance]:
    """By its own .rttm, else by any in its folder that has its name."""
    beside_it = path.parent.glob("*.rttm")
    for file in sorted(beside_it, key=lambda file: (file.stem != path.stem, file.name)):
        found = turns_in(file, path.stem)
        if found:
            return found
    return []


def lines(path: Path) -> Iterator[Line]:
    """Of an .stm, if it is there: file, channel, speaker, from, to, labels in <>, text."""
    if not path.exists():
        return
    content = path.read_text("utf-8")
    for row in content.splitlines():
        fields = row.split(maxsplit=5)
        is_ignored = row.startswith(";;") or IGNORED in row
        if is_ignored or len(fields) < 6:
            continue
        _, _, speaker, start, end, labelled = fields
        text = re.sub(r"^<[^>]*>\s*", "", labelled)
        yield Line(speaker, float(start), float(end), text)


def spans(said: Sequence[Line]) -> list[Utterance]:
    return [Utterance(line.speaker, line.start, line.end, None, None) for line in said]


def joined(spoken: Sequence[Utterance], said: Sequence[Line]) -> list[Utterance]:
    """Turns, each with the lines that overlap it most of those its speaker says. Two files may name
    people differently.

    Where there are lines, a turn without one holds no words that anybody could write down: its text
    is empty.
    """
    if not said:
        return list(spoken)
    names = {line.speaker: same_person(line.speaker, spoken, said) for line in said}
    texts: list[list[str]] = [[] for _ in spoken]
    for line in said:
        name = names[line.speaker]
        nearest = nearest_turn(line, name, spoken)
        texts[nearest].append(line.text)

    found = []
    for turn, parts in zip(spoken, texts, strict=True):
        text = " ".join(parts)
        found.append(replace(turn, text=text))
    return found


def nearest_turn(line: Line, speaker: str, spoken: Sequence[Utterance]) -> int:
    """Returns the number of the speaker's turn that overlaps the line most."""
    own = [number for number, turn in enumerate(spoken) if turn.speaker == speaker]
    return max(own, key=lambda number: shared(spoken[number], line))


def same_person(speaker: str, spoken: Sequence[Utterance], said: Iterable[Line]) -> str:
    """Whose turns overlap most with the lines of `speaker`."""
    together: dict[str, float] = {turn.speaker: 0.0 for turn in spoken}
    for line in said:
        for turn in spoken:
            if line.speaker == speaker:
                together[turn.speaker] += max(0.0, shared(turn, line))
    return max(together, key=lambda name: together[name])


def shared(turn: Utterance, line: Line) -> float:
    """Seconds that both last; below 0, how far they are apart."""
    start = max(turn.start, line.start)
    end = min(turn.end, line.end)
    return end - start


def whole(seconds: float, words: Sequence[Onset], text: str | None) -> Utterance:
    """All in one."""
    if not text:
        text = " ".join(onset.word for onset in words)
    return Utterance("", 0.0, seconds, text, None)


def wording(path: Path, note: Mapping[str, Any]) -> str | None:
    for ending in (".txt", ".lab"):
        if beside(path, ending).exists():
            return beside(path, ending).read_text("utf-8-sig").strip()
    reference = str(note.get("reference", ""))
    return reference.removeprefix("text:").strip() if reference.startswith("text:") else None


def timed_words(path: Path) -> tuple[Onset, ...]:
    grid = beside(path, ".TextGrid")
    return onsets_in(grid) if grid.exists() else ()


def text_of(grid: Path) -> str:
    """Praat writes UTF-16 where ASCII does not do."""
    data = grid.read_bytes()
    is_utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if is_utf_16 else "utf-8-sig"
    return data.decode(encoding)


def intervals(grid: str) -> Iterator[tuple[float, str]]:
    """Start and label in the tiers of words. The long and the short form hold the same values in
    the same order."""
    values = re.findall(
        r'"(?:[^"]|"")*"|(?<![\w.\[])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.\]])', grid
    )
    position = 5  # file type, class, start, end, number of tiers
    while position < len(values):
        kind, name, count = (
            values[position].strip('"'),
            values[position + 1],
            int(values[position + 4]),
        )
        size = 3 if kind == "IntervalTier" else 2
        rows = [values[position + 5 + row * size :][:size] for row in range(count)]
        if size == 3 and "word" in name.lower():
            yield from ((float(row[0]), row[2].strip('"')) for row in rows)
        position += 5 + count * size
