"""The command `yixiang`: each sub-command lives in a file of its own, imported when called."""

import importlib
import sys

import typer

COMMANDS = {
    "demo": "Run everything on embedded parts, with simulated instruments.",
    "api": "Serve HTTP: the API, live events and the web pages.",
    "ingest": "Bring messages from the broker to the database.",
    "gateway": "Poll field devices and publish what they say.",
    "jobs": "Run the clock: the reconcilers.",
    "sims": "Run simulated instruments.",
    "migrate": "Bring the database's tables up to date.",
    "seed": "Put the demonstration's people, instruments and prices in the database.",
    "appoint": "Open an account for the platform's first operator, or another officer.",
    "doctor": "Look at database, broker, clock and disk, and check the invariants.",
    "openapi": "Write the api's document, or check that the committed one is up to date.",
    "compose-files": "Make, once, the secrets and settings that docker-compose.yml hands out.",
    "files": "Copy the files people handed in from the folder to the bucket.",
    "telemetry": "Import readings, and tell runs by power.",
    "bench": "Measure, beside a reference measured in the same run.",
}


def build(chosen: str | None) -> typer.Typer:
    """Put together the command line, importing nothing but the chosen sub-command."""
    app = typer.Typer(
        name="yixiang",
        help="Shared lab instruments 仪享: reserve, meter, price.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,  # a log wants plain lines, and locals may hold a password
    )
    app.callback()(lambda: None)
    for name, summary in COMMANDS.items():
        if name != chosen:
            app.command(name, help=summary)(lambda: None)
            continue
        module = importlib.import_module(f"cli.{name.replace('-', '_')}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, help=summary)
        else:
            app.command(name, help=summary)(module.run)
    return app


def main(arguments: list[str] | None = None) -> None:
    given = sys.argv[1:] if arguments is None else arguments
    chosen = next((argument for argument in given if not argument.startswith("-")), None)
    from foundation.settings import WrongSetting

    try:
        build(chosen)(given, prog_name="yixiang")
    except WrongSetting as error:
        sys.exit(f"yixiang: {error}")
