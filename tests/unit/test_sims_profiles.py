"""The gateway's profiles of our pretend instruments agree with the simulators.

Neither is right by itself: the manual in docs/instruments is. That the simulators follow it
is shown beside; this shows that both were typed in alike.
"""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from sims.models import MODELS

FOLDER = Path(__file__).parents[2] / "gateways" / "profiles"
KINDS = {
    "uint16": "u16", "int16": "i16", "uint32": "u32", "int32": "i32", "uint64": "u64",
    "int64": "i64", "float32": "f32", "float64": "f64",
}  # fmt: skip
NAMES = {"status": "phase"}


def profiles() -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(FOLDER.glob("sim-*.toml")):
        found[path.stem] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


PROFILES = profiles()


def test_there_are_profiles_to_compare() -> None:
    assert {"sim-tensile", "sim-chamber"} <= set(PROFILES)


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_profile_reads_what_the_simulator_shows(name: str) -> None:
    profile = PROFILES[name]
    layout = MODELS[profile["profile"]["model"]].layout
    assert layout is not None
    shown = {
        (table, register.address): register
        for table, registers in (("input", layout.inputs), ("holding", layout.holdings))
        for register in registers
    }
    modbus = profile["modbus"]

    for metric in profile["metric"]:
        table = metric.get("table", modbus["table"])
        register = shown.pop((table, metric["address"]))
        read_as = (
            NAMES.get(metric["name"], metric["name"]),
            KINDS[metric["type"]],
            metric.get("order", modbus["order"]) if register.words > 1 else "ABCD",
            metric.get("scale", 1),
            metric.get("sentinels", []),
        )
        sentinels = [] if register.sentinel is None else [register.sentinel]
        assert read_as == (
            register.name, register.kind, register.order.value, register.scale, sentinels,
        )  # fmt: skip

    interlock = profile.get("interlock")
    assert [register.name for register in shown.values()] == ["lease_seconds"] * bool(interlock)
    if interlock:
        assert layout.coils[interlock["coil"]] == "interlock"
        assert ("holding", interlock["lease_register"]) in shown


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_profile_knows_the_phases_by_their_numbers(name: str) -> None:
    profile = PROFILES[name]
    codes = {"idle": [0], "warm_up": [1], "run": [2], "cool_down": [3], "fault": [4]}

    if "phase" in profile:
        assert {key: profile["phase"][key] for key in codes} == codes
