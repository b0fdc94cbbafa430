"""Faults a tester may switch on and off while the lab is running."""

from dataclasses import dataclass
from typing import Literal

import msgspec

CODE_MAX = 0xFF
Wire = Literal["machine", "modbus", "mqtt"]


class BadFault(ValueError):
    """A fault that does not exist, or not with these values."""


@dataclass(frozen=True, slots=True)
class FaultKind:
    name: str
    where: Wire
    takes: tuple[str, ...]
    about_zh: str
    about_en: str


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault that is on. `times` counts it down; without, it stays until switched off."""

    kind: str
    times: int | None = None
    ms: int = 0
    code: int = 0
    metric: str = ""
    value: float = 0.0


KINDS = {
    kind.name: kind
    for kind in (
        FaultKind("trip", "machine", ("code",), "仪器故障停机", "breaks down with a fault code"),
        FaultKind("power_cut", "machine", (), "断电", "loses power; boots again when switched off"),
        FaultKind("no_show", "machine", (), "无人到场", "nobody starts it"),
        FaultKind("relay_stuck", "machine", (), "继电器粘连", "the relay does not open (overrun)"),
        FaultKind("offset", "machine", ("metric", "value"), "读数偏移", "a metric reads too high"),
        FaultKind(
            "drift",
            "machine",
            ("metric", "value"),
            "读数漂移",
            "a metric drifts by so much an hour",
        ),
        FaultKind("stuck", "machine", ("metric", "value"), "读数卡死", "a metric reads one value"),
        FaultKind("not_measured", "machine", ("metric",), "传感器断线", "a metric has no value"),
        FaultKind("delay", "modbus", ("ms", "times"), "应答延迟", "answers late by so many ms"),
        FaultKind("drop", "modbus", ("times",), "不应答", "swallows the request"),
        FaultKind(
            "wrong_transaction", "modbus", ("times",), "事务号错误", "another transaction id"
        ),
        FaultKind("wrong_unit", "modbus", ("times",), "单元号错误", "answers as another unit"),
        FaultKind("wrong_function", "modbus", ("times",), "功能码错误", "answers another function"),
        FaultKind("short_frame", "modbus", ("times",), "短帧", "leaves out the last register"),
        FaultKind("garbage", "modbus", ("times",), "乱码", "sends noise instead of a frame"),
        FaultKind(
            "exception", "modbus", ("code", "times"), "异常应答", "answers with an exception"
        ),
        FaultKind(
            "busy", "modbus", ("times",), "设备忙", "answers busy (exception 6), so many times"
        ),
        FaultKind(
            "disconnect", "modbus", ("times",), "半帧断线", "hangs up in the middle of a frame"
        ),
        FaultKind("reset", "modbus", ("times",), "连接重置", "resets the connection"),
        FaultKind(
            "split", "modbus", ("ms", "times"), "分段发送", "pauses in the middle of a frame"
        ),
        FaultKind("repeat", "modbus", ("times",), "重复旧应答", "says its last reply again first"),
        FaultKind("bad_checksum", "modbus", ("times",), "校验错误", "spoils the frame's last byte"),
        FaultKind("word_swap", "modbus", ("times",), "字序颠倒", "sends floats with swapped words"),
        FaultKind("offline", "mqtt", (), "断网", "loses the network; keeps its events"),
        FaultKind("silent", "mqtt", (), "静默", "stays connected but says nothing"),
        FaultKind("duplicate", "mqtt", (), "重复消息", "sends every message twice"),
        FaultKind("malformed", "mqtt", ("times",), "畸形消息", "sends payloads nobody can read"),
        FaultKind("seq_gap", "mqtt", ("times",), "序号缺口", "skips a sequence number"),
        FaultKind("clock_skew", "mqtt", ("ms",), "时钟偏差", "stamps so many ms off"),
    )
}


class Board:
    """The faults of one device that are on; sensor faults once for each metric."""

    def __init__(self) -> None:
        self._on: dict[tuple[str, str], Fault] = {}

    def switch_on(self, fault: Fault) -> None:
        check(fault)
        self._on[fault.kind, fault.metric] = fault

    def switch_off(self, kind: str, metric: str = "") -> None:
        """Switch one off; a sensor fault for all metrics if none is named."""
        if kind not in KINDS:
            raise BadFault(f"no fault is called {kind!r}; there are {', '.join(KINDS)}")
        for key in list(self._on):
            if key[0] == kind and metric in {"", key[1]}:
                del self._on[key]

    def clear(self) -> None:
        self._on.clear()

    def __bool__(self) -> bool:
        return bool(self._on)

    def get(self, kind: str) -> Fault | None:
        return self._on.get((kind, ""))

    def take(self, kind: str) -> Fault | None:
        """Return the fault if it is on, and count it down."""
        fault = self.get(kind)
        if fault is None or fault.times is None:
            return fault
        if fault.times <= 1:
            del self._on[kind, ""]
        else:
            self._on[kind, ""] = msgspec.structs.replace(fault, times=fault.times - 1)
        return fault

    def listed(self) -> list[Fault]:
        return list(self._on.values())


def check(fault: Fault) -> None:
    """Refuse a fault that could not do anything."""
    kind = KINDS.get(fault.kind)
    if kind is None:
        raise BadFault(f"no fault is called {fault.kind!r}; there are {', '.join(KINDS)}")
    if fault.times is not None and "times" not in kind.takes:
        raise BadFault(f"{fault.kind} stays until it is switched off; it takes no `times`")
    if fault.times is not None and fault.times < 1:
        raise BadFault(f"{fault.kind}: times must be at least 1")
    if "ms" in kind.takes and fault.ms == 0:
        raise BadFault(f"{fault.kind} needs `ms`")
    if "ms" in kind.takes and kind.where == "modbus" and fault.ms < 0:
        raise BadFault(f"{fault.kind}: `ms` must be above 0")
    if "code" in kind.takes and not 1 <= fault.code <= CODE_MAX:
        raise BadFault(f"{fault.kind} needs a `code` from 1 to 255")
    if "metric" in kind.takes and not fault.metric:
        raise BadFault(f"{fault.kind} needs the name of a `metric`")
