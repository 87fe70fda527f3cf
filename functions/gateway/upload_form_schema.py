"""Describes the form of an upload for the OpenAPI document."""

from typing import Any

from functions.gateway.recording_form import FORM
from shared.model.options import expectation, option_names

RECORDING = {"type": "string", "contentMediaType": "application/octet-stream"}
NAME = {
    "type": "string",
    "description": "The recording's name, under the folder of the key; by default the file's own.",
}
REPLACE = {
    "type": "string",
    "enum": ["true", "false"],
    "description": "Whether a recording of that name may be replaced.",
}
METADATA = {
    "type": "string",
    "description": "The client's own, which the job echoes: a JSON object of texts. Fields whose "
    "names begin with x- do the same: x-order-id sets order-id.",
    "examples": ['{"order-id": "77"}'],
}


def form_body() -> dict[str, Any]:
    """Returns the declaration of the request's body: the recording, its name and its options."""
    properties: dict[str, Any] = {
        "file": RECORDING,
        "name": NAME,
        "replace": REPLACE,
        "metadata": METADATA,
    }
    properties |= option_properties()
    schema = {
        "type": "object",
        "required": ["file"],
        "properties": properties,
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": False,
    }
    return {"required": True, "content": {FORM: {"schema": schema}}}


def option_properties() -> dict[str, Any]:
    """Returns the options as fields of a form."""
    properties = {}
    for option in option_names():
        properties[option] = {"type": "string", "description": f"Expects {expectation(option)}."}
    return properties
