"""`yixiang bench modbus`: what decoding costs, and what a line of 500 tags costs a gateway."""

import multiprocessing
import random
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time
from typing import Annotated

import typer

from cli.measuring import AsJson, Figures, report, scratch_broker
from gateways.modbus.layout import Layout
from gateways.modbus.planner import Limits, plan
from gateways.modbus.registers import Encoding, Order, Table, Tag

UNITS = 8
TAGS = 500
GOAL = 0.3
CORE_GOAL = 0.5
SEED = 20261120
FORMATS = {
    Encoding.FLOAT32: "f",
    Encoding.INT16: "h",
    Encoding.UINT16: "H",
    Encoding.UINT32: "I",
    Encoding.UINT64: "Q",
}
# What an instrument's map looks like: mostly floats, some scaled integers, a few counters,
# one float in eight with the low word first, one integer in five with a sentinel.
MIX = [
    (Encoding.FLOAT32, Order.ABCD, "1", False, 35),
    (Encoding.FLOAT32, Order.CDAB, "1", False, 5),
    (Encoding.INT16, Order.ABCD, "0.1", False, 8),
    (Encoding.UINT16, Order.ABCD, "1", True, 3),
    (Encoding.UINT32, Order.ABCD, "1", False, 6),
    (Encoding.UINT64, Order.ABCD, "1", False, 5),
]


def make_tags(count: int) -> list[Tag]:
    """Lay one unit's tags out in blocks of their kind, as makers do."""
    share = sum(row[-1] for row in MIX)
    tags: list[Tag] = []
    for encoding, order, scale, has_sentinel, weight in MIX:
        for _ in range(round(count * weight / share)):
            address = tags[-1].end if tags else 0
            tags.append(
                Tag(
                    f"t{len(tags)}",
                    Table.HOLDING,
                    address,
                    encoding,
                    order,
                    scale=Decimal(scale),
                    sentinels=frozenset({0xFFFF}) if has_sentinel else frozenset(),
                )
            )
    return tags[:count]


def make_reply(layout: Layout, chance: random.Random) -> bytes:
    """Fill a request's registers with numbers whose floats are finite in every order."""
    return struct.pack(
        f">{layout.count}H", *(chance.randrange(0x4140, 0x4180) for _ in range(layout.count))
    )


def reference_format(layout: Layout) -> str:
    """Write the one format that takes the same values out of the same bytes."""
    shape, at = ">", layout.address
    for tag in sorted(layout.tags, key=lambda tag: tag.address):
        shape += f"{2 * (tag.address - at)}x" if tag.address > at else ""
        shape += FORMATS[tag.encoding]
        at = tag.end
    return shape


