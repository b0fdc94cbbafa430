"""The whole way on real processes and sockets: reserved, unlocked, run, metered, priced."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

import billing.invariants
import booking.invariants
from booking.instruments.tables import Instrument
from booking.policies.tables import Policy
from cli.embedded.processes import wait_until
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.database import make_engine
from sims.running import RunningLab, running
from sims.scenario import parse
from tests import make
from tests.contending import get, post
from tests.ingesting import IngestProcess, until
from tests.servers import BrokerUnderTest
from tests.serving import ROOT, STOP_S, serving

FEN_A_SECOND = 100
HPLC, TENSILE = "YX-LC30", "YX-UTM50"


@contextmanager
def process(log: Path, *arguments: str, **environment: str) -> Iterator[None]:
    """Run one more process of the program, until it says it is ready."""
    with log.open("w") as file:
        child = subprocess.Popen(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=file,
            stderr=file,
        )
    try:
        is_ready = wait_until(
            lambda: "ready" in log.read_text() or child.poll() is not None, limit_s=30
        )
        assert is_ready, log.read_text()
        assert child.poll() is None, log.read_text()
        yield
    finally:
        child.terminate()
        child.wait(STOP_S)


def furnish(database_url: str, devices: Mapping[str, str], gateway: str) -> str:
    """Put an instrument for each device in the database; return who may use them."""
    engine = make_engine(database_url)
    with Session(engine) as session, session.begin():
        institution = make.institution(session)
        session.add(
            Policy(
                institution_id=institution.id,
                # Confirmed at once, however short the use.
                terms={"confirm_after_s": 0, "confirm_tolerance_permille": 1000},
                updated_at=make.LONG_AGO,
            )
        )
        for name, model in devices.items():
            instrument = make.instrument(session, institution=institution, name_en=name)
            session.get_one(Instrument, instrument.id).grid_s = 60
            instrument.length_min_s = 60
            make.link(
                session,
                instrument,
                make.device(
                    session,
                    institution=institution,
                    name=name,
                    protocol="mqtt" if model == HPLC else "modbus",
                    gateway=None if model == HPLC else gateway,
                ),
            )
            make.tariff(
                session,
                instrument=instrument,
                per_hour_fen=3600 * FEN_A_SECOND,
                billed_min=timedelta(0),
                billed_step=timedelta(seconds=1),
            )
        login = make.person(session, Role.MEMBER, enterprise=make.enterprise(session)).login
    engine.dispose()
    return login


def write_gateway(folder: Path, name: str, broker_url: str, lab: RunningLab, device: str) -> Path:
    path = folder / "gateway.toml"
    path.write_text(
        f"""[gateway]
