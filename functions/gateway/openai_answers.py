"""A transcript as OpenAI's clients asked for it."""

from fastapi import Response

from functions.gateway.deployment import Deployment
from functions.gateway.openai_request import DIARIZED, SUBTITLES, AskedTranscription
from functions.gateway.problems import JOB_HEADER
from functions.gateway.stored_transcripts import read_format, read_transcript_of
from shared.jobs.job import Job
from shared.model.contracts import WireModel
from shared.model.formats import JSON, PLAIN_TEXT
from shared.model.openai_transcript import (
    diarized_transcription,
    plain_transcription,
    single_line,
    verbose_transcription,
)
from shared.model.transcript import Transcript


def transcription_answer(asked: AskedTranscription, job: Job, stores: Deployment) -> Response:
    """Returns the response with a job's transcript. Raises TranscriptGone."""
    headers = {JOB_HEADER: job.job_id}
    if asked.response_format in SUBTITLES:
        content = read_format(job, asked.response_format, stores.blobs)
        return Response(content, headers=headers, media_type=PLAIN_TEXT)
    transcript = read_transcript_of(job, stores.blobs)
    if asked.response_format == "text":
        text = single_line(transcript) + "\n"
        return Response(text, headers=headers, media_type=PLAIN_TEXT)
    document = json_body(asked, transcript).model_dump_json(exclude_none=True)
    return Response(document, headers=headers, media_type=JSON)


def json_body(asked: AskedTranscription, transcript: Transcript) -> WireModel:
    if asked.response_format == DIARIZED:
        return diarized_transcription(transcript)
    if asked.response_format == "verbose_json":
        return verbose_transcription(
            transcript,
            has_segments="segment" in asked.granularities,
            has_words="word" in asked.granularities,
        )
    return plain_transcription(transcript)
