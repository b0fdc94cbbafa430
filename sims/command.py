"""`python -m sims`: run a lab of pretend instruments until told to stop."""

import asyncio
import json
import logging
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from sims import recording
from sims import scenario as scenarios
from sims.clock import SimClock
from sims.control import Control
from sims.lab import Lab, Place
from sims.models import MODELS
from sims.mqtt.client import Broker
from sims.store import BadMemory

FLEET_MAX = 5000
LOCAL_BROKER = "mqtt://127.0.0.1:1883"
FILES_SPARE = 256

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Pretend instruments: the same wires, no hardware, no waiting."""


@app.command()
def models() -> None:
    """List the models there are."""
    for model in MODELS.values():
        wires = "modbus, mqtt" if model.layout else "mqtt"
        typer.echo(f"{model.name:12} {wires:13} {model.about}")


@app.command(name="scenarios")
def list_scenarios() -> None:
    """List the scenarios that are shipped; their names go where a file does."""
    for name, path in scenarios.SHIPPED.items():
        about = path.read_text(encoding="utf-8").partition("\n\n")[0]
        typer.echo(f"{name:14} {about.replace('# ', '').replace(chr(10), ' ')}")


@app.command()
def check(path: Path) -> None:
    """Say whether a scenario can be played, and if not, where and why."""
    try:
        scenario = scenarios.load(path)
    except scenarios.BadScenario as error:
        _refuse(str(error))
    typer.echo(f"{path}: {len(scenario.device)} devices, {len(scenario.step)} steps")


@app.command()
def run(
    *,
    scenario: Annotated[
        Path | None, typer.Option(help="TOML file, or a shipped name; the demo if none")
    ] = None,
    fleet: Annotated[
        list[str] | None, typer.Option(help="MODEL:COUNT of MQTT devices instead; may be repeated")
    ] = None,
    busy: Annotated[bool, typer.Option(help="a fleet that works without being unlocked")] = False,
    prefix: Annotated[str, typer.Option(help="first part of the names of a fleet")] = "",
    broker: Annotated[str | None, typer.Option(envvar="YIXIANG_BROKER_URL")] = None,
    credentials: Annotated[
        Path | None, typer.Option(help="JSON file {device: password} for the broker")
    ] = None,
    modbus_host: Annotated[str | None, typer.Option(help="instead of the scenario's")] = None,
    modbus_port: Annotated[
        int | None, typer.Option(help="instead of the scenario's; 0 lets the system choose")
    ] = None,
    control_port: Annotated[
        int | None, typer.Option(help="HTTP API on the loopback; 0 lets the system choose")
    ] = None,
    state: Annotated[Path | None, typer.Option(help="folder that keeps the counters")] = None,
    ready_file: Annotated[Path | None, typer.Option(help="JSON file written when up")] = None,
    seed: Annotated[str | None, typer.Option(help="instead of the scenario's")] = None,
    speed: Annotated[float | None, typer.Option(help="0.1 to 1000; physics only")] = None,
    start_ago: Annotated[
        str | None, typer.Option(help="start so long ago (7d, 2h) and catch up at --speed")
    ] = None,
    stepped: Annotated[bool, typer.Option(help="time moves by POST /step only")] = False,
) -> None:
    """Run a lab until SIGTERM or Ctrl-C."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        plan = _plan(scenario, fleet or [], prefix, is_busy=busy)
        if seed is not None or speed is not None:
            plan = scenarios.retimed(plan, seed=seed, speed=speed)
        place = Place(
            broker=Broker.parse(broker) if broker else None,
            state=state,
            host=modbus_host,
            port=modbus_port,
            passwords=json.loads(credentials.read_text()) if credentials else {},
        )
        clock = SimClock(speed=plan.lab.speed, stepped=stepped)
        if start_ago is not None:
            begin = clock.stamp_ms - scenarios.span_ms(start_ago)
            clock = SimClock(speed=plan.lab.speed, start_at_ms=begin, stepped=stepped)
        lab = Lab(plan, clock, place)
    except (scenarios.BadScenario, BadMemory, OSError, ValueError) as error:
        _refuse(str(error))
    if ready_file is not None:
        ready_file.unlink(missing_ok=True)  # one that was killed has left it
    _allow_files(len(plan.device) + FILES_SPARE)
    try:
        asyncio.run(_run(lab, control_port, ready_file))
    except OSError as error:
        _refuse(f"{error.strerror or 'failed'}: {error.filename or error}")
    finally:
        if ready_file is not None:
            ready_file.unlink(missing_ok=True)


