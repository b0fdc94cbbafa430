"""Configuration from the platform, by version: kept on disk, applied whole or not at all."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from gateways.edge.config import GatewaySettings, load_settings
from gateways.profiles.loader import PROFILE_NAME
from gateways.profiles.tomlfile import FileRefused

FILE: Final = "gateway-central.toml"
VERSIONS_KEPT: Final = 3


class Configure(msgspec.Struct, frozen=True):
    """A `cmd` to the gateway itself: its links and devices, and the profiles they need."""

    id: str
    exp: int
    do: str
    version: int
    config: str  # TOML: [[link]] and [[device]]
    profiles: dict[str, str] = {}  # by name, TOML
    s: int = 1


class ConfigurationRefused(Exception):
    """The configuration cannot be taken; the old one goes on."""

    def __init__(self, code: str, reason: str) -> None:
        self.code = code
        super().__init__(reason)


def read_configure(payload: bytes) -> Configure:
    codec: Any = msgspec.json if payload[:1] == b"{" else msgspec.msgpack
    configure: Configure = codec.decode(payload, type=Configure)
    if configure.do != "configure":
        raise msgspec.ValidationError("a gateway itself only takes `configure`")
    return configure


class CentralStore:
    """The versions received, each in a folder of its own, and which of them is in force."""

    def __init__(self, folder: Path, local: Path) -> None:
        self._folder, self._local = folder, local
        self._pointer = folder / "current"

    @property
    def version(self) -> int:
        """The version in force; 0 where the local file's links and devices hold."""
        try:
            return int(self._pointer.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0

    def file(self) -> Path | None:
        version = self.version
        return self._folder / f"v{version}" / FILE if version else None

    def load(self) -> GatewaySettings:
        return load_settings(self._local, central=self.file())

    def stage(self, configure: Configure) -> GatewaySettings:
        """Write a version down and read it back sound; raise ConfigurationRefused if it is not."""
        if configure.version <= self.version:
            raise ConfigurationRefused("stale_version", f"version {self.version} is in force")
        folder = self._folder / f"v{configure.version}"
        shutil.rmtree(folder, ignore_errors=True)
        try:
            self._write(folder, configure.config, configure.profiles)
            return load_settings(self._local, central=folder / FILE)
        except FileRefused as refused:
            shutil.rmtree(folder, ignore_errors=True)
            raise ConfigurationRefused(refused.code, str(refused)) from refused
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise ConfigurationRefused("disk", str(error)) from error

    @staticmethod
    def _write(folder: Path, config: str, profiles: Mapping[str, str]) -> None:
        folder.mkdir(parents=True)
        (folder / FILE).write_text(config, encoding="utf-8")
        for name, text in profiles.items():
            # The name becomes a path, so it may be nothing but a name.
            if not PROFILE_NAME.fullmatch(name):
                raise ConfigurationRefused("profile_name", f"{name!r} is no profile's name")
            (folder / f"{name}.toml").write_text(text, encoding="utf-8")

    def put_in_force(self, version: int) -> None:
        """Make a staged version the one that the next start finds; whole or not at all."""
        partial = self._pointer.with_suffix(".partial")
        partial.write_text(f"{version}\n", encoding="ascii")
        partial.replace(self._pointer)
        known = sorted(int(path.name[1:]) for path in self._folder.glob("v*"))
        for old in known[:-VERSIONS_KEPT]:
            shutil.rmtree(self._folder / f"v{old}", ignore_errors=True)
