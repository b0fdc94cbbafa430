"""What one gateway is told: its broker, its links and the devices on them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from gateways.edge.settings import MEGABYTE, BrokerSettings, DeviceSettings, SpoolSettings
from gateways.edge.source_config import SourceSettings, read_source
from gateways.modbus.client import LineKind, LineSettings
from gateways.mqtt.topics import NAME_PATTERN
from gateways.profiles.loader import OWN_FOLDER, find_profile, load_profiles
from gateways.profiles.profile import Profile
from gateways.profiles.tomlfile import FileRefused, Section, Source

NAME: Final = NAME_PATTERN.pattern
LINK_NAME: Final = r"[A-Za-z0-9_-]{1,64}"
PORT_OF: Final = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    name: str
    broker: BrokerSettings
    spool: SpoolSettings
    links: tuple[LineSettings, ...]
    devices: tuple[DeviceSettings, ...]
    profile_folders: tuple[Path, ...] = ()
    sources: tuple[SourceSettings, ...] = ()

    def on_link(self, link: str) -> list[DeviceSettings]:
        return [device for device in self.devices if device.link == link]


def load_settings(path: Path, *, central: Path | None = None) -> GatewaySettings:
    """Read the file and every profile it names, without touching the network.

    Links and devices come from the centrally kept file where there is one, and its profiles
    go before ours. Raises FileRefused with everything wrong in any of the files.
    """
    source = Source(path)
    source.require_sound()
    root = source.root()
    gateway = root.section("gateway")
    if gateway is None:
        if "gateway" not in root:
            root.problem("gateway", "missing", "必填", "is missing")
        gateway = Section(source, ("gateway",), {})
        source.require_sound()
    name = gateway.text("name", pattern=NAME)
    broker = read_broker(gateway, path.parent)
    spool = read_spool(gateway, path.parent)
    folders = [path.parent / gateway.text("profiles")] if "profiles" in gateway else []
    gateway.refuse_unknown()
    if central is not None:
        source.require_sound()
        source = Source(central)
        source.require_sound()
        root, folders = source.root(), [central.parent, *folders]
    links = [read_link(section, path.parent) for section in root.sections("link")]
    refuse_twins(root.sections("link"), [link.name for link in links])
    sections = root.sections("device")
    wanted = {s.text("profile") for s in sections if "profile" in s} - {""}
    try:
        profiles = load_profiles(wanted, folders)
    except FileRefused as refused:
        source.problems += refused.problems
        profiles = {}
    devices = [
        device
        for section in sections
        if (device := read_device(section, links, profiles, folders)) is not None
    ]
    sources = [
        read_source(section, read_broker, path.parent) for section in root.sections("source")
    ]
    named = [(section, section.text("name")) for section in sections]
    for section in root.sections("source"):
        named += [(each, each.text("name")) for each in section.sections("device")]
    refuse_twins([section for section, _ in named], [name for _, name in named])
    refuse_shared_units(sections, devices)
    root.refuse_unknown()
    source.require_sound()
    return GatewaySettings(
        name, broker, spool, tuple(links), tuple(devices), tuple(folders), tuple(sources)
    )


def read_broker(section: Section, folder: Path) -> BrokerSettings:
    url = section.text("broker", pattern=r"mqtts?://.+")
    ca = folder / section.text("broker_ca") if "broker_ca" in section else None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
        section.problem("broker", "wrong_form", "不是网址", "is no address")
    if url and not parts.hostname:
        section.problem("broker", "wrong_form", "缺少主机名", "names no host")
    return BrokerSettings(
        host=parts.hostname or "",
        port=port or PORT_OF.get(parts.scheme, 1883),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        has_tls=parts.scheme == "mqtts",
        ca=ca,
    )


def read_spool(section: Section, folder: Path) -> SpoolSettings:
    return SpoolSettings(
        path=folder / section.text("spool"),
        bytes_max=section.integer("spool_megabytes", 512, low=1, high=1_000_000) * MEGABYTE,
        age_s_max=section.seconds("spool_age", 30 * 86_400, low=60, high=3650 * 86_400),
        window=section.integer("window", 200, low=1, high=10_000),
        ack_silence_s=section.seconds("ack_silence", 10.0, low=0.1, high=3600),
        rate_max=section.integer("rate", 2_000, low=1, high=1_000_000),
    )


def read_link(section: Section, folder: Path) -> LineSettings:
    kind = LineKind(section.text("kind", "tcp", choices=list(LineKind)))
    is_serial, has_tls = kind is LineKind.RTU, kind is LineKind.TLS

    def file(key: str) -> Path | None:
        if key not in section:
            return None
        path = folder / section.text(key)
        if not path.is_file():
            section.problem(key, "file_missing", "文件不存在", "names a file that is not there")
        return path

    settings = LineSettings(
        name=section.text("name", pattern=LINK_NAME),
        kind=kind,
        host="" if is_serial else section.text("host", pattern=r"[^\s/]+"),
        port=502
        if is_serial
        else section.integer("port", 802 if has_tls else 502, low=1, high=65535),
        device=section.text("device") if is_serial else "",
        baud_rate=section.integer("baud_rate", 9600, low=300, high=4_000_000)
        if is_serial
        else 9600,
        data_bits=section.integer("data_bits", 8, low=7, high=8) if is_serial else 8,
        parity=section.text("parity", "N", choices=["N", "E", "O"]) if is_serial else "N",
        stop_bits=section.integer("stop_bits", 1, low=1, high=2) if is_serial else 1,
        timeout_s=section.seconds("timeout", 1.0, low=0.01, high=60),
        connect_pause_s=section.seconds("connect_pause", 0, low=0, high=60),
        request_pause_s=section.seconds("request_pause", 0.03 if is_serial else 0, low=0, high=10),
        reconnect_pause_s=section.seconds("reconnect_pause", 1.0, low=0.01, high=300),
        ca=file("ca") if has_tls else None,
        certificate=file("certificate") if has_tls else None,
        key=file("key") if has_tls else None,
        server_name=section.text("server_name") if has_tls and "server_name" in section else None,
    )
    section.refuse_unknown()
    return settings


def read_device(
    section: Section,
    links: list[LineSettings],
    profiles: dict[str, Profile],
    folders: list[Path],
) -> DeviceSettings | None:
    name = section.text("name", pattern=NAME)
    link = section.text("link", choices=[link.name for link in links])
    unit = section.integer("unit", low=0, high=255)
    factor = float(section.number("poll_factor", 1, low=0.01, high=1000))
    wanted = section.text("profile", pattern=r"[a-z0-9][a-z0-9-]*")
    section.refuse_unknown()
    if wanted and wanted not in profiles and find_profile(wanted, folders) is None:
        places = ", ".join(str(folder) for folder in [*folders, OWN_FOLDER])
        section.problem("profile", "unknown_profile", "找不到描述文件", f"is not in {places}")
    profile = profiles.get(wanted)
    return DeviceSettings(name, link, unit, profile, factor) if profile else None


def refuse_twins(sections: list[Section], names: list[str]) -> None:
    seen: set[str] = set()
    for section, name in zip(sections, names, strict=True):
        if name and name in seen:
            section.problem("name", "duplicate", "重复", "is used twice")
        seen.add(name)


def refuse_shared_units(sections: list[Section], devices: list[DeviceSettings]) -> None:
    seen: set[tuple[str, int]] = set()
    by_name = {section.text("name"): section for section in sections}
    for device in devices:
        if (device.link, device.unit) in seen:
            by_name[device.name].problem(
                "unit", "duplicate", "同一链路上站号重复", "is another device's on the same link"
            )
        seen.add((device.link, device.unit))
