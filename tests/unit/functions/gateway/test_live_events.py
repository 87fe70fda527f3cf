"""Listeners get a job's state, its words and its end, and a job is read once for all of them."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from functions.gateway.job_watch import JobWatch, Listener
from functions.gateway.live_events import (
    NOTHING_YET,
    Bookmark,
    JobChanged,
    JobOver,
    LiveEvent,
    LiveEvents,
    SegmentReady,
)
from functions.gateway.ready_words import ReadyWords
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.jobs.unaligned_parts import record_unaligned
from shared.model.contracts import Source
from shared.model.errors import JobStoreUnavailable, StorageUnavailable
from shared.ports.documents import Document
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload
from tests.support.live_jobs import (
    CHUNK_SECONDS,
    align,
    align_suspect,
    cut,
    cut_job,
    recognise,
)


class CountedBlobs(MemoryBlobs):
    """Counts the reads of each object, and fails the next ones if a test wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[str] = Counter()
        self.failures = 0

    def read(self, uri: str, generation: int | None = None) -> bytes:
        if self.failures:
            self.failures -= 1
            raise StorageUnavailable("away")
        self.reads[uri] += 1
        return super().read(uri, generation)


class CountedDocuments(MemoryDocuments):
    """Counts the documents that are read, and fails the next looks if a test wants it."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs_read = 0
        self.records_read = 0
        self.failures = 0

    def get(self, path: str) -> tuple[Document, object] | None:
        if path.count("/") == 1 and path.startswith("jobs/"):
            self.jobs_read += 1
            if self.failures:
                self.failures -= 1
                raise JobStoreUnavailable("away")
        return super().get(path)

    def updated_since(self, collection: str, state: str, since: str) -> Any:
        found = list(super().updated_since(collection, state, since))
        self.records_read += len(found)
        return iter(found)


class Live:
    """The events of jobs on stores in memory. A job is looked at all the time."""

    def __init__(self) -> None:
        self.documents = CountedDocuments()
        self.blobs = CountedBlobs()
        self.now = 1_800_000_000.0
        """Of the job store's clock, in seconds since the epoch."""
        jobs = JobStore(self.documents, clock=lambda: self.now)
        self.stores = replace(memory_deployment(self.documents), blobs=self.blobs, jobs=jobs)
        self.watch = JobWatch(interval=0.001)
        self.events = LiveEvents(self.watch)

    def listen(
        self,
        source: Source,
        bookmark: Bookmark = NOTHING_YET,
        listener: Listener | None = None,
    ) -> AsyncGenerator[LiveEvent]:
        return self.events.listen(source.job_id, self.stores, bookmark, listener)

    async def looks(self, number: int) -> None:
        """Return when the job was looked at so many times more."""
        wanted = self.documents.jobs_read + number
        while self.documents.jobs_read < wanted:
            await asyncio.sleep(0.001)


