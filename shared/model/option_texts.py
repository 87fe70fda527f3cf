"""Options as metadata and forms hold them: each as a text."""

import json

from pydantic import JsonValue


def option_text(value: JsonValue) -> str:
    """Returns the text from which an option's value is read again."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
