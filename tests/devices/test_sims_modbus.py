"""The simulators' Modbus lines over real sockets, well behaved and not."""

import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pymodbus.client import ModbusTcpClient

from sims.faults import Fault
from sims.running import RunningLab, running
from sims.scenario import parse

READ_STATUS = bytes.fromhex("04 0000 0002")
LIMIT_S = 5.0


class Line:
    """A master that shows every byte."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)

    def send(self, pdu: bytes, *, transaction: int = 1, unit: int = 1, protocol: int = 0) -> None:
        head = struct.pack(">HHHB", transaction, protocol, len(pdu) + 1, unit)
        self.socket.sendall(head + pdu)

    def receive(self) -> tuple[int, int, bytes]:
        """Return transaction, unit and PDU of one reply."""
        transaction, _, length, unit = struct.unpack(">HHHB", self._exactly(7))
        return transaction, unit, self._exactly(length - 1)

    def ask(self, pdu_hex: str, *, unit: int = 1) -> bytes:
        self.send(bytes.fromhex(pdu_hex), unit=unit)
        return self.receive()[2]

    def rest(self) -> bytes:
        """Return whatever comes until the other side hangs up."""
        out = b""
        while True:
            try:
                data = self.socket.recv(4096)
            except ConnectionResetError:
                return out
            if not data:
                return out
            out += data

    def _exactly(self, count: int) -> bytes:
        out = b""
        while len(out) < count:
            data = self.socket.recv(count - len(out))
            assert data, f"hung up after {out.hex(' ')}"
            out += data
        return out


@pytest.fixture
def lab() -> Iterator[RunningLab]:
    with running(stepped=True) as lab:
        yield lab


@pytest.fixture
def line(lab: RunningLab) -> Iterator[Line]:
    line = Line(lab.modbus_port)
    yield line
    line.socket.close()


def wait_for(check: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    end = time.monotonic() + limit_s
    while not check():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


def test_interlock_and_lease_drive_a_whole_run(lab: RunningLab, line: Line) -> None:
    assert line.ask("04 0000 0001") == bytes.fromhex("04 02 0000")
    line.ask("06 0000 003C")
    line.ask("05 0000 FF00")
    assert line.ask("01 0000 0001") == bytes.fromhex("01 01 01")

    lab.step(10_000)
    assert line.ask("04 0000 0001") == bytes.fromhex("04 02 0001")
    lab.step(20_000)
    assert line.ask("04 0000 0001") == bytes.fromhex("04 02 0002")
    assert line.ask("03 0000 0001") == bytes.fromhex("03 02 001E")
    lab.step(30_000)

    assert line.ask("04 0000 0001") == bytes.fromhex("04 02 0003")
    assert line.ask("01 0000 0001") == bytes.fromhex("01 01 00")
    lab.step(5_000)
    assert line.ask("04 0000 0001") == bytes.fromhex("04 02 0000")
    (run_ms,) = struct.unpack(">Q", line.ask("04 000A 0004")[2:])
    assert 60_000 <= run_ms <= 62_000


def test_library_reads_the_same_words(lab: RunningLab, line: Line) -> None:
    client = ModbusTcpClient("127.0.0.1", port=lab.modbus_port)
    assert client.connect()  # type: ignore[no-untyped-call]  # pymodbus has no types here
    try:
        by_library = client.read_holding_registers(100, count=20, device_id=2).registers
    finally:
        client.close()  # type: ignore[no-untyped-call]  # nor here

    raw = line.ask("03 0064 0014", unit=2)
    assert list(struct.unpack(">20H", raw[2:])) == by_library
    assert by_library[7] == 230


def test_pipelined_requests_are_all_answered_in_order(line: Line) -> None:
    frames = b"".join(
        struct.pack(">HHHB", transaction, 0, 6, 1) + bytes.fromhex("03 0000 0001")
        for transaction in range(1, 101)
    )
    line.socket.sendall(frames)

    assert [line.receive()[0] for _ in range(100)] == list(range(1, 101))


def test_unit_that_is_not_there_is_said_to_be_so(line: Line) -> None:
    assert line.ask("04 0000 0001", unit=9) == bytes.fromhex("84 0B")


def test_unit_without_power_is_as_absent_and_boots_again(lab: RunningLab, line: Line) -> None:
    assert line.ask("04 0014 0002") == bytes.fromhex("04 04 0000 0001")
    lab.switch_on("tensile-01", Fault("power_cut"))
    assert line.ask("04 0000 0001") == bytes.fromhex("84 0B")
    assert line.ask("03 0064 0001", unit=2) == bytes.fromhex("03 02 0000")

    lab.switch_off("tensile-01", "power_cut")

    assert line.ask("04 0014 0002") == bytes.fromhex("04 04 0000 0002")


def test_wrong_protocol_ends_the_conversation_and_no_other(lab: RunningLab, line: Line) -> None:
    other = Line(lab.modbus_port)
    line.send(READ_STATUS, protocol=1)

    assert line.rest() == b""
    assert other.ask("04 0000 0001") == bytes.fromhex("04 02 0000")
    other.socket.close()


def test_reading_the_lease_where_only_status_may_be_written_is_refused(line: Line) -> None:
    assert line.ask("06 0064 0001", unit=2) == bytes.fromhex("86 02")
    assert line.ask("05 0001 FF00") == bytes.fromhex("85 02")


HONEST = bytes.fromhex("04 04 0000 0000")


@pytest.mark.parametrize(
    ("fault", "reply"),
    [
        (Fault("wrong_transaction", times=1), (8, 1, HONEST)),
        (Fault("wrong_unit", times=1), (7, 2, HONEST)),
        (Fault("wrong_function", times=1), (7, 1, bytes.fromhex("03 04 0000 0000"))),
        (Fault("short_frame", times=1), (7, 1, bytes.fromhex("04 04 0000"))),
        (Fault("exception", code=4, times=1), (7, 1, bytes.fromhex("84 04"))),
        (Fault("busy", times=1), (7, 1, bytes.fromhex("84 06"))),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_fault_is_exact_and_over_after_one_time(
    lab: RunningLab, line: Line, fault: Fault, reply: tuple[int, int, bytes]
) -> None:
    lab.switch_on("tensile-01", fault)

    line.send(READ_STATUS, transaction=7)
    assert line.receive() == reply
    line.send(READ_STATUS, transaction=9)
    assert line.receive() == (9, 1, HONEST)


def test_dropped_request_is_never_answered_and_the_next_one_is(lab: RunningLab, line: Line) -> None:
    lab.switch_on("tensile-01", Fault("drop", times=1))

    line.send(READ_STATUS, transaction=1)
    line.send(READ_STATUS, transaction=2)

    assert line.receive()[0] == 2


def test_delayed_reply_comes_late_under_its_own_number(lab: RunningLab, line: Line) -> None:
    lab.switch_on("tensile-01", Fault("delay", ms=120, times=1))
    began = time.monotonic()
    line.send(READ_STATUS, transaction=5)

    assert line.receive()[0] == 5
    assert time.monotonic() - began >= 0.12


def test_garbage_is_no_frame_and_the_same_for_the_same_seed(lab: RunningLab, line: Line) -> None:
    lab.switch_on("tensile-01", Fault("garbage"))
    line.send(READ_STATUS)
    first = line.socket.recv(4096)

    with running(stepped=True) as twin:
        twin.switch_on("tensile-01", Fault("garbage"))
        other = Line(twin.modbus_port)
        other.send(READ_STATUS)
        assert other.socket.recv(4096) == first
        other.socket.close()
    assert 5 <= len(first) <= 40


def test_hanging_up_in_mid_frame_sends_half_of_it(lab: RunningLab, line: Line) -> None:
    lab.switch_on("tensile-01", Fault("disconnect", times=1))
    line.send(READ_STATUS, transaction=7)

    assert line.rest() == bytes.fromhex("0007 0000 0007")


def test_reset_connection_is_reset_and_no_other(lab: RunningLab, line: Line) -> None:
    other = Line(lab.modbus_port)
    lab.switch_on("tensile-01", Fault("reset", times=1))
    line.send(READ_STATUS)

    with pytest.raises(ConnectionResetError):
        line.receive()
    assert other.ask("04 0000 0001") == bytes.fromhex("04 02 0000")
    other.socket.close()


def test_split_frame_comes_whole_with_a_pause_in_it(lab: RunningLab, line: Line) -> None:
    lab.switch_on("tensile-01", Fault("split", ms=50, times=1))
    line.send(READ_STATUS, transaction=7)

    first = line.socket.recv(64)
    began = time.monotonic()
    rest = line.socket.recv(64)

    assert time.monotonic() - began > 0.03
    assert (first + rest) == bytes.fromhex("0007 0000 0007 01") + HONEST
    assert len(first) == 6


def test_last_reply_is_said_again_before_the_right_one(lab: RunningLab, line: Line) -> None:
    line.send(bytes.fromhex("04 0014 0002"), transaction=7)
    line.receive()
    lab.switch_on("tensile-01", Fault("repeat", times=1))

    line.send(READ_STATUS, transaction=8)

    assert line.receive() == (7, 1, bytes.fromhex("04 04 0000 0001"))
    assert line.receive() == (8, 1, HONEST)


def test_swapped_words_change_floats_and_nothing_else(lab: RunningLab, line: Line) -> None:
    lab.step(1000)
    honest = line.ask("04 0000 0016")[2:]
    lab.switch_on("tensile-01", Fault("word_swap"))

    swapped = line.ask("04 0000 0016")[2:]

    expected = bytearray(honest)
    for at in range(4, 20, 4):
        expected[at : at + 4] = honest[at + 2 : at + 4] + honest[at : at + 2]
    assert swapped == bytes(expected)
    assert swapped != honest


def test_faults_of_one_unit_leave_its_neighbour_alone(lab: RunningLab, line: Line) -> None:
    lab.switch_on("tensile-01", Fault("garbage"))

    assert line.ask("03 0064 0001", unit=2) == bytes.fromhex("03 02 0000")


def test_tester_switches_faults_over_http(lab: RunningLab, line: Line) -> None:
    base = f"http://127.0.0.1:{lab.control_port}"
    with httpx.Client(base_url=base, trust_env=False) as http:
        listed = http.get("/faults").json()["items"]
        switched = http.post("/devices/tensile-01/faults", json={"kind": "exception", "code": 4})
        refused = line.ask("04 0000 0001")
        mended = http.delete("/devices/tensile-01/faults/exception")
        unknown = http.post("/devices/tensile-01/faults", json={"kind": "gremlin"})
        nobody = http.get("/devices/nobody")
        http.post("/devices/tensile-01/actions", json={"do": "unlock"})
        stepped = http.post("/step", json={"ms": 30_000})

    assert {"delay", "trip", "offline"} <= {kind["name"] for kind in listed}
    assert (switched.status_code, switched.json()["faults"]) == (
        200,
        [{"kind": "exception", "code": 4}],
    )
    assert refused == bytes.fromhex("84 04")
    assert mended.json()["faults"] == []
    assert (unknown.status_code, nobody.status_code) == (422, 404)
    assert "gremlin" in unknown.json()["detail"]
    assert stepped.json()["physics_ms"] == 30_000
    assert lab.shown("tensile-01")["phase"] == "run"


def test_counters_survive_a_restart_and_the_boot_counter_rises(tmp_path: Path) -> None:
    with running(stepped=True, state=tmp_path) as lab:
        lab.act("tensile-01", "unlock")
        lab.step(60_000)
        before = lab.shown("tensile-01")["values"]
    with running(stepped=True, state=tmp_path) as lab:
        line = Line(lab.modbus_port)
        run_ms = struct.unpack(">Q", line.ask("04 000A 0004")[2:])[0]
        boots = line.ask("04 0014 0002")
        line.socket.close()

    assert isinstance(before, dict)
    assert run_ms == before["run_ms"] > 50_000
    assert boots == bytes.fromhex("04 04 0000 0002")


def test_counter_wraps_as_the_real_one_does(tmp_path: Path) -> None:
    scenario = parse(
        """
        [[link]]
        name = "a"
        [[device]]
        name = "old"
        model = "YX-UTM50"
        link = "a"
        unit = 1
        counters = { cycles = 4294967295 }
        """
    )
    with running(scenario, stepped=True, state=tmp_path) as lab:
        line = Line(lab.modbus_port)
        assert line.ask("04 000E 0002") == bytes.fromhex("04 04 FFFF FFFF")
        lab.act("old", "unlock")
        lab.step(90_000)

        (cycles,) = struct.unpack(">I", line.ask("04 000E 0002")[2:])
        line.socket.close()
    assert cycles in {0, 1}


def test_page_of_the_tester_is_served_and_strangers_are_not(lab: RunningLab) -> None:
    base = f"http://127.0.0.1:{lab.control_port}"
    fault = {"kind": "drop"}
    with httpx.Client(base_url=base, trust_env=False) as http:
        page = http.get("/")
        evil = http.post(
            "/devices/tensile-01/faults", json=fault, headers={"Origin": "http://evil.example"}
        )
        rebound = http.get("/devices", headers={"Host": "evil.example"})

    assert "模拟实验室" in page.text
    assert page.headers["content-type"].startswith("text/html")
    assert (evil.status_code, rebound.status_code) == (403, 403)
    assert lab.shown("tensile-01")["faults"] == []


def test_line_that_is_cut_is_gone_until_it_is_mended(lab: RunningLab, line: Line) -> None:
    port = lab.modbus_port
    assert line.ask("04 0000 0001") == bytes.fromhex("04 02 0000")
    lab.cut_line("line-1")
    assert line.rest() == b""
    with pytest.raises(ConnectionRefusedError):
        Line(port)

    with httpx.Client(base_url=f"http://127.0.0.1:{lab.control_port}", trust_env=False) as http:
        assert http.post("/links/line-1", json={"up": True}).status_code == 200
        assert http.post("/links/line-9", json={"up": True}).status_code == 404

    again = Line(port)
    assert again.ask("04 0000 0001") == bytes.fromhex("04 02 0000")
    again.socket.close()


def test_drift_grows_by_the_hour_and_the_machine_does_not_notice(lab: RunningLab) -> None:
    lab.step(60_000)
    lab.switch_on("chamber-01", Fault("drift", metric="setpoint", value=2.0))
    lab.step(900_000)

    values = lab.shown("chamber-01")["values"]

    assert isinstance(values, dict)
    assert values["setpoint"] == pytest.approx(23.0 + 0.5)
    lab.switch_off("chamber-01", "drift")
    values = lab.shown("chamber-01")["values"]
    assert isinstance(values, dict)
    assert values["setpoint"] == 23.0
