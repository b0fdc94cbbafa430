"""Reading a TOML file so that every problem in it can be named with file and line."""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

HEADER: Final = re.compile(r"^\s*(\[\[|\[)\s*([A-Za-z0-9_.\"'-]+)\s*\]{1,2}\s*(#.*)?$")
ENTRY: Final = re.compile(r"^\s*([A-Za-z0-9_\"'.-]+)\s*=")
POSITION: Final = re.compile(r"\(at line (\d+), column (\d+)\)")

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class FileProblem:
    """One fault of a file: where, a stable code, and what, in both languages."""

    file: str
    line: int
    code: str
    zh: str
    en: str

    @override
    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.code}: {self.en} / {self.zh}"


class FileRefused(Exception):
    """A file, or a set of them, that cannot be used; holds everything wrong with it."""

    code = "file_refused"

    def __init__(self, problems: Collection[FileProblem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.code)))
        super().__init__("\n".join(map(str, self.problems)))


def index_lines(text: str) -> dict[KeyPath, int]:
    """Say on which line each table, entry of an array of tables, and key stands."""
    lines: dict[KeyPath, int] = {(): 1}
    counts: dict[KeyPath, int] = {}
    here: KeyPath = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := HEADER.match(line):
            names = tuple(part.strip("\"'") for part in header[2].split("."))
            here = resolve(names[:-1], counts)
            here = (*here, names[-1])
            if header[1] == "[[":
                counts[here] = counts.get(here, -1) + 1
                lines.setdefault(here, number)
                here = (*here, counts[here])
            lines[here] = number
        elif entry := ENTRY.match(line):
            names = tuple(part.strip("\"'") for part in entry[1].split("."))
            lines.setdefault((*here, *names), number)
    return lines


def resolve(names: KeyPath, counts: dict[KeyPath, int]) -> KeyPath:
    """Put into a dotted name the index of the array entry it goes on from."""
    path: KeyPath = ()
    for name in names:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    return path


class Source:
    """One file being read, and everything found wrong with it so far."""

    def __init__(self, path: Path) -> None:
        self.file = str(path)
        self.problems: list[FileProblem] = []
        self.lines: dict[KeyPath, int] = {}
        self.data: dict[str, Any] = {}  # what TOML makes of the file; each use checks its type
        try:
            text = path.read_bytes().decode("utf-8")
        except OSError as error:
            self.add(1, "file_unreadable", "文件无法读取", f"cannot be read: {error.strerror}")
            return
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            self.add(line, "file_not_utf8", "文件不是 UTF-8 编码", "is not UTF-8 text")
            return
        try:
            self.data = tomllib.loads(text, parse_float=Decimal)
        except (tomllib.TOMLDecodeError, RecursionError, InvalidOperation, ValueError) as error:
            place = POSITION.search(str(error))
            reason = POSITION.sub("", str(error)).strip() or "unreadable"
            line = int(place[1]) if place else text.count("\n") + 1
            self.add(line, "toml_malformed", "TOML 语法错误", f"is not TOML: {reason}")
            return
        self.lines = index_lines(text)

    def add(self, line: int, code: str, zh: str, en: str) -> None:
        self.problems.append(FileProblem(self.file, line, code, zh, en))

    def line_of(self, path: KeyPath) -> int:
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def root(self) -> "Section":
        return Section(self, (), self.data)

    def require_sound(self) -> None:
        if self.problems:
            raise FileRefused(self.problems)


