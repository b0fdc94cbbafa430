"""Ingest on each broker: MQTT 5 where there is one, 3.1.1 where not, and several workers."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from cli.embedded.broker import NoBroker
from cli.publisher import Publisher
from foundation.database import make_engine
from gateways.mqtt.inbox import Inbox
from gateways.mqtt.ingest import Ingest, IngestOptions
from gateways.mqtt.receiver import Broker, Receiver
from tests import make
from tests.devices.test_broker import Peer
from tests.ingesting import IngestProcess, until
from tests.lab1 import Reporter
from tests.servers import BrokerUnderTest, run_broker

pytestmark = [pytest.mark.enable_socket, pytest.mark.committed]

SPEAKS = {"mosquitto": "5", "aedes": "3.1.1"}
SHARES = {"mosquitto": "role=shared", "aedes": "role=sharded"}


@pytest.fixture(scope="module", params=["mosquitto", "aedes"])
def each_broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    try:
        with run_broker(request.param) as broker:
            yield broker
    except NoBroker as error:
        pytest.skip(str(error))


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    engine = make_engine(empty_database_url)
    yield engine
    engine.dispose()


def register(engine: Engine, names: list[str]) -> None:
    with Session(engine) as session, session.begin():
        institution = make.institution(session)
        for name in names:
            make.device(session, institution=institution, name=name)


def count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_stream_goes_on_where_it_stopped_by_whatever_the_broker_speaks(
    each_broker: BrokerUnderTest, engine: Engine
) -> None:
    register(engine, ["dev-5"])
    field = Broker.parse(each_broker.gateway_url("gw-5", ["dev-5"]))
    reporter = Reporter("dev-5")
    options = IngestOptions(client_id="ingest-5", batch_max=50)

    def take(expected: int) -> str:
        ingest = Ingest(engine, Broker.parse(each_broker.url()), options)
        ingest.start()
        try:
            assert ingest.is_ready.wait(15)
            with Publisher(field, "gw-5") as publisher:
                publisher.publish([reporter.birth(), *(reporter.measure() for _ in range(300))])
                publisher.drain()
            until(
                lambda: count(engine, "SELECT count(*) FROM readings") == expected,
                limit_s=15,
                what="stored",
            )
        finally:
            ingest.stop()
        return ingest.receiver.protocol

    assert take(300) == SPEAKS[each_broker.name]
    with Publisher(field, "gw-5") as publisher:
        publisher.publish([reporter.measure() for _ in range(100)])
        publisher.drain()
    take(700)

    total = count(engine, "SELECT sum(value) FROM readings")
    assert total == sum(1000 * seq for seq in range(1, 701))
    assert count(engine, "SELECT count(*) FROM quarantine") == 0


def test_what_expired_is_not_handed_to_a_device_that_comes_back() -> None:
    try:
        with run_broker("mosquitto") as broker:
            url = broker.gateway_url("gw-6", ["dev-6"])
            device = Peer(url, "gw-6", is_lasting=True)
            device.subscribe("lab/1/dev-6/cmd")
            device.close()
            connected = threading.Event()
            platform = Receiver(
                Broker.parse(broker.url()),
                Inbox(),
                client_id="platform-6",
                filters=[],
                on_connected=connected.set,
            )
            platform.start()
            assert connected.wait(10)
            platform.publish("lab/1/dev-6/cmd", b"unlock", expires_s=1)
            platform.publish("lab/1/dev-6/cmd", b"lock", expires_s=600)
            until(lambda: platform.unsent == 0, limit_s=5, what="published")
            threading.Event().wait(2.1)  # the broker counts whole seconds
            back = Peer(url, "gw-6", is_lasting=True)
            until(lambda: bool(back.received), limit_s=5, what="what is still true")
            platform.stop()
            back.close()
    except NoBroker as error:
        pytest.skip(str(error))

    assert [payload for _, payload in back.received] == [b"lock"]


def test_refused_subscription_is_no_readiness(each_broker: BrokerUnderTest) -> None:
    if each_broker.name == "mosquitto":
        pytest.skip("with an access list it accepts every subscription, and delivers nothing")
    ready = threading.Event()
    receiver = Receiver(
        Broker.parse(each_broker.gateway_url("gw-8", ["dev-8"])),
        Inbox(),
        client_id="gw-8",
        filters=["lab/1/+/m"],
        on_connected=ready.set,
    )
    receiver.start()
    until(lambda: receiver.is_connected, limit_s=10, what="connected")
    is_ready = ready.wait(0.3)
    receiver.stop()

    assert not is_ready


@pytest.mark.full
def test_workers_share_the_measurements_and_one_takes_the_rest_in_order(
    each_broker: BrokerUnderTest, engine: Engine, empty_database_url: str, tmp_path: Path
) -> None:
    names = [f"dev-w{number}" for number in range(8)]
    register(engine, names)
    field = Broker.parse(each_broker.gateway_url("gw-w", names))
    ingest = IngestProcess(
        tmp_path,
        database_url=empty_database_url,
        broker_url=each_broker.url(),
        client_id="ingest-w",
        options=("--workers", "2"),
    )
    ingest.start()
    try:
        until(lambda: ingest.log.count("ingest ready") >= 3, limit_s=20, what="all are ready")
        assert SHARES[each_broker.name] in ingest.log
        reporters = [Reporter(name) for name in names]
        messages = [reporter.birth() for reporter in reporters]
        for step in range(100):
            for reporter in reporters:
                messages.append(reporter.measure(values=3))
                if step % 10 == 0:
                    messages.append(
                        reporter.event(
                            "hb" if step else "start",
                            session="s",
                            run_ms=step * 1000,
                            at_ms=reporter.start_ms + step * 1000,
                        )
                    )
        with Publisher(field, "gw-w") as publisher:
            publisher.publish(messages)
            publisher.drain()
        until(
            lambda: count(engine, "SELECT count(*) FROM readings") == 2400,
            limit_s=30,
            what="all measurements",
        )
        until(
            lambda: count(engine, "SELECT count(*) FROM device_events") == 80,
            limit_s=15,
            what="all events",
        )
    finally:
        ingest.stop()

    complete = "SELECT count(*) FROM boot_sequences WHERE received = '{[1,111)}'"
    assert count(engine, complete) == 8
    assert count(engine, "SELECT count(*) FROM quarantine") == 0
    assert count(engine, "SELECT count(*) FROM runs WHERE metered_ms = 90000") == 8