def measure_codec(seconds: float) -> tuple[float, float]:
    """Return registers a second, ours and `struct.unpack`'s, taken in turns."""
    chance = random.Random(SEED)  # noqa: S311  # the same bytes on every run
    units = [plan(make_tags(TAGS // UNITS), Limits()) for _ in range(UNITS)]
    layouts = [layout for unit in units for layout in unit]
    replies = [make_reply(layout, chance) for layout in layouts]
    shapes = [reference_format(layout) for layout in layouts]
    registers = sum(layout.count for layout in layouts)

    def ours() -> None:
        for layout, raw in zip(layouts, replies, strict=True):
            layout.decode(raw)

    def reference() -> None:
        unpack = struct.unpack
        for shape, raw in zip(shapes, replies, strict=True):
            unpack(shape, raw)

    best = [float("inf"), float("inf")]
    ends_s = perf_counter() + seconds
    while perf_counter() < ends_s:
        for i, work in enumerate((ours, reference)):
            began_s = perf_counter()
            for _ in range(20):
                work()
            best[i] = min(best[i], (perf_counter() - began_s) / 20)
    return registers / best[0], registers / best[1]


def answer_forever(reports_port: Connection) -> None:
    """Be eight units on one TCP line whose every register changes with every poll."""
    listener = socket.create_server(("127.0.0.1", 0))
    reports_port.send(listener.getsockname()[1])
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection,), daemon=True).start()


def answer(connection: socket.socket) -> None:
    turn, buffer = 0, b""
    while data := connection.recv(4096):
        buffer += data
        while len(buffer) >= 12:  # noqa: PLR2004  # the size of a read request
            tid, _, _, unit, function, _, count = struct.unpack(">HHHBBHH", buffer[:12])
            buffer = buffer[12:]
            turn += 1
            word = struct.pack(">H", 0x4140 + turn % 64)
            body = struct.pack(">HHHBBB", tid, 0, 3 + 2 * count, unit, function, 2 * count)
            connection.sendall(body + word * count)


@contextmanager
def answering_units() -> Iterator[int]:
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=answer_forever, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def write_profile(folder: Path, tags: Sequence[Tag]) -> None:
    metrics = [
        f'[[metric]]\nname = "{tag.name}"\naddress = {tag.address}\n'
        f'type = "{tag.encoding}"\norder = "{tag.order}"\nscale = {tag.scale}\n'
        for tag in tags
    ]
    head = '[profile]\nname = "bench"\nmodel = "bench"\n'
    (folder / "bench.toml").write_text("\n".join([head, *metrics]), encoding="utf-8")


def measure_line(seconds: float) -> dict[str, object]:
    """Run a whole gateway, spool and broker included; return its share of a core."""
    from cli.embedded.accounts import field_account, new_password
    from gateways.edge.config import load_settings
    from gateways.edge.process import Gateway

    devices = [f"bench-{unit}" for unit in range(1, UNITS + 1)]
    account = field_account("gw-bench", new_password(), devices)
    with (
        tempfile.TemporaryDirectory(prefix="yixiang-bench-") as name,
        scratch_broker([account]) as broker,
        answering_units() as port,
    ):
        folder = Path(name)
        write_profile(folder, make_tags(TAGS // UNITS))
        text = (
            f'[gateway]\nname = "gw-bench"\nbroker = "{broker.url("gw-bench")}"\n'
            'spool = "spool.sqlite"\nprofiles = "."\nack_silence = "1h"\nwindow = 10000\n'
            f'[[link]]\nname = "line"\nhost = "127.0.0.1"\nport = {port}\n'
        )
        for unit, device in enumerate(devices, 1):
            text += f'[[device]]\nname = "{device}"\nlink = "line"\nunit = {unit}\n'
            text += 'profile = "bench"\n'
        (folder / "gateway.toml").write_text(text, encoding="utf-8")
        gateway = Gateway(load_settings(folder / "gateway.toml"))
        gateway.start()
        try:
            rest = threading.Event()
            rest.wait(2)  # connecting and the first polls are not what lasts
            polls, cpu_s, began_s = gateway.links[0].polls, process_time(), perf_counter()
            rest.wait(seconds)
            cores = (process_time() - cpu_s) / (perf_counter() - began_s)
            polled = (gateway.links[0].polls - polls) / (perf_counter() - began_s)
        finally:
            gateway.stop()
    return {
        "line_cores": round(cores, 3),
        "line_cores_goal": CORE_GOAL,
        "line_polls_per_s": round(polled, 2),
        "line_tags": len(make_tags(TAGS // UNITS)) * UNITS,
    }


def run(
    seconds: Annotated[float, typer.Option(help="For how long, each part.", min=0.5)] = 8.0,
    *,
    line: Annotated[bool, typer.Option(help="Also run a gateway on a line of 8 units.")] = True,
    as_json: AsJson = False,
) -> None:
    """Measure registers decoded a second beside `struct.unpack` of the same bytes."""
    ours, reference = measure_codec(seconds)
    more = measure_line(seconds) if line else {}
    cores = more.get("line_cores", 0.0)
    assert isinstance(cores, float)
    report(
        Figures(
            name="modbus",
            ours=ours,
            reference=reference,
            unit="registers/s",
            goal=GOAL,
            is_met=ours / reference >= GOAL and cores <= CORE_GOAL,
            more=more,
        ),
        as_json=as_json,
    )
