"""`yixiang gateway`: the field side, which needs no database."""

import signal
import threading
from collections.abc import Iterable
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gateways.edge.central import CentralStore
    from gateways.edge.config import GatewaySettings
    from gateways.edge.process import Gateway

app = typer.Typer(help="Read instruments over Modbus and report them to the broker.")

ConfigFile = Annotated[Path, typer.Option("--config", help="The gateway's TOML file.")]
WATCH_S = 2.0
COUNT_S = 300.0


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The gateway's TOML file.")] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written once the gateway runs: its pid and devices.")
    ] = None,
    *,
    watch: Annotated[
        bool, typer.Option(help="Reload when the file or a profile changes, as SIGHUP does.")
    ] = False,
) -> None:
    """Run the gateway until SIGTERM or Ctrl-C; SIGHUP reads its files again."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        typer.echo("gateway: --config FILE is needed / 缺少 --config 文件", err=True)
        raise typer.Exit(2)

    from foundation.logs import get_log, set_up_logs
    from gateways.edge.central import CentralStore
    from gateways.edge.process import Gateway, write_ready_file
    from gateways.spool.database import SpoolUnusable

    set_up_logs("gateway")
    settings = load(config)
    central = CentralStore(settings.spool.path.with_suffix(".central"), config)
    if central.version:
        # Links and devices of the local file are not in force then, so say so.
        get_log("gateway").info("central configuration in force", version=central.version)
        settings = load(config, central.file())
    try:
        gateway = Gateway(settings, central)
    except SpoolUnusable as error:
        typer.echo(f"{error.code}: {error}", err=True)
        raise typer.Exit(2) from None

    gateway.start()
    if ready_file is not None:
        write_ready_file(ready_file, gateway)
    attend(gateway, central, config if watch else None)
    gateway.stop()


def attend(gateway: "Gateway", central: "CentralStore", watched: Path | None) -> None:
    """Reload when asked to, by signal, by the platform or by a changed file, until told to end."""
    done, again = threading.Event(), threading.Event()

    def ask(event: threading.Event) -> None:
        event.set()
        gateway.woken.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ask(done))
    signal.signal(signal.SIGHUP, lambda *_: ask(again))
    seen = stamps(watched, gateway) if watched else []
    count_at_s = monotonic() + COUNT_S
    while not done.is_set():
        gateway.woken.wait(WATCH_S if watched else COUNT_S)
        gateway.attend()
        if monotonic() >= count_at_s:
            count_at_s += COUNT_S
            gateway.log_counts()
        if watched and (now := stamps(watched, gateway)) != seen:
            seen = now
            again.set()
        if again.is_set():
            again.clear()
            gateway.reload_files(central)


def load(config: Path, central: Path | None = None) -> "GatewaySettings":
    """Read all files, or end the process with every problem on a line of its own."""
    from gateways.edge.config import load_settings
    from gateways.profiles.tomlfile import FileRefused

    try:
        return load_settings(config, central=central)
    except FileRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(2) from None


def stamps(config: Path, gateway: "Gateway") -> list[tuple[str, float]]:
    """Note when each file in use was last written."""
    folders = {config.parent, *gateway.settings.profile_folders}
    files: Iterable[Path] = (file for folder in folders for file in sorted(folder.glob("*.toml")))
    return [(str(file), file.stat().st_mtime) for file in files if file.exists()]


@app.command()
def check(config: ConfigFile) -> None:
    """Read the file and its profiles, without a network, and say what would be asked for."""
    from gateways.edge.probe import describe_requests

    settings = load(config)
    for device in settings.devices:
        typer.echo(f"{device.name}: {device.profile.name}, unit {device.unit} on {device.link}")
        for line in describe_requests(device):
            typer.echo(f"  {line}")
    typer.echo(f"{config}: sound, {len(settings.devices)} devices / 配置无误")


@app.command()
def probe(config: ConfigFile, device: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """Read a device once, register by register, and print what was found."""
    from rich.console import Console
    from rich.table import Table

    from gateways.edge.probe import probe as read_once
    from gateways.modbus.client import Line

    settings = load(config)
    found = next((d for d in settings.devices if d.name == device), None)
    if found is None:
        names = ", ".join(d.name for d in settings.devices)
        typer.echo(f"unknown_device: {device} is not one of {names} / 没有这台设备", err=True)
        raise typer.Exit(2)
    link = next(link for link in settings.links if link.name == found.link)
    line = Line(link)
    try:
        findings = read_once(found, line)
    finally:
        line.close()
    table = Table("name", "where", "type", "raw", "value", "unit", "remark", title=device)
    for row in findings:
        value = "" if row.value is None else str(row.value)
        table.add_row(row.name, row.where, row.encoding, row.raw, value, row.unit, row.remark)
    Console(width=None if Console().is_terminal else 120).print(table)
    if not any(row.raw for row in findings):
        raise typer.Exit(1)
