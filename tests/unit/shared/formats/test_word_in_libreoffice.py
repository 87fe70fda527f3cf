"""LibreOffice opens the document of Word and reads in it what was said."""

import shutil
import subprocess
from pathlib import Path

import pytest

from shared.formats.characters import printable
from shared.formats.clock import clock_time
from shared.formats.writers import draw_format
from shared.model.transcript import Transcript
from tests.support.drawn import AS_DEFAULT
from tests.support.hostile_texts import HOSTILE_WORDS, SCRIPT
from tests.support.hostile_transcripts import renamed, source_of
from tests.support.made_transcripts import Said, conversation, transcript_of_sentences

SOFFICE = shutil.which("soffice")


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_reads_every_turn(tmp_path: Path) -> None:
    hostile = [Said(f"S{index % 3 + 1}", (word,)) for index, word in enumerate(HOSTILE_WORDS)]
    sentences = [*conversation(500, speakers=3), *hostile]
    transcript = transcript_of_sentences(source_of("team/Call & 1.wav"), sentences)
    transcript = renamed(transcript, ["Anna Weber", SCRIPT, "Bob"])
    lines = libreoffice_lines(transcript, tmp_path)
    assert lines[0] == "Call & 1.wav"
    assert lines[1].endswith("English · 3 speakers")
    labels = {speaker.id: speaker.label for speaker in transcript.speakers}
    first = transcript.segments[0]
    heading = f"{labels[first.speaker or '']}  {clock_time(first.start)}"
    assert heading in lines
    text = "\n".join(lines)
    assert all(printable(word.word) in text for word in transcript.words)


def libreoffice_lines(transcript: Transcript, folder: Path) -> list[str]:
    """Returns the lines of the document as LibreOffice saves it as plain text."""
    document = folder / "call.docx"
    document.write_bytes(draw_format("docx", transcript, AS_DEFAULT))
    profile = (folder / "profile").as_uri()
    command = [
        "soffice",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        "txt:Text (encoded):UTF8",
        "--outdir",
        str(folder),
        str(document),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    text = (folder / "call.txt").read_text(encoding="utf-8-sig")
    return text.splitlines()
