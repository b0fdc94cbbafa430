"""`yixiang bench sims`: what 5,000 simulated MQTT devices at a message a second each cost."""

import resource
from typing import Annotated

import typer

from cli.embedded.accounts import field_account, new_password
from cli.measuring import AsJson, Figures, report, scratch_broker
from sims.measure import MeasureFailed, measure, names
from sims.mqtt.load import LoadFailed

CORES_GOAL = 1.0
SAID_LEAST = 0.98
FILES_SPARE = 1024


def run(
    devices: Annotated[int, typer.Option(help="How many.", min=1, max=5000)] = 5000,
    seconds: Annotated[float, typer.Option(help="For how long.", min=1)] = 15.0,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure one process of simulated devices, beside a bare publisher of as many messages."""
    _allow_files(devices + FILES_SPARE)
    accounts = [field_account(name, new_password(), [name]) for name in names(devices)]
    passwords = {account.name: account.password for account in accounts}
    with scratch_broker(accounts) as broker:
        url = f"mqtt://127.0.0.1:{broker.field_port}"
        try:
            cost = measure(url, passwords, devices=devices, seconds=seconds)
        except (MeasureFailed, LoadFailed) as failed:
            typer.echo(f"sims: {failed}", err=True)
            raise typer.Exit(1) from None
        kind = broker.name
    said = cost.messages_per_s / devices
    report(
        Figures(
            name="sims",
            ours=cost.cores,
            reference=cost.reference_cores,
            unit="cores",
            goal=CORES_GOAL,
            better="less",
            # The goal is on what it costs; the ratio shows what the physics adds.
            is_met=cost.cores <= CORES_GOAL and said >= SAID_LEAST,
            more={
                "devices": devices,
                "messages_per_s": round(cost.messages_per_s, 1),
                "seconds": round(cost.seconds, 1),
                "connect_s": round(cost.connect_s, 1),
                "peak_mb": round(cost.peak_mb, 1),
                "broker": kind,
            },
        ),
        as_json=as_json,
    )


def _allow_files(count: int) -> None:
    """Let the broker, our child, hold as many connections as there are devices."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < count:
        enough = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (enough, hard))