class Section:
    """One table of the file; hands out checked values and notes what is wrong.

    A getter always returns something of the right type, so that reading goes on and the
    user is told everything at once; `Source.require_sound` has the last word.
    """

    def __init__(self, source: Source, path: KeyPath, data: dict[str, Any]) -> None:
        self.source, self.path, self._data = source, path, data
        self._known: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    @property
    def line(self) -> int:
        return self.source.line_of(self.path)

    def problem(self, key: str | None, code: str, zh: str, en: str) -> None:
        path = self.path if key is None else (*self.path, key)
        named = f"`{key}` " if key else ""
        self.source.add(self.source.line_of(path), code, f"{named}{zh}", f"{named}{en}")

    def _take(self, key: str) -> Any:  # noqa: ANN401  # whatever TOML held
        self._known.add(key)
        return self._data.get(key)

    def text(
        self,
        key: str,
        default: str | None = None,
        *,
        pattern: str | None = None,
        choices: Collection[str] | None = None,
    ) -> str:
        value = self._take(key)
        if value is None:
            if default is None:
                self.problem(key, "missing", "必填", "is missing")
            return default or ""
        if not isinstance(value, str):
            self.problem(key, "wrong_type", "应为文本", "must be text")
            return default or ""
        if choices is not None and value not in choices:
            listed = ", ".join(sorted(choices))
            self.problem(key, "unknown_choice", f"须为 {listed} 之一", f"must be one of {listed}")
            return default or min(choices, default="")
        if pattern is not None and not re.fullmatch(pattern, value):
            self.problem(key, "wrong_form", f"须符合 {pattern}", f"must match {pattern}")
            return default or ""
        return value

    def integer(self, key: str, default: int | None = None, *, low: int, high: int) -> int:
        value = self._take(key)
        if value is None:
            if default is None:
                self.problem(key, "missing", "必填", "is missing")
            return low if default is None else default
        if not isinstance(value, int) or isinstance(value, bool):
            self.problem(key, "wrong_type", "应为整数", "must be a whole number")
        elif not low <= value <= high:
            span = f"{low}…{high}"
            self.problem(key, "out_of_range", f"须在 {span} 之间", f"must be within {span}")
        else:
            return value
        return low if default is None else default

    def number(
        self, key: str, default: Decimal | int | None, *, low: float, high: float
    ) -> Decimal:
        fallback = Decimal(default if default is not None else int(low))
        value = self._take(key)
        if value is None:
            if default is None:
                self.problem(key, "missing", "必填", "is missing")
            return fallback
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.problem(key, "wrong_type", "应为数字", "must be a number")
            return fallback
        number = Decimal(value)
        if not number.is_finite() or not low <= number <= high:
            span = f"{low:g}…{high:g}"
            self.problem(key, "out_of_range", f"须在 {span} 之间", f"must be within {span}")
            return fallback
        return number

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self.problem(key, "wrong_type", "应为 true 或 false", "must be true or false")
            return default
        return value

    def seconds(self, key: str, default: float, *, low: float, high: float) -> float:
        """Read a span of time such as `"500ms"`, `"10s"`, `"5m"`, `"12h"`, `"7d"`."""
        value = self._take(key)
        if value is None:
            return default
        form = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)", str(value))
        if form is None or not isinstance(value, str):
            self.problem(key, "wrong_form", '应为时长，如 "10s"', 'must be a span such as "10s"')
            return default
        seconds = float(form[1]) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}[form[2]]
        if not low <= seconds <= high:
            span = f"{low:g}…{high:g} s"
            self.problem(key, "out_of_range", f"须在 {span} 之间", f"must be within {span}")
            return default
        return seconds

    def values(self, key: str) -> list[Any]:
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(key, "wrong_type", "应为数组", "must be an array")
            return []
        return value

    def section(self, key: str) -> "Section | None":
        """Return the table of this name; None where the file has none."""
        value = self._take(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.problem(key, "wrong_type", "应为表", "must be a table")
            return None
        return Section(self.source, (*self.path, key), value)

    def sections(self, key: str) -> list["Section"]:
        value = self._take(key)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.problem(key, "wrong_type", "应为表数组", "must be an array of tables")
            return []
        return [Section(self.source, (*self.path, key, i), v) for i, v in enumerate(value)]

    def keys(self) -> list[str]:
        """List the keys of a table whose keys are the user's own, all of them taken as known."""
        self._known.update(self._data)
        return list(self._data)

    def refuse_unknown(self) -> None:
        for key in self._data.keys() - self._known:
            self.problem(key, "unknown_key", "不是已知的键", "is no known key")
