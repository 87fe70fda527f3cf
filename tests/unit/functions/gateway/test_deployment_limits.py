"""What a deployment takes and keeps is what its settings say."""

from collections.abc import Iterator

import pytest

from shared.settings import settings
from tests.support.gateway import gateway_client, key_headers, memory_deployment

CHOSEN = {
    "MAX_GIGABYTES": "2.5",
    "MAX_FORM_MEGABYTES": "32",
    "MAX_HOURS": "8",
    "REQUESTS_PER_MINUTE": "50",
    "STREAMS_PER_KEY": "3",
    "KEEP_DAYS": "20",
    "KEEP_WORK_DAYS": "2",
    "KEEP_ANSWER_DAYS": "90",
}


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sets the settings of a deployment."""
    for name, value in CHOSEN.items():
        monkeypatch.setenv(f"DROPSCRIBE_{name}", value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("chosen")
def test_the_limits_are_those_of_the_settings() -> None:
    stores = memory_deployment()
    with gateway_client(stores) as client:
        answer = client.get("/api/v1/limits", headers=key_headers(stores, ("write",)))
    assert answer.json() == {
        "max_gigabytes": 2.5,
        "max_form_megabytes": 32,
        "max_hours": 8,
        "requests_per_minute": 50,
        "streams_per_key": 3,
        "keep_job_days": 20,
        "keep_work_days": 2,
        "keep_answer_days": 90,
    }
