"""pyannote.audio's own sample: half a minute of a telephone call between two women, with what they
say."""

from importlib.util import find_spec
from pathlib import Path

from shared.model.artifacts import Chunk, Interval, Manifest, Media, ProbeWindow
from shared.model.contracts import Engine

PACKAGE = find_spec("pyannote.audio")
assert PACKAGE is not None and PACKAGE.origin is not None
SAMPLE = Path(PACKAGE.origin).parent / "sample/sample.wav"
SECONDS = 30.0

SPEECH = (
    Interval(start=6.6, end=14.3),
    Interval(start=14.4, end=21.6),
    Interval(start=21.8, end=30.0),
)
WINDOWS = (
    ProbeWindow(start=6.6, end=17.0, offset=6.6),
    ProbeWindow(start=17.0, end=30.0, offset=17.0),
)


def reference() -> str:
    """What is said, in order of time."""
    return " ".join(
        line.split(maxsplit=5)[5] for line in SAMPLE.with_suffix(".stm").read_text().splitlines()
    )


def manifest(folder: Path) -> Path:
    """The sample as a recording of one chunk that begins after an hour."""
    hour = 3600.0
    speech = tuple(Interval(start=s.start + hour, end=s.end + hour) for s in SPEECH)
    media = Media(
        container="wav", codec="pcm_s16le", duration=hour, sample_rate=16000, channels=1, bytes=1
    )
    chunk = Chunk(start=hour, end=hour + SECONDS, speech=speech)
    path = folder / "manifest.json"
    finder = Engine(name="silero", version="1")
    made = Manifest(media=media, chunks=(chunk,), spans=(), probe=WINDOWS, engine=finder)
    path.write_text(made.model_dump_json())
    return path