@app.command()
def record(
    out: Annotated[Path, typer.Argument(help="JSON lines; gzipped if it ends in .gz")],
    *,
    broker: Annotated[str, typer.Option(envvar="YIXIANG_BROKER_URL")] = LOCAL_BROKER,
    topic: Annotated[str, typer.Option(help="what to record")] = "lab/1/+/+",
    seconds: Annotated[float | None, typer.Option(help="stop after so long")] = None,
) -> None:
    """Record what devices say until Ctrl-C."""

    async def run() -> int:
        done = _told_to_stop()
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, done.set)
        recorder = f"sims-record-{os.getpid()}"
        return await recording.record(
            Broker.parse(broker), out, topic=topic, client_id=recorder, until=done
        )

    try:
        count = asyncio.run(run())
    except (OSError, ValueError) as error:
        _refuse(str(error))
    typer.echo(f"{count} messages in {out}")


@app.command()
def replay(
    path: Annotated[Path, typer.Argument(help="what `record` wrote")],
    *,
    broker: Annotated[str, typer.Option(envvar="YIXIANG_BROKER_URL")] = LOCAL_BROKER,
    credentials: Annotated[Path | None, typer.Option(help="JSON file {device: password}")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=1000)] = 1.0,
    as_it_was: Annotated[bool, typer.Option(help="keep the recorded times and boots")] = False,
) -> None:
    """Say again what devices said, moved to now and under new boots."""
    try:
        passwords = json.loads(credentials.read_text()) if credentials else {}
        count = asyncio.run(
            recording.play(
                Broker.parse(broker), path, speed=speed, passwords=passwords, moved=not as_it_was
            )
        )
    except (OSError, ValueError) as error:
        _refuse(str(error))
    typer.echo(f"{count} messages of {path}")


def _plan(path: Path | None, fleet: list[str], prefix: str, *, is_busy: bool) -> scenarios.Scenario:
    if not fleet:
        return scenarios.load(path or scenarios.DEMO)
    counts: dict[str, int] = {}
    for each in fleet:
        model, _, count = each.partition(":")
        if not count.isdigit() or int(count) == 0:
            raise scenarios.BadScenario(f"--fleet is MODEL:COUNT, not {each}")
        counts[model] = counts.get(model, 0) + int(count)
    if sum(counts.values()) > FLEET_MAX:
        raise scenarios.BadScenario(f"a fleet has at most {FLEET_MAX} devices")
    return scenarios.fleet(counts, prefix=prefix, is_busy=is_busy)


async def _run(lab: Lab, control_port: int | None, ready_file: Path | None) -> None:
    done = _told_to_stop()
    control = Control(lab)
    await lab.start()
    try:
        ready = lab.ready()
        ready["control"] = None
        if control_port is not None:
            ready["control"] = {"host": "127.0.0.1", "port": await control.start(control_port)}
        text = json.dumps(ready)
        if ready_file is not None:
            aside = ready_file.with_name(ready_file.name + ".new")
            aside.write_text(text)
            aside.replace(ready_file)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
        await lab.run_until(done)
    finally:
        await control.stop()
        await lab.stop()


def _told_to_stop() -> asyncio.Event:
    done = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, done.set)
    return done


def _allow_files(count: int) -> None:
    """Ask for as many open sockets as there are devices; a shell allows 1024 by default."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        enough = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))


def _refuse(reason: str) -> NoReturn:
    typer.echo(f"sims: {reason}", err=True)
    raise typer.Exit(2)
