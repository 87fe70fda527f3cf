"""How soon the page of a long recording shows a correction.

Each kind of correction is made several times, in the middle of the text, with the page's controls.
The script's time is that of the event's listeners. A correction is shown when the browser has
painted the next frame after them. Processor time is that of the page's thread until then, which
depends less on what else the machine does.
"""

import statistics
from typing import Any

ROUNDS = 7
TIMED = """async () => {
  const begin = performance.now();
  window.correct();
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
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    figures = {}
    for name, (prepare, act) in CORRECTIONS.items():
        made = []
        taken_back = []
        for number in range(ROUNDS):
            page.evaluate(f"round => {{ {prepare}; window.correct = () => {act}; }}", number)
            made.append(timed(page, session))
            page.evaluate(f"() => {{ window.correct = () => {UNDO}; }}")
            taken_back.append(timed(page, session))
        figures[name] = medians(made)
        figures[f"{name}, taken back"] = medians(taken_back)
    return figures


def timed(page: Any, session: Any) -> dict[str, float]:
    """Returns the milliseconds of one correction."""
    before = thread_seconds(session)
    times: dict[str, float] = page.evaluate(TIMED)
    times["worked"] = 1000 * (thread_seconds(session) - before)
    return times


def thread_seconds(session: Any) -> float:
    """Returns the processor seconds of the page's main thread so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    values: dict[str, float] = {metric["name"]: metric["value"] for metric in metrics}
    return values["TaskDuration"]


def medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {
        "script_milliseconds": median_of("script", rounds),
        "shown_after_milliseconds": median_of("shown", rounds),
        "processor_milliseconds": median_of("worked", rounds),
    }


def median_of(name: str, rounds: list[dict[str, float]]) -> float:
    return round(statistics.median(each[name] for each in rounds), 1)
