"""A device that claims its credentials reaches the running broker, and is kept out once revoked."""

import threading
from collections.abc import Iterator

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from sqlalchemy.orm import Session

from cli.embedded.broker import NoBroker
from cli.embedded.processes import wait_until
from foundation.clock import read_clock
from foundation.database import make_engine
from telemetry.credentials.service import revoke
from telemetry.devices.claims import offer_claim, redeem_claim, register_device
from tests import make
from tests.servers import BrokerUnderTest, run_broker


@pytest.fixture(params=["mosquitto", "aedes"])
def each_broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    try:
        with run_broker(request.param) as broker:
            yield broker
    except NoBroker as error:
        pytest.skip(str(error))


@pytest.mark.enable_socket
@pytest.mark.committed
def test_claimed_device_is_let_in_without_a_restart(
    each_broker: BrokerUnderTest, empty_database_url: str
) -> None:
    look = each_broker.keep_to(empty_database_url)
    engine = make_engine(empty_database_url)
    now = read_clock()
    assert not look()

    with Session(engine) as session, session.begin():
        institution = make.institution(session)
        person = make.person(session)
        register_device(
            session,
            institution.id,
            name="scale-9",
            model="YX-B200",
            protocol="mqtt",
            gateway=None,
            reserved=(),
            now=now,
        )
        code = offer_claim(session, institution.id, "scale-9", by=person.id, now=now)
        told = redeem_claim(session, code.text, now=now)
        actor = person.id
    assert not each_broker.lets_in("scale-9", told.password)

    assert look()
    assert wait_until(lambda: each_broker.lets_in("scale-9", told.password), limit_s=5)
    assert not each_broker.lets_in("scale-9", "guess")
    assert not look(), "nothing is new"
    client, is_off = stay_connected(each_broker, "scale-9", told.password)

    with Session(engine) as session, session.begin():
        revoke(session, username="scale-9", institution_id=None, actor_id=actor, now=now)
    assert look()
    assert is_off.wait(5), "whoever is on the line already is put off it"
    assert wait_until(lambda: not each_broker.lets_in("scale-9", told.password), limit_s=5)
    client.loop_stop()
    engine.dispose()


def stay_connected(
    broker: BrokerUnderTest, name: str, password: str
) -> tuple[Client, threading.Event]:
    """Connect as a device does and stay; the event tells that the broker ended it."""
    client = Client(CallbackAPIVersion.VERSION2, name, reconnect_on_failure=False)
    client.username_pw_set(name, password)
    is_on, is_off = threading.Event(), threading.Event()
    client.on_connect = lambda *_: is_on.set()
    client.on_disconnect = lambda *_: is_off.set()
    client.connect("127.0.0.1", broker.field_port)
    client.loop_start()
    assert is_on.wait(5)
    return client, is_off
