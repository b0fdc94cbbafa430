"""The documents name what is there, and all of it."""

import re
from pathlib import Path

import pytest

from cli.app import COMMANDS

PROJECT = Path(__file__).resolve().parent.parent.parent
DECISIONS = sorted((PROJECT / "docs" / "decisions").glob("[0-9]*.md"))
PAGES = [
    *PROJECT.glob("*.md"),
    *(PROJECT / "docs").rglob("*.md"),
]
ROOMS = [
    path.name
    for path in sorted(PROJECT.iterdir())
    if path.is_dir() and (path / "__init__.py").exists()
]
# A word in backticks that looks like a path of this repository.
PATH = re.compile(
    r"`((?:[a-z_]+/)+[\w.-]+\.(?:py|toml|yml|md|json|mjs|ts|tsx)"
    rf"|(?:{'|'.join([*ROOMS, 'web', 'ops', 'docs'])})(?:/[a-z_]+)+)`"
)


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_decision_says_all_that_a_decision_must(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    for part in (
        "Context", "Decision", "Consequences", "Alternatives turned down", "What enforces it",
    ):  # fmt: skip
        assert f"**{part}.**" in text, part


def test_every_decision_is_listed() -> None:
    index = (PROJECT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")

    assert re.findall(r"\(([0-9][\w.-]+\.md)\)", index) == [page.name for page in DECISIONS]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_paths_named_in_a_page_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)

    missing = [path for path in PATH.findall(text) if not (PROJECT / path).exists()]
    missing += [path for path in linked if not (page.parent / path).exists()]

    assert missing == []


@pytest.mark.parametrize("room", ROOMS)
def test_readme_and_architecture_name_every_room(room: str) -> None:
    for page in ("README.md", "docs/architecture.md"):
        assert f"`{room}/`" in (PROJECT / page).read_text(encoding="utf-8"), page


def test_architecture_names_every_command() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")

    assert [name for name in COMMANDS if f"`{name}`" not in text] == []


SECURITY = (PROJECT / "docs" / "security.md").read_text(encoding="utf-8")
CHECKS = {"ruff check"}
"""What shows a requirement without being a test of ours."""


def named_proofs(text: str) -> list[str]:
    return re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", text)


@pytest.mark.parametrize("proof", sorted(set(named_proofs(SECURITY))))
def test_test_named_in_the_security_document_exists(proof: str) -> None:
    path, _, name = proof.partition("::")
    text = (PROJECT / path).read_text(encoding="utf-8")

    assert re.search(rf"^def {f'{name}[(]' if name else 'test_'}", text, re.MULTILINE), proof


def table_rows(heading: str) -> list[list[str]]:
    part = SECURITY.partition(f"## {heading}")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("heading", ["OWASP ASVS 5.0", "Threat model"])
def test_each_row_of_the_security_document_names_its_proof(heading: str) -> None:
    rows = table_rows(heading)

    assert len(rows) > 5
    unproven = [
        row[0]
        for row in rows
        if not named_proofs(row[-1]) and not CHECKS & set(re.findall(r"`([^`]+)`", row[-1]))
    ]
    assert unproven == []
