"""RTU frames: no lengths, no numbers, only a checksum. Pure: bytes in, bytes out."""

from sims.modbus.frames import WRITE_COIL, WRITE_COILS, WRITE_REGISTER, WRITE_REGISTERS, Request

FRAME_MIN, FRAME_MAX = 4, 256
FIXED_REQUEST = 8
MANY_HEAD = 7
READS = range(1, 5)
FIXED = {*READS, WRITE_COIL, WRITE_REGISTER}


def checksum(data: bytes) -> bytes:
    """Return CRC-16/MODBUS, low byte first, as it is sent."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def _entry(crc: int) -> int:
    for _ in range(8):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


_TABLE = [_entry(byte) for byte in range(256)]


def take_request(buffer: bytearray) -> Request | None:
    """Take one whole request off the buffer; noise before it is thrown away."""
    whole = bytes(buffer)
    for start in range(len(whole) - FRAME_MIN + 1):
        length = _length(whole, start)
        if length is None or len(whole) - start < length:
            continue
        frame = whole[start : start + length]
        if checksum(frame[:-2]) == frame[-2:]:
            del buffer[: start + length]
            return Request(0, frame[0], frame[1:-2])
    # What may still become a request is shorter than the longest there is.
    del buffer[:-FRAME_MAX]
    return None


def _length(whole: bytes, start: int) -> int | None:
    """Return how long a request that starts there says it is, if that can be known yet."""
    function = whole[start + 1]
    if function in FIXED:
        return FIXED_REQUEST
    if function in {WRITE_COILS, WRITE_REGISTERS}:
        at = start + MANY_HEAD - 1
        return MANY_HEAD + whole[at] + 2 if at < len(whole) else None
    # Another function has its own length, which a real device learns from the silence after
    # it. Here the frame ends where its checksum says so.
    return len(whole) if start == 0 else None


def wrap(unit: int, pdu: bytes) -> bytes:
    body = bytes([unit]) + pdu
    return body + checksum(body)
