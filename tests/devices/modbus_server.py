"""A small Modbus server of the tests' own, on TCP or a file descriptor, that can misbehave.

It shares no code with pymodbus nor with the simulators, so that neither is tested against itself.
"""

import os
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


def crc16(data: bytes) -> bytes:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


@dataclass
class Device:
    """One unit's four tables; an address not in a table is answered with exception 2."""

    input: dict[int, int] = field(default_factory=dict)
    holding: dict[int, int] = field(default_factory=dict)
    coil: dict[int, bool] = field(default_factory=dict)
    discrete: dict[int, bool] = field(default_factory=dict)
    ignores_coil_writes: bool = False
    requests: list[bytes] = field(default_factory=list)

    def put(self, table: str, address: int, words: bytes) -> None:
        """Lay bytes into registers as they stand."""
        for i in range(0, len(words), 2):
            getattr(self, table)[address + i // 2] = int.from_bytes(words[i : i + 2], "big")

    def answer(self, pdu: bytes) -> bytes:
        self.requests.append(pdu)
        function = pdu[0]
        address, number = struct.unpack(">HH", pdu[1:5])
        if function in {1, 2}:
            body = self.read_bits({1: self.coil, 2: self.discrete}[function], address, number)
        elif function in {3, 4}:
            body = self.read_words({3: self.holding, 4: self.input}[function], address, number)
        else:
            return self.write(pdu, function, address, number)
        return bytes([function | 0x80, 2]) if body is None else bytes([function, len(body)]) + body

    @staticmethod
    def read_bits(table: dict[int, bool], address: int, count: int) -> bytes | None:
        wanted = range(address, address + count)
        if any(a not in table for a in wanted):
            return None
        bits = sum(1 << i for i, a in enumerate(wanted) if table[a])
        return bits.to_bytes((count + 7) // 8, "little")

    @staticmethod
    def read_words(table: dict[int, int], address: int, count: int) -> bytes | None:
        wanted = range(address, address + count)
        if any(a not in table for a in wanted):
            return None
        return b"".join(struct.pack(">H", table[a]) for a in wanted)

    def write(self, pdu: bytes, function: int, address: int, number: int) -> bytes:
        if function == 5 and address in self.coil:
            if not self.ignores_coil_writes:
                self.coil[address] = number == 0xFF00
        elif function == 6:
            self.holding[address] = number
        elif function == 16:
            self.put("holding", address, pdu[6 : 6 + 2 * number])
        else:
            return bytes([function | 0x80, 2 if function == 5 else 1])
        return pdu[:5]


@dataclass(frozen=True)
class Request:
    unit: int
    pdu: bytes
    tid: int
    framing: str

    def frame(self, pdu: bytes, *, unit: int | None = None, tid: int | None = None) -> bytes:
        """Wrap a PDU as an answer to this request, or as a wrong one."""
        unit = self.unit if unit is None else unit
        if self.framing == "rtu":
            body = bytes([unit]) + pdu
            return body + crc16(body)
        tid = self.tid if tid is None else tid
        return struct.pack(">HHHB", tid & 0xFFFF, 0, len(pdu) + 1, unit) + pdu


class Hangup(Exception):
    """Raised by a misbehaviour: send what it carries, then close the connection."""

    def __init__(self, parting: bytes = b"") -> None:
        self.parting = parting
        super().__init__()


# Gets the request and the proper reply's PDU; gives back the bytes to send, or None for silence.
Behaviour = Callable[[Request, bytes], bytes | None]


def properly(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(pdu)


class Server:
    """Answers for several units; `behave` may be exchanged while it runs."""

    def __init__(self, devices: dict[int, Device], *, framing: str = "tcp") -> None:
        self.devices, self.framing = devices, framing
        self.behave: Behaviour = properly
        self.stopping = threading.Event()
        self.port = 0
        self._arrived = threading.Condition()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None

    def listen(self, context: ssl.SSLContext | None = None, *, port: int = 0) -> None:
        self.stopping.clear()
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = self._listener.getsockname()[1]
        self._start(lambda: self._accept(context))

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self, context: ssl.SSLContext | None) -> None:
        assert self._listener is not None
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
                if context is not None:
                    connection = context.wrap_socket(connection, server_side=True)
            except OSError:
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._arrived:
                self._open.append(connection)
                self._arrived.notify_all()
            self._start(lambda c=connection: self._serve_socket(c))  # type: ignore[misc]  # bound now

    def _serve_socket(self, connection: socket.socket) -> None:
        buffer = b""
        try:
            while not self.stopping.is_set():
                data = connection.recv(4096)
                if not data:
                    break
                buffer = self._take(buffer + data, connection.sendall)
        except Hangup as hangup:
            if hangup.parting:
                connection.sendall(hangup.parting)
        except OSError:
            pass
        finally:
            connection.close()

    def wait_for_connection(self, number: int, limit_s: float = 5) -> socket.socket:
        """Return the connection of that number, counted from one, once it is there."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self._open) >= number, limit_s)
            return self._open[number - 1]

    def serve_descriptor(self, descriptor: int) -> None:
        """Answer on one end of a pseudo-terminal, in a thread."""
        self._start(lambda: self._serve_descriptor(descriptor))

    def _serve_descriptor(self, descriptor: int) -> None:
        buffer = b""
        while not self.stopping.is_set():
            ready, _, _ = select.select([descriptor], [], [], 0.1)
            if not ready:
                buffer = b""
                continue
            try:
                buffer = self._take(
                    buffer + os.read(descriptor, 4096), lambda b: (os.write(descriptor, b), None)[1]
                )
            except OSError:
                return

    def _take(self, buffer: bytes, send: Callable[[bytes], None]) -> bytes:
        while (request := self._parse(buffer)) is not None:
            size, parsed = request
            buffer = buffer[size:]
            device = self.devices.get(parsed.unit)
            if device is None:
                continue
            answer = self.behave(parsed, device.answer(parsed.pdu))
            if answer:
                send(answer)
        return buffer

    def _parse(self, buffer: bytes) -> tuple[int, Request] | None:
        if len(buffer) < 8:
            return None
        if self.framing == "tcp":
            tid, _, length, unit = struct.unpack(">HHHB", buffer[:7])
            size = 6 + length
        else:
            size, tid, unit = (9 + buffer[6] if buffer[1] in {15, 16} else 8), 0, buffer[0]
        if len(buffer) < size:
            return None
        frame = buffer[:size]
        if self.framing == "tcp":
            return size, Request(unit, frame[7:], tid, "tcp")
        is_sound = crc16(frame[:-2]) == frame[-2:]
        return size, Request(unit if is_sound else 0, frame[1:-2], 0, "rtu")

    def close(self) -> None:
        self.stopping.set()
        if self._listener is not None:
            # A shutdown wakes the thread that sits in accept; a close alone would not.
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(2)
        self._threads.clear()
        self._open.clear()


@contextmanager
def serving(devices: dict[int, Device], *, framing: str = "tcp") -> Iterator[Server]:
    server = Server(devices, framing=framing)
    server.listen()
    try:
        yield server
    finally:
        server.close()
