"""What every benchmark needs: servers that leave nothing behind, and one way to report."""

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import psycopg
import typer
from psycopg import sql

from cli.embedded.accounts import BrokerAccount, new_password, platform_account
from cli.embedded.broker import Broker, find_broker
from cli.embedded.homes import find_home
from cli.embedded.postgres import Cluster
from cli.embedded.processes import ChildFailed, Order, Process, Ready, wait_until
from cli.migrate import upgrade
from foundation.database import make_engine

AsJson = Annotated[bool, typer.Option("--json", help="End with one line of JSON.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a benchmark found. `ratio` is ours over the reference's, in `unit`s."""

    name: str
    ours: float
    reference: float
    unit: str
    goal: float
    better: Literal["more", "less"] = "more"
    """Whether the ratio should be at least the goal, or at most."""
    is_met: bool | None = None
    """Given where the ratio alone does not decide."""
    more: dict[str, object] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        return self.ours / self.reference if self.reference else 0.0

    @property
    def met(self) -> bool:
        if self.is_met is not None:
            return self.is_met
        return self.ratio >= self.goal if self.better == "more" else self.ratio <= self.goal


def report(figures: Figures, *, as_json: bool) -> None:
    """Print the figures for a person, and as one line for a program when asked."""
    sign = "≥" if figures.better == "more" else "≤"
    print(
        f"{figures.name}: ours {figures.ours:,.1f} {figures.unit}, "
        f"reference {figures.reference:,.1f} {figures.unit}, ratio {figures.ratio:.2f} "
        f"(goal {sign} {figures.goal:g}) — {'met' if figures.met else 'NOT met'}"
    )
    for key, value in figures.more.items():
        print(f"  {key}: {value}")
    if as_json:
        line = {
            "name": figures.name,
            "ours": round(figures.ours, 4),
            "reference": round(figures.reference, 4),
            "ratio": round(figures.ratio, 4),
            "unit": figures.unit,
            "goal": figures.goal,
            "met": figures.met,
            "more": figures.more,
        }
        print(json.dumps(line, ensure_ascii=False))


@contextmanager
def scratch_database() -> Iterator[str]:
    """Lend the address of a migrated, empty database that is gone afterwards.

    On the server of YIXIANG_DATABASE_URL where that is set, else on an embedded one with
    its durable settings.
    """
    given = os.environ.get("YIXIANG_DATABASE_URL")
    if given:
        with _database_on(given) as url:
            yield url
        return
    with _scratch_folder() as folder:
        cluster = Cluster(find_home(folder))
        order = cluster.order(folder / "postgres.log")
        with _running(order, cluster.is_ready, folder):
            cluster.make_database()
            _migrate(cluster.url)
            yield cluster.url


@contextmanager
def scratch_broker(accounts: Sequence[BrokerAccount] = ()) -> Iterator[Broker]:
    """Lend an embedded broker that admits `yixiang`, the platform, and the accounts given."""
    with _scratch_folder() as folder:
        broker = find_broker(find_home(folder))
        broker.admit([platform_account("yixiang", new_password()), *accounts])
        with _running(broker.order(folder / "broker.log"), broker.is_ready, folder):
            yield broker


@contextmanager
def _scratch_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="yixiang-bench-"))
    folder.chmod(0o711)  # as root the servers are another user, who must get in
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(order: Order, is_ready: Ready, folder: Path) -> Iterator[None]:
    process = Process(order, run_folder=folder / "run")
    try:
        wait_until(lambda: is_ready(process) or not process.is_running, limit_s=60)
        if not process.is_running:
            raise ChildFailed(process.tail())
        yield
    finally:
        process.stop()


@contextmanager
def _database_on(server: str) -> Iterator[str]:
    name = f"yixiang_bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            url = f"{server.rpartition('/')[0]}/{name}"
            _migrate(url)
            yield url
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _migrate(url: str) -> None:
    engine = make_engine(url, application_name="yixiang bench")
    upgrade(engine)
    engine.dispose()
