"""Where commands to the devices of one link are taken, carried out once, and answered."""

from collections.abc import Sequence

from foundation.logs import get_log
from gateways.edge.interlock import (
    Command,
    CommandRefused,
    CommandUnreadable,
    RelayState,
    read_command,
    result_body,
)
from gateways.edge.publisher import Publisher
from gateways.edge.relay import Relay
from gateways.edge.reporting import Sample
from gateways.edge.units import Unit, now_ms
from gateways.modbus.client import Line
from gateways.modbus.registers import Quality
from gateways.spool.commands import CommandBook
from gateways.spool.statements import to_json

MISMATCH = "INTERLOCK_MISMATCH"


def relay_sample(relay: Relay, at_ms: int) -> Sample:
    """Say what the relay is, or that nobody knows."""
    if relay.state is RelayState.UNKNOWN:
        return Sample(None, Quality.BAD, at_ms)
    return Sample(relay.state is RelayState.UNLOCKED, Quality.GOOD, at_ms)


class CommandDesk:
    """Only the link's thread calls this."""

    def __init__(self, line: Line, book: CommandBook, publisher: Publisher) -> None:
        self._log = get_log("desk")
        self._line, self._book, self._publisher = line, book, publisher

    def obey(self, unit: Unit, payload: bytes) -> None:
        device, at_ms = unit.settings.name, now_ms()
        try:
            command = read_command(payload)
        except CommandUnreadable as error:
            self._log.warning("unreadable command", device=device, reason=str(error))
            if error.command_id and self._book.remember(error.command_id, device, at_ms):
                self._refuse(error.command_id, CommandRefused.MALFORMED, at_ms)
            return
        if not self._book.remember(command.id, device, at_ms):
            known = self._book.result_of(command.id)
            if known is not None:
                # Known and done: say again what came of it.
                self._book.store_result(command.id, known)
                self._publisher.wake()
                return
        self._carry_out(unit, command, at_ms)

    def _carry_out(self, unit: Unit, command: Command, at_ms: int) -> None:
        if unit.relay is None:
            self._refuse(command.id, CommandRefused.UNSUPPORTED, at_ms)
            return
        unit.relay.obey(command, self._line, at_ms)
        self._publisher.wake()
        self._report(unit, unit.relay)

    def _refuse(self, command: str, why: CommandRefused, at_ms: int) -> None:
        body = result_body(command, RelayState.UNKNOWN, at_ms, why)
        self._book.store_result(command, to_json(body))
        self._publisher.wake()

    def end_leases(self, units: Sequence[Unit]) -> None:
        """Lock whatever has no lease left; nobody needs to say so."""
        at_ms = now_ms()
        for unit in units:
            relay = unit.relay
            if relay is None or relay.state is not RelayState.UNLOCKED:
                continue
            ends_ms = relay.lease_ends_ms
            if ends_ms is not None and ends_ms <= at_ms:
                self._log.info("lease over, locking", device=unit.settings.name)
                relay.bring(self._line, at_ms)
                self._report(unit, relay)

    @staticmethod
    def until_next_end_s(units: Sequence[Unit]) -> float:
        """Say in how many seconds the next lease ends; a long time where none is open."""
        ends = [
            unit.relay.lease_ends_ms
            for unit in units
            if unit.relay is not None
            and unit.relay.state is RelayState.UNLOCKED
            and unit.relay.lease_ends_ms is not None
        ]
        return max(0.0, (min(ends) - now_ms()) / 1000) if ends else 1e9

    def _report(self, unit: Unit, relay: Relay) -> None:
        """Publish the relay's state at once, and an alarm where it is not what it should be."""
        at_ms = now_ms()
        target = relay.target(at_ms)
        lease = target.lease_id if target else None
        unit.twin.observe({"interlock": relay_sample(relay, at_ms)}, at_ms=at_ms, lease=lease)
        is_unknown = relay.state is RelayState.UNKNOWN
        unit.twin.raise_alarm(MISMATCH, "critical", at_ms, active=is_unknown)
        self._publisher.wake()

    def reconcile(self, unit: Unit, coil: Sample, at_ms: int) -> Sample:
        """Bring a relay that differs back to what it should be; say what it is now."""
        assert unit.relay is not None
        actual = coil.value if isinstance(coil.value, bool) else None
        still_differs = unit.relay.reconcile(self._line, at_ms, actual=actual)
        unit.twin.raise_alarm(MISMATCH, "critical", at_ms, active=still_differs)
        return relay_sample(unit.relay, coil.at_ms)
