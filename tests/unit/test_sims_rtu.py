"""RTU frames, with checksums from the specification and from a second implementation."""

import pytest

from sims.modbus.rtu import checksum, take_request, wrap


@pytest.mark.parametrize(
    ("frame", "crc"),
    [("01 03 0000 000A", "C5CD"), ("11 03 006B 0003", "7687"), ("02 07", "4112")],
)
def test_checksum_is_the_specifications(frame: str, crc: str) -> None:
    assert checksum(bytes.fromhex(frame)) == bytes.fromhex(crc)


def test_reply_is_wrapped() -> None:
    assert wrap(0x11, bytes.fromhex("03 02 0007")) == bytes.fromhex("11 03 02 0007 3845")


def test_request_is_found_behind_noise_and_cut_from_what_follows() -> None:
    request = bytes.fromhex("11 03 006B 0003 7687")
    buffer = bytearray(b"\x00\xff\x13" + request + request[:3])

    taken = take_request(buffer)

    assert taken is not None
    assert (taken.unit, taken.pdu) == (0x11, bytes.fromhex("03 006B 0003"))
    assert bytes(buffer) == request[:3]


def test_request_with_a_wrong_checksum_is_no_request() -> None:
    assert take_request(bytearray.fromhex("11 03 006B 0003 7688")) is None


def test_request_that_writes_many_has_the_length_it_says() -> None:
    body = bytes.fromhex("01 10 0000 0002 04 000A 0102")
    buffer = bytearray(body + checksum(body))

    assert take_request(buffer[:-1]) is None
    taken = take_request(buffer)

    assert taken is not None
    assert taken.pdu == body[1:]


def test_unknown_function_ends_where_its_checksum_does() -> None:
    body = bytes.fromhex("01 2B 0E 01 00")

    taken = take_request(bytearray(body + checksum(body)))

    assert taken is not None
    assert taken.pdu == body[1:]
