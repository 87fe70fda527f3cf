"""The tables of segments and of words as Parquet. The only module that imports PyArrow."""

import io
from itertools import islice

import pyarrow
import pyarrow.parquet

from shared.formats.tables import Kind, Table, segment_table, word_table
from shared.model.transcript import Transcript

TYPES: dict[Kind, pyarrow.DataType] = {
    "whole": pyarrow.int32(),
    "number": pyarrow.float64(),
    "truth": pyarrow.bool_(),
    "text": pyarrow.string(),
    "texts": pyarrow.list_(pyarrow.string()),
}
ROWS_OF_GROUP = 20_000
"""Rows that are in memory at once, and that a reader may skip together."""


def write_parquet(transcript: Transcript) -> bytes:
    """Returns the table of segments."""
    table = segment_table(transcript)
    return parquet_of(table, transcript)


def write_words_parquet(transcript: Transcript) -> bytes:
    """Returns the table of words."""
    table = word_table(transcript)
    return parquet_of(table, transcript)


def parquet_of(table: Table, transcript: Transcript) -> bytes:
    """Returns a table that names in its metadata the recording, its job and its run."""
    schema = schema_of(table, transcript)
    document = io.BytesIO()
    with pyarrow.parquet.ParquetWriter(document, schema, compression="zstd") as writer:
        while rows := list(islice(table.rows, ROWS_OF_GROUP)):
            group = pyarrow.Table.from_pylist(rows, schema)
            writer.write_table(group)
    return document.getvalue()


def schema_of(table: Table, transcript: Transcript) -> pyarrow.Schema:
    fields = []
    for name, kind in table.kinds.items():
        field = pyarrow.field(name, TYPES[kind])
        fields.append(field)
    job = transcript.job
    metadata = {
        "source_uri": job.source_uri,
        "job": job.id,
        "run": str(job.run),
    }
    return pyarrow.schema(fields, metadata)
