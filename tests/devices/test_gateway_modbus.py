"""The wrapped client against a server that answers rightly, and in every wrong way."""

import os
import random
import ssl
import threading
import time
import tty
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateways.modbus.client import Line, LineKind, LineSettings
from gateways.modbus.errors import (
    DeviceError,
    DeviceRefused,
    DeviceUnreachable,
    LineDown,
    UnintelligibleReply,
)
from gateways.modbus.layout import Layout
from gateways.modbus.registers import Encoding, Order, Table, Tag
from tests.devices.modbus_server import Behaviour, Device, Hangup, Request, Server, serving
from tests.devices.register_bytes import CASES

UNIT = 17
TIMEOUT_S = 0.08


def golden(address: int) -> int:
    """What register `address` holds: no two neighbours, nor any shift of them, are alike."""
    return (address * 40503 + 12345) & 0xFFFF


def golden_device() -> Device:
    words = {address: golden(address) for address in range(2000)}
    bits = {address: golden(address) % 3 == 0 for address in range(2000)}
    return Device(holding=dict(words), input={a: w ^ 0xFFFF for a, w in words.items()}, coil=bits)


def tcp(port: int, *, kind: LineKind = LineKind.TCP, timeout_s: float = TIMEOUT_S) -> LineSettings:
    return LineSettings("line", kind, host="127.0.0.1", port=port, timeout_s=timeout_s)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({UNIT: golden_device()}) as server:
        yield server


@pytest.fixture
def line(server: Server) -> Iterator[Line]:
    line = Line(tcp(server.port))
    yield line
    line.close()


def read_all_cases(line: Line, device: Device) -> None:
    """Read every encoding in every order with both functions, and compare with the hand's work."""
    address = 5000
    for case in CASES:
        for order in Order:
            for table in (Table.HOLDING, Table.INPUT):
                device.put(table.value, address, case.registers(order))
                tag = case.tag(order, table, address)
                raw = line.read(UNIT, table, address, tag.count)
                values, quality = Layout(table, address, tag.count, [tag]).decode(raw)
                assert (values, quality) == ([case.value], {}), (case, order, table)
                address += tag.count
    for table in (Table.COIL, Table.DISCRETE):
        bits = getattr(device, table.value)
        bits.update({6000 + i: i in {0, 7, 8, 12} for i in range(13)})
        tags = [Tag(f"b{i}", table, 6000 + i, Encoding.BOOL) for i in range(13)]
        values, _ = Layout(table, 6000, 13, tags).decode(line.read(UNIT, table, 6000, 13))
        assert [i for i, value in enumerate(values) if value] == [0, 7, 8, 12]


def write_and_read_back(line: Line) -> None:
    line.write_coil(UNIT, 3, value=True)
    assert line.read(UNIT, Table.COIL, 3, 1) == b"\x01"
    line.write_coil(UNIT, 3, value=False)
    assert line.read(UNIT, Table.COIL, 3, 1) == b"\x00"
    line.write_registers(UNIT, 70, [0xBEEF])
    line.write_registers(UNIT, 71, [1, 2, 3])
    assert line.read(UNIT, Table.HOLDING, 70, 4) == bytes.fromhex("BEEF000100020003")


def test_every_encoding_order_and_function_over_tcp(line: Line, server: Server) -> None:
    read_all_cases(line, server.devices[UNIT])
    write_and_read_back(line)
    assert line.connects == 1


def test_every_encoding_order_and_function_over_rtu_over_tcp() -> None:
    with serving({UNIT: golden_device()}, framing="rtu") as server:
        line = Line(tcp(server.port, kind=LineKind.RTU_OVER_TCP, timeout_s=1))
        read_all_cases(line, server.devices[UNIT])
        write_and_read_back(line)
        line.close()
        assert line.connects == 1


def test_every_encoding_order_and_function_over_a_serial_line() -> None:
    ours, theirs = os.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    server = Server({UNIT: golden_device()}, framing="rtu")
    server.serve_descriptor(ours)
    line = Line(
        LineSettings(
            "serial", LineKind.RTU, device=os.ttyname(theirs), baud_rate=115200, timeout_s=1
        )
    )
    try:
        read_all_cases(line, server.devices[UNIT])
        write_and_read_back(line)
        with pytest.raises(DeviceUnreachable):
            Line(LineSettings("none", LineKind.RTU, device="/dev/does-not-exist")).read(
                UNIT, Table.HOLDING, 0, 1
            )
    finally:
        line.close()
        server.close()
        os.close(ours)
        os.close(theirs)


