"""A real phone call with the words that are said in it, and with what a recogniser gets wrong.

The sound and its reference come with pyannote.audio; see tests/support/recordings.py.
"""

from collections.abc import Iterator

from functions.prepare.peaks import PeakMeter
from shared.model.transcript import Gap, Suspect
from tests.browser.gateway import BrowserGateway, MadeRecording
from tests.support.made_transcripts import Said
from tests.support.recordings import sample, speech

NAME = "Calls/Diane and Sheila.wav"
SPEAKERS = {"Diane": "S1", "Sheila": "S2"}
MISHEARD = {"beep.": "beat.", "Yankee": "yankee"}
"""Words of the reference, and what the transcript has in their place."""
SUSPECT = Suspect(
    start=1.2,
    end=3.4,
    text="Thank you for calling, please hold the line.",
    language="en",
    channel=None,
    reasons=("no_speech",),
)
GAP = Gap(start=18.15, end=18.59, channel=None)


def make_phone_call(gateway: BrowserGateway) -> MadeRecording:
    """Returns the call, whose two speakers have no names yet."""
    return gateway.make_recording(
        NAME,
        sentences=list(sentences()),
        suspects=[SUSPECT],
        gaps=[GAP],
        seconds=30.0,
        sound=sample().read_bytes(),
        peaks=peaks_of_call(),
    )


def peaks_of_call() -> bytes:
    """Returns the outline of the call's sound, as prepare measures it."""
    meter = PeakMeter()
    meter.push(speech().reshape(1, -1))
    return meter.finish()


def sentences() -> Iterator[Said]:
    """Yields what is said, with the times of the reference."""
    end = 0.0
    reference = sample().with_suffix(".stm").read_text()
    for line in reference.splitlines():
        _, _, name, start, stop, text = line.split(maxsplit=5)
        words = tuple(MISHEARD.get(word, word) for word in text.split())
        seconds = (float(stop) - float(start)) / len(words)
        yield Said(SPEAKERS[name], words, float(start) - end, word_seconds=seconds)
        end = float(stop)
