"""Register maps of pretend instruments: values to words, as their manuals print them."""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from sims.machine import Machine, Value


class Table(StrEnum):
    COIL = "coil"
    DISCRETE = "discrete"
    INPUT = "input"
    HOLDING = "holding"


class Order(StrEnum):
    """How the bytes of a value lie in its registers; A is the highest."""

    ABCD = "ABCD"
    CDAB = "CDAB"
    BADC = "BADC"
    DCBA = "DCBA"


_CODES = {
    "u16": "H",
    "i16": "h",
    "u32": "I",
    "i32": "i",
    "u64": "Q",
    "i64": "q",
    "f32": "f",
    "f64": "d",
}
_FLOATS = ("f32", "f64")


@dataclass(frozen=True, slots=True)
class Register:
    """One value in the map."""

    address: int
    name: str
    kind: str
    order: Order = Order.ABCD
    scale: float = 1.0
    sentinel: int | None = None

    @property
    def words(self) -> int:
        return int(self.kind[1:]) // 16


@dataclass(frozen=True, slots=True)
class RegisterMap:
    """Everything a unit shows, and what writing does to it."""

    inputs: tuple[Register, ...] = ()
    holdings: tuple[Register, ...] = ()
    coils: dict[int, str] = field(default_factory=dict)
    discretes: dict[int, str] = field(default_factory=dict)
    write_coil: dict[int, Callable[[Machine, bool], None]] = field(default_factory=dict)
    write_holding: dict[int, Callable[[Machine, int], None]] = field(default_factory=dict)


def encode(register: Register, value: Value) -> list[int]:
    """Return the words of one value; counters wrap like the real ones do."""
    if value is None:
        if register.sentinel is not None:
            return [register.sentinel] * register.words
        value = float("nan") if register.kind in _FLOATS else 0
    code = _CODES[register.kind]
    if register.kind in _FLOATS:
        raw = struct.pack(f">{code}", value / register.scale)
    else:
        bits = register.words * 16
        number = round(value / register.scale) if register.scale != 1.0 else int(value)
        raw = (number & ((1 << bits) - 1)).to_bytes(bits // 8, "big")
    words = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
    if register.order in {Order.CDAB, Order.DCBA}:
        words.reverse()
    if register.order in {Order.BADC, Order.DCBA}:
        words = [(word >> 8) | ((word & 0xFF) << 8) for word in words]
    return words


def picture(registers: tuple[Register, ...], machine: Machine) -> dict[int, int]:
    """Return all words of a table at this moment, by address."""
    words: dict[int, int] = {}
    for register in registers:
        for offset, word in enumerate(encode(register, machine.measure(register.name))):
            words[register.address + offset] = word
    return words


def switch_relay(machine: Machine, on: bool) -> None:  # noqa: FBT001  a coil is on or off
    if on:
        machine.unlock()
    else:
        machine.lock()


def set_lease(machine: Machine, seconds: int) -> None:
    machine.lease(seconds)
