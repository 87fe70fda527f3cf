"""How soon the page of a long recording shows a correction.

Each kind of correction is made several times, in the middle of the text, with the page's controls.
The script's time is that of the event's listeners. A correction is shown when the browser has
painted the next frame after them.
"""

import statistics
from typing import Any

ROUNDS = 7
TIMED = """async (act) => {
  const begin = performance.now();
  act();
  const script = performance.now() - begin;
  await new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(null);
  }));
  return { script, shown: performance.now() - begin };
}"""
"""Gives the milliseconds of an action's listeners, and those until its frame is painted."""
OPEN_WORD = """const words = [...document.querySelectorAll('.paragraphs [data-word]')];
  const word = words[Math.floor(words.length / 2) + round];
  word.dispatchEvent(new MouseEvent('dblclick', { bubbles: true }));"""
CLICK = "document.querySelector('{}').click()"
CHOOSE_LAST = """const select = document.querySelector('.sentence-speaker select');
  const others = [...select.options].filter((option) => option.value !== select.value);
  select.value = others[round % (others.length - 1)].value;"""
CORRECTIONS = {
    "a word": (
        f"""{OPEN_WORD}
        const field = document.querySelector('.word-field');
        field.value = `word${{round}}`;""",
        "field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))",
    ),
    "a word removed": (
        f"""{OPEN_WORD}
        const remove = document.querySelector('.editor-buttons button:nth-child(2)');""",
        "remove.click()",
    ),
    "a sentence of another speaker": (
        f"{OPEN_WORD} {CHOOSE_LAST}",
        "select.dispatchEvent(new Event('change', { bubbles: true }))",
    ),
    "a speaker's name": (
        """const field = document.querySelector('.speaker-input');
        field.value = `Anna ${round}`;""",
        "field.dispatchEvent(new Event('change', { bubbles: true }))",
    ),
    "two speakers merged": (
        """document.querySelector('.speaker-row .merge').click();
        const merge = document.querySelector('dialog[open] .primary');""",
        "merge.click()",
    ),
}
"""What is done first, and what makes the correction."""
UNDO = "document.querySelector('[aria-keyshortcuts=\"Control+Z\"]').click()"
READY = ".edit-switch"


def corrected(page: Any) -> dict[str, dict[str, float]]:
    """Returns the median milliseconds of each kind of correction, and of taking it back."""
    page.wait_for_selector(READY)
    figures = {}
    for name, (prepare, act) in CORRECTIONS.items():
        made = []
        taken_back = []
        for number in range(ROUNDS):
            made.append(timed(page, number, prepare, act))
            taken_back.append(timed(page, number, "", UNDO))
        figures[name] = medians(made)
        figures[f"{name}, taken back"] = medians(taken_back)
    return figures


def timed(page: Any, number: int, prepare: str, act: str) -> dict[str, float]:
    times: dict[str, float] = page.evaluate(
        f"async (round) => {{ {prepare}; return await ({TIMED})(() => {act}); }}", number
    )
    return times


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {
        "script_milliseconds": round(statistics.median(each["script"] for each in rounds), 1),
        "shown_after_milliseconds": round(statistics.median(each["shown"] for each in rounds), 1),
    }
