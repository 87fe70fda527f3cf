"""Chromium shows the WebVTT captions as they were made: times, lines, names and times of words."""

from typing import Any

from shared.formats.cues import build_cues
from shared.model.caption_options import CaptionOptions
from shared.model.contracts import Source
from tests.support.drawn import drawn
from tests.support.made_transcripts import conversation, said, transcript_of_sentences

HOSTILE_NAME = 'Anna <b>"Bee"</b> & Co --> 1'
HOSTILE_TEXT = "Is <script>alert(1)</script> & 3 --> 2 really &amp; <00:00:01.000> true?"
READ_TRACK = """
async (text) => {
  const blob = new Blob([text], {type: "text/vtt"});
  const track = document.createElement("track");
  track.kind = "captions";
  track.src = URL.createObjectURL(blob);
  const video = document.createElement("video");
  video.append(track);
  document.body.append(video);
  const loaded = new Promise((resolve, reject) => {
    track.onload = resolve;
    track.onerror = () => reject(new Error("the captions could not be read"));
  });
  track.track.mode = "showing";
  await loaded;
  return Array.from(track.track.cues, (cue) => {
    const shown = cue.getCueAsHTML();
    const nodes = document.createNodeIterator(shown, NodeFilter.SHOW_PROCESSING_INSTRUCTION);
    const times = [];
    for (let node = nodes.nextNode(); node; node = nodes.nextNode()) times.push(node.data);
    const voices = Array.from(shown.querySelectorAll("span"), (span) => span.title);
    return {start: cue.startTime, end: cue.endTime, text: shown.textContent, voices, times};
  });
}
"""


def test_chromium_reads_every_caption(browser: Any) -> None:
    """Names and words are hostile, and two speakers share a caption."""
    sentences = [
        *conversation(60),
        said("S1", HOSTILE_TEXT),
        said("S2", "Yes.", 0.1),
        said("S1", "No.", 0.1),
    ]
    source = Source(bucket="inbox", name="call.wav", generation=1)
    transcript = transcript_of_sentences(source, sentences)
    first, *others = transcript.speakers
    hostile = first.model_copy(update={"label": HOSTILE_NAME})
    transcript = transcript.model_copy(update={"speakers": (hostile, *others)})
    options = CaptionOptions(caption_words=True)
    cues = build_cues(transcript, options)
    page = browser.new_page()
    read = page.evaluate(READ_TRACK, drawn("vtt", transcript, options))
    page.close()

    assert [(cue["start"], cue["end"]) for cue in read] == [
        (cue.start / 1000, cue.end / 1000) for cue in cues
    ]
    assert [cue["text"] for cue in read] == ["\n".join(cue.lines) for cue in cues]
    assert [cue["voices"] for cue in read] == [
        [voice.speaker for voice in cue.voices] for cue in cues
    ]
    assert max(len(cue["voices"]) for cue in read) == 2
    lines = [line for cue in cues for voice in cue.voices for line in voice.lines]
    pieces = sum(len(line.pieces) for line in lines)
    assert sum(len(cue["times"]) for cue in read) == pieces - len(cues)
