"""What can always be derived again: kept up to date less often than we commit."""

from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

import psycopg
from sqlalchemy import Connection

from foundation.clock import read_clock
from gateways.mqtt.batch import Batch, as_instant
from telemetry.devices.sequences import Boot, Standing, load_unsettled, note_gaps
from telemetry.devices.service import note_offsets, note_seen
from telemetry.readings.service import Row, store_latest

DERIVE_EVERY_S: Final = 0.25
SEEN_EVERY_S: Final = 2.0
SETTLE_EVERY_S: Final = 1.0
NOTIFY_BYTES_MAX: Final = 7_000

Raw = psycopg.Connection[Any]


class Derived:
    """The latest values, who was heard of and when, and which sequences have gaps."""

    def __init__(self) -> None:
        self.gaps = 0
        self._latest: dict[int, Row] = {}
        self._changed: set[str] = set()
        self._seen: dict[Any, tuple[str, str, int]] = {}
        self._offsets: dict[tuple[Any, str], int] = {}
        self._unsettled: set[Boot] = set()
        self._derived_at = self._seen_at = self._settled_at = 0.0

    def load(self, raw: Raw) -> None:
        """Find what was unsettled when nobody was here."""
        self._unsettled = load_unsettled(raw)

    def remember(self, batch: Batch, standings: dict[Boot, Standing]) -> None:
        """Keep what a committed batch says of it."""
        latest = self._latest
        for row in batch.readings:
            known = latest.get(row[0])
            if known is None or known[1] <= row[1]:
                latest[row[0]] = row
        for device_id, (name, boot, at_ms) in batch.seen.items():
            self._seen[device_id] = (name, boot, at_ms)
            self._changed.add(name)
        for key, offset in batch.offsets.items():
            self._offsets[key] = min(offset, self._offsets.get(key, offset))
        self._changed.update(device.name for device, _, _ in batch.states)
        self._changed.update(name for name, _, _ in batch.gateway_states)
        self._unsettled.update(key for key, standing in standings.items() if standing.has_gap)
        self._unsettled.update(key for key, _, _ in batch.lost)

    def write(self, connection: Connection, raw: Raw, *, is_last: bool = False) -> None:
        """Bring it up to date where it is time to, and tell those who watch."""
        now = monotonic()
        if now - self._derived_at < DERIVE_EVERY_S and not is_last:
            return
        self._derived_at = now
        if self._changed or self._latest:
            with connection.begin():
                store_latest(raw, [self._latest[key] for key in sorted(self._latest)])
                if now - self._seen_at >= SEEN_EVERY_S or is_last:
                    self._write_seen(raw, now)
                notify_devices(raw, sorted(self._changed))
            self._latest.clear()
            self._changed.clear()
        if self._unsettled and now - self._settled_at >= SETTLE_EVERY_S:
            self._settled_at = now
            with connection.begin():
                self.gaps = note_gaps(raw, self._unsettled, now=read_clock())
            if self.gaps == 0:
                self._unsettled.clear()

    def _write_seen(self, raw: Raw, now: float) -> None:
        note_seen(
            raw,
            {
                device_id: (boot, as_instant(at_ms))
                for device_id, (_, boot, at_ms) in self._seen.items()
            },
        )
        note_offsets(raw, self._offsets)
        self._seen.clear()
        self._offsets.clear()
        self._seen_at = now


def notify_devices(raw: Raw, names: Sequence[str]) -> None:
    """Tell the live streams which devices to look at again, in as many notes as it takes."""
    note = ""
    for name in [*names, ""]:
        if note and (not name or len(note) + len(name) + 1 > NOTIFY_BYTES_MAX):
            raw.execute("SELECT pg_notify('yixiang_devices', %s)", [note])
            note = ""
        note = f"{note},{name}" if note else name
