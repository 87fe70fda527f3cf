"""Reads server-sent events out of the pieces in which they arrive."""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class ServerEvent:
    """One event of a stream."""

    name: str
    data: str


@dataclass
class EventParser:
    """Reads one stream, as the HTML standard says ("parsing an event stream")."""

    last_id: str = ""
    """The last event's `id`, with which the next stream goes on."""
    _text: str = ""
    """What arrived of a line that is not complete."""
    _name: str = ""
    _id: str | None = None
    _data: list[str] = field(default_factory=list)
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("replace")
    )

    def feed(self, piece: bytes) -> Iterator[ServerEvent]:
        """Yields the events that are complete with this piece."""
        text = self._text + self._decoder.decode(piece)
        # A line may end with both characters, of which only the first has arrived.
        may_go_on = text.endswith("\r")
        lines = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._text = lines.pop() + ("\r" if may_go_on else "")
        for line in lines:
            if line:
                self._read_field(line)
                continue
            if self._id is not None:
                self.last_id = self._id
            if self._data:
                yield ServerEvent(self._name or "message", "\n".join(self._data))
            self._name = ""
            self._id = None
            self._data = []

    def _read_field(self, line: str) -> None:
        """Takes a line. A comment has no name before its colon."""
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "event":
            self._name = value
        elif name == "data":
            self._data.append(value)
        elif name == "id":
            self._id = value
