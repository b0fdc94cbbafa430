"""A load of lab/1 measurements: many connections, at a rate or flat out, each PUBACK timed."""

import asyncio
import resource
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from typing_extensions import override

from sims.mqtt import packets
from sims.mqtt.client import Broker

PACKET_ID_MAX = 0xFFFF
PACE_S = 0.005
CONNECTING_MAX = 50
PUBACK_HEAD = bytes((packets.PUBACK, 2))
PUBACK_SIZE = 4


class LoadFailed(Exception):
    """The load could not be driven to its end."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send: `messages` in all, over `connections` devices, QoS 1.

    Each device publishes `birth` once, then numbered `m` messages of `values` readings, one
    millisecond of device time apart and ending now, so that every reading is one of its own.
    """

    broker: Broker
    messages: int
    connections: int = 10
    values: int = 1
    rate: float | None = None
    window: int = 200
    prefix: str = "load"
    boot: str = "load-boot"
    passwords: dict[str, str] = field(default_factory=dict)
    patience_s: float = 60.0

    def names(self) -> list[str]:
        return [f"{self.prefix}-{number:04d}" for number in range(1, self.connections + 1)]


@dataclass(slots=True)
class LoadResult:
    """What came of it. `sent_at[device][seq - 1]` is time.monotonic() in seconds."""

    messages: int
    values: int
    seconds: float
    cpu_s: float
    ack_ms: array  # type: ignore[type-arg]  # array is generic to mypy only
    sent_at: dict[str, array]  # type: ignore[type-arg]  # likewise

    @property
    def messages_per_s(self) -> float:
        return self.messages / self.seconds

    def ack_percentile_ms(self, percent: float) -> float:
        """Return the time to PUBACK that `percent` of the messages stayed within."""
        ordered = sorted(self.ack_ms)
        return float(ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))])


