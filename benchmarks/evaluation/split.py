"""Which real recordings may be tuned on, and which only measure.

    python -m benchmarks.evaluation.split FOLDER...

draws the two halves and writes voices_split.json beside this file. It was run once, before anything
was tuned or measured on these recordings. It is kept to show how the halves were drawn.

No voice is in both halves, nor is any recording of several people, or any other that may have the
same voices. These are assigned in ASSIGNED. The other voices are drawn by the seed, half of
each kind: source, sex, language, telephone or not.

A recording is recognised by the hash of its content, so the split holds for the same files in any
folder. A recording that the split does not list is of the half "test".
"""

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.evaluation.catalogue import Entry, digest, entries, sexes
from benchmarks.evaluation.voices import Split

SEED = "dropscribe voices"
ORIGINS = {"pyannote_debug_ami": "pyannote/pyannote-audio"}
"""Repositories of sources that have no MANIFEST.tsv."""
FILE = Path(__file__).with_name("voices_split.json")
ASSIGNED: tuple[tuple[str, Split], ...] = (
    ("voxconverse_aepyx/*", "test"),
    ("pyaudioanalysis/*", "test"),
    ("picovoice/falcon_test*", "test"),
    ("picovoice/leopard_diarization_test*", "test"),
    ("resemblyzer_interview/*", "test"),
    ("azure/*", "test"),
    ("aws_pca/*", "tune"),
    ("watson/en-US_Broadband_sample2*", "test"),
    ("watson/en-US_Broadband_sample1*", "tune"),
    ("watson/[Ee][Ss][-_]ES*", "tune"),
    ("watson/en-GB*", "tune"),
    ("watson/Us_English*", "test"),
    ("watson/english*", "test"),
    ("watson/it-IT*", "test"),
    ("pocketsphinx/*", "tune"),
    ("librivox_voiceaudios/phantom*", "tune"),
    ("librivox_voiceaudios/romeo*", "test"),
    ("librivox_voiceaudios/sherlock*", "test"),
    ("pyannote_debug_ami/trn0[123].*", "tune"),
    ("pyannote_debug_ami/trn0[456789].*", "test"),
)
"""Pattern of names -> half; the first that fits counts.

Falcon's and Leopard's test recordings have the same three voices (the cosine of their d-vectors is
up to 0.98); those of Watson's two interviews differ (at most 0.69). The reader of pocketsphinx is
also in the Debian packages on which thresholds were chosen. The chapters of one LibriVox book may
have one reader. The AMI clips 1 to 3 share people; so do 6 and 9, and 7 and 8.
"""


@dataclass(frozen=True)
class Voice:
    """A person, or the unnamed people of one recording."""

    name: str
    source: str
    sex: str
    language: str
    telephone: bool
    files: tuple[Entry, ...]

    @property
    def kind(self) -> tuple[str, str, str, bool]:
        """Voices of one kind are divided between the halves."""
        return (
            self.source,
            self.sex,
            self.language,
            self.telephone,
        )


def main() -> None:
    asked = argparse.ArgumentParser(prog="python -m benchmarks.evaluation.split")
    asked.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    given = asked.parse_args()
    folders: list[Path] = given.folders
    found: list[Entry] = []
    sex_of: dict[str, str] = {}
    for folder in folders:
        found += entries(folder)
        sex_of |= sexes(folder)

    split = drawn(found, sex_of)
    text = as_json(split)
    FILE.write_text(f"{text}\n", "utf-8")


def drawn(found: Sequence[Entry], sex_of: Mapping[str, str]) -> dict[str, Any]:
    """Returns the split: where each source comes from, and each voice and file with its half."""
    voices = people(found, sex_of)
    halves = assigned(found) | divided(voices)
    split: dict[str, Any] = {"seed": SEED, "origins": origins(found), "voices": {}, "files": {}}
    for voice in voices:
        split["voices"][voice.name] = {
            "half": half_of_all(voice.files, halves),
            "source": voice.source,
            "sex": voice.sex,
            "language": voice.language,
        }
    for entry in found:
        split["files"][entry.name] = {
            "half": halves[entry.name],
            "sha256": digest(entry.path),
        }
    return split


