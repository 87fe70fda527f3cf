"""pyannote.audio's own sample: half a minute of a telephone call between two women, with what they
say."""

from collections.abc import Sequence
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


def manifest(
    folder: Path,
    speech: Sequence[Interval] = SPEECH,
    probe: Sequence[ProbeWindow] = WINDOWS,
    start: float = 3600.0,
) -> Path:
    """Writes the manifest of a recording of one chunk, the sample unless another is described. It
    begins at `start`."""
    moved = tuple(Interval(start=s.start + start, end=s.end + start) for s in speech)
    media = Media(
        container="wav", codec="pcm_s16le", duration=start, sample_rate=16000, channels=1, bytes=1
    )
    chunk = Chunk(start=start, end=start + SECONDS, speech=moved)
    windows = tuple(
        w.model_copy(update={"start": w.start + start, "end": w.end + start}) for w in probe
    )
    path = folder / "manifest.json"
    finder = Engine(name="silero", version="1")
    made = Manifest(media=media, chunks=(chunk,), spans=(), probe=windows, engine=finder)
    path.write_text(made.model_dump_json())
    return path
