"""Texts as cells of a spreadsheet."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
"""What a cell begins with that a spreadsheet takes for a formula. Some take full-width signs for
one, too."""


def without_formula(text: str) -> str:
    """Returns the text, after an apostrophe if a spreadsheet would take it for a formula."""
    if text.startswith(FORMULA_STARTS):
        return f"'{text}"
    return text
