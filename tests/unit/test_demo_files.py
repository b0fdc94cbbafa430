"""What the demo writes for its gateway, its broker and its deployment fits together."""

import json
import re
import stat
import tomllib
from pathlib import Path

import pytest

from cli import compose_files
from cli.embedded.accounts import access_text, aedes_text, field_account, platform_account
from cli.embedded.programs import (
    GATEWAY,
    PROJECT,
    SCENARIO,
    Site,
    find_spokesmen,
    write_gateway_file,
)
from gateways.edge.config import load_settings

LAB = tomllib.loads(SCENARIO.read_text(encoding="utf-8"))


def test_gateway_takes_the_file_that_is_written_for_it(tmp_path: Path) -> None:
    path = tmp_path / "gateway.toml"

    write_gateway_file(
        path, broker_url="mqtt://gw-demo:x@h:1", scenario=SCENARIO, host="127.0.0.1", port=5020
    )

    settings = load_settings(path)
    behind = [device["name"] for device in LAB["device"] if "link" in device]
    assert [device.name for device in settings.devices] == behind
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_seeded_devices_are_those_of_the_simulated_lab() -> None:
    """Each is spoken for by whom the tables say, or the broker would refuse it."""
    catalogue = (PROJECT / "cli" / "seeding" / "instruments.toml").read_text(encoding="utf-8")
    seeded = {
        entry["device"]["name"]: entry["device"].get("gateway")
        for entry in tomllib.loads(catalogue)["instrument"]
        if "device" in entry
    }

    simulated = {device["name"]: GATEWAY if "link" in device else None for device in LAB["device"]}
    assert seeded == simulated


def test_account_of_a_device_holds_its_own_topics_only() -> None:
    account = field_account("gw-1", "x", ["dev-1"])

    text = access_text([account])

    assert {line.split()[2].split("/")[2] for line in text.splitlines() if "topic" in line} == {
        "gw-1",
        "dev-1",
    }
    assert "topic write lab/1/dev-1/cmd" not in text
    assert "topic read lab/1/dev-1/m" not in text


def test_no_password_stands_in_what_a_broker_reads() -> None:
    accounts = [
        platform_account("yixiang", "very-secret"),
        field_account("d", "also-secret", ["d"]),
    ]

    assert "secret" not in aedes_text(accounts)
    assert [it["any_client_id"] for it in json.loads(aedes_text(accounts))["accounts"]] == [
        True,
        False,
    ]


def test_ports_and_passwords_stay_the_same(tmp_path: Path) -> None:
    first, second = Site(tmp_path), Site(tmp_path)

    assert first.find_passwords(["a"])["a"] == second.find_passwords(["a", "b"])["a"]
    assert first.find_port("x") == second.find_port("x")
    assert first.find_secret("key").read_text() == second.find_secret("key").read_text()


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    compose_files.run(tmp_path, broker="broker", database="database", sims="sims")
    return tmp_path


def test_deployment_is_made_once(deployment: Path) -> None:
    before = {path: path.read_bytes() for path in deployment.rglob("*") if path.is_file()}

    compose_files.run(deployment, broker="broker", database="database", sims="sims")

    assert {path: path.read_bytes() for path in before} == before


def test_every_account_of_a_deployment_is_known_to_its_broker(deployment: Path) -> None:
    known = re.findall(
        r"^([\w-]+):", (deployment / "broker" / "passwords").read_text(), re.MULTILINE
    )
    devices = json.loads((deployment / "field" / "devices.json").read_text())
    platform = (deployment / "platform" / "broker-url").read_text()

    assert {"yixiang", GATEWAY, *devices} == set(known)
    assert platform.startswith("mqtt://yixiang:")
    assert {it.account for it in find_spokesmen(SCENARIO)} == {GATEWAY, *devices}
