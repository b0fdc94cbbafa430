"""`docs/how-to/add-an-instrument.md`, followed step by step."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from gateways.edge.config import load_settings
from gateways.modbus.registers import Encoding
from tests.devices.modbus_server import Device, serving

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "add-an-instrument.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def yixiang(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the page in a folder, as the reader would."""
    words = command.split()
    assert words[0] == "yixiang"
    return subprocess.run(
        [sys.executable, "-m", "cli", *words[1:]],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files of the page, under the names it gives them."""
    for block in blocks("toml"):
        if named := re.match(r"# file: (\S+)\n", block):
            path = tmp_path / named[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block, encoding="utf-8")
    return tmp_path


def test_check_says_what_the_page_says(folder: Path) -> None:
    command = next(block for block in blocks("sh") if " check " in block)
    [expected] = blocks("text")

    done = yixiang(command, folder)

    assert (done.returncode, done.stdout) == (0, expected)


def test_probe_shows_the_values_of_the_page(folder: Path) -> None:
    command = next(block for block in blocks("sh") if " probe " in block)
    words = re.search(r"`([0-9A-F ]+)` at 0 to 3 and `([0-9A-F ]+)` at 10", PAGE)
    assert words is not None
    expected = dict(re.findall(r"^\| (\w+) \| ([\d.]+) \|$", PAGE, flags=re.MULTILINE))
    assert expected.keys() == {"status", "bath_temp", "power_w", "run_ms"}
    device = Device()
    device.put("input", 0, bytes.fromhex(words[1]))
    device.put("input", 10, bytes.fromhex(words[2]))

    with serving({7: device}) as server:
        path = folder / "gateway.toml"
        path.write_text(path.read_text().replace("port = 5020", f"port = {server.port}"))
        done = yixiang(command, folder)

    cells = [[cell.strip() for cell in line.split("│")] for line in done.stdout.splitlines()]
    shown = {row[1]: row[5] for row in cells if len(row) > 6}
    assert done.returncode == 0
    assert shown == expected


def test_probe_of_a_silent_device_says_so(folder: Path) -> None:
    command = next(block for block in blocks("sh") if " probe " in block)
    path = folder / "gateway.toml"
    path.write_text(path.read_text().replace("port = 5020", "port = 1"))

    done = yixiang(command, folder)

    assert done.returncode == 1
    assert "cannot open line-1" in done.stdout
    assert "Traceback" not in done.stderr


def test_foreign_source_of_the_page_is_sound(folder: Path) -> None:
    [source] = [block for block in blocks("toml") if "[[source]]" in block]
    path = folder / "gateway.toml"
    path.write_text(path.read_text() + source, encoding="utf-8")

    settings = load_settings(path)

    assert [device.name for device in settings.sources[0].devices.values()] == ["icp-01"]


def test_page_names_every_type_there_is() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `type` |"))

    assert set(re.findall(r"`(\w+)`", row)) - {"type"} == {encoding.value for encoding in Encoding}
