"""How well the captions of real transcripts can be read, before and after a change.

    python -m benchmarks.captions FOLDER

FOLDER holds answers, each in a folder of its own: transcript.json, and the transcript.srt that the
version to compare with wrote beside it. This version draws its captions from transcript.json. Both
are read and measured in the same way.
"""

import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from benchmarks.caption_checks import Counts, count, read_captions
from benchmarks.machine import keep
from shared.formats.writers import draw_format
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def measure(folder: Path) -> None:
    """Measure the captions beside all transcripts in FOLDER, and those drawn now."""
    before = Counts()
    after = Counts()
    languages: dict[str, int] = {}
    words = 0
    recording_seconds = 0.0
    seconds = 0.0
    for transcript, written in answers(folder):
        started = time.process_time()
        drawn = draw_format("srt", transcript, CaptionOptions())
        seconds += time.process_time() - started
        before.add(measured(written, transcript))
        after.add(measured(drawn.decode(), transcript))
        language = transcript.language.code or "unknown"
        languages[language] = languages.get(language, 0) + 1
        words += len(transcript.words)
        recording_seconds += transcript.media.duration
    figures = {
        "recordings_by_language": languages,
        "recording_seconds": round(recording_seconds),
        "words": words,
        "processor_seconds_per_100000_words": round(seconds / words * 100_000, 2),
        "before": described(before),
        "after": described(after),
    }
    keep("captions", figures)


def answers(folder: Path) -> Iterator[tuple[Transcript, str]]:
    """Yields each transcript in the folder and the SubRip file beside it."""
    for path in sorted(folder.rglob("transcript.json")):
        transcript = Transcript.model_validate_json(path.read_bytes())
        written = path.with_suffix(".srt").read_text()
        yield transcript, written


def measured(text: str, transcript: Transcript) -> Counts:
    """Returns what is found in a SubRip file of the transcript."""
    labels = [speaker.label for speaker in transcript.speakers]
    return count(read_captions(text, labels), transcript)


def described(counts: Counts) -> dict[str, Any]:
    """Returns the counts with the shares that are compared, in percent."""
    fast = counts.over_20_characters_a_second / counts.captions
    function_words = counts.first_line_ends_on_function_word / counts.two_lines
    scanty = counts.second_line_of_one_or_two_words / counts.two_lines
    return {
        **asdict(counts),
        "percent_over_20_characters_a_second": round(100 * fast, 1),
        "percent_of_first_lines_ending_on_function_word": round(100 * function_words, 1),
        "percent_of_second_lines_of_one_or_two_words": round(100 * scanty, 1),
    }


if __name__ == "__main__":
    measure()
