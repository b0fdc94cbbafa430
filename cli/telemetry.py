"""`yixiang telemetry`: bring history in from a file, and tell runs by power."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True)


@app.command("import")
def import_file(
    device: Annotated[str, typer.Argument(help="The device's name on the wire.")],
    file: Annotated[
        Path, typer.Argument(help="CSV or Parquet with the columns at, metric and value.")
    ],
) -> None:
    """Bring readings in by COPY; what is there already stays as it is."""
    from contextlib import ExitStack
    from functools import partial

    import psycopg

    from foundation.clock import read_clock
    from foundation.settings import Settings
    from telemetry.readings.backfill import (
        FileRefused,
        ParquetMissing,
        import_readings,
        read_csv,
        read_parquet,
    )

    url = Settings.read().database_url.get_secret_value()
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(url))
        row = connection.execute("SELECT id FROM devices WHERE name = %s", [device]).fetchone()
        if row is None:
            typer.echo(f"no device {device!r} / 没有设备 {device!r}", err=True)
            raise typer.Exit(2)
        if file.suffix.lower() in {".parquet", ".pq"}:
            lines = partial(read_parquet, file)
        else:
            text = stack.enter_context(file.open(encoding="utf-8-sig", newline=""))
            lines = partial(read_csv, text)
        try:
            done = import_readings(connection, row[0], lines, now=read_clock())
        except FileRefused as refused:
            typer.echo(f"{file}: nothing was stored / 未导入任何数据\n{refused}", err=True)
            raise typer.Exit(2) from None
        except ParquetMissing as missing:
            typer.echo(str(missing), err=True)
            raise typer.Exit(2) from None
    print(f"{done.lines} readings: {done.stored} new, {done.duplicates} there already.")


@app.command("detect")
def set_detection(
    device: Annotated[str, typer.Argument(help="The device's name on the wire.")],
    on_w: Annotated[float, typer.Option(help="At or above this it works.")],
    off_w: Annotated[float, typer.Option(help="Below this it may have stopped.")],
    join_s: Annotated[int, typer.Option(help="A pause this short belongs to the run.")] = 300,
    min_s: Annotated[int, typer.Option(help="What is shorter is no run.")] = 60,
) -> None:
    """Tell a device's runs by the power it draws, because it has no counter of its own."""
    from sqlalchemy.orm import Session

    from foundation.database import make_engine
    from foundation.settings import Settings
    from telemetry.runs.watching import set_detection

    engine = make_engine(Settings.read().database_url.get_secret_value())
    with Session(engine) as session, session.begin():
        is_known = set_detection(
            session, device, on_w=on_w, off_w=off_w, join_s=join_s, min_s=min_s
        )
    engine.dispose()
    if not is_known:
        typer.echo(f"no device {device!r} / 没有设备 {device!r}", err=True)
        raise typer.Exit(2)
