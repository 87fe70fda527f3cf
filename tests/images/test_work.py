"""Each image does its stage's work on a real recording."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulators.storage.tests.server import BucketServer
from shared.model.artifacts import Aligned, Diarization, Manifest, Recognition
from tests.images import desk
from tests.images.conftest import Start
from tests.images.desk import QUESTIONS, TEXT, Desk
from tests.models.sample import SECONDS

pytestmark = pytest.mark.images


@pytest.fixture
def recording(buckets: BucketServer) -> Iterator[Desk]:
    with desk.desk(buckets) as made:
        yield made


def answer(function: str, start: Start, recording: Desk) -> dict[str, Any]:
    container = start(function)
    container.health()
    return container.ask(QUESTIONS[function](recording))


def test_prepare_finds_the_speech(start: Start, recording: Desk) -> None:
    made = answer("prepare", start, recording)
    found = Manifest.model_validate_json(recording.read(made["outputs"]["manifest"]["uri"]))
    assert found.media.duration == SECONDS
    assert any(region.start < 10 < region.end for chunk in found.chunks for region in chunk.speech)


def test_transcribe_hears_the_words(start: Start, recording: Desk) -> None:
    made = answer("transcribe", start, recording)
    uri = made["outputs"]["recognition"]["uri"]
    recognition = Recognition.model_validate_json(recording.read(uri))
    assert "originally from Chicago" in " ".join(segment.text for segment in recognition.segments)
    assert made["engine"]["digest"].startswith("sha256:")


def test_align_places_the_words(start: Start, recording: Desk) -> None:
    made = answer("align", start, recording)
    placed = Aligned.model_validate_json(recording.read(made["outputs"]["aligned"]["uri"]))
    assert [word.word for word in placed.words] == TEXT.split()
    assert {word.timing for word in placed.words} == {"aligned"}


def test_diarize_tells_two_people_apart(start: Start, recording: Desk) -> None:
    made = answer("diarize", start, recording)
    told = Diarization.model_validate_json(recording.read(made["outputs"]["diarization"]["uri"]))
    assert len({turn.speaker for turn in told.turns}) == 2


def test_finalize_writes_the_answer(start: Start, recording: Desk) -> None:
    made = answer("finalize", start, recording)
    assert made["state"] == "done"
    transcript = json.loads(recording.read(made["outputs"]["json"]))
    assert [(word["word"], word["speaker"]) for word in transcript["words"]] == [("Chicago.", "S1")]


def test_reconcile_sees_the_recording(start: Start, recording: Desk) -> None:
    found = answer("reconcile", start, recording)
    counts = ("started", "given_up", "failed", "published", "audio_deletions", "drawings")
    assert found == {"objects": 1, **dict.fromkeys(counts, 0), "more": False}
