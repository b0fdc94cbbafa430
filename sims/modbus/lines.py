"""The lines a Modbus server can sit on: TCP, TLS, RTU over TCP, and a pseudo-terminal."""

import asyncio
import contextlib
import os
import socket
import ssl
import struct
import termios
import tty
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from typing_extensions import override

from sims.modbus import frames, rtu

LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)
Kind = Literal["tcp", "rtu_over_tcp", "tls", "rtu"]


class Framing(Protocol):
    """How requests and replies are packed on a line."""

    answers_for_absent: bool

    def take(self, buffer: bytearray) -> frames.Request | None: ...
    def wrap(self, transaction: int, unit: int, pdu: bytes) -> bytes: ...


class TcpFraming:
    # A converter answers for a unit that is absent or dead.
    answers_for_absent = True

    def take(self, buffer: bytearray) -> frames.Request | None:
        return frames.take_request(buffer)

    def wrap(self, transaction: int, unit: int, pdu: bytes) -> bytes:
        return frames.wrap(transaction, unit, pdu)


class RtuFraming:
    # On a bus, nobody does.
    answers_for_absent = False

    def take(self, buffer: bytearray) -> frames.Request | None:
        return rtu.take_request(buffer)

    def wrap(self, transaction: int, unit: int, pdu: bytes) -> bytes:
        del transaction
        return rtu.wrap(unit, pdu)


class Voice(Protocol):
    """The side of a conversation that a server speaks on."""

    def write(self, data: bytes) -> None: ...
    async def drain(self) -> None: ...
    def hang_up(self) -> None: ...
    def reset(self) -> None: ...


Talk = Callable[[asyncio.StreamReader, Voice], Awaitable[None]]


class StreamVoice:
    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        self._writer.write(data)

    async def drain(self) -> None:
        await self._writer.drain()

    def hang_up(self) -> None:
        """Let what was written go out, and no more."""
        self._writer.close()

    def reset(self) -> None:
        """End the connection with RST: the other side loses even what it has not yet read."""
        plain = self._writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT_AT_ALL)
        self._writer.transport.abort()


class Line(Protocol):
    """Somewhere a master can reach units."""

    async def open(self, talk: Talk) -> dict[str, object]: ...
    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Secret:
    """What a server on TLS shows, and whom it lets in."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(self.certificate, self.key)
        if self.client_ca is not None:
            context.load_verify_locations(self.client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class SocketLine:
    """A listening socket."""

    def __init__(self, host: str, port: int, secret: Secret | None = None) -> None:
        self.host = host
        self.port = port
        self._secret = secret
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self._is_open = False

    async def open(self, talk: Talk) -> dict[str, object]:
        """Listen; a port of 0 lets the system choose."""

        async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            self._talks.add(task)
            try:
                # A connection accepted while the line was being closed is closed too.
                if self._is_open:
                    await talk(reader, StreamVoice(writer))
            except (OSError, frames.NotModbus, asyncio.CancelledError):
                pass
            finally:
                self._talks.discard(task)
                writer.close()
                with contextlib.suppress(OSError, asyncio.CancelledError):
                    await writer.wait_closed()

        context = self._secret.context() if self._secret else None
        self._server = await asyncio.start_server(welcome, self.host, self.port, ssl=context)
        self._is_open = True
        self.port = self._server.sockets[0].getsockname()[1]
        return {"host": self.host, "port": self.port}

    async def close(self) -> None:
        if self._server is None:
            return
        self._is_open = False
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None


class _PtyVoice(asyncio.Protocol):
    """Reads a terminal's master side into a stream, and writes to it."""

    def __init__(self, master: int, reader: asyncio.StreamReader) -> None:
        self._master = master
        self._reader = reader

    @override
    def data_received(self, data: bytes) -> None:
        self._reader.feed_data(data)

    def write(self, data: bytes) -> None:
        # The kernel holds 4 KiB for a reader; a frame has at most 256 bytes. What does not
        # fit because nobody reads is lost, as on a wire.
        with contextlib.suppress(BlockingIOError):
            os.write(self._master, data)

    async def drain(self) -> None:
        pass

    def hang_up(self) -> None:
        """A serial line has no connection to end."""

    def reset(self) -> None:
        """Nor one to reset."""


class PtyLine:
    """A serial port that is a pseudo-terminal; a link to it at `path`, if that is wanted."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._master = self._slave = -1
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.BaseTransport | None = None

    async def open(self, talk: Talk) -> dict[str, object]:
        self._master, self._slave = os.openpty()
        # We hold the slave side open too: or the master would see an end whenever a client
        # closes its port.
        tty.setraw(self._slave, termios.TCSANOW)
        os.set_blocking(self._master, False)
        reader = asyncio.StreamReader()
        voice = _PtyVoice(self._master, reader)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.connect_read_pipe(
            lambda: voice, os.fdopen(os.dup(self._master), "rb", buffering=0)
        )

        async def converse() -> None:
            await talk(reader, voice)

        self._task = loop.create_task(converse())
        name = os.ttyname(self._slave)
        if self._path is not None:
            self._path.unlink(missing_ok=True)
            self._path.symlink_to(name)
            name = str(self._path)
        return {"path": name}

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._transport is not None:
            self._transport.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        for end in (self._master, self._slave):
            if end >= 0:
                os.close(end)
        self._master = self._slave = -1
