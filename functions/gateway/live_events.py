"""What happens to a job, as events for those who listen to it: server-sent events, and the streams of
other APIs."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from functions.gateway.deployment import Deployment
from shared.model.api import JobView
from shared.model.live import PartWords


@dataclass(frozen=True)
class Bookmark:
    """What a listener has got of a job. As a text it is the `id` of an event."""

    run: int = 0
    parts: int = 0
    """The parts of that run whose words were sent, as the bits of a number."""


NOTHING_YET = Bookmark()


@dataclass(frozen=True)
class JobChanged:
    """A job's state or progress. The first event of a listener is one."""

    bookmark: Bookmark
    view: JobView


@dataclass(frozen=True)
class SegmentReady:
    """The words of one part of the recording."""

    bookmark: Bookmark
    """With this part."""
    words_json: str
    """A `PartWords` as JSON, which all listeners share."""

    @property
    def words(self) -> PartWords:
        """Returns the words, with part, start and segments."""
        return PartWords.model_validate_json(self.words_json)


@dataclass(frozen=True)
class JobOver:
    """The end of a job: it is done, failed or cancelled. The last event of a listener."""

    bookmark: Bookmark
    view: JobView


LiveEvent = JobChanged | SegmentReady | JobOver


class LiveEvents:
    """Live events of jobs, for any number of listeners. A job is read once a second for all of its
    listeners together."""

    def listen(
        self, job_id: str, stores: Deployment, bookmark: Bookmark = NOTHING_YET
    ) -> AsyncGenerator[LiveEvent]:
        """Yields a `JobChanged` at once, then what happens, and at the end a `JobOver`.

        Every part after `bookmark` comes once, also the last ones before `JobOver`, and those of a
        job that was over before; none comes where the options change words (`replacements`). After
        a `JobChanged` with a later run, all parts come again. It ends without `JobOver` if the
        recording is erased. Close it (`contextlib.aclosing`) when its events are no longer needed.
        """
        raise NotImplementedError
