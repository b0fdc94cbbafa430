"""What the gateway knows of one device, and the messages that each poll makes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateways.edge.load import LoadWatcher
from gateways.edge.reporting import Channel, Reporter, Sample, bundle
from gateways.edge.sessions import Run, RunWatcher, take_tally
from gateways.edge.settings import DeviceSettings
from gateways.modbus.registers import Quality
from gateways.mqtt.topics import Kind
from gateways.profiles.profile import Phase, WireType
from gateways.spool.spool import Draft, Spool
from gateways.spool.statements import DeviceRecord, to_json

# The words of OPC 40001-1, by phase.
OP_AND_MODE: Final = {
    Phase.IDLE: ("not_executing", "none"),
    Phase.WARM_UP: ("executing", "setup"),
    Phase.RUN: ("executing", "processing"),
    Phase.COOL_DOWN: ("not_executing", "setup"),
    Phase.FAULT: ("out_of_service", "none"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a state message says, but for its time."""

    online: bool
    op: str
    mode: str
    session: str | None


UNREACHABLE: Final = Standing(online=False, op="not_available", mode="none", session=None)


class Twin:
    """One device's side in the gateway; only its link's thread calls it."""

    def __init__(
        self,
        settings: DeviceSettings,
        spool: Spool,
        *,
        gateway: str,
        version: str,
        new_session: Callable[[], str],
    ) -> None:
        self.settings, self.profile = settings, settings.profile
        self._spool, self._gateway, self._version = spool, gateway, version
        self.record: DeviceRecord = spool.device(settings.name)
        self.channels = self._number_channels()
        self._reporter = Reporter(self.channels)
        run = self.record.memory.get("run")
        self._watcher = RunWatcher(new_session, Run.from_memory(run) if run else None)
        threshold = self.profile.phases.threshold if self.profile.phases else None
        metered_ms = int(self.record.memory.get("metered_ms", 0))
        is_running = self._watcher.run is not None
        self._load = LoadWatcher(threshold, metered_ms, is_running) if threshold else None
        self.standing: Standing | None = None
        self.standing_at_ms = 0
        self._alarms: dict[str, bool] = {}

    def _number_channels(self) -> list[Channel]:
        published = [metric for metric in self.profile.metrics if not metric.internal]
        wanted = [(metric.name, metric.unit, metric.wire.value) for metric in published]
        own = []
        if self.profile.phases is not None:
            own.append(("phase", "1", WireType.INTEGER.value))
            if self.profile.phases.threshold is not None:
                own.append(("run_ms", "ms", WireType.COUNTER.value))
        if self.profile.interlock is not None:
            own.append(("interlock", "1", WireType.BOOLEAN.value))
        keys = self._spool.metric_keys(self.record.id, [*wanted, *own])
        channels = [Channel.of(metric, k) for metric, k in zip(published, keys, strict=False)]
        rest = zip(own, keys[len(published) :], strict=True)
        return channels + [Channel(k, *described) for described, k in rest]

    def number_anew(self, at_ms: int) -> None:
        """Begin a new boot because the old one's numbers cannot be trusted any more."""
        self._spool.begin_boot(self.record, self.record.boot_counter)
        self.raise_alarm("SPOOL_TAIL_LOST", "major", at_ms, active=True)

    def birth(self) -> bytes:
        """Say who the device is and what it measures, and keep that with the boot."""
        metrics = [{"k": c.k, "n": c.name, "u": c.unit, "t": c.wire} for c in self.channels]
        body = {
            "s": 1,
            "boot": self.record.boot,
            "fw": self._version,
            "model": self.profile.model,
            "gw": self._gateway,
            "metrics": metrics,
        }
        payload = to_json(body)
        self._spool.keep_birth(self.record, payload)
        return payload

    def state(self) -> bytes:
        """Render the state as it stands; before the first contact nothing is known."""
        standing = self.standing or UNREACHABLE
        return to_json(
            {
                "s": 1,
                "boot": self.record.boot,
                "online": standing.online,
                "ts": self.standing_at_ms,
                "op": standing.op,
                "mode": standing.mode,
                "session": standing.session,
            }
        )

    def observe(self, samples: Mapping[str, Sample], *, at_ms: int, lease: str | None) -> bool:
        """Store what a poll says; True where the device has been switched off and on since."""
        rebooted = self._notice_boot(samples)
        found = dict(samples)
        events: list[dict[str, Any]] = []
        phase = self._phase(samples)
        if self.profile.phases is not None and self.profile.phases.metric in samples:
            status = samples[self.profile.phases.metric]
            found["phase"] = self._phase_sample(phase, status)
            counters = self.profile.counters
            if self._load is not None:
                found["run_ms"] = Sample(self._load.run_ms, Quality.GOOD, status.at_ms)
                counters = replace(counters, run_ms="run_ms")
            tally = take_tally(counters, found, at_ms)
            if phase is not None and tally is not None:
                events = self._watcher.observe(phase, tally, lease)
        chosen = self._reporter.choose(found)
        drafts = [Draft(Kind.MEASUREMENTS, ts, body) for ts, body in bundle(chosen)]
        drafts += [Draft(Kind.EVENT, body["ts"], body) for body in events]
        if drafts:
            self._spool.commit(self.record, drafts, memory=self._memory() if events else None)
        phases = self.profile.phases
        if phases is None or phases.metric in samples:
            if phase is not None:
                op, mode = OP_AND_MODE[phase]
            else:
                # No phase to tell, or one the profile does not know: it is there, that is all.
                op, mode = ("executing" if phases is None else "not_available"), "none"
            session = self._watcher.run.session if self._watcher.run else None
            self._stand(Standing(online=True, op=op, mode=mode, session=session), at_ms)
        return rebooted

    def come(self, at_ms: int) -> None:
        """Note that a device is there, before it has said what it does."""
        if self.standing is None or not self.standing.online:
            session = self._watcher.run.session if self._watcher.run else None
            op = "executing" if self.profile.phases is None else "not_executing"
            self._stand(Standing(online=True, op=op, mode="none", session=session), at_ms)

    def lose(self, at_ms: int) -> None:
        """Note that nobody answers; a session stays open, the counters will tell."""
        self._stand(UNREACHABLE, at_ms)
        self._reporter.forget()

    def raise_alarm(
        self,
        code: str,
        severity: str,
        at_ms: int,
        *,
        active: bool,
        extra: dict[str, Any] | None = None,
    ) -> None:
        """Store an alarm where its standing changes."""
        if self._alarms.get(code, False) is active:
            return
        self._alarms[code] = active
        body = {"ts": at_ms, "code": code, "sev": severity, "active": active, **(extra or {})}
        self._spool.commit(self.record, [Draft(Kind.ALARM, at_ms, body)])

    def _stand(self, standing: Standing, at_ms: int) -> None:
        if standing != self.standing:
            self.standing, self.standing_at_ms = standing, at_ms

    def _phase(self, samples: Mapping[str, Sample]) -> Phase | None:
        phases = self.profile.phases
        sample = samples.get(phases.metric) if phases else None
        if phases is None or sample is None:
            return None
        if self._load is not None:
            if not isinstance(sample.value, int | float):
                return None
            return self._load.observe(sample.value, sample.at_ms)
        if not isinstance(sample.value, int | str):
            return None
        return phases.codes.get(sample.value)

    @staticmethod
    def _phase_sample(phase: Phase | None, status: Sample) -> Sample:
        if phase is None:
            return Sample(None, Quality.BAD, status.at_ms)
        return Sample(int(phase), Quality.GOOD, status.at_ms)

    def _notice_boot(self, samples: Mapping[str, Sample]) -> bool:
        """Open a new sequence when the device's boot counter is not the one we knew."""
        name = self.profile.counters.boot
        sample = samples.get(name) if name else None
        if sample is None or sample.quality is not Quality.GOOD:
            return False
        counter = sample.value
        if not isinstance(counter, int) or counter == self.record.boot_counter:
            return False
        if self.record.boot_counter is None:
            self._spool.commit(self.record, [], boot_counter=counter)
            return False
        events = self._watcher.break_off()
        drafts = [Draft(Kind.EVENT, body["ts"], body) for body in events]
        self._spool.commit(self.record, drafts, memory=self._memory())
        self._spool.begin_boot(self.record, counter)
        self._reporter.forget()
        self._alarms.clear()
        return True

    def _memory(self) -> dict[str, Any]:
        run = self._watcher.run
        memory: dict[str, Any] = {"run": run.to_memory() if run else None}
        if self._load is not None:
            memory["metered_ms"] = self._load.run_ms
        return memory
