"""Modbus requests and replies, byte by byte, from the specification."""

from collections.abc import Mapping

import pytest

from sims.modbus.frames import NotModbus, Refused, answer, take_request, wrap


class Bench:
    """A unit with ten coils (every third on) and ten registers (value = address × 257)."""

    def __init__(self) -> None:
        self.coils = {at: at % 3 == 0 for at in range(10)}
        self.registers = {at: at * 257 for at in range(10)}

    def bits(self, function: int) -> Mapping[int, bool]:
        return self.coils if function == 1 else {at: not on for at, on in self.coils.items()}

    def words(self, function: int) -> Mapping[int, int]:
        return self.registers if function == 3 else dict.fromkeys(self.registers, 65535)

    def write_coils(self, address: int, values: list[bool]) -> None:
        if address + len(values) > 10:
            raise Refused(2)
        self.coils.update({address + at: on for at, on in enumerate(values)})

    def write_registers(self, address: int, values: list[int]) -> None:
        if address + len(values) > 10:
            raise Refused(2)
        self.registers.update({address + at: word for at, word in enumerate(values)})


@pytest.mark.parametrize(
    ("request_hex", "reply_hex"),
    [
        pytest.param("01 0000 000A", "01 02 49 02", id="read coils"),
        pytest.param("02 0000 0003", "02 01 06", id="read discrete inputs"),
        pytest.param("03 0001 0002", "03 04 0101 0202", id="read holding registers"),
        pytest.param("04 0009 0001", "04 02 FFFF", id="read input registers"),
        pytest.param("05 0001 FF00", "05 0001 FF00", id="write coil"),
        pytest.param("06 0002 1234", "06 0002 1234", id="write register"),
        pytest.param("0F 0000 000A 02 FF03", "0F 0000 000A", id="write coils"),
        pytest.param("10 0001 0002 04 000A 0102", "10 0001 0002", id="write registers"),
        pytest.param("07", "87 01", id="function not known"),
        pytest.param("2B 0E 01 00", "AB 01", id="device identification not known"),
        pytest.param("03 000A 0001", "83 02", id="address not there"),
        pytest.param("03 0009 0002", "83 02", id="second address not there"),
        pytest.param("03 0000 0000", "83 03", id="no registers"),
        pytest.param("03 0000 007E", "83 03", id="126 registers"),
        pytest.param("01 0000 07D1", "81 03", id="2001 coils"),
        pytest.param("05 0001 1234", "85 03", id="neither on nor off"),
        pytest.param("03 0000", "83 03", id="cut off"),
        pytest.param("10 0001 0002 04 000A", "90 03", id="fewer registers than said"),
        pytest.param("10 0001 0002 05 000A 0102 00", "90 03", id="odd number of bytes"),
        pytest.param("0F 0000 000A 01 FF", "8F 03", id="fewer coils than said"),
        pytest.param("10 0009 0002 04 000A 0102", "90 02", id="written beyond the end"),
    ],
)
def test_request_is_answered(request_hex: str, reply_hex: str) -> None:
    assert answer(bytes.fromhex(request_hex), Bench()) == bytes.fromhex(reply_hex)


def test_what_was_written_is_read_back() -> None:
    bench = Bench()
    answer(bytes.fromhex("10 0001 0002 04 000A 0102"), bench)
    answer(bytes.fromhex("0F 0000 000A 02 0002"), bench)

    assert answer(bytes.fromhex("03 0001 0002"), bench) == bytes.fromhex("03 04 000A 0102")
    assert answer(bytes.fromhex("01 0000 000A"), bench) == bytes.fromhex("01 02 00 02")


def test_two_requests_in_one_segment_are_two() -> None:
    first = bytes.fromhex("0001 0000 0006 01 03 0000 0001")
    second = bytes.fromhex("0002 0000 0006 02 03 0001 0001")
    buffer = bytearray(first + second + b"\x00")

    one, two = take_request(buffer), take_request(buffer)

    assert one is not None
    assert two is not None
    assert (one.transaction, one.unit, two.transaction, two.unit) == (1, 1, 2, 2)
    assert take_request(buffer) is None
    assert wrap(1, 1, one.pdu) == first


@pytest.mark.parametrize("head", ["0001 0001 0006 01", "0001 0000 0001 01", "0001 0000 0100 01"])
def test_stream_that_is_not_modbus_is_given_up(head: str) -> None:
    with pytest.raises(NotModbus):
        take_request(bytearray.fromhex(head))
