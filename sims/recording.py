"""Recording a live lab/1 stream to a file, and playing it back at another time and speed."""

import asyncio
import base64
import contextlib
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from sims.clock import monotonic_ms, wall_ms
from sims.mqtt.client import Broker, MqttClient
from sims.mqtt.packets import Will

TIMES = ("ts", "exp", "lease_until")
SPOKEN_BY_DEVICES = {"birth", "state", "m", "evt", "alarm", "res"}
RETAINED = {"birth", "state"}
CONNECT_S = 10.0
DRAIN_S = 30.0
SLASHES = 3


class BadRecording(ValueError):
    """A recording that cannot be played, with file, line and reason."""


class Heard(msgspec.Struct, omit_defaults=True):
    """One message: `at` ms after the recording began (which was at `began`, epoch ms)."""

    at: int
    topic: str
    text: str | None = None
    base64: str | None = None
    began: int = 0

    @property
    def payload(self) -> bytes:
        if self.text is not None:
            return self.text.encode()
        return base64.b64decode(self.base64 or "", validate=True)

    def check(self) -> None:
        """Refuse what could not be played, before anything is."""
        if self.topic.count("/") != SLASHES or self.at < 0:
            raise ValueError(f"{self.topic!r} at {self.at} is no lab/1 message")
        if self.text is None:
            base64.b64decode(self.base64 or "", validate=True)

    @property
    def device(self) -> str:
        return self.topic.split("/")[2]

    @property
    def kind(self) -> str:
        return self.topic.rpartition("/")[2]


class Recorder:
    """Writes every message it hears, one JSON line each."""

    def __init__(self, path: Path) -> None:
        self.count = 0
        self._began = wall_ms()
        self._start = monotonic_ms()
        opened = gzip.open if path.suffix == ".gz" else open
        self._file = opened(path, "wb")

    def connecting(self) -> Will | None:
        return None

    def connected(self) -> None:
        pass

    def disconnected(self) -> None:
        pass

    def acknowledged(self, token: object) -> None:
        del token

    def received(self, topic: str, payload: bytes) -> None:
        heard = Heard(at=round(monotonic_ms() - self._start), topic=topic, began=self._began)
        try:
            heard.text = payload.decode()
        except UnicodeDecodeError:
            heard.base64 = base64.b64encode(payload).decode()
        self._file.write(msgspec.json.encode(heard) + b"\n")
        self.count += 1

    def close(self) -> None:
        self._file.close()


async def record(
    broker: Broker, path: Path, *, topic: str, client_id: str, until: asyncio.Event
) -> int:
    """Record until told to stop; return how many messages."""
    recorder = Recorder(path)
    client = MqttClient(broker, client_id, recorder, topics=(topic,), clean=True)
    client.start()
    try:
        await until.wait()
    finally:
        await client.stop()
        recorder.close()
    return recorder.count


def read(path: Path) -> Iterator[Heard]:
    """Read a recording line by line."""
    opened = gzip.open if path.suffix == ".gz" else open
    decoder = msgspec.json.Decoder(Heard)
    number = 0
    try:
        with opened(path, "rb") as lines:
            for line in lines:
                number += 1
                heard = decoder.decode(line)
                heard.check()
                yield heard
    except (msgspec.DecodeError, ValueError, EOFError) as error:
        raise BadRecording(f"{path}:{number}: {error}") from error
    except OSError as error:
        raise BadRecording(f"{path}: {error.strerror or error}") from error


@dataclass(slots=True)
class Shift:
    """Moves a recorded message to now: its times, and its boots to new ones.

    With the boots of the recording, a server that heard it live would take all of it for
    what it is: a repetition.
    """

    by_ms: int
    suffix: str

    def move(self, payload: bytes) -> bytes:
        if payload[:1] != b"{":
            return payload
        try:
            body = msgspec.json.decode(payload)
        except msgspec.DecodeError:
            return payload  # it was broken when it was recorded, and stays so
        if not isinstance(body, dict):
            return payload
        return msgspec.json.encode(self._move(body))

    def _move(self, body: dict[str, Any]) -> dict[str, Any]:
        for key in TIMES:
            if isinstance(body.get(key), int):
                body[key] += self.by_ms
        if isinstance(body.get("boot"), str):
            body["boot"] += self.suffix
        if isinstance(body.get("session"), str):
            body["session"] += self.suffix
        return body


class _Player:
    """One recorded device on the wire again."""

    def __init__(self) -> None:
        self.waiting = 0
        self.ready = asyncio.Event()

    def connecting(self) -> Will | None:
        return None

    def connected(self) -> None:
        self.ready.set()

    def disconnected(self) -> None:
        pass

    def acknowledged(self, token: object) -> None:
        del token
        self.waiting -= 1

    def received(self, topic: str, payload: bytes) -> None:
        pass


async def play(
    broker: Broker,
    path: Path,
    *,
    speed: float = 1.0,
    passwords: dict[str, str] | None = None,
    moved: bool = True,
    patience_s: float = CONNECT_S,
) -> int:
    """Say again what the devices said, each under its own name. Return how many messages."""
    messages = [heard for heard in read(path) if heard.kind in SPOKEN_BY_DEVICES]
    if not messages:
        raise BadRecording(f"{path}: no device says anything in it")
    known = passwords or {}
    players: dict[str, tuple[_Player, MqttClient]] = {}
    for name in sorted({heard.device for heard in messages}):
        player = _Player()
        own = Broker(broker.host, broker.port, name, known.get(name, broker.password))
        players[name] = (player, MqttClient(own, name, player, clean=True))
    now, first = wall_ms(), messages[0]
    shift = Shift(now - first.began - first.at, f"-r{now:x}")
    try:
        for _, client in players.values():
            client.start()
        async with asyncio.timeout(patience_s):
            await asyncio.gather(*(player.ready.wait() for player, _ in players.values()))
        start = monotonic_ms()
        for heard in messages:
            wait_ms = (heard.at - first.at) / speed - (monotonic_ms() - start)
            if wait_ms > 1:
                await asyncio.sleep(wait_ms / 1000)
            payload = shift.move(heard.payload) if moved else heard.payload
            player, client = players[heard.device]
            if not client.publish(
                heard.topic, payload, token=heard.topic, retain=heard.kind in RETAINED
            ):
                raise BadRecording(f"{path}: {heard.device} lost its connection in mid-play")
            player.waiting += 1
        await asyncio.gather(*(client.drained(DRAIN_S) for _, client in players.values()))
    except TimeoutError:
        refused = [name for name, (player, _) in players.items() if not player.ready.is_set()]
        raise BadRecording(f"the broker lets nobody in as {', '.join(refused)}") from None
    finally:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*(client.stop() for _, client in players.values()))
    return len(messages)
