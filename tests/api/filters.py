"""Where the code compares a tenant's column, found in its syntax; each may be taken out."""

import ast
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from sqlalchemy import true
from typing_extensions import override

PROJECT = Path(__file__).parents[2]
ROOMS = ("directory", "booking", "billing", "telemetry", "api")
TENANT = {"enterprise_id", "institution_id", "station_id"}
EVERYTHING, NOTED = "__everything__", "__noted__"


@dataclass(frozen=True)
class Site:
    """One comparison: in which function of which file, and which of the same kind there."""

    path: str
    function: str
    text: str
    number: int

    @property
    def label(self) -> str:
        again = f" ({self.number + 1})" if self.number else ""
        return f"{self.path} {self.function}: {self.text}{again}"


@cache
def find_sites() -> tuple[Site, ...]:
    """Return every comparison of our rooms; all their files are read once for it."""
    files = [path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py"))]
    return tuple(
        site for path in files for site, _ in walk(ast.parse(path.read_text("utf-8")), path)
    )


def walk(tree: ast.Module, path: Path) -> Iterator[tuple[Site, ast.Compare]]:
    """Go through a module's comparisons with a tenant's column, in the order they are written."""
    seen: dict[tuple[str, str], int] = {}

    def visit(node: ast.AST, inside: tuple[str, ...]) -> Iterator[tuple[Site, ast.Compare]]:
        if isinstance(node, ast.Compare) and inside and is_filter(node):
            key = (".".join(inside), ast.unparse(node))
            number = seen[key] = seen.get(key, -1) + 1
            yield Site(str(path.relative_to(PROJECT)), *key, number), node
        named = isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef)
        within = (*inside, node.name) if named else inside  # type: ignore[attr-defined] # named
        for child in ast.iter_child_nodes(node):
            yield from visit(child, within)

    yield from visit(tree, ())


def is_filter(node: ast.Compare) -> bool:
    """Whether it asks if something is a tenant's; a join of two tables does not."""
    sides = [node.left, *node.comparators]
    is_about = any(isinstance(side, ast.Attribute) and side.attr in TENANT for side in sides)
    is_equality = isinstance(node.ops[0], ast.Eq | ast.NotEq)
    return is_about and is_equality and not all(is_column(side) for side in sides)


def is_column(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id[:1].isupper()
    )


class Changed(ast.NodeTransformer):
    """Puts something else in the place of some nodes."""

    def __init__(self, instead: Mapping[ast.AST, ast.expr]) -> None:
        self._instead = instead

    @override
    def visit(self, node: ast.AST) -> Any:
        return self._instead.get(node) or self.generic_visit(node)


def without(node: ast.Compare) -> ast.expr:
    """Return what stands there when nobody asks whose it is: all rows, or yes, it is ours."""
    if any(is_column(side) for side in (node.left, *node.comparators)):
        return ast.Name(EVERYTHING, ast.Load())
    return ast.Constant(isinstance(node.ops[0], ast.Eq))


def taken_out(site: Site) -> AbstractContextManager[None]:
    """Run with one comparison gone."""
    return changed(site.path, site.function, {site: without}, {EVERYTHING: true()})


def all_noted(sites: Sequence[Site], note: Callable[[int, object], object]) -> ExitStack:
    """Run with each comparison telling its number when it is made."""
    numbers = {site: number for number, site in enumerate(sites)}
    stack = ExitStack()
    by_function = groupby(sorted(sites, key=in_function), key=in_function)
    for (path, function), group in by_function:
        noting = {
            site: lambda node, number=numbers[site]: ast.Call(
                ast.Name(NOTED, ast.Load()), [ast.Constant(number), node], []
            )
            for site in group
        }
        stack.enter_context(changed(path, function, noting, {NOTED: note}))
    return stack


def in_function(site: Site) -> tuple[str, str]:
    return site.path, site.function


@contextmanager
def changed(
    path: str,
    function: str,
    changes: Mapping[Site, Callable[[ast.Compare], ast.expr]],
    names: Mapping[str, object],
) -> Iterator[None]:
    """Run a function with some of its comparisons changed; only its code is put in its place."""
    tree = ast.parse((PROJECT / path).read_text("utf-8"))
    instead: dict[ast.AST, ast.expr] = {
        node: changes[site](node) for site, node in walk(tree, PROJECT / path) if site in changes
    }
    assert len(instead) == len(changes)
    compiled = compile(ast.fix_missing_locations(Changed(instead).visit(tree)), path, "exec")
    found = find_function(importlib.import_module(path[:-3].replace("/", ".")), function)
    former = found.__code__
    found.__globals__.update(names)
    found.__code__ = find_code(compiled, function)
    try:
        yield
    finally:
        found.__code__ = former


def find_function(module: Any, qualified: str) -> FunctionType:
    found = module
    for name in qualified.split("."):
        found = getattr(found, name)
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    if isinstance(found, property):
        found = found.fget
    assert isinstance(found, FunctionType), qualified
    return found


def find_code(code: CodeType, qualified: str) -> CodeType:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_qualname == qualified:
                return constant
            if qualified.startswith(f"{constant.co_qualname}."):
                return find_code(constant, qualified)
    raise AssertionError(qualified)
