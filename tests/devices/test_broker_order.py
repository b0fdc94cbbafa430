"""No broker we run may swallow a message that another overtook."""

import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from cli.embedded.broker import NoBroker
from tests.devices.field import until
from tests.servers import BrokerUnderTest, run_broker

ROUNDS = 150


@pytest.fixture(params=["aedes", "mosquitto"])
def either_broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    try:
        with run_broker(request.param) as broker:
            yield broker
    except NoBroker as missing:
        pytest.skip(str(missing))


def client_of(url: str) -> Client:
    parts = urlsplit(url)
    # A device's client id is its account; the platform's may be anything.
    client = Client(CallbackAPIVersion.VERSION2, client_id=parts.username or "")
    client.username_pw_set(parts.username, parts.password)
    client.connect(parts.hostname or "", parts.port or 1883)
    return client


def test_retained_messages_overtaken_by_others_reach_a_live_subscriber(
    either_broker: BrokerUnderTest,
) -> None:
    heard: list[tuple[str, bytes]] = []
    subscribed = threading.Event()
    listener = client_of(either_broker.url("yixiang"))
    first, second = (
        client_of(either_broker.gateway_url(name, [name])) for name in ("order-a", "order-b")
    )
    listener.on_message = lambda _c, _u, message: heard.append(
        (message.topic, bytes(message.payload))
    )
    listener.on_subscribe = lambda *_: subscribed.set()
    for each in (listener, first, second):
        each.loop_start()
    try:
        listener.subscribe("lab/1/#", qos=1)
        assert subscribed.wait(10)

        for i in range(ROUNDS):
            first.publish("lab/1/order-a/state", b"%d" % i, qos=1, retain=True)
            second.publish("lab/1/order-b/m", b"%d" % i, qos=1)
        until(lambda: len(heard) >= 2 * ROUNDS, limit_s=20, what="every message")
    finally:
        for each in (listener, first, second):
            each.disconnect()
            each.loop_stop()

    wanted = sorted(b"%d" % i for i in range(ROUNDS))
    for topic in ("lab/1/order-a/state", "lab/1/order-b/m"):
        assert sorted({payload for where, payload in heard if where == topic}) == wanted
