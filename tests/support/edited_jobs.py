"""Jobs with a real transcript, which can be edited and drawn, and what finalize does with edits."""

from functions.gateway.deployment import Deployment
from shared.formats.corrections import correct
from shared.formats.writers import draw_format
from shared.jobs.due_edits import record_drawn
from shared.jobs.edit_store import find_edits
from shared.jobs.layout import outbox_folder
from shared.model.caption_options import CaptionOptions
from shared.model.contracts import Source
from shared.model.edits import Edits
from shared.model.formats import EDITS_FILE, FORMATS
from shared.model.transcript import Transcript
from tests.support.gateway_jobs import CALL, begin, finish, upload
from tests.support.made_transcripts import Said, said, transcript_of_sentences

SENTENCES = (
    said("S1", "Good morning, Anna speaking."),
    said("S2", "Good morning, this is Ben from the council."),
    said("S1", "What can I do for you?"),
)
ANNA = Edits(speakers={"S1": "Anna Weber"})
BEN = Edits(speakers={"S1": "Anna Weber", "S2": "Ben"})
FILES = ("srt", "txt")
"""Formats in the outbox, beside transcript.json."""


def answer(
    stores: Deployment, source: Source, run: int = 1, sentences: tuple[Said, ...] = SENTENCES
) -> Transcript:
    """Returns the transcript with which a run of the job answers, in FILES."""
    transcript = transcript_of_sentences(source, sentences, run=run)
    begin(stores, source, run)
    contents = {"json": transcript.model_dump_json(indent=1).encode()}
    for name in FILES:
        contents[name] = draw_format(name, transcript, CaptionOptions())
    finish(stores, source, run, contents)
    return transcript


def transcribed(stores: Deployment, name: str = CALL) -> Source:
    """Returns a recording that has a transcript of SENTENCES."""
    source = upload(stores, name)
    answer(stores, source)
    return source


def draw_current(stores: Deployment, source: Source, transcript: Transcript) -> None:
    """Writes the files of the answer with the edits in force, as finalize does."""
    found = find_edits(source, stores.blobs)
    assert found.current is not None
    corrected = correct(transcript, found.current)
    metadata = {
        "dropscribe-generation": str(source.generation),
        "dropscribe-run": str(found.base),
        "dropscribe-revision": str(found.revision),
    }
    files = {
        FORMATS[name].file_name: draw_format(name, corrected, CaptionOptions()) for name in FILES
    }
    files[EDITS_FILE] = found.current.model_dump_json().encode()
    for file_name, content in files.items():
        uri = f"{outbox_folder(source)}/{file_name}"
        before = stores.blobs.find(uri)
        generation = before.generation if before else 0
        assert stores.blobs.put(uri, content, if_generation_match=generation, metadata=metadata)
    record_drawn(source.job_id, found.revision, stores.jobs)
