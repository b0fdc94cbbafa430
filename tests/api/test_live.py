"""The live stream, over a real socket: who hears of what."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from queue import Empty, Queue

import httpx
import psycopg
import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy.orm import Session

from api.app import create_app
from foundation.database import make_engine
from foundation.settings import Settings
from tests import make
from tests.cast import Cast, assemble
from tests.ingesting import until

pytestmark = pytest.mark.committed


@pytest.fixture
def cast(empty_database_url: str) -> Cast:
    engine = make_engine(empty_database_url)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        cast = assemble(session)
        device = make.device(session, institution=cast.institution, name="hplc-9")
        link = make.instrument(session, institution=cast.institution)
        make.link(session, link, device)
    with psycopg.connect(empty_database_url) as database:
        database.execute(
            """
            INSERT INTO device_states (device_id, boot, online, op, mode, at, received_at, seen_at)
            SELECT id, 'b', true, 'executing', 'processing', now(), now(), now() FROM devices
            """
        )
    engine.dispose()
    return cast


@pytest.fixture
def address(empty_database_url: str) -> Iterator[str]:
    settings = Settings(
        database_url=SecretStr(empty_database_url),
        cookie_secure=False,
        secret_key=SecretStr("a secret for tests, long and mixed enough"),
        second_factor_roles="",
    )
    app = create_app(settings, make_engine(empty_database_url))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        until(lambda: server.started, limit_s=20, what="the api listens")
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        server.should_exit = True
        thread.join(10)


class Listener:
    """Follows the stream on a thread of its own."""

    def __init__(self, address: str, login: str | None) -> None:
        self._client = httpx.Client(base_url=address, timeout=30)
        if login is not None:
            body = {"login": login, "password": make.PASSWORD}
            assert self._client.post("/sign-in", json=body).status_code == 200
        self.heard: Queue[tuple[str, dict[str, object]]] = Queue()
        self.is_welcome = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()
        assert self.is_welcome.wait(20)

    def _follow(self) -> None:
        event = ""
        try:
            with self._client.stream("GET", "/live") as answer:
                for line in answer.iter_lines():
                    if line.startswith(": welcome"):
                        self.is_welcome.set()
                    elif line.startswith("event: "):
                        event = line.removeprefix("event: ")
                    elif line.startswith("data: "):
                        self.heard.put((event, json.loads(line.removeprefix("data: "))))
        except httpx.HTTPError:
            return

    def wait_for(self, event: str) -> dict[str, object]:
        while True:
            name, data = self.heard.get(timeout=20)
            if name == event:
                return data

    def left_over(self) -> list[str]:
        """Return what else was heard, once it is quiet."""
        heard = []
        with suppress(Empty):
            while True:
                heard.append(self.heard.get(timeout=0.3)[0])
        return heard

    def close(self) -> None:
        self._client.close()


def test_staff_hear_of_their_devices_and_anybody_of_instruments(
    address: str, cast: Cast, empty_database_url: str
) -> None:
    bob = Listener(address, cast.bob.login)
    dan = Listener(address, cast.dan.login)
    stranger = Listener(address, None)

    with psycopg.connect(empty_database_url, autocommit=True) as database:
        database.execute("SELECT pg_notify('yixiang_devices', 'hplc-9')")
    device = bob.wait_for("device")
    told = stranger.wait_for("instrument")
    dan.wait_for("instrument")

    assert (device["name"], device["state"]) == ("hplc-9", "running")
    live = told["live"]
    assert isinstance(live, dict)
    assert live["state"] == "running"
    assert datetime.fromisoformat(str(live["at"])) <= datetime.now(UTC)
    for listener in (dan, stranger):
        assert "device" not in listener.left_over()
    for listener in (bob, dan, stranger):
        listener.close()
