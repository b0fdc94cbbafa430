"""Bringing one device's interlock relay to its wanted state, and saying what it really is."""

from time import monotonic
from typing import Final

from foundation.logs import get_log
from gateways.edge.interlock import (
    Command,
    CommandRefused,
    RelayState,
    Target,
    find_refusal,
    result_body,
    target_of,
)
from gateways.modbus.client import Line
from gateways.modbus.errors import DeviceError, DeviceRefused
from gateways.modbus.registers import Table
from gateways.profiles.profile import Interlock
from gateways.spool.commands import CommandBook, Wanted
from gateways.spool.statements import to_json

# A relay that does not obey is tried again, but not at every poll.
RETRY_S: Final = 2.0


class Relay:
    """Only the link's thread calls this; the wanted state is on disk before anything is written."""

    def __init__(self, device: str, unit: int, interlock: Interlock, book: CommandBook) -> None:
        self._log = get_log("relay")
        self._device, self._unit, self._interlock, self._book = device, unit, interlock, book
        self._wanted = book.wanted(device)
        self._retry_at_s = 0.0
        self.state = RelayState.UNKNOWN

    def target(self, now_ms: int) -> Target | None:
        return target_of(self._wanted, now_ms)

    @property
    def lease_ends_ms(self) -> int | None:
        if self._wanted is None or self._wanted.value != RelayState.UNLOCKED:
            return None
        return self._wanted.lease_until_ms

    def obey(self, command: Command, line: Line, now_ms: int) -> None:
        """Carry out a command once, and store its result for the server."""
        refusal = find_refusal(command, has_interlock=True, now_ms=now_ms)
        if refusal is not None:
            self._answer(command.id, now_ms, refusal)
            return
        lease = command.lease_until if command.value == RelayState.UNLOCKED else None
        self._wanted = Wanted(command.value, lease, command.id)
        self._book.want(self._device, self._wanted)
        error = self.bring(line, now_ms)
        self._answer(command.id, now_ms, error)

    def _answer(self, command: str, now_ms: int, error: CommandRefused | None) -> None:
        body = result_body(command, self.state, now_ms, error)
        self._book.store_result(command, to_json(body))
        self._log.info(
            "command done", device=self._device, command=command, state=self.state, error=error
        )

    def bring(self, line: Line, now_ms: int) -> CommandRefused | None:
        """Write the wanted state and read it back; return what went wrong, if anything."""
        target = self.target(now_ms)
        if target is None:
            return None
        self._retry_at_s = monotonic() + RETRY_S
        coil = self._interlock.coil
        try:
            if target.unlocked:
                # The watchdog first: a relay unlocked with no lease left would fall at once.
                self._write_lease(line, target)
            line.write_coil(self._unit, coil, value=target.unlocked)
            if not target.unlocked:
                self._write_lease(line, target)
            is_unlocked = bool(line.read(self._unit, Table.COIL, coil, 1)[0] & 1)
        except DeviceRefused as error:
            self.state = RelayState.UNKNOWN
            self._log.warning("relay refused", device=self._device, code=error.exception_code)
            return CommandRefused.REFUSED_BY_DEVICE
        except DeviceError as error:
            self.state = RelayState.UNKNOWN
            self._log.warning("relay out of reach", device=self._device, error=str(error))
            return CommandRefused.UNREACHABLE
        if is_unlocked is not target.unlocked:
            self.state = RelayState.UNKNOWN
            return CommandRefused.MISMATCH
        self.state = RelayState.UNLOCKED if is_unlocked else RelayState.LOCKED
        return None

    def _write_lease(self, line: Line, target: Target) -> None:
        register = self._interlock.lease_register
        if register is not None:
            seconds = min(target.lease_s, self._interlock.lease_s_max)
            line.write_registers(self._unit, register, [seconds])

    def reconcile(self, line: Line, now_ms: int, *, actual: bool | None) -> bool:
        """Compare what was read with what is wanted, and act; True where they still differ."""
        target = self.target(now_ms)
        if actual is None:
            self.state = RelayState.UNKNOWN
            return False
        if target is None or actual is target.unlocked:
            self.state = RelayState.UNLOCKED if actual else RelayState.LOCKED
            return False
        if monotonic() < self._retry_at_s and self.state is RelayState.UNKNOWN:
            return True
        self._log.info("relay differs", device=self._device, wanted_unlocked=target.unlocked)
        return self.bring(line, now_ms) is not None
