"""Modbus frames and requests. Pure: bytes in, bytes out."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

MBAP = struct.Struct(">HHHB")
MBAP_LENGTH = 7
PDU_LENGTH_MAX = 253
READ_BITS_MAX, READ_WORDS_MAX, WRITE_BITS_MAX, WRITE_WORDS_MAX = 2000, 125, 1968, 123

ILLEGAL_FUNCTION = 1
ILLEGAL_ADDRESS = 2
ILLEGAL_VALUE = 3
DEVICE_FAILURE = 4
BUSY = 6
GATEWAY_TARGET_FAILED = 0x0B

READ_COILS, READ_DISCRETES, READ_HOLDINGS, READ_INPUTS = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
COIL_ON, COIL_OFF = 0xFF00, 0x0000


class NotModbus(Exception):
    """The stream is not Modbus TCP; nothing after it can be trusted."""


class Refused(Exception):
    """A request answered with an exception code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"exception {code}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    transaction: int
    unit: int
    pdu: bytes


class Store(Protocol):
    """What a unit lets a master do. Each method raises Refused where it does not."""

    def bits(self, function: int) -> Mapping[int, bool]: ...
    def words(self, function: int) -> Mapping[int, int]: ...
    def write_coils(self, address: int, values: list[bool]) -> None: ...
    def write_registers(self, address: int, values: list[int]) -> None: ...


def take_request(buffer: bytearray) -> Request | None:
    """Take one whole request off the front of the buffer, if there is one."""
    if len(buffer) < MBAP_LENGTH:
        return None
    transaction, protocol, length, unit = MBAP.unpack_from(buffer)
    if protocol != 0 or not 1 < length <= PDU_LENGTH_MAX + 1:
        raise NotModbus(f"protocol {protocol}, length {length}")
    end = MBAP_LENGTH - 1 + length
    if len(buffer) < end:
        return None
    pdu = bytes(buffer[MBAP_LENGTH:end])
    del buffer[:end]
    return Request(transaction, unit, pdu)


def wrap(transaction: int, unit: int, pdu: bytes) -> bytes:
    return MBAP.pack(transaction, 0, len(pdu) + 1, unit) + pdu


def refusal(function: int, code: int) -> bytes:
    return bytes([(function & 0x7F) | 0x80, code])


def answer(pdu: bytes, store: Store) -> bytes:
    """Carry out one request and return the reply, an exception reply if need be."""
    function = pdu[0]
    try:
        return _carry_out(function, pdu, store)
    except Refused as refused:
        return refusal(function, refused.code)
    except struct.error:
        return refusal(function, ILLEGAL_VALUE)


def _carry_out(function: int, pdu: bytes, store: Store) -> bytes:
    if function in {READ_COILS, READ_DISCRETES}:
        address, count = struct.unpack(">HH", pdu[1:])
        return _read_bits(function, store.bits(function), address, count)
    if function in {READ_HOLDINGS, READ_INPUTS}:
        address, count = struct.unpack(">HH", pdu[1:])
        return _read_words(function, store.words(function), address, count)
    if function == WRITE_COIL:
        address, raw = struct.unpack(">HH", pdu[1:])
        if raw not in {COIL_ON, COIL_OFF}:
            raise Refused(ILLEGAL_VALUE)
        store.write_coils(address, [raw == COIL_ON])
        return pdu
    if function == WRITE_REGISTER:
        address, raw = struct.unpack(">HH", pdu[1:])
        store.write_registers(address, [raw])
        return pdu
    if function in {WRITE_COILS, WRITE_REGISTERS}:
        return _write_many(function, pdu, store)
    raise Refused(ILLEGAL_FUNCTION)


def _read_bits(function: int, bits: Mapping[int, bool], address: int, count: int) -> bytes:
    if not 1 <= count <= READ_BITS_MAX:
        raise Refused(ILLEGAL_VALUE)
    out = bytearray(-(-count // 8))
    for index in range(count):
        bit = bits.get(address + index)
        if bit is None:
            raise Refused(ILLEGAL_ADDRESS)
        out[index // 8] |= bit << (index % 8)
    return bytes([function, len(out)]) + out


def _read_words(function: int, words: Mapping[int, int], address: int, count: int) -> bytes:
    if not 1 <= count <= READ_WORDS_MAX:
        raise Refused(ILLEGAL_VALUE)
    try:
        values = [words[address + index] for index in range(count)]
    except KeyError:
        raise Refused(ILLEGAL_ADDRESS) from None
    return struct.pack(f">BB{count}H", function, 2 * count, *values)


def _write_many(function: int, pdu: bytes, store: Store) -> bytes:
    address, count, length = struct.unpack_from(">HHB", pdu, 1)
    data = pdu[6:]
    if function == WRITE_COILS:
        if not 1 <= count <= WRITE_BITS_MAX or length != -(-count // 8) or len(data) != length:
            raise Refused(ILLEGAL_VALUE)
        bits = [bool(data[index // 8] >> (index % 8) & 1) for index in range(count)]
        store.write_coils(address, bits)
    else:
        if not 1 <= count <= WRITE_WORDS_MAX or length != 2 * count or len(data) != length:
            raise Refused(ILLEGAL_VALUE)
        store.write_registers(address, list(struct.unpack(f">{count}H", data)))
    return pdu[:5]
