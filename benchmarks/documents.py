"""How long each format takes to draw, how large it is, and the memory that the process needs.

    python -m benchmarks.documents

The transcript is made up: 100,000 words in 12 hours. Each format is drawn in a process of its own,
which reads the transcript as the gateway does, so its memory includes the transcript and the
libraries. "transcript" is such a process that draws nothing.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import keep
from shared.formats.writers import draw_format
from shared.model.caption_options import CaptionOptions
from shared.model.contracts import Source
from shared.model.formats import FORMATS
from shared.model.transcript import Transcript
from tests.support.made_transcripts import conversation, transcript_of_sentences

WORDS = 100_000
SECONDS = 12 * 3600.0
SPEAKERS = 4
NOTHING = "transcript"
MEBIBYTE = 1 << 20


def main() -> None:
    if len(sys.argv) == 3:
        draw(sys.argv[1], Path(sys.argv[2]))
        return
    source = Source(bucket="inbox", name="conference.wav", generation=1)
    sentences = conversation(WORDS, SPEAKERS)
    transcript = transcript_of_sentences(source, sentences, seconds=SECONDS)
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "transcript.json"
        path.write_text(transcript.model_dump_json(indent=1))
        for name in (NOTHING, *FORMATS):
            figures[name] = measured(name, path)
    keep("documents", figures)


def measured(name: str, path: Path) -> dict[str, float]:
    """Returns the seconds of CPU, the MiB of the format and the MiB of the process."""
    command = [sys.executable, "-m", "benchmarks.documents", name, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds, size, memory = done.stdout.split()
    return {
        "cpu_seconds": float(seconds),
        "mib": float(size),
        "process_mib": float(memory),
    }


def draw(name: str, path: Path) -> None:
    """Draws the transcript in one format, and prints what that took."""
    transcript = Transcript.model_validate_json(path.read_bytes())
    start = time.process_time()
    content = b""
    if name != NOTHING:
        content = draw_format(name, transcript, CaptionOptions())
    seconds = time.process_time() - start
    size = len(content) / MEBIBYTE
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{seconds:.2f} {size:.2f} {memory:.0f}")


if __name__ == "__main__":
    main()
