"""Words of a register map, worked out by hand, and the maps against the manuals."""

import re
from pathlib import Path

import pytest

from sims.machine import Value
from sims.models import MODELS
from sims.registers import Order, Register, RegisterMap, encode, picture

MANUALS = Path(__file__).parents[2] / "docs" / "instruments"
WITH_MODBUS = sorted(name for name, model in MODELS.items() if model.layout)


@pytest.mark.parametrize(
    ("register", "value", "words"),
    [
        (Register(0, "x", "u16"), 7, [7]),
        (Register(0, "x", "i16", scale=0.1), -20.5, [0xFF33]),
        (Register(0, "x", "f32"), 23.5, [0x41BC, 0x0000]),
        (Register(0, "x", "f32", Order.CDAB), 23.5, [0x0000, 0x41BC]),
        (Register(0, "x", "f32", Order.BADC), 23.5, [0xBC41, 0x0000]),
        (Register(0, "x", "f32", Order.DCBA), 23.5, [0x0000, 0xBC41]),
        (Register(0, "x", "u32"), 0x0102_0304, [0x0102, 0x0304]),
        (Register(0, "x", "u64"), 184_203, [0, 0, 2, 0xCF8B]),
        (Register(0, "x", "u32"), 2**32 + 5, [0, 5]),
        (Register(0, "x", "u16", scale=0.1, sentinel=0xFFFF), None, [0xFFFF]),
        (Register(0, "x", "f32"), None, [0x7FC0, 0]),
        (Register(0, "x", "u16"), True, [1]),
    ],
)
def test_value_becomes_words(register: Register, value: Value, words: list[int]) -> None:
    assert encode(register, value) == words


def rows_of(text: str, heading: str) -> list[list[str]]:
    """Return the table under a heading of a manual."""
    section = text.partition(f"## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def registers_of(text: str, heading: str) -> dict[int, tuple[int, str, str, str, float]]:
    head = [row for row in text.partition(f"## {heading}")[2].splitlines() if "| Address" in row]
    if f"## {heading}" not in text:
        return {}
    names = [cell.strip() for cell in head[0].strip("|").split("|")]
    found = {}
    for row in rows_of(text, heading):
        cells = dict(zip(names, row, strict=True))
        scale = re.match(r"0\.\d+", cells["Unit"])
        found[int(cells["Address"])] = (
            int(cells["Words"]),
            cells["Type"],
            cells.get("Order") or "ABCD",
            {"status": "phase"}.get(cells["Name"], cells["Name"]),
            float(scale[0]) if scale else 1.0,
        )
    return found


def layout_of(model: str) -> RegisterMap:
    layout = MODELS[model].layout
    assert layout is not None
    return layout


@pytest.mark.parametrize("model", WITH_MODBUS)
def test_register_map_is_the_manuals(model: str) -> None:
    text = (MANUALS / f"{model.lower()}.md").read_text(encoding="utf-8")
    layout = layout_of(model)

    for heading, registers in (
        ("Input registers", layout.inputs),
        ("Holding registers", layout.holdings),
    ):
        typed = {r.address: (r.words, r.kind, r.order.value, r.name, r.scale) for r in registers}
        assert registers_of(text, heading) == typed
    for heading, bits in (("Coils", layout.coils), ("Discrete inputs", layout.discretes)):
        assert {int(row[0]): row[1] for row in rows_of(text, heading)} == bits


@pytest.mark.parametrize("model", sorted(MODELS))
def test_metrics_are_the_manuals(model: str) -> None:
    text = (MANUALS / f"{model.lower()}.md").read_text(encoding="utf-8")
    common = (MANUALS / "yx-lc30.md").read_text(encoding="utf-8")
    section = text.partition("Unit (UCUM)")[2]
    if "Keys 1 to 6 are those of" in text:
        section += common.partition("Unit (UCUM)")[2].partition("| 10 |")[0]
    printed = set(re.findall(r"^\| (\d+) \| (\w+) \| (\S+) \| (\w) \|", section, re.MULTILINE))

    metrics = MODELS[model].machine.METRICS

    if text.count("Unit (UCUM)"):
        assert printed == {(str(m.key), m.name, m.unit, m.kind) for m in metrics}


@pytest.mark.parametrize(
    ("model", "values", "first"),
    [
        (
            "YX-UTM50",
            {"power_w": 45.0, "frame_temp": 23.5, "run_ms": 184_203, "cycles": 7, "energy_wh": 12,
             "boot_counter": 3},
            0,
        ),
        (
            "YX-ECC225",
            {"power_w": 60.0, "chamber_temp": 23.5, "humidity": 45.0, "setpoint": 23.0,
             "run_ms": 61_500, "cycles": 0, "energy_wh": 300, "boot_counter": 2},
            100,
        ),
    ],
)  # fmt: skip
def test_worked_example_of_the_manual_comes_out(
    model: str, values: dict[str, float], first: int
) -> None:
    text = (MANUALS / f"{model.lower()}.md").read_text(encoding="utf-8")
    example = re.findall(
        r"\b[0-9A-F]{4}\b", text.rpartition("`0000")[0][-1:] + text[text.rindex("`0000") :]
    )
    machine = MODELS[model].machine(seed="manual")
    for name, value in values.items():
        machine.overlays[name] = lambda _value, value=value: value  # type: ignore[misc]

    words = picture(layout_of(model).inputs or layout_of(model).holdings, machine)

    assert [f"{words[first + at]:04X}" for at in range(len(example))] == example
