"""`yixiang api`: HTTP, live events and the web pages."""

import socket
from typing import Annotated

import typer


def run(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 lets the system choose.")] = -1,
) -> None:
    """Serve the api and the web pages."""
    import uvicorn

    from api.app import create_app
    from cli.demo_accounts import DEMO_ACCOUNTS
    from foundation.database import make_engine
    from foundation.logs import get_log, set_up_logs
    from foundation.settings import Settings

    overrides = {"api_host": host} if host else {}
    settings = Settings.read(**overrides, **({"api_port": port} if port >= 0 else {}))
    set_up_logs("api", as_json=settings.log_json)
    engine = make_engine(settings.database_url.get_secret_value(), application_name="yixiang-api")
    listener = socket.create_server((settings.api_host, settings.api_port), backlog=512)
    get_log("api").info("listening", port=listener.getsockname()[1])
    config = uvicorn.Config(
        create_app(settings, engine, demo_accounts=DEMO_ACCOUNTS),
        log_level="warning",
        access_log=False,
        server_header=False,
        # A stream to a browser never ends by itself; a stop may not wait for it.
        timeout_graceful_shutdown=3,
    )
    uvicorn.Server(config).run(sockets=[listener])
