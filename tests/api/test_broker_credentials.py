"""Each device has a password and topics of its own, and reaches nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy.orm import Session, sessionmaker

from cli.embedded.accounts import DEVICE_HEARS, DEVICE_SAYS
from cli.embedded.processes import wait_until
from directory.roles.rules import Role
from foundation.clock import read_clock
from telemetry.credentials.plugin import ANSWERED, ASKED, Platform, dynamic_security
from telemetry.credentials.rules import (
    HEARS,
    SAYS,
    Account,
    hash_password,
    is_password,
    may_use,
)
from telemetry.credentials.service import GRACE, may_connect
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast
from tests.dynamic_security import Peer, run_dynamic_security

SECRET = "what the broker says"


@pytest.fixture
def field(session_factory: sessionmaker[Session], cast: Cast) -> Cast:
    with session_factory.begin() as session:
        make.device(session, institution=cast.institution, name="hplc-7")
        for name in ("furnace-7", "balance-7"):
            make.device(
                session,
                institution=cast.institution,
                name=name,
                protocol="modbus",
                gateway="gw-7",
            )
        make.device(session, institution=cast.other_institution, name="sem-7")
    return cast


@pytest.fixture
def broker(app: FastAPI, stranger: TestClient) -> TestClient:
    app.state.settings = app.state.settings.model_copy(
        update={"broker_hook_secret": SecretStr(SECRET)}
    )
    stranger.headers["X-Broker-Secret"] = SECRET
    return stranger


def issue(client: TestClient, username: str) -> Any:
    return client.post("/api/v1/broker/credentials", json={"username": username})


def connects(broker: TestClient, username: str, password: str, client_id: str = "") -> bool:
    answer = broker.post(
        "/api/v1/broker/emqx/authenticate",
        json={"username": username, "password": password, "clientid": client_id or username},
    )
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["result"] == "allow")


def may(broker: TestClient, username: str, action: str, topic: str, client_id: str = "") -> bool:
    answer = broker.post(
        "/api/v1/broker/emqx/authorize",
        json={
            "username": username,
            "clientid": client_id or username,
            "action": action,
            "topic": topic,
        },
    )
    return bool(answer.json()["result"] == "allow")


def test_device_connects_with_its_own_password_and_name_only(
    field: Cast, signed_in_as: SignedInAs, broker: TestClient
) -> None:
    mei = signed_in_as(field.mei)
    own = issue(mei, "hplc-7").json()["password"]
    gateways = issue(mei, "gw-7").json()["password"]

    assert connects(broker, "hplc-7", own)
    assert not connects(broker, "hplc-7", own, client_id="gw-7"), "it would kick another off"
    assert not connects(broker, "hplc-7", gateways)
    assert not connects(broker, "hplc-7", own + "x")
    assert not connects(broker, "nobody", own)


def test_device_reaches_its_own_prefix_and_a_gateway_its_devices(
    field: Cast, signed_in_as: SignedInAs, broker: TestClient
) -> None:
    mei = signed_in_as(field.mei)
    for name in ("hplc-7", "gw-7"):
        assert issue(mei, name).status_code == 201

    assert may(broker, "hplc-7", "publish", "lab/1/hplc-7/m")
    assert may(broker, "hplc-7", "subscribe", "lab/1/hplc-7/cmd")
    assert may(broker, "gw-7", "publish", "lab/1/furnace-7/evt")
    for action, topic in (
        ("publish", "lab/1/furnace-7/m"),
        ("publish", "lab/1/hplc-7/cmd"),
        ("subscribe", "lab/1/#"),
        ("subscribe", "lab/1/+/cmd"),
        ("subscribe", "lab/1/hplc-7/#"),
        ("publish", "$SYS/x"),
        ("publish", "lab/1/hplc-7/m/"),
    ):
        assert not may(broker, "hplc-7", action, topic), topic
    assert not may(broker, "hplc-7", "publish", "lab/1/hplc-7/m", client_id="furnace-7")
    assert not may(broker, "gw-7", "publish", "lab/1/hplc-7/m")


def test_former_password_works_for_a_day_after_a_rotation(
    field: Cast, signed_in_as: SignedInAs, broker: TestClient, session: Session
) -> None:
    mei = signed_in_as(field.mei)
    first, second = (issue(mei, "hplc-7").json()["password"] for _ in range(2))

    assert connects(broker, "hplc-7", first)
    assert connects(broker, "hplc-7", second)
    later = read_clock() + GRACE
    ask = {"username": "hplc-7", "client_id": "hplc-7", "now": later}
    assert not may_connect(session, password=first, **ask)  # type: ignore[arg-type] # as named
    assert may_connect(session, password=second, **ask)  # type: ignore[arg-type] # as named

    mei.post("/api/v1/broker/credentials/revoke", json={"username": "hplc-7"})
    assert not connects(broker, "hplc-7", second)
    assert not may(broker, "hplc-7", "publish", "lab/1/hplc-7/m")


def test_another_institutions_device_is_nobody_here(field: Cast, signed_in_as: SignedInAs) -> None:
    mei = signed_in_as(field.mei)
    assert issue(signed_in_as(field.oscar), "sem-7").status_code == 201

    assert issue(mei, "sem-7").status_code == 404
    revoked = mei.post("/api/v1/broker/credentials/revoke", json={"username": "sem-7"})
    assert revoked.status_code == 404
    assert "sem-7" not in mei.get("/api/v1/broker/credentials").text


@pytest.mark.parametrize(
    ("name", "gateway"),
    [
        pytest.param("a-7", "gw-7", id="behind another's gateway"),
        pytest.param("gw-7", None, id="in a gateway's name"),
        pytest.param("a-7", "hplc-7", id="behind another's device"),
        pytest.param("yixiang", None, id="in the platform's name"),
        pytest.param("a-7", "yixiang", id="behind the platform"),
        pytest.param("hplc-7", None, id="in another's name"),
    ],
)
def test_nobody_speaks_in_anothers_name(
    app: FastAPI,
    field: Cast,
    session_factory: sessionmaker[Session],
    signed_in_as: SignedInAs,
    *,
    name: str,
    gateway: str | None,
) -> None:
    """Whoever registered a device behind another's gateway could have that gateway's password."""
    app.state.settings = app.state.settings.model_copy(
        update={"broker_url": SecretStr("mqtt://yixiang:word@127.0.0.1:1884")}
    )
    with session_factory.begin() as session:
        rival = make.person(session, Role.INSTITUTION_MANAGER, institution=field.other_institution)
    client = signed_in_as(rival)
    device = {"model": "YX-LC30", "protocol": "modbus" if gateway else "mqtt"}

    answer = client.post("/api/v1/devices", json=device | {"name": name, "gateway": gateway})

    assert (answer.status_code, answer.json()["code"]) == (409, "device_name_taken")
    own = client.post("/api/v1/devices", json=device | {"name": "b-7", "gateway": "gw-8"})
    assert own.status_code == 201, own.text
    own = client.post("/api/v1/devices", json=device | {"name": "c-7", "gateway": "gw-8"})
    assert own.status_code == 201, own.text


def test_accounts_for_the_broker_hold_our_own(
    app: FastAPI, field: Cast, signed_in_as: SignedInAs
) -> None:
    app.state.settings = app.state.settings.model_copy(
        update={
            "broker_url": SecretStr("mqtt://yixiang:w%2Ford@127.0.0.1:1884"),
            "broker_control_url": SecretStr("mqtt://keeper:word@127.0.0.1:1884"),
        }
    )
    issue(signed_in_as(field.mei), "hplc-7")

    whole = signed_in_as(field.oscar).get("/api/v1/broker/dynamic-security").json()

    clients = {client["username"]: client for client in whole["clients"]}
    assert clients.keys() == {"hplc-7", "yixiang", "keeper"}
    own = clients["yixiang"]
    assert "clientid" not in own, "several of our processes share it"
    assert is_password("w/ord", f"$7${own['iterations']}${own['salt']}${own['password']}")
    [acls] = [role["acls"] for role in whole["roles"] if role["rolename"] == "yixiang"]
    assert {acl["topic"] for acl in acls} == {
        "lab/1/+/cmd", "lab/1/+/ack", "lab/1/#", "$share/+/lab/1/#", "$SYS/#",
    }  # fmt: skip
    [kept] = [role["acls"] for role in whole["roles"] if role["rolename"] == "keeper"]
    assert {acl["topic"] for acl in kept} == {ASKED, ANSWERED}, "it keeps accounts, and hears none"


def test_hook_answers_the_broker_only(stranger: TestClient) -> None:
    question = {"username": "a", "password": "b", "clientid": "a"}

    for headers in ({}, {"X-Broker-Secret": ""}, {"X-Broker-Secret": "guess"}):
        answer = stranger.post("/api/v1/broker/emqx/authenticate", json=question, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "hook_secret_wrong")


def test_words_of_the_wire_are_those_of_the_embedded_broker() -> None:
    assert (SAYS, HEARS) == (DEVICE_SAYS, DEVICE_HEARS)
    assert is_password("p", hash_password("p"))
    assert not is_password("q", hash_password("p"))
    account = Account("a", "", ("a",))
    assert not may_use(account, client_id="a", action="all", topic="lab/1/a/m")


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[int]:
    """A mosquitto with its dynamic security plugin, keeping the accounts we write for it."""
    accounts = [
        Account("dev-a", hash_password("pa"), ("dev-a",)),
        Account("dev-b", hash_password("pb"), ("dev-b",)),
    ]
    platform = Platform("platform", hash_password("pp"))
    with run_dynamic_security(tmp_path, dynamic_security(accounts, platform)) as port:
        yield port


@pytest.mark.enable_socket
def test_mosquitto_keeps_devices_to_their_own_prefix(mosquitto: int) -> None:
    a, b = Peer(mosquitto, "dev-a", "pa"), Peer(mosquitto, "dev-b", "pb")
    platform = Peer(mosquitto, "platform", "pp")
    impostor = Peer(mosquitto, "dev-b", "pb", client_id="dev-a")
    sharing = Peer(mosquitto, "platform", "pp", client_id="ingest-2")
    try:
        assert (a.connect(), b.connect(), platform.connect()) == (True, True, True)
        assert not impostor.connect(), "with another's client id it would throw it off"
        assert a.client.is_connected()
        b.listen("lab/1/dev-b/cmd", "lab/1/#", "lab/1/dev-a/m")
        platform.listen("lab/1/#")
        assert sharing.connect(), "our processes share one account"
        sharing.listen("$share/ingest/lab/1/#")
        platform.say("lab/1/dev-b/cmd")
        assert wait_until(lambda: "lab/1/dev-b/cmd" in b.heard, limit_s=10)

        for topic in ("lab/1/dev-b/m", "lab/1/dev-b/cmd", "lab/1/dev-a/cmd", "lab/1/dev-a/m"):
            a.say(topic)

        assert wait_until(lambda: "lab/1/dev-a/m" in platform.heard, limit_s=10)
        assert wait_until(lambda: "lab/1/dev-a/m" in sharing.heard, limit_s=10)
        assert platform.heard == ["lab/1/dev-b/cmd", "lab/1/dev-a/m"]
        assert b.heard == ["lab/1/dev-b/cmd"]
    finally:
        for peer in (a, b, platform, impostor, sharing):
            peer.stop()
