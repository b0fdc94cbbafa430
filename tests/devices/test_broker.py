"""Both embedded brokers keep the promises that the platform relies on."""

import threading
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from cli.embedded.broker import NoBroker
from cli.embedded.processes import wait_until
from cli.examinations import Verdict, examine_broker
from tests.servers import BrokerUnderTest, run_broker


@pytest.fixture(scope="module", params=["mosquitto", "aedes"])
def each_broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    try:
        with run_broker(request.param) as broker:
            yield broker
    except NoBroker as error:
        pytest.skip(str(error))


class Peer:
    """A paho client that collects what it receives."""

    def __init__(self, url: str, client_id: str, *, is_lasting: bool = False) -> None:
        address = urlsplit(url)
        self.received: list[tuple[str, bytes]] = []
        self.is_connected = threading.Event()
        self.code: str = ""
        self.client = Client(CallbackAPIVersion.VERSION2, client_id, clean_session=not is_lasting)
        self.client.username_pw_set(address.username, address.password)
        self.client.on_message = self._on_message
        self.client.on_connect = self._on_connect
        self.client.connect(address.hostname or "", address.port or 0, keepalive=10)
        self.client.loop_start()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.received.append((message.topic, bytes(message.payload)))

    def _on_connect(self, *details: object) -> None:
        self.code = str(details[3])
        self.is_connected.set()

    def subscribe(self, topic: str) -> None:
        granted = threading.Event()
        self.client.on_subscribe = lambda *_: granted.set()
        self.client.subscribe(topic, qos=1)
        assert granted.wait(5)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def join(each_broker: BrokerUnderTest) -> Iterator[Callable[..., Peer]]:  # noqa: ARG001
    peers: list[Peer] = []

    def join(url: str, client_id: str, *, is_lasting: bool = False) -> Peer:
        peer = Peer(url, client_id, is_lasting=is_lasting)
        peers.append(peer)
        assert peer.is_connected.wait(5)
        return peer

    yield join
    for peer in peers:
        peer.close()


Join = Callable[..., Peer]


def test_device_reaches_the_platform_and_hears_it(each_broker: BrokerUnderTest, join: Join) -> None:
    platform = join(each_broker.url(), "ingest-1")
    platform.subscribe("lab/1/#")
    device = join(each_broker.gateway_url("gw-a", ["dev-a"]), "gw-a")
    device.subscribe("lab/1/dev-a/cmd")

    device.publish("lab/1/dev-a/m", b"1")
    platform.publish("lab/1/dev-a/cmd", b"2")

    assert wait_until(lambda: ("lab/1/dev-a/m", b"1") in platform.received, limit_s=5)
    assert wait_until(lambda: device.received == [("lab/1/dev-a/cmd", b"2")], limit_s=5)


def test_device_cannot_speak_for_another(each_broker: BrokerUnderTest, join: Join) -> None:
    platform = join(each_broker.url(), "ingest-2")
    platform.subscribe("lab/1/#")
    device = join(each_broker.gateway_url("gw-b", ["dev-b"]), "gw-b")

    device.client.publish("lab/1/dev-other/m", b"forged", qos=1)
    # The broker may hang up on it; a later, honest message must come through all the same.
    honest = join(each_broker.gateway_url("gw-b2", ["dev-b2"]), "gw-b2")
    honest.publish("lab/1/dev-b2/m", b"honest")

    assert wait_until(lambda: ("lab/1/dev-b2/m", b"honest") in platform.received, limit_s=5)
    assert not [topic for topic, _ in platform.received if "dev-other" in topic]


def test_device_cannot_listen_to_another(each_broker: BrokerUnderTest, join: Join) -> None:
    curious = join(each_broker.gateway_url("gw-c", ["dev-c"]), "gw-c")
    curious.subscribe("lab/1/#")
    platform = join(each_broker.url(), "courier-1")

    platform.publish("lab/1/dev-other/cmd", b"secret")
    curious.subscribe("lab/1/dev-c/cmd")
    platform.publish("lab/1/dev-c/cmd", b"mine")

    assert wait_until(lambda: ("lab/1/dev-c/cmd", b"mine") in curious.received, limit_s=5)
    assert curious.received == [("lab/1/dev-c/cmd", b"mine")]


def test_wrong_password_is_refused(each_broker: BrokerUnderTest, join: Join) -> None:
    url = each_broker.gateway_url("gw-d", ["dev-d"]).replace("gw-d:", "gw-d:x")

    stranger = join(url, "gw-d")

    assert stranger.code in {"Not authorized", "Bad user name or password"}


def test_device_is_not_put_off_the_line_by_another(
    each_broker: BrokerUnderTest, join: Join
) -> None:
    victim = join(each_broker.gateway_url("gw-e", ["dev-e"]), "gw-e")
    victim.subscribe("lab/1/dev-e/cmd")

    join(each_broker.gateway_url("gw-f", ["dev-f"]), "gw-e")
    platform = join(each_broker.url(), "courier-2")
    platform.publish("lab/1/dev-e/cmd", b"still there")

    assert wait_until(lambda: len(victim.received) == 1, limit_s=5)
    assert victim.client.is_connected()


def test_polite_restart_keeps_what_waits_for_an_absent_subscriber(
    each_broker: BrokerUnderTest, join: Join
) -> None:
    absent = join(each_broker.url(), "ingest-3", is_lasting=True)
    absent.subscribe("lab/1/+/evt")
    absent.close()
    device = join(each_broker.gateway_url("gw-g", ["dev-g"]), "gw-g")
    # More than the thousand that mosquitto keeps by default.
    expected = [b"%d" % number for number in range(1500)]
    for payload in expected:
        last = device.client.publish("lab/1/dev-g/evt", payload, qos=1)
    last.wait_for_publish(20)
    device.close()

    each_broker.restart()
    back = join(each_broker.url(), "ingest-3", is_lasting=True)

    assert wait_until(lambda: len(back.received) >= 1500, limit_s=20)
    # A broker may change the order when it delivers again; the platform orders by number.
    assert sorted(int(payload) for _, payload in back.received) == list(range(1500))


def test_retained_state_outlives_a_restart(each_broker: BrokerUnderTest, join: Join) -> None:
    device = join(each_broker.gateway_url("gw-h", ["dev-h"]), "gw-h")
    device.publish("lab/1/dev-h/state", b"online", retain=True)
    device.close()

    each_broker.restart()
    late = join(each_broker.url(), "ingest-4")
    late.subscribe("lab/1/+/state")

    assert wait_until(lambda: ("lab/1/dev-h/state", b"online") in late.received, limit_s=5)


def test_doctor_sees_that_the_broker_keeps_what_it_acknowledged(
    each_broker: BrokerUnderTest,
) -> None:
    findings = examine_broker(each_broker.url())

    assert [finding.verdict for finding in findings] == [Verdict.WELL, Verdict.WELL]


def test_doctor_sees_a_broker_that_does_not_let_us_in(each_broker: BrokerUnderTest) -> None:
    findings = examine_broker(each_broker.url().replace("yixiang:", "yixiang:x"))

    assert [finding.verdict for finding in findings] == [Verdict.BROKEN]
    assert "refuses us" in findings[0].text
