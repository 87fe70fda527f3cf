"""How fast a browser opens, scrolls and corrects the transcript of a recording of 12 hours.

    python -m benchmarks.page [--words 100000] [--rounds 5]

A gateway with a made-up recording runs in this process, and Debian's Chromium opens it without a
screen, each round in a context of its own. The text is interactive when it is drawn, its words can
be clicked, and the browser has shown the next frame. Processor seconds are those of all threads of
the process that draws the page; they depend less on what else the machine does.
"""

import argparse
import shutil
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from benchmarks.machine import keep
from benchmarks.page_corrections import corrected, thread_seconds
from functions.gateway.app import create_app
from functions.gateway.deployment import deployment
from tests.browser.gateway import BrowserGateway, MadeRecording
from tests.support.api_server import serve
from tests.support.gateway import memory_deployment

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio")
PATIENCE = 60_000
"""Milliseconds."""
SCROLLED_SECONDS = 5
SLOW_FRAME = 1000 / 60 * 1.5
"""Milliseconds after which a screen with 60 frames a second has shown a frame twice."""
STEPS = {"as one reads": 12, "as one skims": 120, "as one drags": 6_000}
"""Pixels per frame."""
MEBIBYTE = 2**20

WATCH_START = """() => {
  const look = () => {
    if (document.querySelector('.word') === null) return requestAnimationFrame(look);
    requestAnimationFrame(() => { window.interactive = performance.now() });
  };
  requestAnimationFrame(look);
}"""
SCROLL = """async ([pixels, seconds]) => {
  const gaps = [];
  let before = await new Promise(requestAnimationFrame);
  const end = before + seconds * 1000;
  while (before < end) {
    window.scrollBy({top: pixels, behavior: 'instant'});
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - before);
    before = now;
  }
  return gaps;
}"""
SIZES = """() => {
  const sizes = {};
  for (const entry of performance.getEntries()) {
    const isOfPage = entry.name.includes('/page/') || entry.entryType === 'navigation';
    if (isOfPage) sizes[entry.name] = entry.encodedBodySize;
  }
  return Object.values(sizes);
}"""
"""Bytes of the document and of each of its files, as they are sent."""


@contextmanager
def served_recording(words: int) -> Iterator[tuple[BrowserGateway, MadeRecording]]:
    """Gives a gateway that answers, and a recording of so many words in 12 hours."""
    stores = memory_deployment()
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as url:
        gateway = BrowserGateway(url, stores)
        yield gateway, gateway.make_half_a_day(words=words)


@contextmanager
def opened_page(browser: Any, gateway: BrowserGateway, made: MadeRecording) -> Iterator[Any]:
    """Gives a page of a new context that has opened the recording."""
    context = browser.new_context(base_url=gateway.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(PATIENCE)
    context.request.post("/api/v1/login", data={"key": gateway.key})
    page = context.new_page()
    page.add_init_script(f"({WATCH_START})()")
    page.goto(made.address)
    page.wait_for_function("() => window.interactive !== undefined")
    yield page
    context.close()


def scrolled(page: Any) -> dict[str, dict[str, float]]:
    """Returns the frames of each way of scrolling, and what the page's thread works for each."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    figures = {}
    for name, pixels in STEPS.items():
        page.evaluate("() => window.scrollTo({top: 0, behavior: 'instant'})")
        before = thread_seconds(session)
        gaps = page.evaluate(SCROLL, [pixels, SCROLLED_SECONDS])
        worked = thread_seconds(session) - before
        slow = [gap for gap in gaps if gap > SLOW_FRAME]
        figures[name] = {
            "processor_milliseconds_per_frame": round(1000 * worked / len(gaps), 1),
            "frames_per_second": round(1000 * len(gaps) / sum(gaps), 1),
            "share_of_slow_frames": round(len(slow) / len(gaps), 4),
            "longest_frame_milliseconds": round(max(gaps)),
        }
    return figures


def heap_of(page: Any) -> float:
    """Returns MiB of the page's objects after a collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used: float = session.send("Runtime.getHeapUsage")["usedSize"]
    return round(used / MEBIBYTE, 1)


def renderer() -> psutil.Process:
    """Returns the process that draws the page: the largest of its kind."""
    children = psutil.Process().children(recursive=True)
    renderers = [each for each in children if "--type=renderer" in each.cmdline()]
    return max(renderers, key=lambda each: each.memory_info().rss)


def processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return round(times.user + times.system, 2)


def measure(words: int, rounds: int) -> dict[str, Any]:
    """Returns the figures of the recording. Opening it is measured `rounds` times."""
    seconds = []
    worked = []
    with served_recording(words) as (gateway, made), sync_playwright() as driver:
        executable = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=executable, args=ARGUMENTS)
        for _ in range(rounds):
            with opened_page(browser, gateway, made) as page:
                worked.append(processor_seconds(renderer()))
                milliseconds = page.evaluate("() => window.interactive")
                seconds.append(round(milliseconds / 1000, 2))
        with opened_page(browser, gateway, made) as page:
            sizes = page.evaluate(SIZES)
            heap = heap_of(page)
            figures = {
                "words": words,
                "transcript_bytes": len(made.transcript.model_dump_json().encode()),
                "page_bytes": sum(sizes),
                "page_files": len(sizes),
                "seconds_to_interactive": {
                    "median": statistics.median(seconds),
                    "all": seconds,
                },
                "processor_seconds_to_interactive": {
                    "median": statistics.median(worked),
                    "all": worked,
                },
                "scrolled": scrolled(page),
                "corrected": corrected(page),
                "drawn_words": page.locator(".word").count(),
                "heap_mebibytes": heap,
                "renderer_mebibytes": round(renderer().memory_info().rss / MEBIBYTE, 1),
            }
        browser.close()
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    keep("page", measure(arguments.words, arguments.rounds))


if __name__ == "__main__":
    main()
