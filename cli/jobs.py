"""`yixiang jobs`: run the clock, or one job by hand."""

import signal
import threading
from typing import Annotated

import typer

import cli.tables  # noqa: F401 - rows name rows of every area by their foreign keys

app = typer.Typer(invoke_without_command=True)


@app.callback()
def run_clock(context: typer.Context) -> None:
    """Run every job at its pace until told to stop."""
    if context.invoked_subcommand is not None:
        return
    from foundation.database import make_engine, make_session_factory
    from foundation.logs import get_log, set_up_logs
    from foundation.settings import Settings
    from jobs.schedule import JOBS
    from jobs.scheduler import Clock

    settings = Settings.read()
    set_up_logs("jobs", as_json=settings.log_json)
    engine = make_engine(
        settings.database_url.get_secret_value(), pool_size=6, application_name="yixiang jobs"
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    clock = Clock(JOBS, make_session_factory(engine))
    clock.start()
    get_log("jobs").info("jobs ready", jobs=[job.name for job in JOBS])
    stop.wait()
    clock.stop()
    engine.dispose()


@app.command("run")
def run_one(name: Annotated[str, typer.Argument(help="A job's name, from `list`.")]) -> None:
    """Run one job once, now, and print what it found and did."""
    from foundation.database import make_engine, make_session_factory
    from foundation.logs import set_up_logs
    from foundation.settings import Settings
    from jobs.schedule import find_job
    from jobs.scheduler import run_job

    job = find_job(name)
    if job is None:
        raise typer.BadParameter(f"there is no job {name!r}; see `yixiang jobs list`")
    settings = Settings.read()
    set_up_logs("jobs", as_json=settings.log_json)
    engine = make_engine(
        settings.database_url.get_secret_value(), pool_size=2, application_name="yixiang jobs"
    )
    outcome = run_job(job, make_session_factory(engine))
    engine.dispose()
    print(f"{job.name}: {outcome}")
    if outcome.failed:
        raise typer.Exit(1)


@app.command("list")
def list_jobs() -> None:
    """Name every job, how often it looks, and what it ensures."""
    from jobs.schedule import JOBS

    for job in JOBS:
        ensures = (job.run.__doc__ or "").strip().splitlines()[0]
        print(f"{job.name:<20} every {job.every_s:g} s   {ensures}")
