"""The simulators on other lines than TCP, asked by a library that is not ours."""

import datetime as dt
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from sims.faults import Fault
from sims.running import RunningLab, running
from sims.scenario import parse

Client = ModbusSerialClient | ModbusTcpClient
DEVICES = """
[[device]]
name = "chamber-01"
model = "YX-ECC225"
link = "a"
unit = 2
[[device]]
name = "tensile-01"
model = "YX-UTM50"
link = "a"
unit = 1
"""


@contextmanager
def lab_on(link: str) -> Iterator[RunningLab]:
    with running(parse(f'[[link]]\nname = "a"\n{link}\n{DEVICES}'), stepped=True) as lab:
        yield lab


@contextmanager
def connected(client: Client) -> Iterator[Client]:
    assert client.connect()
    try:
        yield client
    finally:
        client.close()  # type: ignore[no-untyped-call]  # nor here


def read_setpoint(client: Client) -> list[int]:
    return list(client.read_holding_registers(107, count=1, device_id=2).registers)


def test_serial_port_answers_and_drives_the_relay() -> None:
    with lab_on('kind = "rtu"') as lab:
        port = lab.path_of("a")
        with connected(ModbusSerialClient(port, baudrate=115_200, timeout=2)) as client:
            assert read_setpoint(client) == [230]
            client.write_register(0, 60, device_id=1)
            client.write_coils(0, [True], device_id=1)
            lab.step(30_000)
            assert client.read_input_registers(0, count=1, device_id=1).registers == [2]
        with connected(ModbusSerialClient(port, baudrate=115_200, timeout=2)) as client:
            assert read_setpoint(client) == [230]


def test_absent_unit_on_a_bus_is_silent_and_the_bus_goes_on() -> None:
    with (
        lab_on('kind = "rtu"') as lab,
        connected(ModbusSerialClient(lab.path_of("a"), timeout=0.1, retries=0)) as client,
    ):
        with pytest.raises(ModbusIOException):
            client.read_holding_registers(0, count=1, device_id=9)
        assert read_setpoint(client) == [230]


def test_spoilt_checksum_is_refused_by_the_master() -> None:
    with (
        lab_on('kind = "rtu"') as lab,
        connected(ModbusSerialClient(lab.path_of("a"), timeout=0.1, retries=0)) as client,
    ):
        lab.switch_on("chamber-01", Fault("bad_checksum", times=1))
        with pytest.raises(ModbusIOException):
            read_setpoint(client)


def test_slow_line_takes_the_time_its_bytes_take() -> None:
    with (
        lab_on('kind = "rtu"\nbaud = 9600') as lab,
        connected(ModbusSerialClient(lab.path_of("a"), timeout=2)) as client,
    ):
        began = time.monotonic()
        client.read_holding_registers(100, count=20, device_id=2)

        # 8 bytes there, 45 back, 11 bits each.
        assert time.monotonic() - began >= 53 * 11 / 9600


def test_link_to_the_terminal_is_where_it_was_wanted(tmp_path: Path) -> None:
    path = tmp_path / "ttyS9"
    with lab_on(f'kind = "rtu"\npath = "{path}"') as lab:
        assert lab.path_of("a") == str(path)
        with connected(ModbusSerialClient(str(path), timeout=2)) as client:
            assert read_setpoint(client) == [230]

    assert not path.is_symlink()


def test_rtu_frames_travel_over_tcp() -> None:
    with (
        lab_on('kind = "rtu_over_tcp"') as lab,
        connected(
            ModbusTcpClient("127.0.0.1", port=lab.modbus_port, framer=FramerType.RTU)
        ) as client,
    ):
        assert read_setpoint(client) == [230]


def make_certificates(folder: Path) -> None:
    """Make a CA, and a certificate of 127.0.0.1 signed by it."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test CA")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])

    def builder(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(days=1))
        )

    ca = builder(ca_name, ca_key.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    server = builder(name, key.public_key()).add_extension(
        x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False
    )
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(ca.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (folder / "cert.pem").write_bytes(server.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )


def test_tls_line_answers_a_master_that_trusts_its_ca(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    link = f'kind = "tls"\ncertificate = "{tmp_path}/cert.pem"\nkey = "{tmp_path}/key.pem"'
    trusting = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
    stranger = ssl.create_default_context()
    with lab_on(link) as lab:
        with (
            socket.create_connection(("127.0.0.1", lab.modbus_port), timeout=5) as plain,
            trusting.wrap_socket(plain, server_hostname="localhost") as line,
        ):
            line.sendall(bytes.fromhex("0001 0000 0006 02 03 006B 0001"))
            assert line.recv(64) == bytes.fromhex("0001 0000 0005 02 03 02 00E6")
        with (
            socket.create_connection(("127.0.0.1", lab.modbus_port), timeout=5) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            stranger.wrap_socket(plain, server_hostname="localhost")
