"""The labels of speakers, as captions show them."""

from shared.formats.lines import columns
from shared.model.spacing import one_line

MOST_COLUMNS = 0.5
"""The part of a line that a label takes at most."""
CUT_MARK = "…"


def shown_label(label: str, line_columns: int) -> str:
    """Returns a speaker's label with a colon and a space. One that is too long is cut."""
    most = int(line_columns * MOST_COLUMNS)
    text = one_line(label)
    if columns(text) + 2 > most:
        while text and columns(text) + 3 > most:
            text = text[:-1]
        text = text.rstrip() + CUT_MARK
    return f"{text}: "
