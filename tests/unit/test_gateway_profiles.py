"""Every profile that comes with us, against registers laid out by hand from its manual."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateways.modbus.planner import plan
from gateways.modbus.registers import Value
from gateways.profiles.loader import OWN_FOLDER, find_profile, load_profile
from gateways.profiles.profile import Phase, Profile
from gateways.profiles.tomlfile import FileRefused


@dataclass
class Golden:
    """Registers as (table, first address): hex, and what each metric must read."""

    registers: dict[tuple[str, int], str]
    values: dict[str, Value]
    bits: dict[tuple[str, int], bool] = field(default_factory=dict)


GOLDEN = {
    "sim-tensile": Golden(
        {
            ("input", 0): "0002 0000 43488000 41AA0000 45BB8000 40900000"
            " 000000000001D4C0 00001588 00000000000004E2 00000007"
        },
        {
            "status": 2,
            "fault_code": 0,
            "power_w": 200.5,
            "frame_temp": 21.25,
            "force_n": 6000.0,
            "extension_mm": 4.5,
            "run_ms": 120000,
            "cycles": 5512,
            "energy_wh": 1250,
            "boot_counter": 7,
        },
    ),
    "sim-chamber": Golden(
        {
            ("holding", 100): "0001 0003 8000 4348 0000 C1A4 01F7 FF33"
            " 000000000001D4C0 00000009 0000000000000BB8 00000002"
        },
        {
            "status": 1,
            "fault_code": 3,
            "power_w": 200.5,
            "chamber_temp": -20.5,
            "humidity": 50.3,
            "setpoint": -20.5,
            "run_ms": 120000,
            "cycles": 9,
            "energy_wh": 3000,
            "boot_counter": 2,
        },
    ),
    "sim-autoclave": Golden(
        {
            ("holding", 0): "0002 0000 0BB8 04B5 07E8 0514 D4C0 0001 0000 0000 1588 0000"
            " D687 0012 0007"
        },
        {
            "status": 2,
            "fault_code": 0,
            "power_w": 3000,
            "chamber_temp": 120.5,
            "pressure_kpa": 202.4,
            "f0_min": 13.0,
            "run_ms": 120000,
            "cycles": 5512,
            "energy_wh": 1234567,
            "boot_counter": 7,
        },
    ),
    "sim-furnace": Golden(
        {("input", 0): "00404844 00004844 00A08C45 0002 0000 C0D4010000000000 0009 87D61200 0007"},
        {
            "furnace_temp": 801.0,
            "setpoint": 800.0,
            "power_w": 4500.0,
            "status": 2,
            "fault_code": 0,
            "run_ms": 120000,
            "cycles": 9,
            "energy_wh": 1234567,
            "boot_counter": 7,
        },
    ),
    "sim-meter": Golden(
        {("input", 0): "0901 00001482 FFFFFF33 03B6 1388 D687 0012"},
        {
            "voltage_v": 230.5,
            "current_a": 5.25,
            "power_w": -20.5,
            "power_factor": 0.95,
            "frequency_hz": 50.0,
            "energy_wh": 1234567,
        },
    ),
    "sim-room": Golden(
        {("input", 1): "8000 01F7 0258 0064"},
        {"room_temp": None, "humidity": 50.3, "co2_ppm": 600, "battery": 100},
    ),
    "sim-ups": Golden(
        {("input", 0): "66430080 66430000 0064 0020 00000E10 BB440080"},
        {
            "input_v": 230.5,
            "output_v": 230.0,
            "battery": 100,
            "load": 32,
            "runtime_s": 3600,
            "power_w": 1500.0,
        },
    ),
    "sim-store": Golden(
        {("holding", 0): "01F7 8000 0060 0012D687 0000"},
        {
            "air_temp": 5.03,
            "sample_temp": None,
            "power_w": 96,
            "energy_wh": 1234567,
            "fault_code": 0,
        },
    ),
    "eastron-sdm120": Golden(
        {
            ("input", 0): "43668000",
            ("input", 6): "40A80000",
            ("input", 12): "4496F000",
            ("input", 30): "3F000000",
            ("input", 70): "42480000",
            ("input", 342): "41480000",
        },
        {
            "voltage": 230.5,
            "current": 5.25,
            "power_w": 1207.5,
            "power_factor": 0.5,
            "frequency": 50.0,
            "energy_wh": 12500.0,
        },
    ),
    "eastron-sdm630": Golden(
        {
            ("input", 0): "43668000 43660000 43670000 40A80000 40900000 3F800000"
            " 4496F000 43488000 C1A40000",
            ("input", 52): "44BB8000",
            ("input", 70): "42480000 41480000 3F000000",
            ("input", 342): "41500000",
        },
        {
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": 231.0,
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": 1.0,
            "power_l1_w": 1207.5,
            "power_l2_w": 200.5,
            "power_l3_w": -20.5,
            "power_w": 1500.0,
            "frequency": 50.0,
            "energy_import_wh": 12500.0,
            "energy_export_wh": 500.0,
            "energy_wh": 13000.0,
        },
    ),
    "schneider-iem3155": Golden(
        {
            ("holding", 2999): "40A80000 40900000 7FC00000",
            ("holding", 3027): "43668000 43660000 43670000",
            ("holding", 3059): "3FC00000",
            ("holding", 3109): "42480000",
            ("holding", 3203): "00000000075BCD15",
        },
        {
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": None,
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": 231.0,
            "power_w": 1500.0,
            "frequency": 50.0,
            "energy_wh": 123456789,
        },
    ),
    "schneider-pm5110": Golden(
        {
            ("holding", 2999): "40A80000 40900000 3F800000",
            ("holding", 3027): "43668000 43660000 43670000",
            ("holding", 3059): "3FC00000",
            ("holding", 3067): "3F000000",
            ("holding", 3075): "40000000",
            ("holding", 3109): "42480000",
            ("holding", 3203): "00000000075BCD15",
        },
        {
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": 1.0,
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": 231.0,
            "power_w": 1500.0,
            "reactive_power_var": 500.0,
            "apparent_power_va": 2000.0,
            "frequency": 50.0,
            "energy_wh": 123456789,
        },
    ),
    "abb-b23": Golden(
        {
            ("holding", 0x5000): "000000000012D687",
            ("holding", 0x5B00): "00000901 000008FC FFFFFFFF",
            ("holding", 0x5B0C): "0000020D 000001C2 00000064",
            ("holding", 0x5B14): "FFFFF7FE",
            ("holding", 0x5B2C): "1388",
        },
        {
            "energy_wh": 12345670,
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": None,
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": 1.0,
            "power_w": -20.5,
            "frequency": 50.0,
        },
    ),
    "acrel-dtsd1352": Golden(
        {
            ("holding", 0x0A): "0012D687",
            ("holding", 0x61): "0901 08FC 0906 020D 01C2 0064",
            ("holding", 0x77): "1388",
            ("holding", 0x16A): "FFFFFFEB",
        },
        {
            "energy_wh": 12345670,
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": 231.0,
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": 1.0,
            "frequency": 50.0,
            "power_w": -21,
        },
    ),
    "carlo-gavazzi-em340": Golden(
        {
            ("input", 0x00): "0901 0000 08FC 0000 0906 0000",
            ("input", 0x0C): "1482 0000 1194 0000 03E8 0000",
            ("input", 0x28): "FF33 FFFF",
            ("input", 0x33): "01F4 D687 0012",
        },
        {
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": 231.0,
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": 1.0,
            "power_w": -20.5,
            "frequency": 50.0,
            "energy_wh": 123456700,
        },
    ),
    "siemens-pac3200": Golden(
        {
            ("holding", 1): "43668000 43660000 43670000",
            ("holding", 13): "40A80000 40900000 3F800000",
            ("holding", 25): "4496F000 43488000 C1A40000",
            ("holding", 55): "42480000",
            ("holding", 65): "44BB8000",
            ("holding", 801): "419D6F3454000000",
        },
        {
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": 231.0,
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": 1.0,
            "power_l1_w": 1207.5,
            "power_l2_w": 200.5,
            "power_l3_w": -20.5,
            "frequency": 50.0,
            "power_w": 1500.0,
            "energy_wh": 123456789.0,
        },
    ),
    "janitza-umg604": Golden(
        {
            ("holding", 19000): "43668000 43660000 43670000",
            ("holding", 19012): "40A80000 40900000 3F800000",
            ("holding", 19026): "44BB8000",
            ("holding", 19034): "44FA0000",
            ("holding", 19042): "43FA0000",
            ("holding", 19050): "42480000",
            ("holding", 19060): "46435000",
        },
        {
            "voltage_l1": 230.5,
            "voltage_l2": 230.0,
            "voltage_l3": 231.0,
            "current_l1": 5.25,
            "current_l2": 4.5,
            "current_l3": 1.0,
            "power_w": 1500.0,
            "apparent_power_va": 2000.0,
            "reactive_power_var": 500.0,
            "frequency": 50.0,
            "energy_wh": 12500.0,
        },
    ),
    "xy-md02": Golden({("input", 1): "FFF6 01F7"}, {"temperature": -1.0, "humidity": 50.3}),
    "vaisala-hmp110": Golden(
        {("holding", 0): "3333 4249 0000 41B4"},
        {"humidity": 50.29999923706055, "temperature": 22.5},
    ),
    "apc-smart-ups": Golden(
        {
            ("holding", 0): "0000 2002",
            ("holding", 128): "00000E10 C800 0360",
            ("holding", 135): "0C80 2080",
            ("holding", 140): "00A0",
            ("holding", 142): "39A0",
            ("holding", 144): "1900 00001234",
            ("holding", 151): "FFFF",
        },
        {
            "ups_status": 0x2002,
            "on_line": True,
            "on_battery": False,
            "on_bypass": False,
            "runtime_s": 3600,
            "charge_percent": 100.0,
            "battery_voltage": 27.0,
            "battery_temp": 25.0,
            "load_percent": 32.5,
            "output_current": 5.0,
            "output_voltage": 230.5,
            "output_frequency": 50.0,
            "energy_wh": 4660,
            "input_voltage": None,
        },
    ),
    "plc-s7-block": Golden(
        {
            ("holding", 0): "0011 0002 0305 0000 41B40000 42CA8000 3F800000"
            " 000000000001D4C0 00001588 00000007"
        },
        {
            "heartbeat": 17,
            "status": 2,
            "door_open": True,
            "emergency_stop": False,
            "coolant_ok": True,
            "mode_selected": 3,
            "temperature": 22.5,
            "pressure": 101.25,
            "flow": 1.0,
            "run_ms": 120000,
            "cycles": 5512,
            "boot_counter": 7,
        },
    ),
}


def lay_out(golden: Golden) -> dict[str, dict[int, bytes]]:
    tables: dict[str, dict[int, bytes]] = {}
    for (table, first), words in golden.registers.items():
        raw = bytes.fromhex(words)
        for i in range(0, len(raw), 2):
            tables.setdefault(table, {})[first + i // 2] = raw[i : i + 2]
    return tables


def read_all(profile: Profile, golden: Golden) -> dict[str, Value]:
    tables, values = lay_out(golden), dict[str, Value]()
    for group in profile.groups:
        tags = [metric.tag for metric in profile.in_group(group.name)]
        for layout in plan(tags, profile.limits):
            places = range(layout.address, layout.address + layout.count)
            raw = b"".join(tables[layout.table].get(at, b"\xde\xad") for at in places)
            read, _ = layout.decode(raw)
            values |= {tag.name: value for tag, value in zip(layout.tags, read, strict=True)}
    return values


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_profile_reads_its_golden_registers(name: str) -> None:
    profile = load_profile(OWN_FOLDER / f"{name}.toml")

    assert read_all(profile, GOLDEN[name]) == GOLDEN[name].values


def test_every_profile_has_golden_registers_and_names_its_source() -> None:
    names = {path.stem for path in OWN_FOLDER.glob("*.toml")}

    assert names == set(GOLDEN)
    for name in names:
        assert load_profile(OWN_FOLDER / f"{name}.toml").source


def test_profiles_agree_on_what_a_metric_is_measured_in() -> None:
    units: dict[str, set[str]] = {}
    for path in OWN_FOLDER.glob("*.toml"):
        for metric in load_profile(path).metrics:
            units.setdefault(metric.name, set()).add(metric.unit)

    assert {name: found for name, found in units.items() if len(found) > 1} == {}


def test_own_profile_goes_before_one_that_comes_with_us(tmp_path: Path) -> None:
    (tmp_path / "xy-md02.toml").write_text("")

    assert find_profile("xy-md02", [tmp_path]) == tmp_path / "xy-md02.toml"
    assert find_profile("xy-md02", []) == OWN_FOLDER / "xy-md02.toml"
    assert find_profile("nothing-of-the-kind", []) is None


SOUND = """\
[profile]
name = "p"
model = "M"

