"""A Modbus server that answers, late, wrongly or not at all, as it is told."""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from sims.faults import Board
from sims.modbus import frames
from sims.modbus.lines import Framing, Line, Voice
from sims.modbus.unit import MachineUnit

EXCEPTION_BIT = 0x80
BROADCAST = 0
BITS_A_BYTE = 11  # start, eight, parity, stop
RTU_ROUND = 3  # unit and checksum round a request


@dataclass(slots=True)
class Seat:
    """A unit on a line, whether it has power, and what is wrong with it."""

    unit: MachineUnit
    board: Board
    is_powered: Callable[[], bool]
    last_frame: bytes = b""


class ModbusServer:
    """One line with several units on it."""

    def __init__(
        self,
        seats: dict[int, Seat],
        line: Line,
        framing: Framing,
        *,
        baud: int | None = None,
        seed: str = "noise",
    ) -> None:
        self.seats = seats
        self.requests = 0
        self._line = line
        self._framing = framing
        self._byte_s = BITS_A_BYTE / baud if baud else 0.0
        self._noise = random.Random(seed)

    async def start(self) -> dict[str, object]:
        """Open the line, and return where it is."""
        return await self._line.open(self._talk)

    async def stop(self) -> None:
        await self._line.close()

    async def _talk(self, reader: asyncio.StreamReader, voice: Voice) -> None:
        buffer = bytearray()
        while data := await reader.read(4096):
            buffer += data
            while (request := self._framing.take(buffer)) is not None:
                self.requests += 1
                if not await self._serve(request, voice):
                    voice.hang_up()
                    return
            await voice.drain()

    async def _serve(self, request: frames.Request, voice: Voice) -> bool:
        """Answer one request. Return False to hang up."""
        seat = self.seats.get(request.unit)
        if seat is None or not seat.is_powered():
            if self._framing.answers_for_absent:
                pdu = frames.refusal(request.pdu[0], frames.GATEWAY_TARGET_FAILED)
                voice.write(self._framing.wrap(request.transaction, request.unit, pdu))
            elif request.unit == BROADCAST:
                for each in self.seats.values():
                    if each.is_powered():
                        frames.answer(request.pdu, each.unit)
            return True
        if seat.board:
            return await self._misbehave(request, seat, voice)
        pdu = frames.answer(request.pdu, seat.unit)
        frame = self._framing.wrap(request.transaction, request.unit, pdu)
        seat.last_frame = frame
        if self._byte_s:
            # The bytes of a slow line take their time, both ways.
            await asyncio.sleep((len(request.pdu) + RTU_ROUND + len(frame)) * self._byte_s)
        voice.write(frame)
        return True

    async def _misbehave(self, request: frames.Request, seat: Seat, voice: Voice) -> bool:
        board = seat.board
        if (delay := board.take("delay")) is not None:
            await asyncio.sleep(delay.ms / 1000)
        if board.take("drop") is not None:
            return True
        if board.take("reset") is not None:
            voice.reset()
            return False
        if board.take("garbage") is not None:
            voice.write(self._noise.randbytes(self._noise.randint(5, 40)))
            return True
        transaction, unit = request.transaction, request.unit
        pdu = self._reply(request, seat)
        if board.take("wrong_transaction") is not None:
            transaction = (transaction + 1) & 0xFFFF
        if board.take("wrong_unit") is not None:
            unit = (unit + 1) & 0xFF
        return await self._say_badly(self._framing.wrap(transaction, unit, pdu), seat, voice)

    async def _say_badly(self, frame: bytes, seat: Seat, voice: Voice) -> bool:
        board, half = seat.board, len(frame) // 2
        if board.take("repeat") is not None:
            voice.write(seat.last_frame)
        seat.last_frame = frame
        if (split := board.take("split")) is not None:
            voice.write(frame[:half])
            await voice.drain()
            await asyncio.sleep(split.ms / 1000)
            frame = frame[half:]
        elif board.take("bad_checksum") is not None:
            frame = frame[:-1] + bytes([frame[-1] ^ 0x55])
        elif board.take("disconnect") is not None:
            voice.write(frame[:half])
            await voice.drain()
            return False
        voice.write(frame)
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
