"""A Modbus TCP server that answers, late, wrongly or not at all, as it is told."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from sims.faults import Board
from sims.modbus import frames
from sims.modbus.unit import MachineUnit

EXCEPTION_BIT = 0x80


@dataclass(slots=True)
class Seat:
    """A unit on a line, whether it has power, and what is wrong with it."""

    unit: MachineUnit
    board: Board
    is_powered: Callable[[], bool]


class ModbusServer:
    """One listener; several units behind it, as behind a serial converter."""

    def __init__(self, seats: dict[int, Seat], *, seed: str = "noise") -> None:
        self.seats = seats
        self.requests = 0
        self._noise = random.Random(seed)
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port (chosen by the system if 0 was asked for)."""
        self._server = await asyncio.start_server(self._welcome, host, port)
        chosen: int = self._server.sockets[0].getsockname()[1]
        return chosen

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, frames.NotModbus, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = bytearray()
        while data := await reader.read(4096):
            buffer += data
            while (request := frames.take_request(buffer)) is not None:
                self.requests += 1
                if not await self._serve(request, writer):
                    writer.transport.abort()
                    return
            await writer.drain()

    async def _serve(self, request: frames.Request, writer: asyncio.StreamWriter) -> bool:
        """Answer one request. Return False to hang up."""
        seat = self.seats.get(request.unit)
        if seat is None or not seat.is_powered():
            # A converter answers for a unit that is absent or dead.
            pdu = frames.refusal(request.pdu[0], frames.GATEWAY_TARGET_FAILED)
            writer.write(frames.wrap(request.transaction, request.unit, pdu))
            return True
        if seat.board:
            return await self._misbehave(request, seat, writer)
        pdu = frames.answer(request.pdu, seat.unit)
        writer.write(frames.wrap(request.transaction, request.unit, pdu))
        return True

    async def _misbehave(
        self, request: frames.Request, seat: Seat, writer: asyncio.StreamWriter
    ) -> bool:
        board = seat.board
        if (delay := board.take("delay")) is not None:
            await asyncio.sleep(delay.ms / 1000)
        if board.take("drop") is not None:
            return True
        if board.take("garbage") is not None:
            writer.write(self._noise.randbytes(self._noise.randint(5, 40)))
            return True
        transaction, unit = request.transaction, request.unit
        pdu = self._reply(request, seat)
        if board.take("wrong_transaction") is not None:
            transaction = (transaction + 1) & 0xFFFF
        if board.take("wrong_unit") is not None:
            unit = (unit + 1) & 0xFF
        if board.take("disconnect") is not None:
            whole = frames.wrap(transaction, unit, pdu)
            writer.write(whole[: len(whole) // 2])
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            writer.write_eof()
            return False
        writer.write(frames.wrap(transaction, unit, pdu))
        return True

    def _reply(self, request: frames.Request, seat: Seat) -> bytes:
        board = seat.board
        function = request.pdu[0]
        if (exception := board.take("exception")) is not None:
            return frames.refusal(function, exception.code)
        if board.take("busy") is not None:
            return frames.refusal(function, frames.BUSY)
        seat.unit.has_words_swapped = board.take("word_swap") is not None
        pdu = frames.answer(request.pdu, seat.unit)
        seat.unit.has_words_swapped = False
        if board.take("wrong_function") is not None:
            pdu = bytes([pdu[0] ^ 0x07]) + pdu[1:]
        if board.take("short_frame") is not None:
            pdu = pdu[:-2] if pdu[0] < EXCEPTION_BIT else pdu[:-1]
        return pdu
