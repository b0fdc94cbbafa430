"""Scenarios: which devices a lab has, and what happens when. Read from TOML."""

import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from sims.clock import SPEED_MAX
from sims.device import ACTIONS
from sims.faults import KINDS, BadFault, Fault, check
from sims.modbus.lines import Kind
from sims.models import MODELS
from sims.operators import Habits

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
SPAN = re.compile(r"(\d+(?:\.\d+)?)(ms|s|min|h|d)")
SPAN_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
RESOLUTION_MS_MAX, PORT_MAX, UNIT_MAX, NAME_LENGTH_MAX = 10_000, 0xFFFF, 255, 64
FLEET_RESOLUTION_MS = 1000
COUNTERS = {"run_ms", "cycles", "energy_mj", "boots"}
Problem = tuple[str, str]
Form = Literal["json", "msgpack"]
SHIPPED = {path.stem: path for path in sorted((Path(__file__).parent / "scenarios").glob("*.toml"))}
DEMO = SHIPPED["demo"]


class BadScenario(ValueError):
    """A scenario that cannot be played, with file, line and reason."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table that takes nothing it does not know."""


class LabPart(Strict, frozen=True):
    seed: str = "yixiang"
    speed: float = 1.0
    resolution_ms: int = 100


class LinkPart(Strict, frozen=True):
    """A Modbus line: `rtu` is a pseudo-terminal, with a link to it at `path`."""

    name: str
    kind: Kind = "tcp"
    host: str = "127.0.0.1"
    port: int = 0
    path: Path | None = None
    baud: int | None = None
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None


class DevicePart(Strict, frozen=True):
    name: str
    model: str
    link: str | None = None
    unit: int | None = None
    password: str | None = None
    unlocked: bool = False
    trace: Path | None = None
    form: Form = "json"
    operator: Habits = Habits()
    counters: dict[str, int] = {}


class StepPart(Strict, frozen=True):
    """Something that happens `at` a moment of simulated time, to a device or to a link."""

    at: str
    do: str
    device: str = ""
    link: str = ""
    fault: Fault | None = None
    kind: str = ""
    metric: str = ""

    @property
    def at_ms(self) -> int:
        return span_ms(self.at)


class Scenario(Strict, frozen=True):
    lab: LabPart = LabPart()
    link: list[LinkPart] = []
    device: list[DevicePart] = []
    step: list[StepPart] = []


LINK_DOINGS = ("cut_line", "mend_line")
DOINGS = ("fault", "mend", *ACTIONS, *LINK_DOINGS)


def span_ms(text: str) -> int:
    """Read '30s', '1.5min', '250ms'."""
    match = SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no span of time; write 250ms, 30s, 5min, 2h or 1d")
    return round(float(match[1]) * SPAN_MS[match[2]])


