"""Scratch."""

from typing import Any


def test_time(new_page: Any, gateway: Any, complaints: Any) -> None:
    complaints.expect(".*")
    made = gateway.make_half_a_day()
    page = new_page()
    page.set_default_timeout(60000)
    page.goto(made.address)
    page.wait_for_selector(".word")
    for _ in range(3):
        print(
            page.evaluate("""async () => {
          const {TranscriptModel} = await import('/page/transcript_model.js');
          const id = new URLSearchParams(location.search).get('job');
          const t0 = performance.now();
          const a = await fetch(`api/v1/jobs/${id}/transcript?format=json&original=true`);
          const t1 = performance.now();
          const buf = await a.text();
          const t2 = performance.now();
          const j = JSON.parse(buf);
          const t3 = performance.now();
          const m = new TranscriptModel(j);
          const t4 = performance.now();
          m.correctWord(5, 'x');
          const t5 = performance.now();
          return {head: t1-t0, body: t2-t1, parse: t3-t2, model: t4-t3, edit: t5-t4};
        }""")
        )
    print(
        page.evaluate(
            """() => performance.getEntries().filter(e => e.duration > 30).map(e => [e.name.slice(-60), e.startTime|0, e.duration|0])"""
        )
    )
    print(
        page.evaluate(
            """() => getComputedStyle(document.querySelector('.recording-text')).cssText.slice(0,0) + [...document.querySelector('.recording-text').children].map(c => c.className + ' ' + JSON.stringify(c.getBoundingClientRect())).join('\\n')"""
        )
    )