name = "{name}"
broker = "{broker_url}"
spool = "{folder / "spool.sqlite"}"
[[link]]
name = "line-1"
kind = "tcp"
host = "127.0.0.1"
port = {lab.modbus_port}
[[device]]
name = "{device}"
link = "line-1"
unit = 1
profile = "sim-tensile"
poll_factor = 0.2
"""
    )
    return path


class Client:
    """Somebody with a browser."""

    def __init__(self, port: int, login: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        credentials = {"login": login, "password": make.PASSWORD}
        status, _, cookie = post(self._connection, "/sign-in", credentials, {})
        assert status == 200
        self._headers = {"Cookie": cookie}

    def get(self, path: str) -> dict[str, Any]:
        status, document = get(self._connection, path, self._headers)
        assert status == 200, document
        return document

    def post(self, path: str, body: object) -> dict[str, Any]:
        headers = {**self._headers, "Idempotency-Key": uuid4().hex}
        status, document, _ = post(self._connection, path, body, headers)
        assert status in {200, 201}, document
        return document

    def state_of(self, reservation_id: str) -> str:
        return str(self.get(f"/reservations/{reservation_id}")["state"])

    def close(self) -> None:
        self._connection.close()


def count_ms(lab: RunningLab, device: str) -> int:
    values = lab.shown(device)["values"]
    assert isinstance(values, dict)
    return int(values["run_ms"])


@pytest.mark.early
@pytest.mark.committed
def test_reserved_slot_is_unlocked_run_metered_and_priced(
    tmp_path: Path, empty_database_url: str, broker: BrokerUnderTest
) -> None:
    """A tensile tester behind a Modbus gateway and an HPLC on MQTT, used at the same time."""
    mark = uuid4().hex[:6]
    gateway, tensile, hplc = f"gw-{mark}", f"tensile-{mark}", f"hplc-{mark}"
    devices = {tensile: TENSILE, hplc: HPLC}
    login = furnish(empty_database_url, devices, gateway)
    hplc_url = urlsplit(broker.gateway_url(hplc, [hplc]))
    scenario = parse(
        f"""
        [lab]
        seed = "whole path"
        [[link]]
        name = "line-1"
        [[device]]
        name = "{tensile}"
        model = "{TENSILE}"
        link = "line-1"
        unit = 1
        [[device]]
        name = "{hplc}"
        model = "{HPLC}"
        """
    )
    ingest = IngestProcess(
        tmp_path,
        database_url=empty_database_url,
        broker_url=broker.url("yixiang"),
        client_id=f"ingest-{mark}",
    )
    with ExitStack() as stack:
        lab = stack.enter_context(
            running(
                scenario,
                broker=f"mqtt://{hplc_url.hostname}:{hplc_url.port}",
                passwords={hplc: hplc_url.password or ""},
                state=tmp_path / "sims",
            )
        )
        stack.callback(ingest.stop)
        ingest.start()
        config = write_gateway(
            tmp_path, gateway, broker.gateway_url(gateway, [gateway, tensile]), lab, tensile
        )
        stack.enter_context(process(tmp_path / "gw.log", "gateway", "--config", str(config)))
        stack.enter_context(
            process(tmp_path / "jobs.log", "jobs", YIXIANG_DATABASE_URL=empty_database_url)
        )
        port = stack.enter_context(serving(empty_database_url, tmp_path))
        client = Client(port, login)
        stack.callback(client.close)
        before = {name: count_ms(lab, name) for name in devices}
        instruments = {one["name_en"]: one for one in client.get("/instruments")["items"]}
        minute = read_clock().replace(second=0, microsecond=0) + timedelta(minutes=1)
        reservations = {
            name: client.post(
                "/reservations",
                {
                    "instrument_id": instruments[name]["id"],
                    "starts_at": minute.isoformat(),
                    "ends_at": (minute + timedelta(minutes=30)).isoformat(),
                },
            )["id"]
            for name in devices
        }
        assert not any(lab.shown(name)["interlock"] == "unlocked" for name in devices)

        for reservation_id in reservations.values():
            client.post(f"/reservations/{reservation_id}/check-in", {})
        for name, reservation_id in reservations.items():
            until(
                lambda name=name: lab.shown(name)["interlock"] == "unlocked",  # type: ignore[misc]
                limit_s=20,
                what=f"{name} is unlocked",
            )
            until(
                lambda of=reservation_id: client.state_of(of) == "in_use",  # type: ignore[misc]
                limit_s=30,
                what=f"{name} is in use",
            )
            shown = client.get(f"/reservations/{reservation_id}")["interlock"]
            assert (shown["wanted"], shown["reported"]) == ("unlocked", "unlocked")
        for reservation_id in reservations.values():
            client.post(f"/reservations/{reservation_id}/end", {})
        for name, reservation_id in reservations.items():
            until(
                lambda of=reservation_id: client.state_of(of) == "billed",  # type: ignore[misc]
                limit_s=60,
                what=f"{name} is billed: {client.get(f'/reservations/{reservation_id}')}",
            )
            assert lab.shown(name)["interlock"] == "locked"
            check_charge(client, lab, name, reservation_id, before[name])
    check_invariants(empty_database_url)


def check_charge(
    client: Client, lab: RunningLab, device: str, reservation_id: str, before_ms: int
) -> None:
    """Work out by hand what the instrument's own counter is worth, and open the charge."""
    worked_ms = count_ms(lab, device) - before_ms
    shown = client.get(f"/reservations/{reservation_id}")
    charge = client.get(f"/charges/{shown['charge']['id']}")
    seconds = -(-worked_ms // 1000)

    assert worked_ms > 0
    assert shown["usage"]["metered_ms"] == worked_ms
    assert (charge["billed_seconds"], charge["amount_fen"]) == (seconds, seconds * FEN_A_SECOND)
    assert charge["tariff"]["version"] == 1
    evidence = charge["evidence"]
    assert [event["kind"] for event in evidence if event["kind"] != "hb"] == ["start", "stop"]
    assert evidence[-1]["run_ms"] - evidence[0]["run_ms"] == worked_ms
    assert {event["device"] for event in evidence} == {device}


def check_invariants(database_url: str) -> None:
    engine = make_engine(database_url)
    with Session(engine) as session:
        for name, query in {
            **booking.invariants.INVARIANTS,
            **billing.invariants.INVARIANTS,
        }.items():
            assert session.execute(text(query)).all() == [], name
    engine.dispose()
