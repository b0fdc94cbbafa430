"""A body that is too long, or comes too slowly, ends; a stream that is whole does not."""

import asyncio

import pytest
from starlette.types import Message

from api.shell import limit_body

GONE = {"type": "http.disconnect"}


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


class Sender:
    """Says these things one after the other, and then nothing any more."""

    def __init__(self, *messages: Message) -> None:
        self._messages = list(messages)

    async def __call__(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError


async def heard(sender: Sender, times: int, *, within_s: float) -> list[Message]:
    receive = limit_body(sender, 10, within_s=within_s)
    return [await receive() for _ in range(times)]


def test_body_that_never_ends_is_cut_off_in_time() -> None:
    slow = Sender(part(b"a"), part(b"b"))

    assert asyncio.run(heard(slow, 3, within_s=0.05))[-1] == GONE


def test_body_past_the_limit_is_cut_off_whatever_it_promised() -> None:
    long = Sender(part(b"12345678"), part(b"90123"))

    assert asyncio.run(heard(long, 2, within_s=5))[-1] == GONE


def test_who_only_listens_is_left_alone() -> None:
    listening = Sender(part(b"", more=False))

    with pytest.raises(TimeoutError):
        asyncio.run(asyncio.wait_for(heard(listening, 2, within_s=0.01), 0.1))
