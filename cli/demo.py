"""`yixiang demo`: everything on one machine, with simulated instruments and embedded servers."""

import hashlib
import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import psycopg
import typer

from cli.embedded.accounts import platform_account
from cli.embedded.admission import Admission
from cli.embedded.broker import Broker, find_broker
from cli.embedded.homes import find_home, make_data_folder
from cli.embedded.postgres import Cluster, find_free_port
from cli.embedded.processes import CannotRun, Order, Process
from cli.embedded.programs import (
    GATEWAY,
    PLATFORM,
    PROJECT,
    SCENARIO,
    Site,
    default_data_folder,
    find_spokesmen,
    write_gateway_file,
)
from cli.embedded.running import note_environment
from cli.embedded.supervisor import Child, Supervisor, has_said

DEFAULT_PORT = 8765


def run(
    *,
    data: Annotated[Path | None, typer.Option(help="Folder for all that it keeps.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the web pages.")] = None,
    host: Annotated[str, typer.Option(help="Address of the web pages.")] = "127.0.0.1",
    sims: Annotated[bool, typer.Option(help="Run the simulated instruments.")] = True,
    speed: Annotated[
        float, typer.Option(help="How fast the simulated instruments live.", min=0.1, max=1000)
    ] = 1.0,
    dev: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Run everything, until Ctrl-C."""
    folder = (data or default_data_folder()).expanduser().resolve()
    try:
        demo = Demo(folder, host=host, port=port)
        demo.run(with_sims=sims, speed=speed, is_dev=dev)
    except (CannotRun, OSError) as error:
        sys.exit(f"yixiang demo: {error}")


class Demo:
    """One run of the demo over one data folder."""

    def __init__(self, data: Path, *, host: str, port: int | None) -> None:
        self._started = time.monotonic()
        self._host = host
        self._port = choose_port(port)
        make_data_folder(data)
        self._site = Site(data)
        self._site.environment |= {
            "YIXIANG_DATA": str(data),
            "YIXIANG_PUBLIC_URL": self._url(),
            "YIXIANG_COOKIE_SECURE": "false",
            "YIXIANG_DEMO_ACCOUNTS": "true",
            "YIXIANG_SECOND_FACTOR_ROLES": "",
            # One visitor, and the cores are busy with simulated instruments.
            "YIXIANG_API_WORKERS": os.environ.get("YIXIANG_API_WORKERS", "1"),
        }
        self._supervisor = Supervisor(data, say)
        self._broker: Broker | None = None
        self._broker_child: Child | None = None
        self._admission: Admission | None = None
        self._been_up = data / "been-up"

    def run(self, *, with_sims: bool, speed: float, is_dev: bool) -> None:
        supervisor = self._supervisor
        supervisor.take_folder()
        supervisor.obey_signals()
        key = self._site.find_secret("key")
        self._site.environment["YIXIANG_SECRET_KEY_FILE"] = str(key)
        try:
            self._start_servers()
            field = self._field(speed) if with_sims else []
            platform = self._platform()
            # Once all has been up on these very servers, with this program's tables, nothing
            # need wait for anything. Before that the tables come first, and then ingest: a
            # broker drops what nobody subscribed to yet.
            mark = mark_of_setting()
            if self._been_up.exists() and self._been_up.read_text(encoding="utf-8") == mark:
                supervisor.launch([*field, *platform])
                self._prepare_database()
            else:
                self._prepare_database()
                supervisor.start_all(platform)
                supervisor.launch(field)
            self._admit_devices()
            supervisor.wait_for([*platform, *field])
            if not supervisor.must_stop():
                self._been_up.write_text(mark, encoding="utf-8")
                note_environment(self._site.data)
                print_welcome(self._url(), self._site.data, time.monotonic() - self._started)
                self._watch([*field, *platform], is_dev=is_dev)
        finally:
            say("stopping")
            supervisor.stop()
        say("stopped; all is kept, the next start goes on from here")

    def _watch(self, children: list[Child], *, is_dev: bool) -> None:
        if not is_dev:
            self._supervisor.watch(also=self._admit_devices, every_s=2)
            return
        from cli.development import Development

        development = Development(self._site, self._url(), children)
        self._supervisor.start(development.pages())
        say("pages that follow the code: http://localhost:5173")

        def look_around() -> None:
            development.restart_changed()
            self._admit_devices()

        self._supervisor.watch(also=look_around, every_s=1)

    def _start_servers(self) -> None:
        """Start the database and the broker beside each other, unless we are told of others."""
        site, supervisor = self._site, self._supervisor
        home = find_home(site.data)
        cluster, broker, children = None, None, []
        if os.environ.get("YIXIANG_DATABASE_URL"):
            say("database: the one of YIXIANG_DATABASE_URL")
        else:
            cluster = Cluster(home)
            children.append(database_child(cluster, site.log("postgres")))
        if os.environ.get("YIXIANG_BROKER_URL"):
            say("broker: the one of YIXIANG_BROKER_URL")
        else:
            broker = find_broker(home, kind=os.environ.get("YIXIANG_DEMO_BROKER") or None)
            passwords = site.find_passwords([PLATFORM])
            broker.admit([platform_account(PLATFORM, passwords[PLATFORM])])
            self._admission = Admission(broker, site)
            self._admission.admit_at_first(find_spokesmen(SCENARIO))
            self._broker_child = broker_child(broker, site.log("broker"))
            children.append(self._broker_child)
        supervisor.start_all(children)
        if supervisor.must_stop():
            return
        if cluster:
            cluster.make_database()
            site.environment["YIXIANG_DATABASE_URL"] = cluster.url
            say(f"database: PostgreSQL 18 on 127.0.0.1:{cluster.port}")
        if broker:
            self._broker = broker
            self._been_up = home.folder / f"been-up-with-{broker.name}"
            site.environment["YIXIANG_BROKER_URL"] = broker.url(PLATFORM)
            say(f"broker: {broker.name} on 127.0.0.1:{broker.field_port}")

    def _prepare_database(self) -> None:
        """Bring tables and seed up to date, in this process: a child would import it all again."""
        if self._supervisor.must_stop():
            return
        started = time.monotonic()
        os.environ.update(self._site.environment)
        from cli import migrate, seed

        for step in (migrate.run, seed.run):
            step()
        say(f"tables, people, instruments, prices: ready ({time.monotonic() - started:.1f} s)")

    def _admit_devices(self) -> None:
        """Give every registered device, or its gateway, its account at the broker."""
        if self._admission is None or self._supervisor.must_stop():
            return
        # It may be coming back; the next look finds what is new.
        with suppress(psycopg.OperationalError):
            child = self._broker_child
            self._admission.look(
                os.environ["YIXIANG_DATABASE_URL"], child.process if child else None
            )

    def _platform(self) -> list[Child]:
        """Return the platform's processes."""
        children = [
            Child(name=name, order=self._order(name), is_ready=has_said("ready"))
            for name in ("ingest", "jobs")
        ]
        api = self._order("api", "--host", self._host, "--port", str(self._port))
        return [*children, Child(name="api", order=api, is_ready=self._api_answers)]

    def _field(self, speed: float) -> list[Child]:
        """Return the simulators and the gateway that polls them."""
        site = self._site
        modbus, control = site.find_port("modbus"), site.find_port("simulators")
        site.environment["YIXIANG_SIMULATOR_URL"] = f"http://127.0.0.1:{control}"
        if self._broker:
            field_url = f"mqtt://127.0.0.1:{self._broker.field_port}"
            gateway_url = self._broker.url(GATEWAY)
        else:
            field_url = gateway_url = os.environ["YIXIANG_BROKER_URL"]
        gateway_file = site.data / "gateway" / "gateway.toml"
        write_gateway_file(
            gateway_file, broker_url=gateway_url, scenario=SCENARIO, host="127.0.0.1", port=modbus
        )
        ready_file = site.data / "run" / "sims.ready"
        ready_file.unlink(missing_ok=True)
        sims = self._order(
            "sims", "run",
            "--broker", field_url,
            "--credentials", str(site.data / "secrets" / "broker.json"),
            "--modbus-port", str(modbus),
            "--control-port", str(control),
            "--state", str(site.data / "sims"),
            "--ready-file", str(ready_file),
            "--speed", str(speed),
        )  # fmt: skip
        gateway_ready = site.data / "run" / "gateway.ready"
        gateway_ready.unlink(missing_ok=True)
        gateway = self._order(
            "gateway", "--config", str(gateway_file), "--ready-file", str(gateway_ready)
        )
        return [
            Child(name="sims", order=sims, is_ready=lambda _: ready_file.exists()),
            Child(name="gateway", order=gateway, is_ready=lambda _: gateway_ready.exists()),
        ]

    def _order(self, name: str, *arguments: str) -> Callable[[], Order]:
        return lambda: self._site.program(name, *arguments)

    def _api_answers(self, _process: Process) -> bool:
        try:
            with urllib.request.urlopen(f"{self._url()}/api/v1/health", timeout=2) as answer:  # noqa: S310 - http on the loopback
                return bool(json.load(answer)["status"] == "ok")
        except (OSError, ValueError, KeyError):
            return False

    def _url(self) -> str:
        shown = "127.0.0.1" if self._host in {"", "0.0.0.0"} else self._host  # noqa: S104
        return f"http://{shown}:{self._port}"


def database_child(cluster: Cluster, log: Path) -> Child:
    return Child(
        name="postgres",
        order=lambda: cluster.order(log),
        is_ready=cluster.is_ready,
        ready_limit_s=120,  # recovery after a crash takes its time
    )


def broker_child(broker: Broker, log: Path) -> Child:
    return Child(name="broker", order=lambda: broker.order(log), is_ready=broker.is_ready)


def mark_of_setting() -> str:
    """Return something that changes with the servers we are told of, and with each migration."""
    names = sorted(path.name for path in (PROJECT / "migrations" / "versions").glob("*.py"))
    told = [os.environ.get(f"YIXIANG_{server}_URL", "") for server in ("DATABASE", "BROKER")]
    return hashlib.sha256(" ".join([*told, *names]).encode()).hexdigest()


def choose_port(wanted: int | None) -> int:
    """Return the port for the pages: the asked one or none, else the usual one or a free one."""
    port = find_free_port(DEFAULT_PORT if wanted is None else wanted or None)
    if wanted and port != wanted:
        raise CannotRun(f"port {wanted} is taken; give another with --port")
    return port


def say(text: str) -> None:
    # The terminal may be closed by now; that must not keep us from stopping the rest.
    with suppress(OSError):
        print(f"  {text}", flush=True)


def print_welcome(url: str, data: Path, took_s: float) -> None:
    from cli.demo_accounts import DEMO_ACCOUNTS

    people = "\n".join(
        f"    {account.login:8}{account.password:16}{account.role.value:22}{account.display_name}"
        for account in DEMO_ACCOUNTS
    )
    print(
        f"""
  Yixiang 仪享 is up after {took_s:.1f} s:  {url}

  Sign in as 登录账号:
{people}

  Try 试一试:
    1. As alice, open an instrument, choose a slot that starts soon and reserve it.
       以 alice 登录，选仪器、选时段、下单（先看价格）。
    2. Under "my reservations", check in: the interlock opens and a run appears by itself.
       在"我的预约"中签到：联锁打开，运行由遥测自动识别。
    3. End the session: it is metered and priced; open the charge to see its evidence.
       结束上机：按实际机时计费，费用可追溯到证据。
    4. As bob, watch every device live.  以 bob 登录，查看全部设备实时状态。

  Everything is kept in {data}; logs in {data / "logs"}.
  Ctrl-C stops it.  按 Ctrl-C 停止。
""",
        flush=True,
    )
