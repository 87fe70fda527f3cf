"""Requests that Pub/Sub pushes are read as its documentation shows them, and written the same."""

import json

import pytest
from pydantic import ValidationError

from shared.model.push import PushedMessage, PushRequest

DOCUMENTED = {
    "message": {
        "attributes": {"ce-id": "1"},
        "data": "SGVsbG8gQ2xvdWQgUHViL1N1YiEgSGVyZSBpcyBteSBtZXNzYWdlIQ==",
        "messageId": "2070443601311540",
        "message_id": "2070443601311540",
        "orderingKey": "key",
        "publishTime": "2021-02-26T19:13:55.749Z",
        "publish_time": "2021-02-26T19:13:55.749Z",
    },
    "subscription": "projects/myproject/subscriptions/mysubscription",
    "deliveryAttempt": 5,
}
"""After https://docs.cloud.google.com/pubsub/docs/push#receive_push."""


def test_the_documented_request_is_read() -> None:
    request = PushRequest.model_validate_json(json.dumps(DOCUMENTED))
    assert request.message.data == b"Hello Cloud Pub/Sub! Here is my message!"
    assert request.message.attributes == {"ce-id": "1"}
    assert request.message.message_id == "2070443601311540"
    assert request.delivery_attempt == 5


def test_a_request_is_written_as_it_is_read() -> None:
    message = PushedMessage(
        attributes={"a": "b"}, data=b"e30=", message_id="1", publish_time="2026-11-28T00:00:00Z"
    )
    request = PushRequest(message=message, subscription="s", delivery_attempt=2)
    written = json.loads(request.model_dump_json())
    assert written == {
        "message": {
            "attributes": {"a": "b"},
            "data": "e30=",
            "messageId": "1",
            "publishTime": "2026-11-28T00:00:00Z",
        },
        "subscription": "s",
        "deliveryAttempt": 2,
    }
    assert PushRequest.model_validate(written) == request


def test_data_that_is_no_base64_is_refused_without_showing_it() -> None:
    broken = json.dumps(DOCUMENTED).replace("SGVsbG8g", "SGVsbG8")
    with pytest.raises(ValidationError) as refusal:
        PushRequest.model_validate_json(broken)
    assert "SGVsbG8" not in str(refusal.value)
