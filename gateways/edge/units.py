"""One device on a link: its groups of requests, its breaker, its relay, and its twin."""

from dataclasses import dataclass, field
from typing import Final

from foundation.clock import read_clock
from gateways.edge.relay import Relay
from gateways.edge.settings import DeviceSettings
from gateways.edge.twin import Twin
from gateways.modbus.breaker import Breaker
from gateways.modbus.layout import Layout
from gateways.modbus.planner import Cuts, plan
from gateways.modbus.registers import Encoding, Table, Tag
from gateways.profiles.profile import Group
from gateways.spool.spool import Spool

# An absent register is asked for again this often, in case the firmware has grown one.
ABSENT_S: Final = 3600.0


def now_ms() -> int:
    return int(read_clock().timestamp() * 1000)


@dataclass(slots=True)
class PollGroup:
    """One group of one device: its requests, and the tags the device turned out not to have."""

    group: Group
    period_s: float
    tags: list[Tag]
    cuts: Cuts = field(default_factory=Cuts)
    layouts: list[Layout] = field(default_factory=list)
    absent: dict[str, float] = field(default_factory=dict)  # name → when to try again


class Unit:
    """One device on the link."""

    def __init__(self, settings: DeviceSettings, twin: Twin, spool: Spool) -> None:
        profile = settings.profile
        self.settings, self.twin = settings, twin
        self.breaker = Breaker()
        self.told = b""  # the state last published
        self.announced = ""  # the boot last told of
        self.relay = (
            Relay(settings.name, settings.unit, profile.interlock, spool.commands)
            if profile.interlock
            else None
        )
        self.groups = []
        for group in profile.groups:
            tags = [metric.tag for metric in profile.in_group(group.name)]
            if profile.interlock is not None and group is self._status_group():
                tags.append(Tag("interlock", Table.COIL, profile.interlock.coil, Encoding.BOOL))
            if tags:
                period_s = group.period_s * settings.poll_factor
                self.groups.append(PollGroup(group, period_s, tags))
        for poll_group in self.groups:
            self.replan(poll_group)

    def _status_group(self) -> Group:
        profile = self.settings.profile
        if profile.phases is None:
            return profile.groups[0]
        status = next(m for m in profile.metrics if m.name == profile.phases.metric)
        return next(group for group in profile.groups if group.name == status.group)

    def replan(self, poll_group: PollGroup) -> None:
        present = [tag for tag in poll_group.tags if tag.name not in poll_group.absent]
        poll_group.layouts = plan(present, self.settings.profile.limits, poll_group.cuts)
