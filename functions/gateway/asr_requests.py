"""What requests of whisper-asr-webservice's clients ask for, and what they are answered."""

from collections.abc import Mapping

from fastapi import Request
from pydantic import JsonValue

from functions.gateway.deployment import Deployment
from functions.gateway.file_names import base_name, content_disposition
from functions.gateway.held_requests import formats_with
from functions.gateway.problems import JOB_HEADER
from functions.gateway.recording_form import RecordingForm
from functions.gateway.stored_transcripts import read_format, read_transcript_of
from shared.jobs.job import Job
from shared.model.asr_api import AsrQuery
from shared.model.asr_transcript import asr_transcription, tab_separated, text_lines

WRITTEN_BY_THE_CHAIN = ("srt", "vtt")
"""Outputs that are formats of ours. The others are made of the transcript."""
NOT_OPTIONS = ("model", "formats")
"""Names that are no options here. Clients name models of other programs, and `output` says which
format there must be."""
DETECTION: Mapping[str, JsonValue] = {
    "task": "detect",
    "language": "auto",
    "diarize": False,
    "formats": [],
    "keep-audio": False,
}
"""Options of a job that only finds the language. Its recording is deleted when it is done."""
ENGINE_HEADERS = {"Asr-Engine": "dropscribe"}


def asr_options(query: AsrQuery) -> dict[str, JsonValue]:
    """Returns the options that a query means. One that is not given stays the deployment's, but for
    `diarize`: the API has no speakers unless they are asked for."""
    named = {
        "task": query.task,
        "language": query.language,
        "initial-prompt": query.initial_prompt,
        "hotwords": query.hotwords,
    }
    if query.has_speakers:
        named["min-speakers"] = query.min_speakers
        named["max-speakers"] = query.max_speakers
    options: dict[str, JsonValue] = {name: value for name, value in named.items() if value}
    options["diarize"] = query.has_speakers
    if query.output in WRITTEN_BY_THE_CHAIN:
        options["formats"] = formats_with(query.output)
    return options


def further_fields(request: Request, form: RecordingForm) -> list[tuple[str, str]]:
    """Returns what else a request has in its query and its form, of which some may be options."""
    in_query = request.query_params.multi_items()
    pairs = [pair for pair in in_query if pair[0] not in AsrQuery.model_fields]
    pairs += form.fields
    return [(name, value) for name, value in pairs if name not in NOT_OPTIONS]


def output_of(job: Job, query: AsrQuery, stores: Deployment) -> bytes:
    """Returns the transcript of a job that is done, as the query wants it.

    Raises TranscriptGone.
    """
    if query.output in WRITTEN_BY_THE_CHAIN:
        return read_format(job, query.output, stores.blobs)
    transcript = read_transcript_of(job, stores.blobs)
    if query.output == "json":
        transcription = asr_transcription(transcript, has_words=query.word_timestamps)
        return transcription.model_dump_json(exclude_none=True).encode()
    write = tab_separated if query.output == "tsv" else text_lines
    return write(transcript).encode()


def output_headers(job: Job, file_name: str, query: AsrQuery) -> dict[str, str]:
    download_name = f"{base_name(file_name)}.{query.output}"
    return {
        **ENGINE_HEADERS,
        "Content-Disposition": content_disposition("attachment", download_name),
        JOB_HEADER: job.job_id,
    }