class _Pipe(asyncio.Protocol):
    """One device's connection: writes as much as its window lets it."""

    def __init__(self, load: Load, name: str, messages: int, epoch_ms: int) -> None:
        self.load = load
        self.name = name
        self.messages = messages
        self.left = messages
        self.seq = 0
        self.quota = 0.0
        self.in_flight: deque[float] = deque()
        self.sent_at = array("d")
        self.ack_ms = array("d")
        self.buffer = bytearray()
        self.transport: asyncio.Transport | None = None
        loop = asyncio.get_running_loop()
        self.connected: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        self._topic = packets.encode_topic(f"lab/1/{name}/m")
        self._first_ms = epoch_ms - messages
        self._head = f'{{"s":1,"boot":"{load.boot}","seq":'
        keys = range(1, load.values + 1)
        self._body = ',"m":[' + ",".join(f'{{"k":{key},"v":%.3f}}' for key in keys) + "]}"
        self._values = tuple(float(key) for key in keys)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        broker = self.load.broker
        transport.write(
            packets.connect(
                self.name,
                username=self.name if self.load.passwords else broker.username,
                password=self.load.passwords.get(self.name, broker.password),
                keepalive_s=0,
            )
        )

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        gone = LoadFailed(f"{self.name}: the broker hung up ({exc or 'closed'})")
        for waited in (self.connected, self.done):
            if not waited.done():
                waited.set_exception(gone)

    @override
    def data_received(self, data: bytes) -> None:
        if not self.buffer and len(data) % PUBACK_SIZE == 0 and data[:2] == PUBACK_HEAD:
            # All but the first answers are PUBACKs, in the order of what was sent.
            self._acknowledged(len(data) // PUBACK_SIZE)
            return
        self.buffer += data
        acknowledged = 0
        for first, body in packets.take_packets(self.buffer):
            if first & 0xF0 == packets.PUBACK:
                acknowledged += 1
            elif first & 0xF0 == packets.CONNACK:
                self._welcomed(body[1])
        if acknowledged:
            self._acknowledged(acknowledged)

    def _welcomed(self, code: int) -> None:
        if self.connected.done():
            return
        if code:
            self.connected.set_exception(LoadFailed(f"{self.name}: refused (code {code})"))
            return
        self.connected.set_result(None)

    def _acknowledged(self, count: int) -> None:
        now = time.monotonic()
        for _ in range(min(count, len(self.in_flight))):
            self.ack_ms.append((now - self.in_flight.popleft()) * 1000)
        if not self.left and not self.in_flight:
            if not self.done.done():
                self.done.set_result(None)
        elif self.load.rate is None:
            self.send(self.left)

    def introduce(self) -> None:
        """Say what the values are, so that whoever stores them knows."""
        metrics = ",".join(
            f'{{"k":{key},"n":"value_{key}","u":"1","t":"f"}}'
            for key in range(1, self.load.values + 1)
        )
        birth = (
            f'{{"s":1,"boot":"{self.load.boot}","fw":"1.0.0","model":"YX-LOAD",'
            f'"metrics":[{metrics}]}}'
        )
        assert self.transport is not None
        topic = f"lab/1/{self.name}/birth"
        self.transport.write(packets.publish(topic, birth.encode(), retain=True))

    def send(self, count: int) -> int:
        """Send up to `count` messages, as the window lets us. Return how many."""
        count = min(count, self.left, self.load.window - len(self.in_flight))
        if count <= 0:
            return 0
        out, now = [], time.monotonic()
        head, topic, first_ms, seq = self._head, self._topic, self._first_ms, self.seq
        body = self._body % self._values if self.load.values > 1 else None
        for _ in range(count):
            seq += 1
            text = body or self._body % (seq % 1000)
            payload = f'{head}{seq},"ts":{first_ms + seq}{text}'.encode()
            out.append(packets.publish_raw(topic, payload, (seq - 1) % PACKET_ID_MAX + 1))
        self.seq = seq
        self.left -= count
        stamps = [now] * count
        self.in_flight.extend(stamps)
        self.sent_at.extend(stamps)
        assert self.transport is not None
        self.transport.write(b"".join(out))
        return count

    def close(self) -> None:
        if self.transport is not None:
            self.transport.write(packets.GOODBYE)
            self.transport.close()


async def drive(load: Load, *, began: Callable[[], None] | None = None) -> LoadResult:
    """Connect everything, then send it all, and wait for every PUBACK."""
    epoch_ms = time.time_ns() // 1_000_000
    share, odd = divmod(load.messages, load.connections)
    pipes = [
        _Pipe(load, name, share + (at < odd), epoch_ms) for at, name in enumerate(load.names())
    ]
    try:
        async with asyncio.timeout(load.patience_s):
            await _connect(load.broker, pipes)
            for pipe in pipes:
                pipe.introduce()
            await asyncio.sleep(0)
            if began is not None:
                began()
            cpu_s, start = _cpu_s(), time.monotonic()
            if load.rate is None:
                for pipe in pipes:
                    pipe.send(pipe.left)
            else:
                await _pace(load.rate, pipes)
            await asyncio.gather(*(pipe.done for pipe in pipes if pipe.messages))
            seconds = time.monotonic() - start
    except TimeoutError:
        missing = sum(pipe.left + len(pipe.in_flight) for pipe in pipes)
        raise LoadFailed(
            f"{missing} of {load.messages} not acknowledged in {load.patience_s:g} s"
        ) from None
    except OSError as error:
        raise LoadFailed(f"no broker at {load.broker.host}:{load.broker.port}: {error}") from None
    finally:
        for pipe in pipes:
            pipe.close()
            for waited in (pipe.connected, pipe.done):
                waited.cancel()
    ack_ms = array("d")
    for pipe in pipes:
        ack_ms.extend(pipe.ack_ms)
    return LoadResult(
        messages=load.messages,
        values=load.messages * load.values,
        seconds=seconds,
        cpu_s=_cpu_s() - cpu_s,
        ack_ms=ack_ms,
        sent_at={pipe.name: pipe.sent_at for pipe in pipes},
    )


def run_load(load: Load, *, began: Callable[[], None] | None = None) -> LoadResult:
    """Drive a load from ordinary code."""
    return asyncio.run(drive(load, began=began))


async def _connect(broker: Broker, pipes: list[_Pipe]) -> None:
    gate = asyncio.Semaphore(CONNECTING_MAX)
    loop = asyncio.get_running_loop()

    async def connect(pipe: _Pipe) -> None:
        async with gate:
            await loop.create_connection(lambda: pipe, broker.host, broker.port)
            await pipe.connected

    await asyncio.gather(*(connect(pipe) for pipe in pipes))


async def _pace(rate: float, pipes: list[_Pipe]) -> None:
    """Hand out `rate` messages a second, evenly, and never more than is due."""
    start, given, turn = time.monotonic(), 0, 0
    while any(pipe.left for pipe in pipes):
        due = int((time.monotonic() - start) * rate) - given
        if due > 0:
            share = -(-due // len(pipes))
            for _ in pipes:
                turn = (turn + 1) % len(pipes)
                sent = pipes[turn].send(min(share, due))
                given += sent
                due -= sent
                if due <= 0:
                    break
        await asyncio.sleep(PACE_S)


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
