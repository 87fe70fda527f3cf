"""How the OpenAPI document declares the routes of OpenAI's transcription API."""

from typing import Any, get_args

from functions.gateway.examples import PLAIN_TRANSCRIPTION
from functions.gateway.held_requests import OF_THE_JOB, OF_THE_REQUEST
from functions.gateway.openai_request import DIARIZED, Granularity, ResponseFormat, Task
from functions.gateway.openapi import Responses, event_stream, problems
from functions.gateway.recording_form import FORM
from functions.gateway.upload_form_schema import RECORDING, option_properties
from shared.model.api import JobView
from shared.model.formats import JSON
from shared.model.openai_api import (
    DiarizedTranscription,
    PlainTranscription,
    VerboseTranscription,
)

TEXT = {"type": "string"}
EVENTS = 'data: {"type":"transcript.text.done","text":"Good morning."}\n\n'


def transcription_responses(task: Task) -> Responses:
    """Returns the responses of a route, apart from the errors that all routes have."""
    bodies: Any = PlainTranscription | VerboseTranscription
    if task == "transcribe":
        bodies = bodies | DiarizedTranscription
    done = {
        "model": bodies,
        "description": "The transcript. `X-Dropscribe-Job` is the id of its job.",
        "content": {
            JSON: {"schema": {"examples": [PLAIN_TRANSCRIPTION]}},
            "text/plain": {"schema": TEXT},
            **event_stream(EVENTS),
        },
    }
    queued = {"model": JobView, "description": "The job is queued, as `Prefer` asked."}
    return {200: done, 202: queued, **problems(*OF_THE_REQUEST, *OF_THE_JOB)}


def transcription_form(task: Task) -> dict[str, Any]:
    """Returns the declaration of a request's body."""
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": {**option_properties(), **own_properties(task)},
        "patternProperties": {"^x-": TEXT},
    }
    return {"required": True, "content": {FORM: {"schema": schema}}}


def own_properties(task: Task) -> dict[str, Any]:
    """Returns the fields that OpenAI's API has, and that this one reads."""
    formats = list(get_args(ResponseFormat))
    if task == "translate":
        formats.remove(DIARIZED)
    texts = {"type": "array", "items": TEXT}
    granularities = {"type": "string", "enum": list(get_args(Granularity))}
    return {
        "file": RECORDING,
        "model": {**TEXT, "description": "Any name works."},
        "language": {**TEXT, "description": "ISO 639-1 code or name; by default it is detected."},
        "languages[]": {**texts, "description": "Languages that detection chooses from."},
        "prompt": {**TEXT, "description": "Text as it might precede the recording."},
        "keywords[]": {**texts, "description": "Words that are likely to be spoken."},
        "response_format": {"type": "string", "enum": formats, "default": "json"},
        "timestamp_granularities[]": {"type": "array", "items": granularities},
        "stream": {"type": "string", "enum": ["true", "false"]},
    }
