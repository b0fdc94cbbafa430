"""What the doctor looks at: each examination returns findings, and changes nothing it finds."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from cli.embedded.processes import wait_until
from foundation.clock import read_clock
from foundation.identifiers import new_id

CLOCK_DRIFT_MAX_S = 2.0
DISK_FREE_MIN_GB = 2.0
POSTGRES_LEAST = 160_000
EXTENSIONS = {
    "btree_gist": "keeps two reservations from overlapping",
    "pg_trgm": "finds Chinese text in the catalogue",
}
# More than the thousand that mosquitto's default keeps for an absent subscriber.
PROBE_MESSAGES = 1200
ANSWER_LIMIT_S = 5.0


class Verdict(Enum):
    WELL = "ok"
    CARE = "care"
    BROKEN = "BAD"


@dataclass(frozen=True, slots=True)
class Finding:
    verdict: Verdict
    subject: str
    text: str


def examine_database(url: str) -> list[Finding]:
    """Look at version, extensions, tables, text handling and clock."""
    try:
        with psycopg.connect(url, connect_timeout=5, autocommit=True) as connection:
            return [
                *_examine_server(connection),
                *_examine_extensions(connection),
                _examine_clock(connection),
            ]
    except psycopg.OperationalError as error:
        return [Finding(Verdict.BROKEN, "database", f"does not answer: {str(error).strip()}")]


def _examine_server(connection: psycopg.Connection) -> Iterator[Finding]:
    row = connection.execute(
        "SELECT current_setting('server_version'), current_setting('server_version_num')::int,"
        " pg_size_pretty(pg_database_size(current_database())), to_regclass('alembic_version')"
    ).fetchone()
    assert row is not None
    version, number, size, migrations = row
    verdict = Verdict.WELL if number >= POSTGRES_LEAST else Verdict.BROKEN
    yield Finding(verdict, "database", f"PostgreSQL {version}, {size}; 16 is the least")
    if migrations is None:
        yield Finding(Verdict.BROKEN, "database", "has no tables yet: run `yixiang migrate`")
    row = connection.execute("SELECT '器' ~ '[[:alpha:]]', current_setting('fsync')").fetchone()
    assert row is not None
    if not row[0]:
        yield Finding(
            Verdict.BROKEN,
            "database",
            "takes Chinese characters for punctuation, so search finds none of them;"
            " make it with LC_CTYPE C.UTF-8",
        )
    if row[1] == "off":
        yield Finding(Verdict.BROKEN, "database", "fsync is off: a power cut may destroy it")


def _examine_extensions(connection: psycopg.Connection) -> Iterator[Finding]:
    rows = connection.execute("SELECT extname, extversion FROM pg_extension").fetchall()
    versions: dict[str, str] = dict(rows)
    for name, purpose in EXTENSIONS.items():
        if name in versions:
            yield Finding(Verdict.WELL, "extension", f"{name} {versions[name]}: {purpose}")
        else:
            yield Finding(Verdict.BROKEN, "extension", f"{name} is missing: {purpose}")
    if "timescaledb" in versions:
        yield Finding(
            Verdict.WELL,
            "timescaledb",
            f"{versions['timescaledb']}: readings are a hypertable, compressed and aged out by it",
        )
    else:
        yield Finding(
            Verdict.CARE,
            "timescaledb",
            "is not here: readings go to native partitions and rollup tables kept by a job. "
            "All queries work; without its compression the readings take about ten times the room",
        )


def _examine_clock(connection: psycopg.Connection) -> Finding:
    before = read_clock()
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    after = read_clock()
    drift_s = (row[0] - (before + (after - before) / 2)).total_seconds()
    verdict = Verdict.WELL if abs(drift_s) <= CLOCK_DRIFT_MAX_S else Verdict.BROKEN
    return Finding(verdict, "clock", f"the database's is {drift_s:+.2f} s from this machine's")


def examine_disk(data: Path) -> list[Finding]:
    place = data
    while not place.exists():
        place = place.parent
    free_gb = shutil.disk_usage(place).free / 1e9
    verdict = Verdict.WELL if free_gb >= DISK_FREE_MIN_GB else Verdict.CARE
    return [Finding(verdict, "disk", f"{free_gb:.1f} GB free at {place}")]


def judge_mosquitto(text: str) -> list[Finding]:
    """Name each setting of a mosquitto.conf by which messages would be lost or forged."""
    lines = [line.split(maxsplit=1) for line in text.splitlines() if not line.startswith("#")]
    settings = {line[0]: line[1].strip() for line in lines if len(line) > 1}
    wants = {
        "persistence": (
            settings.get("persistence") == "true",
            "is off: a restart loses every queued message",
        ),
        "autosave_interval": (
            0 < int(settings.get("autosave_interval", "1800")) <= 30,  # noqa: PLR2004 - seconds
            "is long: a kill loses what was queued since, half an hour by default",
        ),
        "max_queued_messages": (
            int(settings.get("max_queued_messages", "1000")) == 0
            or int(settings.get("max_queued_messages", "1000")) >= 100_000,  # noqa: PLR2004
            "is small: beyond it messages for an absent ingester are dropped, though acknowledged",
        ),
        "allow_anonymous": (
            settings.get("allow_anonymous", "false") == "false",
            "is on: anybody may speak for any device",
        ),
        "acl_file": ("acl_file" in settings, "is missing: a device may speak for another"),
        "use_username_as_clientid": (
            settings.get("use_username_as_clientid") == "true",
            "is off: one device may put another off the line by its client id",
        ),
    }
    return [
        Finding(Verdict.WELL, "mosquitto", f"{name} {settings.get(name, '')}".strip())
        if is_good
        else Finding(Verdict.BROKEN, "mosquitto", f"{name} {fault}")
        for name, (is_good, fault) in wants.items()
    ]


def examine_broker(url: str) -> list[Finding]:
    """Find out by its behaviour whether the broker keeps messages for one who is away."""
    address = urlsplit(url)
    name = f"doctor-{str(new_id())[-8:]}"
    topic = f"lab/1/{name}/cmd"
    try:
        with _connect(url, name, is_lasting=True) as client:
            granted = threading.Event()
            client.on_subscribe = lambda *_: granted.set()
            client.subscribe(topic, qos=1)
            if not granted.wait(ANSWER_LIMIT_S):
                return [Finding(Verdict.BROKEN, "broker", "does not answer a subscription")]
        with _connect(url, f"{name}-sender", is_lasting=False) as client:
            for number in range(PROBE_MESSAGES):
                last = client.publish(topic, str(number), qos=1)
            last.wait_for_publish(ANSWER_LIMIT_S)
        came = _collect(url, name)
        with _connect(url, name, is_lasting=False):
            pass  # a clean session ends the lasting one
    except (OSError, RuntimeError) as error:
        return [Finding(Verdict.BROKEN, "broker", f"{address.hostname}:{address.port}: {error}")]
    if came < PROBE_MESSAGES:
        return [
            Finding(
                Verdict.BROKEN,
                "broker",
                f"kept {came} of {PROBE_MESSAGES} acknowledged messages for an absent subscriber;"
                " raise max_queued_messages",
            )
        ]
    return [
        Finding(Verdict.WELL, "broker", f"kept all {came} messages for an absent subscriber"),
        Finding(
            Verdict.WELL,
            "broker",
            "its acknowledgement is still no proof of storage: gateways keep what ingest has not"
            " committed",
        ),
    ]


def _collect(url: str, name: str) -> int:
    seen: set[bytes] = set()
    with _connect(url, name, is_lasting=True, seen=seen):
        wait_until(lambda: len(seen) >= PROBE_MESSAGES, limit_s=ANSWER_LIMIT_S)
    return len(seen)


@contextmanager
def _connect(
    url: str, client_id: str, *, is_lasting: bool, seen: set[bytes] | None = None
) -> Iterator[Client]:
    address = urlsplit(url)
    client = Client(CallbackAPIVersion.VERSION2, client_id, clean_session=not is_lasting)
    if address.username:
        client.username_pw_set(unquote(address.username), unquote(address.password or ""))
    refusal: list[str] = []
    answered = threading.Event()

    def on_connect(
        _client: Client,
        _data: object,
        _flags: object,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            refusal.append(str(reason))
        answered.set()

    client.on_connect = on_connect
    if seen is not None:
        client.on_message = lambda _client, _data, message: seen.add(bytes(message.payload))
    client.connect(address.hostname or "", address.port or 1883, keepalive=30)
    client.loop_start()
    try:
        if not answered.wait(ANSWER_LIMIT_S):
            raise OSError("the broker does not answer")
        if refusal:
            raise OSError(f"the broker refuses us: {refusal[0]}")
        yield client
    finally:
        client.disconnect()
        client.loop_stop()
