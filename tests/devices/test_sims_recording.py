"""A live stream recorded through a real broker, and played back."""

import asyncio
import json
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar

import pytest

from sims.mqtt.client import Broker
from sims.recording import BadRecording, play, read, record
from sims.running import running
from sims.scenario import parse
from tests.devices.test_sims_mqtt import HPLC, Server, unlock
from tests.servers import BrokerUnderTest

T = TypeVar("T")


class Recording:
    """A recording that runs in a thread."""

    def __init__(self, url: str, path: Path) -> None:
        self._up = Event()
        self._thread = Thread(target=lambda: asyncio.run(self._run(url, path)))
        self._thread.start()
        assert self._up.wait(5)

    async def _run(self, url: str, path: Path) -> None:
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        task = self._loop.create_task(
            record(
                Broker.parse(url), path, topic="lab/1/hplc-01/+", client_id="rec", until=self._done
            )
        )
        self._up.set()
        self.count = await task

    def stop(self) -> int:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(10)
        return self.count


def run_apart(work: Coroutine[Any, Any, T]) -> T:
    """Run it on a thread of its own: a browser's test may have left its loop on this one."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_recording_is_played_back_as_of_now_and_under_new_boots(
    broker: BrokerUnderTest, tmp_path: Path
) -> None:
    path = tmp_path / "morning.jsonl.gz"
    device_url = broker.gateway_url("hplc-01", ["hplc-01"])
    recording = Recording(broker.url(), path)
    server = Server(broker.url())
    with running(parse(HPLC), broker=device_url, stepped=True) as lab:
        server.wait_for(lambda: len(server.of("state")) == 1)
        unlock(server, lab)
        lab.step(70_000)
        server.wait_for(lambda: len(server.of("m")) >= 70)
    server.wait_for(lambda: "stop" in server.events())
    recording.stop()
    live = [body for kind in ("m", "evt") for body in server.of(kind)]
    server.messages.clear()

    began_ms = time.time() * 1000
    played = run_apart(play(Broker.parse(device_url), path, speed=1000, passwords={}))
    server.wait_for(lambda: len(server.of("m")) + len(server.of("evt")) >= len(live))
    server.close()

    again = [body for kind in ("m", "evt") for body in server.of(kind)]
    assert played >= len(live)
    assert [body["seq"] for body in again] == [body["seq"] for body in live]
    assert [body.get("run_ms") for body in again] == [body.get("run_ms") for body in live]
    assert {body["boot"] for body in again}.isdisjoint({body["boot"] for body in live})
    shifts = {new["ts"] - old["ts"] for new, old in zip(again, live, strict=True)}
    assert len(shifts) == 1
    assert shifts.pop() > 0
    assert again[0]["ts"] >= began_ms - 5000


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", ":2: Input data was truncated"),
        ('{"at":1}', ":2: Object missing required field `topic`"),
        ('{"at":1,"topic":"lab/1/x","text":""}', ":2: 'lab/1/x' at 1 is no lab/1 message"),
        ('{"at":1,"topic":"lab/1/x/m","base64":"!"}', ":2: "),
    ],
)
def test_bad_recording_says_line_and_reason(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "bad.jsonl"
    good = json.dumps({"at": 0, "topic": "lab/1/x/m", "text": "{}"})
    path.write_text(f"{good}\n{line}\n")

    with pytest.raises(BadRecording) as refused:
        list(read(path))

    assert str(refused.value).startswith(str(path) + reason)


def test_broker_that_lets_nobody_in_is_said_to(tmp_path: Path, broker: BrokerUnderTest) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps({"at": 0, "topic": "lab/1/stranger/m", "text": "{}"}))
    url = Broker.parse(broker.url())
    wrong = Broker(url.host, url.port, None, "wrong")

    async def attempt() -> None:
        async with asyncio.timeout(30):
            await play(wrong, path, patience_s=1)

    with pytest.raises(BadRecording, match="nobody in as stranger"):
        run_apart(attempt())
