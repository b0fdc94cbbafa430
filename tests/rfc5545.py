"""RFC 5545 by the letter, independent of the library that writes: what a strict client refuses."""

import re
from collections import Counter
from dataclasses import dataclass, field

LINE_OCTETS_MAX = 75
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
# §3.1: name *(";" param) ":" value
CONTENT = re.compile(
    r'(?P<name>[A-Za-z0-9-]+)(?P<params>(?:;[A-Za-z0-9-]+=(?:"[^"\x00-\x08\x0a-\x1f\x7f]*"|[^";:,]*)'
    r'(?:,(?:"[^"]*"|[^";:,]*))*)*):(?P<value>.*)',
    re.DOTALL,
)
UTC = re.compile(r"\d{8}T\d{6}Z")
LOCAL = re.compile(r"\d{8}T\d{6}")
# §3.3.11: a comma, a semicolon or a backslash in a text is escaped.
TEXT = re.compile(r"(?:[^\\;,]|\\[\\;,nN])*")

ONCE = "exactly once"
AT_MOST = "at most once"
PROPERTIES = {
    # §3.6 and RFC 7986 §5
    "VCALENDAR": {
        "PRODID": ONCE,
        "VERSION": ONCE,
        "CALSCALE": AT_MOST,
        "METHOD": AT_MOST,
        "REFRESH-INTERVAL": AT_MOST,
    },
    # §3.6.1; with METHOD, DTSTAMP and UID and DTSTART are all asked for
    "VEVENT": {
        **dict.fromkeys(("UID", "DTSTAMP", "DTSTART"), ONCE),
        **dict.fromkeys(
            (
                *("DTEND", "DURATION", "SEQUENCE", "STATUS", "TRANSP", "SUMMARY", "LOCATION"),
                *("DESCRIPTION", "URL", "CREATED", "LAST-MODIFIED", "CLASS", "ORGANIZER"),
            ),
            AT_MOST,
        ),
    },
    # §3.6.5
    "VTIMEZONE": {"TZID": ONCE, "LAST-MODIFIED": AT_MOST, "TZURL": AT_MOST},
    "STANDARD": dict.fromkeys(("DTSTART", "TZOFFSETTO", "TZOFFSETFROM"), ONCE),
    "DAYLIGHT": dict.fromkeys(("DTSTART", "TZOFFSETTO", "TZOFFSETFROM"), ONCE),
}
TEXTS = {"SUMMARY", "LOCATION", "DESCRIPTION", "UID"}
IN_UTC = {"DTSTAMP", "CREATED", "LAST-MODIFIED"}
WORDS = {
    "STATUS": "TENTATIVE|CONFIRMED|CANCELLED",
    "TRANSP": "OPAQUE|TRANSPARENT",
    "SEQUENCE": r"\d+",
}


@dataclass
class Component:
    name: str
    lines: list[tuple[str, dict[str, str], str]] = field(default_factory=list)
    parts: list["Component"] = field(default_factory=list)

    def value(self, name: str) -> str | None:
        return next((value for one, _, value in self.lines if one == name), None)


def find_faults(document: bytes) -> list[str]:
    """Return every way the document breaks the standard; none: a strict client takes it."""
    root, faults = _parse(document)
    faults = _find_line_faults(document) + faults
    if [part.name for part in root.parts] != ["VCALENDAR"] or root.lines:
        return [*faults, "there is not one VCALENDAR and nothing else"]
    return faults + _find_calendar_faults(root.parts[0])


def _find_line_faults(document: bytes) -> list[str]:
    faults = []
    *lines, rest = document.split(b"\r\n")
    if rest or not lines:
        faults.append("the last line does not end in CRLF")
    for number, line in enumerate(lines, 1):
        if b"\n" in line or b"\r" in line:
            faults.append(f"line {number}: a bare CR or LF")
        if len(line) > LINE_OCTETS_MAX:
            faults.append(f"line {number}: {len(line)} octets")
        if CONTROL.search(line):
            faults.append(f"line {number}: a control character")
        try:
            line.decode()
        except UnicodeDecodeError:
            faults.append(f"line {number}: folded within a character")
    return faults


