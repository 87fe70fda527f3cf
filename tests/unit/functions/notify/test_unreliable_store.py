"""Whatever calls of the store fail, each endpoint gets an event at least once."""

import ssl
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.notify.delivering import Notifier
from functions.notify.name_lookup import NameLookup
from functions.notify.posting import Answer, Sender
from shared.adapters.memory import MemoryDocuments
from shared.model.errors import DeliveriesDue, JobStoreUnavailable
from shared.model.networks import AllowedHosts
from shared.model.push import PushRequest
from shared.ports.documents import Document
from tests.support.webhooks import Stores, pushed

URLS = ("https://a.example.org/", "https://b.example.org/", "https://c.example.org/")
MOST_PUSHES = 100
"""More than any series of failures below takes."""
PAUSE = timedelta(minutes=40).total_seconds()
"""After three failures the next try is due in less."""
NAMES = NameLookup()
CERTIFICATES = ssl.create_default_context()
THREADS = ThreadPoolExecutor(len(URLS))
ANSWERS = {True: Answer(200, None, 0.1), False: Answer(500, "status", 0.1)}


class UnreliableDocuments(MemoryDocuments):
    """Fails the calls with these numbers, from 0 since they were set."""

    def __init__(self) -> None:
        super().__init__()
        self.outages: set[int] = set()
        self.calls = 0

    def fail(self) -> None:
        number = self.calls
        self.calls += 1
        if number in self.outages:
            raise JobStoreUnavailable("an outage")

    def get(self, path: str) -> tuple[Document, object] | None:
        self.fail()
        return super().get(path)

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        self.fail()
        written = super().put(path, document, if_version)
        self.fail()  # it was written, but the answer is lost
        return written

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        self.fail()
        return super().query(collection, field, value)


@dataclass(frozen=True)
class ScriptedSender(Sender):
    """Gets the answers that are prepared for a URL, and a success after them."""

    script: dict[str, list[bool]] = field(default_factory=dict)
    successes: Counter[str] = field(default_factory=Counter)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        prepared = self.script[url]
        succeeds = prepared.pop(0) if prepared else True
        self.successes[url] += succeeds
        return ANSWERS[succeeds]


def pushes_until_accepted(stores: Stores, notifier: Notifier, request: PushRequest) -> int:
    """Returns how often an event was pushed before it was not asked for again."""
    for pushes in range(MOST_PUSHES):
        try:
            notifier(request)
        except (DeliveriesDue, JobStoreUnavailable):
            stores.clock.now += PAUSE
        else:
            return pushes
    return MOST_PUSHES


@settings(deadline=None, max_examples=50)
@given(
    st.sets(st.integers(0, 100), max_size=12),
    st.tuples(*[st.lists(st.booleans(), max_size=3) for _ in URLS]),
)
def test_each_endpoint_gets_the_event_at_least_once(
    outages: set[int], answers: tuple[list[bool], ...]
) -> None:
    documents = UnreliableDocuments()
    stores = Stores(documents)
    webhooks = [stores.webhook(url) for url in URLS]
    job = stores.ended()
    script = {url: list(answers) for url, answers in zip(URLS, answers, strict=True)}
    sender = ScriptedSender(AllowedHosts(), NAMES, CERTIFICATES, script=script)
    notifier = Notifier(stores.webhooks, stores.jobs, sender, threads=THREADS)
    documents.calls, documents.outages = 0, outages
    pushes = pushes_until_accepted(stores, notifier, pushed(job))
    assert pushes < MOST_PUSHES
    documents.outages = set()
    for webhook in webhooks:
        assert stores.delivery(webhook, job).state == "delivered"
        assert sender.successes[webhook.url] >= 1
    before = sender.successes.total()
    notifier(pushed(job))
    assert sender.successes.total() == before, "a further copy of the event is sent to no one"
