"""Loads the results of the other stages, which finalize is called with."""

import hashlib
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel

from functions.finalize.answer.missing_parts import MissingParts, PartFailure
from functions.finalize.stage import StageResults, transcribed_chunks
from shared.model.artifacts import Aligned, Detection, Diarization, Manifest, Recognition
from shared.model.contracts import Artifact
from shared.model.errors import ArtifactChanged
from shared.model.options import Options
from shared.model.recogniser_times import with_recogniser_times
from shared.ports.blobs import BlobStore

M = TypeVar("M", bound=BaseModel)


def load_stage_results(
    inputs: Mapping[str, Artifact],
    failures: Mapping[str, PartFailure],
    options: Options,
    blobs: BlobStore,
) -> StageResults:
    """Returns the other stages' results. Raises ArtifactChanged if one is not what was named."""
    detection = None
    if "language" in inputs:
        detection = load_model(Detection, inputs["language"], blobs)
    manifest = load_model(Manifest, inputs["manifest"], blobs)
    missing = MissingParts(failures)
    chunks = transcribed_chunks(manifest, options)
    chunk_numbers = range(len(chunks))
    return StageResults(
        manifest=manifest,
        detection=detection,
        aligned=[load_words(number, inputs, missing, blobs) for number in chunk_numbers],
        diarizations=load_diarizations(manifest, inputs, missing, blobs),
        missing=missing,
    )


def load_words(
    chunk: int, inputs: Mapping[str, Artifact], missing: MissingParts, blobs: BlobStore
) -> Aligned:
    """Returns the words of a chunk, with the recogniser's times if they could not be aligned."""
    if missing.of("align", chunk) is None:
        words = inputs[f"words-{chunk}"]
        return load_model(Aligned, words, blobs)
    recognised = inputs[f"recognition-{chunk}"]
    recognition = load_model(Recognition, recognised, blobs)
    return with_recogniser_times(recognition)


def load_diarizations(
    manifest: Manifest, inputs: Mapping[str, Artifact], missing: MissingParts, blobs: BlobStore
) -> list[Diarization | None]:
    """Returns one diarization per span, None where diarize failed; none if it was not wanted."""
    found = [key for key in inputs if key.startswith("turns-")]
    if not found and not missing.has("diarize"):
        return []
    diarizations = []
    for span in range(len(manifest.spans)):
        diarization = load_diarization(span, inputs, missing, blobs)
        diarizations.append(diarization)
    return diarizations


def load_diarization(
    span: int, inputs: Mapping[str, Artifact], missing: MissingParts, blobs: BlobStore
) -> Diarization | None:
    """Returns the diarization of a span, or None if diarize failed there."""
    failure = missing.of("diarize", span)
    if failure is not None:
        return None
    turns = inputs[f"turns-{span}"]
    return load_model(Diarization, turns, blobs)


def load_peaks(inputs: Mapping[str, Artifact], blobs: BlobStore) -> bytes | None:
    """Returns the peaks, or None if an older version of prepare has prepared the recording."""
    peaks = inputs.get("peaks")
    if peaks is None:
        return None
    return load_bytes(peaks, blobs)


def load_model(model: type[M], artifact: Artifact, blobs: BlobStore) -> M:
    """Returns the artifact as a model. Raises ArtifactChanged if it is not what was named."""
    data = load_bytes(artifact, blobs)
    return model.model_validate_json(data)


def load_bytes(artifact: Artifact, blobs: BlobStore) -> bytes:
    """Returns the artifact's content. Raises ArtifactChanged if it is not what was named."""
    data = blobs.read(artifact.uri)
    digest = hashlib.sha256(data)
    if digest.hexdigest() != artifact.sha256:
        raise ArtifactChanged(artifact.uri)
    return data
