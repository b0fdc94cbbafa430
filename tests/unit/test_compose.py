"""What docker-compose.yml and .env.example say is what the code understands."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml
from typer.core import TyperGroup

from cli.app import COMMANDS, build
from foundation.settings import PREFIX, Settings

PROJECT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
THEIRS = {name: service for name, service in SERVICES.items() if "build" not in service}
KNOWN = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def mounts_of(service: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for volume in service.get("volumes", []):
        name, place, *_ = volume.split(":")
        yield name, place


@pytest.mark.parametrize("name", sorted(OURS))
def test_environment_of_a_service_is_known_to_the_settings(name: str) -> None:
    given = set(OURS[name].get("environment", {}))

    assert {variable.removesuffix("_FILE") for variable in given} <= KNOWN


@pytest.mark.parametrize("name", sorted(OURS))
def test_command_of_a_service_is_one_that_the_program_takes(name: str) -> None:
    first, *rest = OURS[name]["command"]
    assert first in COMMANDS
    command = typer.main.get_command(build(first))

    # Parsing raises when an option or an argument is unknown, missing or malformed.
    context = command.make_context("yixiang", [first, *rest])
    while isinstance(command, TyperGroup) and (left := [*context._protected_args, *context.args]):  # noqa: SLF001
        _, found, left = command.resolve_command(context, left)
        assert found is not None
        command = found
        context = command.make_context(first, left, parent=context)

    assert not context.args


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_files_that_a_service_is_pointed_to_are_mounted(name: str) -> None:
    service = SERVICES[name]
    places = [place for _, place in mounts_of(service)]
    pointed = [
        str(value) for key, value in service.get("environment", {}).items() if key.endswith("_FILE")
    ]
    pointed += re.findall(r"/(?:secrets|state)/[\w./-]+", " ".join(service.get("command", [])))

    for path in pointed:
        assert any(path.startswith(place) for place in places), path


@pytest.mark.parametrize("name", sorted(THEIRS))
def test_image_of_others_is_pinned_to_a_version(name: str) -> None:
    tag = THEIRS[name]["image"].rpartition(":")[2]

    assert re.match(r"\d+\.\d+\.\d+", tag)


def test_database_is_postgresql_18_with_timescaledb() -> None:
    image = SERVICES["database"]["image"]

    assert image.startswith("timescale/timescaledb:")
    assert image.endswith("-pg18")


@pytest.mark.parametrize("name", ["api", "broker", "database", "gateway", "sims"])
def test_long_running_service_has_a_health_check(name: str) -> None:
    assert "healthcheck" in SERVICES[name]


def test_services_wait_for_services_that_exist() -> None:
    for service in SERVICES.values():
        for other, wish in service.get("depends_on", {}).items():
            assert other in SERVICES
            if wish["condition"] == "service_healthy":
                assert "healthcheck" in SERVICES[other]


def test_every_volume_is_declared_and_used() -> None:
    used = {name for service in SERVICES.values() for name, _ in mounts_of(service)}

    assert used == set(COMPOSE["volumes"])


def test_field_side_sees_no_secret_of_the_platform() -> None:
    for name in ("gateway", "sims"):
        mounted = {volume for volume, _ in mounts_of(SERVICES[name])}
        assert not mounted & {"platform-secrets", "database-secrets", "broker-secrets"}


def test_every_process_of_the_demo_has_its_service() -> None:
    first_words = {service["command"][0] for service in OURS.values()}

    assert first_words >= {"api", "ingest", "jobs", "gateway", "sims", "migrate", "seed"}


def test_example_environment_names_every_setting_and_no_other() -> None:
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    named = re.findall(r"^(?:# )?(YIXIANG_\w+)=", text, flags=re.MULTILINE)

    assert sorted(named) == sorted(KNOWN)


def test_example_environment_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    for name, value in re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE):
        monkeypatch.setenv(name, value)

    assert Settings.read().api_port == 8765
