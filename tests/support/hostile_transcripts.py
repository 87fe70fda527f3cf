"""Transcripts of any characters at all, for property tests of documents."""

from hypothesis import strategies as st

from shared.formats.characters import printable
from shared.model.contracts import Source
from shared.model.transcript import Transcript
from tests.support.hostile_texts import HOSTILE_WORDS
from tests.support.made_transcripts import Said, transcript_of_sentences

any_characters = st.characters()
"""Control characters and lone surrogates, too."""
any_words = st.text(any_characters, min_size=1, max_size=12)
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), max_size=12)
hostile_words = st.one_of(any_words, st.sampled_from([word[:200] for word in HOSTILE_WORDS]))
shown_words = hostile_words.filter(lambda word: printable(word) != "")
"""Words of which something is left without control characters."""
speakers = st.sampled_from(["S1", "S2", "S3", None])


@st.composite
def hostile_transcripts(draw: st.DrawFn) -> Transcript:
    """Draws a transcript whose words, names of speakers and name of the recording are anything."""
    spoken = draw(
        st.lists(st.tuples(speakers, st.lists(shown_words, min_size=1, max_size=4)), max_size=6)
    )
    sentences = [Said(speaker, tuple(words)) for speaker, words in spoken]
    name = draw(names)
    source = Source(bucket="inbox", name=f"{name}.wav", generation=1)
    transcript = transcript_of_sentences(source, sentences)
    return renamed(transcript, draw(st.lists(hostile_words, min_size=3, max_size=3)))


def renamed(transcript: Transcript, labels: list[str]) -> Transcript:
    """Returns the transcript with these labels of its speakers."""
    speakers = [
        speaker.model_copy(update={"label": label})
        for speaker, label in zip(transcript.speakers, labels, strict=False)
    ]
    return transcript.model_copy(update={"speakers": tuple(speakers)})


def source_of(name: str) -> Source:
    return Source(bucket="inbox", name=name, generation=1)
