"""Reading a device once, for a person: what each register held and what it means."""

from dataclasses import dataclass

from gateways.edge.settings import DeviceSettings
from gateways.modbus.client import Line
from gateways.modbus.errors import DeviceError, DeviceRefused
from gateways.modbus.planner import plan
from gateways.modbus.registers import Encoding, Quality, Table, Tag, Value


@dataclass(frozen=True, slots=True)
class Finding:
    """One row of the table: a tag, its raw registers, and what became of them."""

    name: str
    where: str
    encoding: str
    raw: str
    value: Value
    unit: str
    remark: str


def all_tags(device: DeviceSettings) -> list[tuple[Tag, str]]:
    tags = [(metric.tag, metric.unit) for metric in device.profile.metrics]
    if device.profile.interlock is not None:
        coil = device.profile.interlock.coil
        tags.append((Tag("interlock", Table.COIL, coil, Encoding.BOOL), "1"))
    return tags


def describe_requests(device: DeviceSettings) -> list[str]:
    """Say which requests one round of all groups takes."""
    lines = []
    for group in device.profile.groups:
        tags = [metric.tag for metric in device.profile.in_group(group.name)]
        how_often = f"{group.name} every {group.period_s * device.poll_factor:g} s"
        lines += [
            f"{how_often}: {layout.table} {layout.address}…{layout.address + layout.count - 1},"
            f" {len(layout.tags)} values"
            for layout in plan(tags, device.profile.limits)
        ]
    return lines


def probe(device: DeviceSettings, line: Line) -> list[Finding]:
    """Ask for each tag by itself, so that one absent register hides no other."""
    findings = []
    for tag, unit in all_tags(device):
        where = f"{tag.table} {tag.address}"
        raw, value, remark = "", None, ""
        try:
            got = line.read(device.unit, tag.table, tag.address, tag.count)
        except DeviceRefused as error:
            remark = f"exception {error.exception_code}"
        except DeviceError as error:
            remark = str(error)
        else:
            raw = got.hex(" ", 2) if len(got) > 1 else got.hex()
            [layout] = plan([tag], device.profile.limits)
            values, quality = layout.decode(got)
            value, good = values[0], quality.get(0, Quality.GOOD)
            remark = tag.labels.get(value, "") if isinstance(value, int) else ""
            if good is not Quality.GOOD:
                remark = good.name.lower()
        findings.append(Finding(tag.name, where, tag.encoding, raw, value, unit, remark))
    return findings
