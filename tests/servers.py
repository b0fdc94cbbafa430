"""The servers that tests run on: an embedded PostgreSQL, or the one they are told of."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from cli.embedded.homes import find_home
from cli.embedded.postgres import FLEETING, Cluster
from cli.embedded.processes import ChildFailed, Process, wait_until
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
            self._told = {
                "url": given or self._start_embedded(),
                "run": f"yixiang_test_{secrets.token_hex(4)}",
            }
        return self._told

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

    def _drop(self, name: str) -> None:
        with psycopg.connect(self.start()["url"], autocommit=True) as admin:
            admin.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def _address_of(self, database: str) -> str:
        return f"{self.start()['url'].rpartition('/')[0]}/{database}"

    def _start_embedded(self) -> str:
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
        return cluster.url