def origins(found: Iterable[Entry]) -> dict[str, str]:
    """Returns the public repositories of each source."""
    of_source: dict[str, set[str]] = defaultdict(set)
    for entry in found:
        known = ORIGINS.get(entry.source, "unknown")
        origin = entry.origin or known
        of_source[entry.source].add(origin)

    joined = {}
    for source, names in of_source.items():
        joined[source] = ", ".join(sorted(names))
    return joined


def people(found: Sequence[Entry], sex_of: Mapping[str, str]) -> list[Voice]:
    """Returns all named voices and, for each recording without names, one that stands for it."""
    files: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        for name in entry.voices or (entry.name,):
            files[name].append(entry)

    voices = []
    for name, of_voice in sorted(files.items()):
        first = of_voice[0]
        voices.append(
            Voice(
                name=name,
                source=first.source,
                sex=sex_of.get(name, "unknown"),
                language=first.language or "unknown",
                telephone=first.telephone,
                files=tuple(of_voice),
            )
        )
    return voices


def assigned(found: Iterable[Entry]) -> dict[str, Split]:
    """Returns the half of each recording that ASSIGNED has a pattern for."""
    halves: dict[str, Split] = {}
    for entry in found:
        for pattern, half in ASSIGNED:
            if fnmatch(entry.name, pattern):
                halves[entry.name] = half
                break
    return halves


def divided(voices: Iterable[Voice]) -> dict[str, Split]:
    """Returns the half of each other recording: one half of the voices of each kind is in "tune".

    Where their number is odd, the voice left over goes to the half with fewer of them.
    """
    kinds: dict[tuple[str, str, str, bool], list[Voice]] = defaultdict(list)
    for voice in voices:
        if not assigned(voice.files):
            kinds[voice.kind].append(voice)

    choose = random.Random(SEED)
    halves: dict[str, Split] = {}
    more_in_test = 0
    for kind in sorted(kinds):
        of_kind = kinds[kind]
        shuffled = choose.sample(of_kind, len(of_kind))
        tuned, left_over = divmod(len(shuffled), 2)
        if left_over and more_in_test > 0:
            tuned += 1
            more_in_test -= 1
        elif left_over:
            more_in_test += 1
        for number, voice in enumerate(shuffled):
            own_half: Split = "tune" if number < tuned else "test"
            for entry in voice.files:
                halves[entry.name] = own_half
    return halves


def half_of_all(files: Iterable[Entry], halves: Mapping[str, Split]) -> Split:
    """Returns the one half of these files. Raises ValueError if they are in both."""
    found = {halves[entry.name] for entry in files}
    if len(found) != 1:
        raise ValueError(f"in both halves: {', '.join(entry.name for entry in files)}")
    return found.pop()


def as_json(split: Mapping[str, Any]) -> str:
    """Returns JSON with one line per voice and per file."""
    parts = []
    for name, value in split.items():
        text = json.dumps(value)
        if isinstance(value, Mapping):
            text = one_line_each(value)
        parts.append(f' "{name}": {text}')
    joined = ",\n".join(parts)
    return f"{{\n{joined}\n}}"


def one_line_each(values: Mapping[str, Any]) -> str:
    lines = []
    for key, value in values.items():
        name = json.dumps(key, ensure_ascii=False)
        about = json.dumps(value, ensure_ascii=False)
        line = f"  {name}: {about}"
        lines.append(line)
    joined = ",\n".join(lines)
    return f"{{\n{joined}\n }}"


@cache
def half_by_digest(file: Path = FILE) -> dict[str, Split]:
    """Returns the half of each recording that the committed split lists, by its SHA-256."""
    text = file.read_text("utf-8")
    files = json.loads(text)["files"]
    halves = {}
    for about in files.values():
        content = about["sha256"]
        halves[content] = about["half"]
    return halves


def half(path: Path) -> Split:
    """Returns the half of a recording, by its content; "test" where the split does not list it."""
    content = digest(path)
    halves = half_by_digest()
    return halves.get(content, "test")


if __name__ == "__main__":
    main()
