"""start.py runs on a bare Python, installs exactly what is locked, and says what is missing."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import pytest

PROJECT = Path(__file__).resolve().parent.parent.parent
SOURCE = (PROJECT / "start.py").read_text(encoding="utf-8")
LOCKS = ("run", "demo", "dev")


@pytest.fixture(scope="module")
def start() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start", PROJECT / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def locked(name: str) -> dict[str, str]:
    text = (PROJECT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", text, flags=re.MULTILINE))


def test_start_imports_nothing_but_the_standard_library() -> None:
    imported = {
        (node.module or "").partition(".")[0]
        if isinstance(node, ast.ImportFrom)
        else node.names[0].name.partition(".")[0]
        for node in ast.walk(ast.parse(SOURCE))
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }

    assert imported <= set(sys.stdlib_module_names)


def test_old_python_can_read_the_line_that_turns_it_away() -> None:
    ast.parse(SOURCE, feature_version=(3, 7))


def test_too_old_python_is_told_what_is_needed(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(SystemExit, match=r"needs Python 3\.11 to 3\.14; this is 3\.9"):
        start.use_a_python_that_will_do()


def test_unknown_command_is_refused_in_one_line() -> None:
    outcome = subprocess.run(
        [sys.executable, str(PROJECT / "start.py"), "dance"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome.returncode == 1
    assert outcome.stderr == "start.py: no command 'dance'; try: python3 start.py help\n"


def test_help_and_makefile_name_the_same_commands(start: ModuleType) -> None:
    helped = re.findall(r"^  (\w+) ", start.HELP, flags=re.MULTILINE)
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    aliased = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)

    assert aliased is not None
    assert sorted(aliased[1].split()) == sorted(helped)
    for name in helped:
        assert f'"{name}"' in SOURCE


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_a_hash_for_all_and_the_address_of_no_registry(name: str) -> None:
    text = (PROJECT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", text)

    assert len(entries) == len(locked(name))
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text


@pytest.mark.parametrize("name", ["web", "ops/broker"])
def test_packages_of_node_are_locked_without_the_address_of_a_registry(name: str) -> None:
    text = (PROJECT / name / "package-lock.json").read_text(encoding="utf-8")

    assert '"integrity"' in text
    assert '"resolved"' not in text


def test_smaller_locks_are_parts_of_larger_ones() -> None:
    for smaller, larger in pairwise(LOCKS):
        assert locked(smaller).items() <= locked(larger).items()


def test_every_dependency_is_bounded_and_locked() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = {
        "run": project["dependencies"],
        "demo": project["optional-dependencies"]["embedded"],
        "dev": project["optional-dependencies"]["dev"],
    }

    for lock, wishes in parts.items():
        for wish in wishes:
            name, bounds = re.fullmatch(r"([\w.-]+)(?:\[[^]]*\])?(.*)", wish).groups()  # type: ignore[union-attr] # a wish has that form
            assert ">=" in bounds, wish
            assert name.lower() in locked(lock), wish


def test_digest_changes_with_content_and_with_name(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "ROOT", tmp_path)
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("one", encoding="utf-8")
    second.write_text("one", encoding="utf-8")

    before = start.digest(first)
    first.write_text("two", encoding="utf-8")

    assert before not in {start.digest(first), start.digest(second)}


def test_failing_step_ends_with_what_it_said(
    start: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match=r"packages: python.* ended with code 3"):
        start.run("packages", [sys.executable, "-c", "print('no such host'); exit(3)"])

    assert "no such host" in capfd.readouterr().err


def test_uv_is_not_used_where_only_pip_was_told_of_an_index(
    start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\n", encoding="utf-8")
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.invalid/simple")

    assert start.installer()[0] != str(uv)
