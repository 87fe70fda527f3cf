"""A caller that sends slowly, or nothing, keeps no others from uploading."""

import asyncio
from contextlib import ExitStack

import pytest
from fastapi import Request
from starlette.types import Message

from functions.gateway.recording_form import FormSlots, within_limit
from shared.model.errors import BadRequest, TooManyRequests


def test_no_key_takes_all_slots() -> None:
    slots = FormSlots(limit=3, limit_of_key=2)
    with ExitStack() as taken:
        for _ in range(2):
            taken.enter_context(slots.one("slow"))
        with pytest.raises(TooManyRequests, match="of a key"):
            taken.enter_context(slots.one("slow"))
        with slots.one("other"), pytest.raises(TooManyRequests, match="as it can"):
            taken.enter_context(slots.one("third"))
        taken.enter_context(slots.one("third"))
    for _ in range(3):
        with slots.one("slow"), slots.one("slow"):
            pass


def test_a_form_that_does_not_go_on_is_given_up() -> None:
    begin: list[Message] = [{"type": "http.request", "body": b"--x", "more_body": True}]

    async def receive() -> Message:
        if not begin:
            await asyncio.Event().wait()
        return begin.pop()

    async def read() -> None:
        request = within_limit(Request({"type": "http"}, receive), 100, max_silence=0.01)
        async for _ in request.stream():
            pass

    with pytest.raises(BadRequest, match="of the body arrived"):
        asyncio.run(read())
    assert not begin