def load(path: Path) -> Scenario:
    """Read and check a scenario; say file, line and reason of the first thing wrong.

    A name without a dot or a slash is one of those that are shipped.
    """
    path = SHIPPED.get(str(path), path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadScenario(f"{path}: {error.strerror}") from error
    return _placed(parse(text, str(path)), path.parent)


def _placed(scenario: Scenario, folder: Path) -> Scenario:
    """Return the scenario with the files it names taken from beside it."""
    replace = msgspec.structs.replace
    links = [
        replace(
            link,
            certificate=link.certificate and folder / link.certificate,
            key=link.key and folder / link.key,
            client_ca=link.client_ca and folder / link.client_ca,
        )
        for link in scenario.link
    ]
    devices = [
        replace(device, trace=device.trace and folder / device.trace) for device in scenario.device
    ]
    return replace(scenario, link=links, device=devices)


def parse(text: str, source: str = "scenario") -> Scenario:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = found[1] if found else str(text.count("\n") + 1)
        raise BadScenario(f"{source}:{line}: {error}") from error
    try:
        scenario = msgspec.convert(tables, Scenario, dec_hook=_decode)
    except msgspec.ValidationError as error:
        path = str(error).rpartition("`$")[2].rstrip("`") if "`$" in str(error) else ""
        reason = str(error).partition(" - at `")[0]
        raise BadScenario(f"{source}:{_line_of(text, path, reason)}: {reason}") from error
    problem = find_problem(scenario)
    if problem is not None:
        where, reason = problem
        raise BadScenario(f"{source}:{_line_of(text, where, reason)}: {reason}")
    return scenario


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise ValueError(f"{value!r} is no {kind.__name__}")


def find_problem(scenario: Scenario) -> Problem | None:
    """Return where (`.device[2].unit`) and why the scenario makes no sense, if it does not."""
    problems = itertools.chain(
        _lab_problems(scenario.lab),
        _link_problems(scenario.link),
        _device_problems(scenario),
        _seat_problems(scenario),
        _step_problems(scenario),
    )
    return next(problems, None)


def _lab_problems(lab: LabPart) -> Iterator[Problem]:
    if not 0 < lab.speed <= SPEED_MAX:
        yield ".lab.speed", f"speed must be above 0 and at most {SPEED_MAX}"
    if not 1 <= lab.resolution_ms <= RESOLUTION_MS_MAX:
        yield ".lab.resolution_ms", f"resolution_ms must be from 1 to {RESOLUTION_MS_MAX}"


def _link_problems(links: list[LinkPart]) -> Iterator[Problem]:
    names: set[str] = set()
    for at, link in enumerate(links):
        if link.name in names:
            yield f".link[{at}].name", f"link {link.name} is there twice"
        if not 0 <= link.port <= PORT_MAX:
            yield f".link[{at}].port", f"{link.port} is no port"
        if link.kind == "tls" and (link.certificate is None or link.key is None):
            yield f".link[{at}].kind", "a tls link needs a certificate and a key"
        if link.baud is not None and link.baud <= 0:
            yield f".link[{at}].baud", "baud must be above 0"
        names.add(link.name)


def _device_problems(scenario: Scenario) -> Iterator[Problem]:
    names: set[str] = set()
    for at, device in enumerate(scenario.device):
        here = f".device[{at}]"
        if not NAME.fullmatch(device.name) or len(device.name) > NAME_LENGTH_MAX:
            yield f"{here}.name", f"{device.name!r} is no device name; use a-z, 0-9 and -"
        if device.name in names:
            yield f"{here}.name", f"device {device.name} is there twice"
        names.add(device.name)
        if device.model not in MODELS:
            yield f"{here}.model", f"no model {device.model!r}; there are {', '.join(MODELS)}"
        if device.trace is not None and device.model != "YX-PM10":
            yield f"{here}.trace", "only a power meter (YX-PM10) follows a trace"
        for counter, value in device.counters.items():
            if counter not in COUNTERS or value < 0:
                yield f"{here}.counters", f"{counter} = {value} is no counter of a device"


def _seat_problems(scenario: Scenario) -> Iterator[Problem]:
    links = {link.name for link in scenario.link}
    seats: set[tuple[str, int]] = set()
    for at, device in enumerate(scenario.device):
        here = f".device[{at}]"
        if device.link is None:
            if device.unit is not None:
                yield f"{here}.unit", "a unit number needs a link"
            continue
        if MODELS[device.model].layout is None:
            yield f"{here}.link", f"{device.model} has no Modbus interface"
        if device.link not in links:
            yield f"{here}.link", f"no link is called {device.link!r}"
        if device.unit is None or not 0 <= device.unit <= UNIT_MAX:
            yield f"{here}.unit", f"a device on a link needs a unit from 0 to {UNIT_MAX}"
            continue
        if (device.link, device.unit) in seats:
            yield f"{here}.unit", f"unit {device.unit} is taken on {device.link}"
        seats.add((device.link, device.unit))


def _step_problems(scenario: Scenario) -> Iterator[Problem]:
    names = {device.name for device in scenario.device}
    links = {link.name for link in scenario.link}
    for at, step in enumerate(scenario.step):
        here = f".step[{at}]"
        if step.do in LINK_DOINGS:
            if step.link not in links:
                yield f"{here}.link", f"no link is called {step.link!r}"
        elif step.device not in names:
            yield f"{here}.device", f"no device is called {step.device!r}"
        if step.do not in DOINGS:
            yield f"{here}.do", f"{step.do!r} is nothing that can be done; {', '.join(DOINGS)}"
        try:
            span_ms(step.at)
        except ValueError as error:
            yield f"{here}.at", str(error)
        if step.do == "fault":
            try:
                check(step.fault or Fault(""))
            except BadFault as error:
                yield f"{here}.fault", str(error)
        if step.do == "mend" and step.kind not in KINDS:
            yield f"{here}.do", 'do = "mend" needs the kind of fault'


def _line_of(text: str, path: str, reason: str) -> int:
    """Find the line of `.device[2].unit`, as near as the text lets us."""
    found = re.match(r"\.(\w+)(?:\[(\d+)\])?(?:\.(\w+))?", path)
    if found is None:
        return 1
    table, index, key = found[1], int(found[2] or 0), found[3]
    unknown = re.search(r"unknown field `(\w+)`", reason)
    key = unknown[1] if unknown else key
    lines = text.splitlines()
    header = re.compile(rf"\s*\[+\s*{table}\s*\]+")
    heads = [number for number, line in enumerate(lines, 1) if header.match(line)]
    if index >= len(heads):
        return 1
    start = heads[index]
    for number in range(start, len(lines)):
        line = lines[number]
        if re.match(r"\s*\[", line) and not re.match(rf"\s*\[+\s*{table}\.", line):
            break
        if key and re.match(rf"\s*{key}\s*[=.]", line):
            return number + 1
    return start


def fleet(
    counts: dict[str, int], *, prefix: str = "", is_busy: bool = False, seed: str = "fleet"
) -> Scenario:
    """Return a scenario of MQTT devices: so many of each model, working by themselves if busy."""
    unknown = [model for model in counts if model not in MODELS]
    if unknown:
        raise BadScenario(f"no model {unknown[0]!r}; there are {', '.join(MODELS)}")
    # Spread over ten minutes, or all of them would start and stop together.
    busy = Habits(delay_s=300, delay_spread_s=299, run_s=600, rest_s=120, again=True)
    return Scenario(
        lab=LabPart(seed=seed, resolution_ms=FLEET_RESOLUTION_MS),
        device=[
            DevicePart(
                name=f"{prefix or model.lower().removeprefix('yx-')}-{number:04d}",
                model=model,
                unlocked=is_busy,
                operator=busy if is_busy else Habits(),
            )
            for number, model in enumerate(
                [model for model, count in counts.items() for _ in range(count)], 1
            )
        ],
    )


def retimed(scenario: Scenario, *, seed: str | None, speed: float | None) -> Scenario:
    """Return the scenario with another seed or speed."""
    lab = scenario.lab
    if seed is not None:
        lab = msgspec.structs.replace(lab, seed=seed)
    if speed is not None:
        lab = msgspec.structs.replace(lab, speed=speed)
    return msgspec.structs.replace(scenario, lab=lab)
