"""One line to Modbus units, through pymodbus: the only module that imports it.

What pymodbus lets through is caught here: a reply of another length, function or unit than
asked for, and a late reply on a framing without transaction numbers. After anything but a
proper answer the connection is closed, so that nothing of it can be taken for the next one.
"""

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import Final

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusException
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsResponse, ReadDiscreteInputsResponse
from pymodbus.pdu.register_message import (
    ReadHoldingRegistersResponse,
    ReadInputRegistersResponse,
)
from typing_extensions import override

from gateways.modbus.errors import DeviceRefused, DeviceUnreachable, LineDown, UnintelligibleReply
from gateways.modbus.registers import Table

# Its own log repeats what our errors already say, once for every frame.
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
logging.getLogger("pymodbus_internal").setLevel(logging.CRITICAL)


class LineKind(StrEnum):
    TCP = "tcp"
    RTU = "rtu"
    RTU_OVER_TCP = "rtu_over_tcp"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How to reach one line, and how gently to use it."""

    name: str
    kind: LineKind
    host: str = ""
    port: int = 502
    device: str = ""  # a serial port
    baud_rate: int = 9600
    data_bits: int = 8
    parity: str = "N"
    stop_bits: int = 1
    timeout_s: float = 1.0
    connect_pause_s: float = 0.0  # some converters drop what comes right after the connect
    request_pause_s: float = 0.0  # silence between two requests
    reconnect_pause_s: float = 1.0
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    server_name: str | None = None


READERS: Final = {
    Table.COIL: "read_coils",
    Table.DISCRETE: "read_discrete_inputs",
    Table.HOLDING: "read_holding_registers",
    Table.INPUT: "read_input_registers",
}
FUNCTION_OF: Final = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}


class KeepsBytes(ModbusPDU):
    """A reply that keeps its bytes: our codec reads them, not a list made of them."""

    raw: bytes = b""

    @override
    def decode(self, data: bytes) -> None:
        self.raw = data[1:] if data and data[0] == len(data) - 1 else b""

    @override
    def __str__(self) -> str:
        # pymodbus renders every reply for a debug log nobody reads.
        return "reply"


class RawCoils(KeepsBytes, ReadCoilsResponse):
    pass


class RawDiscretes(KeepsBytes, ReadDiscreteInputsResponse):
    pass


class RawHoldings(KeepsBytes, ReadHoldingRegistersResponse):
    pass


class RawInputs(KeepsBytes, ReadInputRegistersResponse):
    pass


class TlsClient(ModbusTcpClient):
    """Modbus/TCP Security: the usual frames with their header, inside TLS.

    pymodbus's own TLS framing leaves the header out, which the specification does not.
    """

    context: ssl.SSLContext
    server_name: str

    @override
    def connect(self) -> bool:
        if self.socket:
            return True
        address = (self.comm_params.host, self.comm_params.port)
        try:
            plain = socket.create_connection(address, timeout=self.comm_params.timeout_connect)
            self.socket = self.context.wrap_socket(plain, server_hostname=self.server_name)
        except OSError:
            self.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it bare
        return self.socket is not None


class Line:
    """A persistent connection to one link; one request at a time, whoever asks."""

    def __init__(self, settings: LineSettings, stopping: threading.Event | None = None) -> None:
        self.settings = settings
        self._stopping = stopping or threading.Event()
        self._lock = threading.Lock()
        self._client: ModbusTcpClient | ModbusSerialClient | None = None
        self._has_numbers = settings.kind in {LineKind.TCP, LineKind.TLS}
        self._not_before_s = 0.0
        self._quiet_until_s = 0.0
        self.connects = 0

    def read(self, unit: int, table: Table, address: int, count: int) -> bytes:
        """Read registers or bits; return exactly the bytes asked for, or raise a DeviceError."""
        reply = self._exchange(
            lambda client: getattr(client, READERS[table])(address, count=count, device_id=unit),
            unit,
            FUNCTION_OF[table],
        )
        size = (count + 7) // 8 if table.has_bits else 2 * count
        raw = reply.raw if isinstance(reply, KeepsBytes) else b""
        if len(raw) != size:
            self.close()
            raise UnintelligibleReply(f"{len(raw)} bytes where {size} were asked for")
        return raw

    def write_coil(self, unit: int, address: int, *, value: bool) -> None:
        reply = self._exchange(
            lambda client: client.write_coil(address, value, device_id=unit), unit, 5
        )
        self._require_echo(reply, address)

    def write_registers(self, unit: int, address: int, words: list[int]) -> None:
        """Write one register with function 6, several with function 16."""
        if len(words) == 1:
            reply = self._exchange(
                lambda client: client.write_register(address, words[0], device_id=unit), unit, 6
            )
        else:
            reply = self._exchange(
                lambda client: client.write_registers(address, words, device_id=unit), unit, 16
            )
        self._require_echo(reply, address)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()  # type: ignore[no-untyped-call]  # pymodbus leaves it bare

    def _require_echo(self, reply: ModbusPDU, address: int) -> None:
        if reply.address != address:
            self.close()
            raise UnintelligibleReply(f"wrote to {address}, answered for {reply.address}")

    def _exchange(
        self,
        ask: Callable[[ModbusTcpClient | ModbusSerialClient], ModbusPDU],
        unit: int,
        function: int,
    ) -> ModbusPDU:
        with self._lock:
            client = self._connected()
            self._wait_until(self._not_before_s)
            self._discard_leftovers(client)
            try:
                reply = ask(client)
            except ConnectionException as error:
                self._give_up()
                raise DeviceUnreachable(f"no connection to {self.settings.name}") from error
            except (ModbusException, OSError) as error:
                self._give_up()
                raise DeviceUnreachable(f"unit {unit} did not answer properly") from error
            except Exception as error:
                # Whatever bytes came in, pymodbus may raise anything over them.
                self._give_up()
                raise UnintelligibleReply(f"unit {unit} sent what nobody can read") from error
            finally:
                self._not_before_s = monotonic() + self.settings.request_pause_s
            if isinstance(reply, ExceptionResponse):
                if reply.function_code & 0x7F != function or reply.dev_id != unit:
                    self._give_up()
                    raise UnintelligibleReply("an exception to something never asked")
                raise DeviceRefused(int(reply.exception_code))
            if reply.function_code != function or reply.dev_id != unit:
                self._give_up()
                raise UnintelligibleReply("an answer to something never asked")
            return reply

    def _give_up(self) -> None:
        """Drop the connection, and on a framing without numbers sit out any late reply."""
        self.close()
        if not self._has_numbers:
            self._quiet_until_s = monotonic() + self.settings.timeout_s

    def _connected(self) -> ModbusTcpClient | ModbusSerialClient:
        if self._client is not None and self._client.connected:
            return self._client
        self.close()
        client = self._make_client()
        for reply in (RawCoils, RawDiscretes, RawHoldings, RawInputs):
            client.register(reply)
        if not client.connect():
            raise LineDown(f"cannot open {self.settings.name}")
        self.connects += 1
        self._client = client
        self._not_before_s = monotonic() + self.settings.connect_pause_s
        if self._quiet_until_s > monotonic():
            # The converter behind may still hand over the answer to what was given up.
            self._wait_until(self._quiet_until_s)
        return client

    def _make_client(self) -> ModbusTcpClient | ModbusSerialClient:
        settings = self.settings
        match settings.kind:
            case LineKind.RTU:
                return ModbusSerialClient(
                    settings.device,
                    framer=FramerType.RTU,
                    baudrate=settings.baud_rate,
                    bytesize=settings.data_bits,
                    parity=settings.parity,
                    stopbits=settings.stop_bits,
                    timeout=settings.timeout_s,
                    retries=0,
                )
            case LineKind.TLS:
                client = TlsClient(
                    settings.host, port=settings.port, timeout=settings.timeout_s, retries=0
                )
                client.context = ssl.create_default_context(cafile=settings.ca)
                if settings.certificate:
                    client.context.load_cert_chain(settings.certificate, settings.key)
                client.server_name = settings.server_name or settings.host
                return client
            case _:
                rtu = settings.kind is LineKind.RTU_OVER_TCP
                return ModbusTcpClient(
                    settings.host,
                    framer=FramerType.RTU if rtu else FramerType.SOCKET,
                    port=settings.port,
                    timeout=settings.timeout_s,
                    retries=0,
                )

    def _discard_leftovers(self, client: ModbusTcpClient | ModbusSerialClient) -> None:
        """Throw away what arrived unasked: without numbers it could pass for a reply."""
        if isinstance(client, ModbusSerialClient):
            if client.socket is not None:
                client.socket.reset_input_buffer()
            return
        if self._has_numbers or client.socket is None:
            return
        client.socket.settimeout(0)
        try:
            while client.socket.recv(4096):
                pass
        except OSError:
            pass

    def _wait_until(self, at_s: float) -> None:
        remaining_s = at_s - monotonic()
        if remaining_s > 0:
            self._stopping.wait(remaining_s)