def make_certificates(folder: Path) -> None:
    """Make a test CA, and a server and a client certificate signed by it."""
    now = datetime.now(UTC)
    ca_key = ec.generate_private_key(ec.SECP256R1())

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def sign(subject: str, key: ec.EllipticCurvePrivateKey, *, is_ca: bool) -> x509.Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("test CA"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        )
        if not is_ca:
            names = [x509.DNSName("meter.test"), x509.IPAddress(ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(ca_key, hashes.SHA256())

    def save(stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        (folder / f"{stem}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / f"{stem}.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )

    save("ca", sign("test CA", ca_key, is_ca=True), ca_key)
    for stem in ("server", "client"):
        key = ec.generate_private_key(ec.SECP256R1())
        save(stem, sign(stem, key, is_ca=False), key)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    return folder


@pytest.fixture
def tls_server(certificates: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.crt", certificates / "server.key")
    context.load_verify_locations(certificates / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    server = Server({UNIT: golden_device()})
    server.listen(context)
    yield server
    server.close()


def tls(server: Server, folder: Path, **changes: object) -> LineSettings:
    known = {
        "ca": folder / "ca.crt",
        "certificate": folder / "client.crt",
        "key": folder / "client.key",
        "server_name": "meter.test",
    }
    return LineSettings(
        "tls",
        LineKind.TLS,
        host="127.0.0.1",
        port=server.port,
        timeout_s=2,
        **(known | changes),  # type: ignore[arg-type]  # names and values as above
    )


def test_every_encoding_order_and_function_over_tls(tls_server: Server, certificates: Path) -> None:
    line = Line(tls(tls_server, certificates))

    read_all_cases(line, tls_server.devices[UNIT])
    write_and_read_back(line)

    line.close()


def test_server_of_another_name_or_authority_is_not_talked_to(
    tls_server: Server, certificates: Path, tmp_path: Path
) -> None:
    make_certificates(tmp_path)

    for settings in (
        tls(tls_server, certificates, server_name="other.test"),
        tls(tls_server, certificates, ca=tmp_path / "ca.crt"),
    ):
        with pytest.raises(LineDown):
            Line(settings).read(UNIT, Table.HOLDING, 0, 1)


def test_line_that_nobody_listens_on_is_down() -> None:
    with pytest.raises(LineDown):
        Line(tcp(1)).read(UNIT, Table.HOLDING, 0, 1)


def test_exception_is_told_with_its_code_and_keeps_the_connection(
    line: Line, server: Server
) -> None:
    for code in (1, 2, 3, 4, 6, 8, 10, 11):
        server.behave = lambda request, _pdu, code=code: request.frame(  # type: ignore[misc]  # bound now
            bytes([request.pdu[0] | 0x80, code])
        )
        with pytest.raises(DeviceRefused) as refusal:
            line.read(UNIT, Table.HOLDING, 0, 1)
        assert refusal.value.exception_code == code

    assert line.connects == 1


# Each fault: what the server does, on framings with and without transaction numbers.


def silence(_request: Request, _pdu: bytes) -> bytes | None:
    return None


def late(request: Request, pdu: bytes) -> bytes | None:
    time.sleep(TIMEOUT_S * 4)
    return request.frame(pdu)


def wrong_tid(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(pdu, tid=request.tid + 1)


def old_tid(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(pdu, tid=request.tid - 1)


def zero_tid(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(pdu, tid=0)


def wrong_unit(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(pdu, unit=request.unit + 1)


def wrong_function(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(bytes([pdu[0] ^ 7]) + pdu[1:])


def short_reply(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(bytes([pdu[0], pdu[1] - 2]) + pdu[2:-2])


def long_reply(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(bytes([pdu[0], pdu[1] + 2]) + pdu[2:] + b"\x12\x34")


def lying_length(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(bytes([pdu[0], (pdu[1] + 4) & 0xFF]) + pdu[2:])


def short_frame(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(pdu)[:-3]


def garbage(request: Request, _pdu: bytes) -> bytes | None:
    return random.Random(request.tid or len(request.pdu)).randbytes(24)


def garbage_before(request: Request, pdu: bytes) -> bytes | None:
    return b"\xff\x00\x55" + request.frame(pdu)


def bad_checksum(request: Request, pdu: bytes) -> bytes | None:
    frame = request.frame(pdu)
    return frame[:-1] + bytes([frame[-1] ^ 0x55])


def foreign_protocol(request: Request, pdu: bytes) -> bytes | None:
    frame = bytearray(request.frame(pdu))
    frame[2:4] = b"\x00\x01"
    return bytes(frame)


def hang_up(_request: Request, _pdu: bytes) -> bytes | None:
    raise Hangup


def hang_up_in_mid_frame(request: Request, pdu: bytes) -> bytes | None:
    raise Hangup(request.frame(pdu)[:-4])


def empty_exception(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(bytes([pdu[0] | 0x80]))


def exception_of_another(request: Request, _pdu: bytes) -> bytes | None:
    return request.frame(bytes([0x90, 2]))


def twice(request: Request, pdu: bytes) -> bytes | None:
    return request.frame(pdu) * 2


NUMBERED: list[Behaviour] = [
    silence,
    late,
    wrong_tid,
    old_tid,
    zero_tid,
    wrong_unit,
    wrong_function,
    short_reply,
    long_reply,
    lying_length,
    short_frame,
    garbage,
    garbage_before,
    foreign_protocol,
    hang_up,
    hang_up_in_mid_frame,
    empty_exception,
    exception_of_another,
]
# Without numbers a checksum guards the frame, and the length what is in it.
UNNUMBERED: list[Behaviour] = [
    silence,
    late,
    wrong_unit,
    wrong_function,
    short_reply,
    long_reply,
    lying_length,
    short_frame,
    garbage,
    bad_checksum,
    hang_up,
    hang_up_in_mid_frame,
    exception_of_another,
]


@pytest.mark.parametrize("fault", NUMBERED, ids=lambda fault: fault.__name__)
def test_wrong_reply_is_never_a_value_and_the_next_read_is_right(
    fault: Behaviour, line: Line, server: Server
) -> None:
    server.behave = fault
    with pytest.raises((DeviceUnreachable, UnintelligibleReply)):
        line.read(UNIT, Table.HOLDING, 300, 2)
    server.behave = lambda request, pdu: request.frame(pdu)

    words = line.read(UNIT, Table.HOLDING, 200, 2)

    assert words == golden(200).to_bytes(2, "big") + golden(201).to_bytes(2, "big")


@pytest.mark.parametrize("fault", UNNUMBERED, ids=lambda fault: fault.__name__)
def test_wrong_reply_without_numbers_is_never_a_value_either(fault: Behaviour) -> None:
    with serving({UNIT: golden_device()}, framing="rtu") as server:
        line = Line(tcp(server.port, kind=LineKind.RTU_OVER_TCP))
        server.behave = fault
        with pytest.raises((DeviceUnreachable, UnintelligibleReply)):
            line.read(UNIT, Table.HOLDING, 300, 2)
        server.behave = lambda request, pdu: request.frame(pdu)

        words = line.read(UNIT, Table.HOLDING, 200, 2)

        line.close()
    assert words == golden(200).to_bytes(2, "big") + golden(201).to_bytes(2, "big")


class Converter:
    """A serial device server: what the line says late goes to whoever is connected by then."""

    def __init__(self) -> None:
        self.late: list[bytes] = []

    def behave(self, request: Request, pdu: bytes) -> bytes | None:
        if not self.late:
            self.late.append(request.frame(pdu))
            return None
        return request.frame(pdu)


def test_late_reply_handed_over_by_a_converter_is_not_the_answer_to_the_next_read() -> None:
    converter = Converter()
    with serving({UNIT: golden_device()}, framing="rtu") as server:
        server.behave = converter.behave
        line = Line(tcp(server.port, kind=LineKind.RTU_OVER_TCP))
        with pytest.raises(DeviceUnreachable):
            line.read(UNIT, Table.HOLDING, 300, 2)

        def hand_over() -> None:
            server.wait_for_connection(2).sendall(converter.late[0])

        helper = threading.Thread(target=hand_over)
        helper.start()
        words = line.read(UNIT, Table.HOLDING, 200, 2)
        helper.join()
        line.close()

    assert words == golden(200).to_bytes(2, "big") + golden(201).to_bytes(2, "big")


def read_at_random(
    line: Line, server: Server, faults: list[Behaviour], reads: int, seed: int
) -> tuple[int, int]:
    """Read random places, one read in ten disturbed; return how many were right and refused."""
    chance = random.Random(seed)
    # The slow ones are the dearest, so they come seldom enough for the run to end.
    weights = [1 if fault in {silence, late} else 8 for fault in faults]
    right = refused = 0
    for _ in range(reads):
        address, count = chance.randrange(1800), chance.randrange(1, 126)
        table = chance.choice([Table.HOLDING, Table.INPUT])
        turned = 0xFFFF if table is Table.INPUT else 0
        if chance.random() < 0.1:
            server.behave = chance.choices(faults, weights)[0]
        else:
            server.behave = lambda request, pdu: request.frame(pdu)
        try:
            raw = line.read(UNIT, table, address, count)
        except DeviceError:
            refused += 1
            continue
        expected = b"".join(
            (golden(a) ^ turned).to_bytes(2, "big") for a in range(address, address + count)
        )
        assert raw == expected, (server.behave, table, address, count)
        right += 1
    return right, refused


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_no_read_among_very_many_with_faults_is_wrong(pytestconfig: pytest.Config) -> None:
    reads = 50_000 if pytestconfig.getoption("--long") else 400
    right = refused = 0
    for framing, kind, faults in (
        ("tcp", LineKind.TCP, [*NUMBERED, twice]),
        ("rtu", LineKind.RTU_OVER_TCP, UNNUMBERED),
    ):
        with serving({UNIT: golden_device()}, framing=framing) as server:
            line = Line(LineSettings("l", kind, host="127.0.0.1", port=server.port, timeout_s=0.03))
            counts = read_at_random(line, server, faults, reads, seed=20261120)
            line.close()
        right, refused = right + counts[0], refused + counts[1]

    assert right + refused == 2 * reads
    assert refused > reads / 10
