"""`yixiang ingest`: from the broker to the database, and commands back."""

import gc
import os
import signal
import threading
from typing import Annotated

import typer

from gateways.mqtt.ingest import Role


def run(
    *,
    client_id: Annotated[
        str, typer.Option(help="Our name at the broker; its session outlives us.")
    ] = "yixiang-ingest",
    batch: Annotated[int, typer.Option(min=1, max=20_000, help="Messages a commit.")] = 2_000,
    linger_ms: Annotated[
        int, typer.Option(min=0, max=1_000, help="How long to wait for a fuller batch.")
    ] = 10,
    workers: Annotated[
        int, typer.Option(min=0, max=32, help="Processes of their own for measurements.")
    ] = 0,
    metrics_port: Annotated[
        int,
        typer.Option(
            min=-1,
            max=65_000,
            help="Where Prometheus may ask (workers: at the ports behind it); -1: nowhere.",
        ),
    ] = -1,
    role: Annotated[Role, typer.Option(hidden=True)] = Role.WHOLE,
    shard: Annotated[int, typer.Option(hidden=True)] = 0,
    shards: Annotated[int, typer.Option(hidden=True)] = 1,
    parent: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Store what devices report; acknowledge only what is committed."""
    from foundation.database import make_engine
    from foundation.logs import get_log, set_up_logs
    from foundation.settings import Settings
    from gateways.mqtt.ingest import Ingest, IngestOptions, ThreadDied
    from gateways.mqtt.receiver import Broker
    from gateways.mqtt.workers import Workers

    # A batch makes tens of thousands of small objects and no cycles: look for those rarely.
    gc.set_threshold(200_000, 20, 100)
    settings = Settings.read()
    set_up_logs("ingest", as_json=settings.log_json)
    log = get_log("ingest")
    try:
        broker = Broker.parse(settings.broker_url.get_secret_value())
    except ValueError as error:
        typer.echo(f"YIXIANG_BROKER_URL: {error}", err=True)
        raise typer.Exit(2) from None
    engine = make_engine(
        settings.database_url.get_secret_value(), pool_size=4, application_name="yixiang ingest"
    )
    crew = None
    if workers:
        role = Role.ORDERED
        crew = Workers(
            broker,
            client_id=client_id,
            count=workers,
            arguments=[f"--batch={batch}", f"--linger-ms={linger_ms}"],
            metrics_port=metrics_port + 1 if metrics_port > 0 else None,
        )
    ingest = Ingest(
        engine,
        broker,
        IngestOptions(
            client_id=client_id,
            batch_max=batch,
            linger_s=linger_ms / 1000,
            role=role,
            shard=shard,
            shards=shards,
            metrics_port=metrics_port if metrics_port >= 0 else None,
        ),
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def look_around() -> None:
        if crew is not None:
            crew.mend()
        if parent and os.getppid() != parent:
            stop.set()  # nobody would ever stop us

    if crew is not None:
        crew.start()
    ingest.start()
    try:
        ingest.watch(stop, look_around)
    except ThreadDied as error:
        log.exception("a thread died", threads=str(error))
        raise typer.Exit(1) from None
    finally:
        ingest.stop()
        if crew is not None:
            crew.stop()
        engine.dispose()
