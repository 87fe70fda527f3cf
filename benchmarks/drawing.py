"""What it takes to draw a transcript of twelve hours: CPU seconds, memory and bytes of each format.

    python -m benchmarks.drawing [--words 100000]

Each format is drawn in a process of its own, from its transcript.json and the correction of every
tenth word and of all names, as the gateway does. Memory is what the process has at most, beside
what it has before.
"""

import argparse
import multiprocessing
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.machine import keep
from shared.formats.corrections import correct
from shared.formats.writers import draw_format
from shared.model.caption_options import CaptionOptions
from shared.model.contracts import Source
from shared.model.edits import Edits, ids_of, unknown_ids
from shared.model.formats import FORMATS
from shared.model.transcript import Transcript
from tests.support.made_transcripts import conversation, transcript_of_sentences

HOURS = 12
SPEAKERS = 4
SOURCE = Source(bucket="dropscribe-inbox", name="long.wav", generation=1)
CHECK = "(check of edits only)"


@dataclass
class Drawn:
    """What one drawing took."""

    parse_seconds: float
    check_seconds: float
    correct_seconds: float
    draw_seconds: float
    peak_mib: float
    bytes: int


def main() -> None:
    arguments = parse_arguments()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "transcript.json"
        write_transcript(file, arguments.words)
        size = file.stat().st_size
        print(f"transcript.json: {size:,} bytes, {arguments.words:,} words, {HOURS} h")
        results = {format: drawn_apart(file, format) for format in (CHECK, *FORMATS)}
    figures = {format: asdict(result) for format, result in results.items()}
    keep("drawing", {"transcript_bytes": size, "words": arguments.words, "formats": figures})


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000)
    return parser.parse_args()


def write_transcript(file: Path, words: int) -> None:
    sentences = conversation(words, SPEAKERS)
    transcript = transcript_of_sentences(SOURCE, sentences, seconds=HOURS * 3600.0)
    file.write_text(transcript.model_dump_json(indent=1))


def drawn_apart(file: Path, format: str) -> Drawn:
    """Returns what the drawing of a format took, in a process of its own. Prints it."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        result = pool.apply(draw_once, (file, format))
    print(
        f"{format:24} parse {result.parse_seconds:.1f} s, check {result.check_seconds:.1f} s, "
        f"correct {result.correct_seconds:.1f} s, draw {result.draw_seconds:.1f} s, "
        f"{result.peak_mib:.0f} MiB, {result.bytes:,} bytes"
    )
    return result


def draw_once(file: Path, format: str) -> Drawn:
    """Returns what the drawing of a format takes in this process."""
    before = psutil.Process().memory_info().rss
    started = time.process_time()
    transcript = Transcript.model_validate_json(file.read_bytes())
    parsed = time.process_time()
    edits = edits_of(transcript)
    made = time.process_time()
    assert unknown_ids(edits, ids_of(transcript)) == []
    checked = time.process_time()
    if format == CHECK:
        return Drawn(parsed - started, checked - made, 0.0, 0.0, peak_mib() - before / 2**20, 0)
    corrected = correct(transcript, edits)
    ready = time.process_time()
    content = draw_format(format, corrected, CaptionOptions())
    drawn = time.process_time()
    return Drawn(
        parse_seconds=parsed - started,
        check_seconds=checked - made,
        correct_seconds=ready - checked,
        draw_seconds=drawn - ready,
        peak_mib=peak_mib() - before / 2**20,
        bytes=len(content),
    )


def edits_of(transcript: Transcript) -> Edits:
    """Returns names for all speakers, and another text for every tenth word."""
    words = {str(word.id): f"{word.word}x" for word in transcript.words[::10]}
    speakers = {speaker.id: f"Person {speaker.id}" for speaker in transcript.speakers}
    return Edits(speakers=speakers, words=words)


def peak_mib() -> float:
    """Returns the most memory that this process has had, in MiB."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    kibibytes = int(line.split()[1])
    return kibibytes / 1024


if __name__ == "__main__":
    main()
