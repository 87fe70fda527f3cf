"""CSV and Parquet hold every segment and word, for other people's readers, and run nothing."""

import csv
import io

import pandas
import pyarrow.parquet
import pytest
from hypothesis import given, settings

from shared.formats import parquet_tables
from shared.formats.characters import printable
from shared.formats.csv_tables import csv_cell
from shared.formats.tables import SEGMENT_COLUMNS, WORD_COLUMNS
from shared.formats.writers import draw_format
from shared.model.spreadsheet_cells import FORMULA_STARTS
from shared.model.transcript import Transcript
from tests.support.drawn import AS_DEFAULT
from tests.support.finalize_inputs import transcripts
from tests.support.hostile_transcripts import hostile_transcripts, renamed, source_of
from tests.support.made_transcripts import said, transcript_of_sentences

anything = settings(max_examples=25, deadline=None)


def dialogue() -> Transcript:
    sentences = [said("S1", "Über die Brücke."), said("S2", "= 2 + 2"), said(None, "Ja.")]
    return renamed(transcript_of_sentences(source_of("call.wav"), sentences), ["Anna", "@Bob"])


def csv_rows(format: str, transcript: Transcript) -> list[dict[str, str]]:
    content = draw_format(format, transcript, AS_DEFAULT)
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, strict=True))


def parquet_table(format: str, transcript: Transcript) -> pyarrow.Table:
    content = draw_format(format, transcript, AS_DEFAULT)
    return pyarrow.parquet.read_table(io.BytesIO(content))


def test_csv_begins_with_the_mark_that_excel_needs_and_ends_lines_as_its_standard_says() -> None:
    content = draw_format("csv", dialogue(), AS_DEFAULT)
    header, first, *_, last = content.split(b"\r\n")
    assert header.decode() == "\ufeff" + ",".join(SEGMENT_COLUMNS)
    assert first.decode().startswith("0,0.45,1.47,S1,Anna,Über die Brücke.,en,,0,2,")
    assert last == b""


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30", "'+49 30"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1", "'＝1"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        (-0.5, "-0.5"),
        (None, ""),
        (True, "true"),
        (["=1", "b"], "'=1 b"),
        ([], ""),
    ],
)
def test_a_cell_that_a_spreadsheet_takes_for_a_formula_is_made_text(
    text: str | float | list[str] | None, cell: str
) -> None:
    assert csv_cell(text) == cell


@anything
@given(hostile_transcripts())
def test_any_words_and_names_are_read_back_from_csv(transcript: Transcript) -> None:
    rows = csv_rows("words-csv", transcript)
    assert len(rows) == len(transcript.words)
    labels = {speaker.id: printable(speaker.label) for speaker in transcript.speakers}
    for row, word in zip(rows, transcript.words, strict=True):
        assert row["word"].removeprefix("'") == printable(word.word).removeprefix("'")
        assert row["label"].removeprefix("'") == labels.get(word.speaker or "", "").removeprefix(
            "'"
        )
        assert (float(row["start"]), float(row["end"])) == (word.start, word.end)
        assert not row["word"].startswith(FORMULA_STARTS)
        assert not row["label"].startswith(FORMULA_STARTS)
    segments = csv_rows("csv", transcript)
    assert len(segments) == len(transcript.segments)
    assert not any(row["text"].startswith(FORMULA_STARTS) for row in segments)


@anything
@given(hostile_transcripts())
def test_any_words_are_read_back_from_parquet(transcript: Transcript) -> None:
    table = parquet_table("words-parquet", transcript)
    assert table["word"].to_pylist() == [printable(word.word) for word in transcript.words]
    segments = parquet_table("parquet", transcript)
    assert segments["text"].to_pylist() == [printable(one.text) for one in transcript.segments]


@settings(max_examples=10, deadline=None)
@given(transcripts())
def test_each_segment_has_its_own_words(transcript: Transcript) -> None:
    words = parquet_table("words-parquet", transcript).to_pylist()
    for segment in parquet_table("parquet", transcript).to_pylist():
        own = [word["id"] for word in words if word["segment"] == segment["id"]]
        if segment["first_word"] is None:
            assert own == []
        else:
            assert own == list(range(segment["first_word"], segment["last_word"] + 1))


def test_parquet_has_types_also_where_every_value_is_missing() -> None:
    empty = transcript_of_sentences(source_of("call.wav"), [])
    for format, columns in (("parquet", SEGMENT_COLUMNS), ("words-parquet", WORD_COLUMNS)):
        schema = parquet_table(format, empty).schema
        assert schema == parquet_table(format, dialogue()).schema
        assert schema.names == list(columns)
    assert str(parquet_table("words-parquet", empty).schema.field("speakers").type) == (
        "list<element: string>"
    )


def test_parquet_names_its_recording() -> None:
    metadata = parquet_table("parquet", dialogue()).schema.metadata
    source = source_of("call.wav")
    assert metadata == {
        b"source_uri": source.uri.encode(),
        b"job": source.job_id.encode(),
        b"run": b"1",
    }


def test_pandas_reads_the_types_and_sums_by_speaker() -> None:
    content = draw_format("words-parquet", dialogue(), AS_DEFAULT)
    frame = pandas.read_parquet(io.BytesIO(content))
    assert frame["overlap"].dtype == bool
    assert frame.groupby("label")["word"].count().to_dict() == {"@Bob": 4, "Anna": 3}
    assert frame["channel"].isna().all()


def test_pandas_reads_the_csv_with_its_umlauts() -> None:
    content = draw_format("csv", dialogue(), AS_DEFAULT)
    frame = pandas.read_csv(io.BytesIO(content))
    assert list(frame.columns) == list(SEGMENT_COLUMNS)
    assert list(frame["text"]) == ["Über die Brücke.", "'= 2 + 2", "Ja."]


def test_a_group_of_rows_is_not_the_end_of_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_tables, "ROWS_OF_GROUP", 3)
    content = draw_format("words-parquet", dialogue(), AS_DEFAULT)
    file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
    assert (file.metadata.num_row_groups, file.metadata.num_rows) == (3, 8)
