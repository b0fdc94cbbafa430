"""`yixiang api`: HTTP, live events and the web pages."""

import gc
import os
import socket
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fastapi import FastAPI

CONNECTIONS, CONNECTIONS_LEAST = 20, 5


def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 lets the system choose.")] = -1,
    workers: Annotated[int, typer.Option(min=0, help="Processes that serve; 0: as set.")] = 0,
) -> None:
    """Serve the api and the web pages."""
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    from foundation.encryption import open_key_ring
    from foundation.logs import get_log, set_up_logs
    from foundation.settings import Settings

    if workers:
        os.environ["YIXIANG_API_WORKERS"] = str(workers)  # for the processes we start, too
    overrides = {"api_host": host} if host else {}
    settings = Settings.read(**overrides, **({"api_port": port} if port >= 0 else {}))
    set_up_logs("api", as_json=settings.log_json)
    if settings.api_processes > 1:
        open_key_ring(settings)  # a secret that is made once is made before we are several
    listener = socket.create_server((settings.api_host, settings.api_port), backlog=512)
    # What it accepts inherits this. asyncio would set it, but not on a socket that leaves its
    # protocol open, and an answer's body then waits 40 ms for the acknowledgement of its head.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    get_log("api").info("listening", port=listener.getsockname()[1], workers=settings.api_processes)
    config = uvicorn.Config(
        "cli.api:make_app",
        factory=True,
        workers=settings.api_processes,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        # A stream to a browser never ends by itself; a stop may not wait for it.
        timeout_graceful_shutdown=3,
    )
    if settings.api_processes > 1:
        Multiprocess(config, sockets=[listener]).run()
    else:
        uvicorn.Server(config).run(sockets=[listener])


def make_app() -> "FastAPI":
    """Build what one process serves, by the settings of the environment."""
    from api.app import create_app
    from cli.demo_accounts import DEMO_ACCOUNTS
    from directory.people.passwords import HASHING
    from foundation.database import make_engine
    from foundation.logs import set_up_logs
    from foundation.settings import Settings

    settings = Settings.read()
    set_up_logs("api", as_json=settings.log_json)
    HASHING.share = settings.hashing_share_each
    engine = make_engine(
        settings.database_url.get_secret_value(),
        # All together hold as many connections as one would.
        pool_size=max(CONNECTIONS_LEAST, CONNECTIONS // settings.api_processes),
        application_name="yixiang-api",
    )
    app = create_app(settings, engine, demo_accounts=DEMO_ACCOUNTS)
    # All this stays: looking through it for cycles stopped everybody for a tenth of a second.
    gc.collect()
    gc.freeze()
    return app
