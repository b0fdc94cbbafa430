"""Nothing anybody sends or writes ends a simulator otherwise than it should."""

import tomllib
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from sims.modbus import frames, rtu
from sims.mqtt import packets
from sims.scenario import DEMO, BadScenario, parse

TEXT = DEMO.read_text(encoding="utf-8")


class Nothing:
    """A unit with one register and one coil, which anybody may write."""

    def bits(self, function: int) -> Mapping[int, bool]:
        del function
        return {0: True}

    def words(self, function: int) -> Mapping[int, int]:
        del function
        return {0: 7}

    def write_coils(self, address: int, values: list[bool]) -> None:
        assert 0 <= address <= 0xFFFF
        assert 1 <= len(values) <= 1968

    def write_registers(self, address: int, values: list[int]) -> None:
        assert 0 <= address <= 0xFFFF
        assert 1 <= len(values) <= 123
        assert all(0 <= value <= 0xFFFF for value in values)


@given(st.binary(min_size=1, max_size=253))
def test_any_request_gets_one_reply_that_fits_a_frame(pdu: bytes) -> None:
    reply = frames.answer(pdu, Nothing())

    assert 1 <= len(reply) <= 253
    assert reply[0] & 0x7F == pdu[0] & 0x7F


@given(st.binary(max_size=600))
def test_any_bytes_are_requests_or_given_up(data: bytes) -> None:
    buffer = bytearray(data)
    try:
        while (request := frames.take_request(buffer)) is not None:
            assert 1 <= len(request.pdu) <= 253
    except frames.NotModbus:
        pass


@given(st.binary(max_size=600))
def test_any_bytes_on_a_bus_leave_a_buffer_no_longer_than_a_frame(data: bytes) -> None:
    buffer = bytearray(data)
    while rtu.take_request(buffer) is not None:
        pass

    assert len(buffer) <= rtu.FRAME_MAX


@given(st.binary(max_size=600))
def test_any_bytes_from_a_broker_are_packets_or_given_up(data: bytes) -> None:
    buffer = bytearray(data)
    try:
        for first, body in packets.take_packets(buffer):
            packets.parse_publish(first, body)
    except packets.NotMqtt:
        pass


@given(st.binary(max_size=300), st.text(alphabet="abz09-质", max_size=30), st.integers(1, 0xFFFF))
def test_published_message_is_read_back(payload: bytes, name: str, packet_id: int) -> None:
    topic = f"lab/1/{name}/m"
    buffer = bytearray(packets.publish(topic, payload, packet_id=packet_id, retain=True))

    [(first, body)] = packets.take_packets(buffer)
    message = packets.parse_publish(first, body)

    assert (message.topic, message.payload, message.packet_id) == (topic, payload, packet_id)
    assert (message.qos, message.retain, message.duplicate) == (1, True, False)


@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 40),
    st.text(alphabet='[]=" \n{}.-#abz019', max_size=12),
)
def test_any_change_to_a_scenario_is_played_or_refused_with_its_line(
    at: int, cut: int, put: str
) -> None:
    text = TEXT[:at] + put + TEXT[at + cut :]
    try:
        parse(text, "lab.toml")
    except BadScenario as refused:
        source, line, reason = str(refused).split(":", 2)
        assert source == "lab.toml"
        assert 1 <= int(line) <= text.count("\n") + 1
        assert reason.strip()
    else:
        tomllib.loads(text)