def _parse(document: bytes) -> tuple[Component, list[str]]:
    faults: list[str] = []
    text = re.sub(rb"\r\n[ \t]", b"", document).decode(errors="replace")
    root = Component("")
    stack = [root]
    for content in text.split("\r\n")[:-1]:
        parsed = CONTENT.fullmatch(content)
        if parsed is None:
            faults.append(f"no content line: {content[:60]}")
            continue
        name, value = parsed["name"].upper(), parsed["value"]
        if name == "BEGIN":
            stack[-1].parts.append(Component(value.upper()))
            stack.append(stack[-1].parts[-1])
        elif name == "END":
            if len(stack) == 1 or stack.pop().name != value.upper():
                faults.append(f"END:{value} ends nothing")
        else:
            pairs = [part.split("=", 1) for part in parsed["params"].split(";") if "=" in part]
            stack[-1].lines.append((name, dict(pairs), value))
    if len(stack) != 1:
        faults.append(f"{stack[-1].name} never ends")
    return root, faults


def _find_calendar_faults(calendar: Component) -> list[str]:
    faults = _find_count_faults(calendar)
    if calendar.value("VERSION") != "2.0":
        faults.append("VERSION is not 2.0")
    zones = {part.value("TZID") for part in calendar.parts if part.name == "VTIMEZONE"}
    for part in calendar.parts:
        faults += _find_count_faults(part)
        if part.name == "VEVENT":
            faults += _find_event_faults(part, zones)
        elif part.name == "VTIMEZONE":
            if not part.parts:
                faults.append("VTIMEZONE has neither STANDARD nor DAYLIGHT")
            for rule in part.parts:
                faults += _find_count_faults(rule)
                faults += [
                    f"{name} is no offset"
                    for name in ("TZOFFSETTO", "TZOFFSETFROM")
                    if not re.fullmatch(r"[+-]\d{4}(\d{2})?", rule.value(name) or "")
                ]
        else:
            faults.append(f"unknown component {part.name}")
    uids = Counter(part.value("UID") for part in calendar.parts if part.name == "VEVENT")
    return faults + [
        f"UID {uid} is there {count} times" for uid, count in uids.items() if count > 1
    ]


def _find_count_faults(component: Component) -> list[str]:
    counts = Counter(name for name, _, _ in component.lines)
    faults = []
    for name, rule in PROPERTIES.get(component.name, {}).items():
        if (rule == ONCE and counts[name] != 1) or counts[name] > 1:
            faults.append(f"{component.name} has {name} {counts[name]} times")
    return faults


def _find_event_faults(event: Component, zones: set[str | None]) -> list[str]:
    faults = _find_time_faults(event, zones)
    for name, _, value in event.lines:
        if name in IN_UTC and not UTC.fullmatch(value):
            faults.append(f"{name} is not in UTC")
        if name in TEXTS and not TEXT.fullmatch(value):
            faults.append(f"{name} is not escaped")
        if name in WORDS and not re.fullmatch(WORDS[name], value):
            faults.append(f"{name} is no {value}")
    return faults


def _find_time_faults(event: Component, zones: set[str | None]) -> list[str]:
    faults = []
    times = {}
    for name, params, value in event.lines:
        if name not in {"DTSTART", "DTEND"}:
            continue
        zone = params.get("TZID")
        if zone is not None and zone.strip('"') not in zones:
            faults.append(f"{name} is in {zone}, which is not defined")
        if (LOCAL if zone else UTC).fullmatch(value):
            times[name] = value.rstrip("Z")
        else:
            faults.append(f"{name} is no time of its form")
    if "DTEND" in times and times["DTEND"] <= times.get("DTSTART", ""):
        faults.append("DTEND is not after DTSTART")
    if event.value("DTEND") is not None and event.value("DURATION") is not None:
        faults.append("both DTEND and DURATION")
    return faults
