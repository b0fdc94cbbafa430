"""`yixiang gateway`: the field side, which needs no database."""

import signal
import threading
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Read instruments over Modbus and report them to the broker.")

ConfigFile = Annotated[Path, typer.Option(help="The gateway's TOML file.")]


@app.callback(invoke_without_command=True)
def run(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="The gateway's TOML file.")] = None,
    ready_file: Annotated[
        Path | None, typer.Option(help="Written once the gateway runs: its pid and devices.")
    ] = None,
) -> None:
    """Run the gateway until SIGTERM or Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    if config is None:
        typer.echo("gateway: --config FILE is needed / 缺少 --config 文件", err=True)
        raise typer.Exit(2)

    from foundation.logs import set_up_logs
    from gateways.edge.config import load_settings
    from gateways.edge.process import Gateway, write_ready_file
    from gateways.profiles.tomlfile import FileRefused
    from gateways.spool.spool import SpoolUnusable

    set_up_logs("gateway")
    try:
        gateway = Gateway(load_settings(config))
    except FileRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(2) from None
    except SpoolUnusable as error:
        typer.echo(f"{error.code}: {error}", err=True)
        raise typer.Exit(2) from None

    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    gateway.start()
    if ready_file is not None:
        write_ready_file(ready_file, gateway)
    done.wait()
    gateway.stop()