[[metric]]
name = "status"
address = 0
type = "uint16"

[phase]
metric = "status"
run = [2]
"""


def problems_of(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_profile(path)
    except FileRefused as refused:
        return [(problem.line, problem.code) for problem in refused.problems]
    return []


def test_sound_profile_has_no_problems(tmp_path: Path) -> None:
    assert problems_of(tmp_path, SOUND) == []
    profile = load_profile(tmp_path / "p.toml")
    assert profile.phases is not None
    assert profile.phases.codes == {2: Phase.RUN}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param('name = "p"', 'name = "q"', [(2, "name_mismatch")], id="another name"),
        pytest.param('model = "M"\n', "", [(1, "missing")], id="no model"),
        pytest.param("address = 0", "address = 65536", [(7, "out_of_range")], id="address"),
        pytest.param("address = 0", 'address = "0"', [(7, "wrong_type")], id="text for number"),
        pytest.param("address = 0", "addres = 0", [(5, "missing"), (7, "unknown_key")], id="typo"),
        pytest.param("uint16", "uint12", [(8, "unknown_choice")], id="type"),
        pytest.param("uint16", "bool", [(8, "wrong_table")], id="bool in registers"),
        pytest.param("uint16", "string", [(5, "missing")], id="no length"),
        pytest.param("type =", "exact = 1\ntype =", [(8, "wrong_type")], id="flag"),
        pytest.param("type =", "scale = 0\ntype =", [(8, "out_of_range")], id="scale of zero"),
        pytest.param("type =", "scale = nan\ntype =", [(8, "out_of_range")], id="scale of nan"),
        pytest.param("type =", "clamp = [5, 1]\ntype =", [(8, "wrong_form")], id="clamp"),
        pytest.param("type =", "sentinels = [65536]\ntype =", [(8, "out_of_range")], id="pattern"),
        pytest.param("type =", 'silence = "soon"\ntype =', [(8, "wrong_form")], id="time"),
        pytest.param("type =", 'group = "fast"\ntype =', [(8, "unknown_choice")], id="group"),
        pytest.param(
            '"status"\na', '"phase"\na', [(6, "reserved"), (11, "unknown_choice")], id="own"
        ),
        pytest.param("run = [2]", "run = [2, 2]", [(12, "wrong_form")], id="code twice"),
        pytest.param("run = [2]", "", [(10, "missing")], id="no codes"),
        pytest.param(
            "run = [2]", "run_above = 5\nidle_below = 9", [(13, "out_of_range")], id="load"
        ),
        pytest.param("[phase]", "[phase", [(10, "toml_malformed")], id="no TOML"),
        pytest.param("[phase]", "[phases]", [(10, "unknown_key")], id="unknown table"),
        pytest.param(
            "[phase]",
            '[[metric]]\nname = "status"\naddress = 1\ntype = "int8"\n[phase]',
            [(11, "duplicate"), (13, "unknown_choice")],
            id="two problems at once",
        ),
    ],
)
def test_wrong_profile_is_refused_with_its_lines(
    old: str, new: str, expected: list[tuple[int, str]], tmp_path: Path
) -> None:
    assert old in SOUND

    assert problems_of(tmp_path, SOUND.replace(old, new, 1)) == expected


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(b"\xff\xfe", "file_not_utf8", id="not UTF-8"),
        pytest.param(b"a = [" * 5000, "toml_malformed", id="nested beyond reason"),
        pytest.param(b"\x00", "toml_malformed", id="a zero byte"),
        pytest.param(b"", "missing", id="empty"),
    ],
)
def test_file_of_nonsense_is_one_clear_line(content: bytes, code: str, tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_bytes(content)

    with pytest.raises(FileRefused) as refusal:
        load_profile(path)

    assert code in {problem.code for problem in refusal.value.problems}
    for problem in refusal.value.problems:
        line = str(problem)
        assert line.startswith(f"{path}:")
        assert "\n" not in line
        assert problem.zh
        assert problem.en