@pytest.fixture
def live() -> Live:
    return Live()


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Runs a test that is stuck if an event does not come."""
    asyncio.run(asyncio.wait_for(test(), timeout=60))


async def segment_after(events: AsyncGenerator[LiveEvent]) -> SegmentReady:
    """Returns the next words, whatever comes before them."""
    async for event in events:
        if isinstance(event, SegmentReady):
            return event
    raise AssertionError("the stream ended without words")


async def rest_of(events: AsyncGenerator[LiveEvent]) -> list[LiveEvent]:
    return [event async for event in events]


def parts_of(events: list[LiveEvent]) -> list[int]:
    """Returns the parts whose words came, in their order."""
    return [event.words.part for event in events if isinstance(event, SegmentReady)]


def test_the_whole_state_comes_first_and_the_end_last(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 2)
        async with aclosing(live.listen(source)) as events:
            first = await anext(events)
            assert isinstance(first, JobChanged)
            assert (first.view.id, first.view.state) == (source.job_id, "running")
            finish(live.stores, source)
            *between, last = await rest_of(events)
        assert isinstance(last, JobOver) and last.view.state == "done"
        assert not any(isinstance(event, JobOver) for event in between)
        assert live.watch.watched == frozenset()

    run(test)


def test_words_come_as_soon_as_their_part_is_aligned_in_the_time_of_the_recording(
    live: Live,
) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 3)
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            align(live.stores, source, 2, "Good morning.", start=1.0)
            ready = await segment_after(events)
        words = ready.words
        assert (words.run, words.part, words.start) == (1, 2, 2 * CHUNK_SECONDS)
        (segment,) = words.segments
        assert (segment.start, segment.text) == (121.0, "Good morning.")
        assert [(word.word, word.start) for word in segment.words] == [
            ("Good", 121.0),
            ("morning.", 121.5),
        ]

    run(test)


def test_a_sentence_that_was_probably_never_said_is_left_out(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 1)
        align_suspect(live.stores, source, 0)
        async with aclosing(live.listen(source)) as events:
            ready = await segment_after(events)
        assert ready.words.segments == ()

    run(test)


def test_words_that_cannot_be_aligned_come_once_with_the_recognisers_times(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 3)
        async with aclosing(live.listen(source)) as events:
            for part in range(3):
                recognise(live.stores, source, part)
            record_unaligned(source.job_id, 1, live.stores.jobs)
            failed = await segment_after(events)
            assert (failed.words.part, failed.words.is_aligned) == (1, False)
            (segment,) = failed.words.segments
            assert [(word.word, word.start) for word in segment.words] == [
                ("Good", 61.0),
                ("morning.", 61.5),
            ]
            align(live.stores, source, 1)  # a further attempt, whose call was given up
            align(live.stores, source, 0)
            aligned = await segment_after(events)
            assert (aligned.words.part, aligned.words.is_aligned) == (0, True)
            align(live.stores, source, 2)
            finish(live.stores, source)
            assert parts_of(await rest_of(events)) == [2]

    run(test)


def test_words_whose_failed_alignment_nothing_recorded_come_in_order_before_the_end(
    live: Live,
) -> None:
    """No worker of align may have been there to record it."""

    async def test() -> None:
        source = cut_job(live.stores, 3)
        for part in (2, 1, 0):
            recognise(live.stores, source, part)
        align(live.stores, source, 1)
        async with aclosing(live.listen(source)) as events:
            await segment_after(events)
            await live.looks(5)
            finish(live.stores, source)
            rest = await rest_of(events)
        assert parts_of(rest) == [0, 2]
        assert isinstance(rest[-1], JobOver)

    run(test)


@pytest.mark.parametrize("end", [fail, None])
def test_words_that_may_still_be_aligned_or_will_be_in_no_transcript_are_not_sent(
    live: Live, end: Callable[..., Any] | None
) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 1)
        recognise(live.stores, source, 0)
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            await live.looks(5)
            if end is not None:
                end(live.stores, source)
            else:
                align(live.stores, source, 0)
                finish(live.stores, source)
            segments = [each for each in await rest_of(events) if isinstance(each, SegmentReady)]
        assert [segment.words.is_aligned for segment in segments] == ([] if end else [True])

    run(test)


def test_a_later_run_may_align_what_failed_before(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 1)
        recognise(live.stores, source, 0)
        record_unaligned(source.job_id, 0, live.stores.jobs)
        async with aclosing(live.listen(source)) as events:
            first = await segment_after(events)
            finish(live.stores, source)
            live.stores.operations.redrive(source.job_id)
            begin(live.stores, source, run=3)
            cut(live.stores, source, 1, run=3)
            recognise(live.stores, source, 0)
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            await live.looks(5)
            align(live.stores, source, 0)
            second = await segment_after(events)
        assert (first.words.is_aligned, second.words.is_aligned) == (False, True)

    run(test)


def test_progress_comes_when_it_changes_and_not_because_time_passes(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 4)
        align(live.stores, source, 0)  # so that the remaining seconds are estimated anew each time
        async with aclosing(live.listen(source)) as events:
            first = await anext(events)
            assert isinstance(first, JobChanged)
            await segment_after(events)
            await live.looks(20)
            align(live.stores, source, 1)
            second = await anext(events)
        assert isinstance(second, JobChanged)
        done = {stage.stage: stage.done for stage in second.view.progress.stages}
        assert done["align"] == 2

    run(test)


def test_words_that_the_transcript_will_change_are_not_sent(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 1, options={"replacements": {"Good": "Bad"}})
        align(live.stores, source, 0)
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            finish(live.stores, source)
            assert parts_of(await rest_of(events)) == []

    run(test)


def test_a_listener_that_goes_on_gets_each_part_once_from_any_instance(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 5)
        align(live.stores, source, 3)
        async with aclosing(live.listen(source)) as events:
            first = await segment_after(events)
        text = str(first.bookmark)
        align(live.stores, source, 0)
        other_instance = LiveEvents(JobWatch(interval=0.001))
        bookmark = Bookmark.parse(text)
        going_on = other_instance.listen(source.job_id, live.stores, bookmark)
        async with aclosing(going_on) as events:
            second = await segment_after(events)
            assert second.words.part == 0
            for part in (4, 1, 2):
                align(live.stores, source, part)
            finish(live.stores, source)
            rest = await rest_of(events)
        assert sorted(parts_of(rest)) == [1, 2, 4]

    run(test)


def test_the_last_words_come_before_the_end_though_the_job_ended_before_they_were_read(
    live: Live,
) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 2)
        align(live.stores, source, 0)
        align(live.stores, source, 1)
        finish(live.stores, source)
        events = await rest_of(live.listen(source))
        assert [type(event) for event in events] == [
            JobChanged,
            SegmentReady,
            SegmentReady,
            JobOver,
        ]

    run(test)


def test_a_later_run_begins_with_no_words_sent(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 1)
        align(live.stores, source, 0)
        async with aclosing(live.listen(source)) as events:
            first = await segment_after(events)
            live.stores.jobs.finish(source.job_id, 1, "retryable")
            begin(live.stores, source, run=2)
            cut(live.stores, source, 1, run=2)
            align(live.stores, source, 0)  # the result is used again
            second = await segment_after(events)
        assert (first.words.run, second.words.run) == (1, 2)

    run(test)


def test_a_cancellation_repeats_no_words(live: Live) -> None:
    """It has a run of its own."""

    async def test() -> None:
        source = cut_job(live.stores, 2)
        align(live.stores, source, 0)
        async with aclosing(live.listen(source)) as events:
            await segment_after(events)
            live.stores.operations.cancel_recording(source)
            rest = await rest_of(events)
        assert parts_of(rest) == []
        assert isinstance(rest[-1], JobOver) and rest[-1].view.state == "cancelled"

    run(test)


@pytest.mark.parametrize("end", [fail, done_job])
def test_a_job_that_has_ended_is_answered_at_once(live: Live, end: Callable[..., Any]) -> None:
    async def test() -> None:
        if end is done_job:
            source = done_job(live.stores)
        else:
            source = upload(live.stores)
            begin(live.stores, source)
            fail(live.stores, source)
        first, last = await rest_of(live.listen(source))
        assert isinstance(first, JobChanged) and isinstance(last, JobOver)

    run(test)


def test_an_erasure_ends_the_stream_without_further_words(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 2)
        align(live.stores, source, 0)
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            live.stores.operations.erase(source.bucket, source.name)
            assert await rest_of(events) == []
        assert live.watch.watched == frozenset()

    run(test)


def test_a_listener_that_is_ended_gets_no_more(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 2)
        listener = Listener()
        async with aclosing(live.listen(source, listener=listener)) as events:
            await anext(events)
            align(live.stores, source, 0)
            listener.end()
            assert await rest_of(events) == []
        assert live.watch.watched == frozenset()

    run(test)


def test_all_listeners_share_the_looks_and_the_words(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 3)
        listeners = [asyncio.create_task(rest_of(live.listen(source))) for _ in range(50)]
        await live.looks(3)
        assert live.watch.watched == {source.job_id}
        looks = [task for task in asyncio.all_tasks() if "look_until_over" in repr(task)]
        assert len(looks) == 1
        for part in range(3):
            align(live.stores, source, part, f"Part {part}.")
            await live.looks(2)
        finish(live.stores, source)
        for events in await asyncio.gather(*listeners):
            assert parts_of(events) == [0, 1, 2]
        results = {uri: reads for uri, reads in live.blobs.reads.items() if "/align/" in uri}
        assert len(results) == 6  # the result and the words of each part
        assert set(results.values()) == {1}
        manifests = [uri for uri in live.blobs.reads if "/prepare/" in uri]
        assert len(manifests) == 2

    run(test)


def test_records_that_are_known_are_not_read_again(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 100)
        for part in range(99):
            align(live.stores, source, part)
        live.now += 60
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            assert live.documents.records_read == 100
            await live.looks(20)
            assert live.documents.records_read == 100
            live.now += 60
            align(live.stores, source, 99)
            await live.looks(3)
            live.now += 60
            await live.looks(3)
            read = live.documents.records_read
            await live.looks(20)
            assert live.documents.records_read == read

    run(test)


@pytest.mark.parametrize(("late", "is_seen_at_once"), [(5.0, True), (40.0, False)])
def test_words_whose_record_is_readable_late_are_not_missed(
    live: Live, late: float, is_seen_at_once: bool
) -> None:
    """One that is very late comes at the end of the job."""

    async def test() -> None:
        source = cut_job(live.stores, 1)
        live.now += 60
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            await live.looks(3)
            live.now -= late
            align(live.stores, source, 0)
            live.now += late
            if is_seen_at_once:
                await segment_after(events)
            else:
                await live.looks(5)
                assert live.documents.records_read == 1  # the manifest's
            finish(live.stores, source)
            parts = parts_of(await rest_of(events))
        assert parts == ([] if is_seen_at_once else [0])

    run(test)


def test_a_store_that_does_not_answer_for_a_while_ends_no_stream(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 2)
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            live.documents.failures = 3
            await live.looks(5)
            align(live.stores, source, 0)
            await segment_after(events)
            live.blobs.failures = 1
            align(live.stores, source, 1)
            again = await segment_after(events)
        assert again.words.part == 1

    run(test)


def test_words_that_are_gone_are_left_out(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 2)
        for part in (0, 1):
            align(live.stores, source, part)
        for blob in list(live.blobs.list(f"gs://dropscribe-work/{source.job_id}/align/")):
            live.blobs.delete(blob.uri, blob.generation)
        finish(live.stores, source)
        events = await rest_of(live.listen(source))
        assert parts_of(events) == []
        assert isinstance(events[-1], JobOver)

    run(test)


def test_a_bug_in_the_looks_ends_the_streams(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 1)
        async with aclosing(live.listen(source)) as events:
            await anext(events)
            path = f"jobs/{source.job_id}"
            live.documents._kept[path] = {"no": "job"}, -1
            with pytest.raises(ValueError, match="validation errors"):
                await rest_of(events)
        assert live.watch.watched == frozenset()

    run(test)


def test_a_listener_that_goes_away_leaves_nothing(live: Live) -> None:
    async def test() -> None:
        source = cut_job(live.stores, 1)
        before = asyncio.all_tasks()
        events = live.listen(source)
        await anext(events)
        assert asyncio.all_tasks() > before
        await events.aclose()
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before
        assert live.watch.watched == frozenset()

    run(test)


def test_words_that_are_kept_are_bounded(live: Live) -> None:
    async def test() -> None:
        sources = [cut_job(live.stores, 1, f"team-a/{number}.wav") for number in range(3)]
        live.events._words = ReadyWords(max_bytes=700)
        for source in sources:
            align(live.stores, source, 0)
            async with aclosing(live.listen(source)) as events:
                await segment_after(events)
        kept = live.events._words._kept
        assert 1 <= len(kept) < 3
        assert live.events._words._kept_bytes == sum(len(words) for words in kept.values())

    run(test)


@pytest.mark.parametrize(
    "text", ["", "x", "1", "1-", "-1", "1-g", "1-0-end-", "1-0\n", "٣-0", "1-" + "f" * 257]
)
def test_an_id_that_no_stream_sent_begins_anew(text: str) -> None:
    assert Bookmark.parse(text) == NOTHING_YET


def test_an_id_says_all_that_was_sent() -> None:
    bookmark = Bookmark(3).with_part(0).with_part(143)
    assert Bookmark.parse(str(bookmark)) == bookmark
    assert [part for part in range(200) if bookmark.has(part)] == [0, 143]
