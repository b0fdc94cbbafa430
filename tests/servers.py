"""The servers that tests run on: PostgreSQL, embedded or as told, and a broker."""

import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from cli.embedded.accounts import (
    BrokerAccount,
    field_account,
    new_password,
    platform_account,
)
from cli.embedded.admission import Admission
from cli.embedded.broker import find_broker, knock
from cli.embedded.homes import find_home
from cli.embedded.postgres import FLEETING, Cluster
from cli.embedded.processes import ChildFailed, Process, wait_until
from cli.embedded.programs import Site
from cli.migrate import upgrade
from foundation.database import make_engine

Told = dict[str, str]
TEMPLATE_LOCK = 7_201_957


class Databases:
    """One server for a run of the tests, one migrated template, a clone of it for each worker."""

    def __init__(self, told: Told | None) -> None:
        """Take what the controller tells; None in the controller itself, or without workers."""
        self._told = told
        self._is_controller = told is None
        self._folder: Path | None = None
        self._process: Process | None = None

    def start(self) -> Told:
        """Start the server unless there is one, and return what a worker needs to know."""
        if self._told is None:
            given = os.environ.get("YIXIANG_TEST_DATABASE_URL")
            url, superuser = (given, given) if given else self._start_embedded()
            run = f"yixiang_test_{secrets.token_hex(4)}"
            self._told = {"url": url, "superuser": superuser, "run": run}
        return self._told

    def as_superuser(self, url: str) -> str:
        """Return a database's address for who may do anything, where a server of ours has one."""
        return f"{self.start()['superuser'].rpartition('/')[0]}/{url.rpartition('/')[2]}"

    @property
    def folder(self) -> Path:
        """Where a server of ours keeps everything: tables, write-ahead log, its own log."""
        assert self._folder is not None, "it was given, not started"
        return self._folder

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
        elif self._told is not None and self._is_controller:
            self._drop(f"{self._told['run']}_template")
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def lend(self, worker: str) -> Iterator[str]:
        """Clone the template for a while and give the clone's address."""
        told = self.start()
        name = f"{told['run']}_{worker}"
        template = f"{told['run']}_template"
        with psycopg.connect(told["url"], autocommit=True) as admin:
            admin.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
            if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [template]).rowcount:
                self._make_template(admin, template)
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        try:
            yield self._address_of(name)
        finally:
            self._drop(name)

    def _make_template(self, admin: psycopg.Connection, template: str) -> None:
        # It gets its name when it is whole, so that a failed migration leaves none behind.
        unfinished = f"{template}_unfinished"
        for statement in ("DROP DATABASE IF EXISTS {}", "CREATE DATABASE {}"):
            admin.execute(sql.SQL(statement).format(sql.Identifier(unfinished)))
        engine = make_engine(self._address_of(unfinished), application_name="yixiang tests")
        try:
            upgrade(engine)
        finally:
            engine.dispose()
        admin.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(unfinished), sql.Identifier(template)
            )
        )
        # TimescaleDB's scheduler would sit in it, and nobody may be in what is cloned.
        admin.execute(
            sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(template))
        )
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [template],
        )

    def _drop(self, name: str) -> None:
        drop = sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name))
        with psycopg.connect(self.start()["url"], autocommit=True) as admin:
            try:
                admin.execute(drop + sql.SQL(" WITH (FORCE)"))
            except psycopg.errors.InsufficientPrivilege:
                # The superuser's autovacuum is at it, which may not be forced; it goes when asked.
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                    " WHERE datname = %s AND usename = current_user",
                    [name],
                )
                admin.execute(drop)

    def _address_of(self, database: str) -> str:
        return f"{self.start()['url'].rpartition('/')[0]}/{database}"

    def _start_embedded(self) -> tuple[str, str]:
        self._folder = Path(tempfile.mkdtemp(prefix="yixiang-tests-"))
        # As root the server is another user, who must get in.
        self._folder.chmod(0o711)
        cluster = Cluster(find_home(self._folder), settings=FLEETING)
        process = Process(
            cluster.order(self._folder / "postgres.log"), run_folder=self._folder / "run"
        )
        self._process = process
        wait_until(lambda: cluster.is_ready(process) or not process.is_running, limit_s=60)
        if not process.is_running:
            raise ChildFailed(process.tail())
        cluster.make_database()
        return cluster.url, cluster.superuser_url


class BrokerUnderTest:
    """A broker that tests may give accounts, kill and start again."""

    def __init__(self, folder: Path, kind: str | None = None) -> None:
        self.folder = folder
        self._broker = find_broker(find_home(folder), kind=kind)
        self._broker.admit([platform_account("yixiang", new_password())])
        self._process: Process | None = None
        self.name = self._broker.name

    def url(self, name: str = "yixiang") -> str:
        """Return an account's address with its password; the platform's unless another is named."""
        return self._broker.url(name)

    def gateway_url(self, name: str, devices: list[str]) -> str:
        """Make an account that speaks for these devices, and return its address."""
        account = field_account(name, new_password(), devices)
        self._broker.admit([account])
        self._broker.reload(self._running())
        port = self._broker.field_port
        admitted = wait_until(lambda: knock_as(port, account) is True, limit_s=5)
        assert admitted, f"the broker did not admit {name}"
        return self.url(name)

    def keep_to(self, database_url: str) -> Callable[[], bool]:
        """Return what brings its accounts to what that database says, as the demo does."""
        admission = Admission(self._broker, Site(self.folder / "site"))
        (self.folder / "site").mkdir(exist_ok=True)
        return lambda: admission.look(database_url, self._running())

    @property
    def field_port(self) -> int:
        return self._broker.field_port

    def lets_in(self, name: str, password: str) -> bool:
        return knock(self._broker.field_port, name, password, client_id=name) is True

    def start(self) -> None:
        process = Process(
            self._broker.order(self.folder / "broker.log"), run_folder=self.folder / "run"
        )
        self._process = process
        wait_until(lambda: self._broker.is_ready(process) or not process.is_running, limit_s=20)
        if not process.is_running:
            raise ChildFailed(process.tail())

    def stop(self) -> None:
        self._running().stop()

    def restart(self) -> None:
        """Stop it politely and start it again on the same port."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End it without a word, as a power cut would."""
        process = self._running()
        process.send(signal.SIGKILL)
        process.wait(5)

    def _running(self) -> Process:
        assert self._process is not None, "start it first"
        return self._process


def knock_as(port: int, account: BrokerAccount) -> bool | None:
    return knock(port, account.name, account.password, client_id=account.name)


@contextmanager
def run_broker(kind: str | None = None) -> Iterator[BrokerUnderTest]:
    folder = Path(tempfile.mkdtemp(prefix="yixiang-broker-"))
    folder.chmod(0o711)
    try:
        broker = BrokerUnderTest(folder, kind)
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
