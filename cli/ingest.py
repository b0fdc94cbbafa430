"""`yixiang ingest`: from the broker to the database, and commands back."""

import gc
import signal
import threading
from typing import Annotated

import typer


def run(
    client_id: Annotated[
        str, typer.Option(help="Our name at the broker; its session outlives us.")
    ] = "yixiang-ingest",
    batch: Annotated[int, typer.Option(min=1, max=20_000, help="Messages a commit.")] = 2_000,
    linger_ms: Annotated[
        int, typer.Option(min=0, max=1_000, help="How long to wait for a fuller batch.")
    ] = 10,
) -> None:
    """Store what devices report; acknowledge only what is committed."""
    from foundation.database import make_engine
    from foundation.logs import get_log, set_up_logs
    from foundation.settings import Settings
    from gateways.mqtt.ingest import Ingest, IngestOptions, ThreadDied
    from gateways.mqtt.receiver import Broker

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
    ingest = Ingest(
        engine,
        broker,
        IngestOptions(client_id=client_id, batch_max=batch, linger_s=linger_ms / 1000),
    )
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    ingest.start()
    try:
        ingest.watch(stop)
    except ThreadDied as error:
        log.exception("a thread died", threads=str(error))
        raise typer.Exit(1) from None
    finally:
        ingest.stop()
        engine.dispose()
