"""The payloads of `lab/1` as types, and how bytes become them. Pure: bytes in, values out."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from gateways.mqtt.topics import Kind
from telemetry.quarantine.rules import Reason

DAY_MS: Final = 86_400_000
PAST_MS_MAX: Final = 90 * DAY_MS
FUTURE_MS_MAX: Final = 5 * 60_000
DAYS_A_MESSAGE_MAX: Final = 3
"""A gateway sends what it measured within a second; only nonsense spans more days."""
SIZE_MAX: Final = 256 * 1024

# PostgreSQL takes no NUL in a text, and no person reads control characters.
Word = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, Meta(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*$")]
Boot = Annotated[str, Meta(min_length=1, max_length=64)]
Seq = Annotated[int, Meta(ge=1, le=2**62)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Millis = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Schema = Literal[1]


class MetricDeclared(Struct):
    k: Annotated[int, Meta(ge=0, le=1_000_000)]
    n: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z][a-z0-9_.]*$")]
    u: Text = "1"
    t: Literal["f", "i", "c", "e", "b", "s"] = "f"


class Birth(Struct):
    s: Schema
    boot: Word
    fw: Text = ""
    model: Text = ""
    metrics: Annotated[list[MetricDeclared], Meta(max_length=2000)] = []


class State(Struct):
    s: Schema
    boot: Word
    online: bool
    ts: Millis
    op: Literal["not_available", "out_of_service", "not_executing", "executing"] = "not_available"
    mode: Literal["none", "maintenance", "setup", "processing"] = "none"
    session: Text | None = None


class Value(Struct, gc=False):
    k: int
    v: float | bool | str | None
    dt: Millis = 0
    q: Annotated[int, Meta(ge=0, le=3)] = 0


class Measurements(Struct, gc=False):
    s: Schema
    boot: Boot
    seq: Seq
    ts: Millis
    m: Annotated[list[Value], Meta(max_length=200)]


class Event(Struct):
    s: Schema
    boot: Word
    seq: Seq
    ts: Millis
    e: Literal["start", "hb", "stop"]
    session: Word
    run_ms: Count
    cycles: Count | None = None
    energy_wh: Count | None = None
    op: Text | None = None
    lease: Text | None = None


class Alarm(Struct):
    s: Schema
    boot: Word
    seq: Seq
    ts: Millis
    code: Word
    active: bool
    sev: Literal["info", "minor", "major", "critical"] = "major"
    v: float | None = None
    lim: float | None = None
    lost: tuple[Seq, Seq] | None = None
    """With SPOOL_DROPPED: the first and last number that will never come."""


class Result(Struct):
    s: Schema
    id: Word
    ok: bool
    state: Text = ""
    ts: Millis = 0
    error: Text | None = None


class Envelope(Struct):
    """What can be saved of a message that is otherwise wrong: which one it was."""

    boot: Word
    seq: Seq


class Unintelligible(Exception):
    """A message that cannot be taken, with the reason."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


Payload = Birth | State | Measurements | Event | Alarm | Result

TYPES: Final[dict[Kind, type[Any]]] = {
    Kind.BIRTH: Birth,
    Kind.STATE: State,
    Kind.MEASUREMENTS: Measurements,
    Kind.EVENT: Event,
    Kind.ALARM: Alarm,
    Kind.RESULT: Result,
}
JSON: Final = {kind: msgspec.json.Decoder(kind_of) for kind, kind_of in TYPES.items()}
MESSAGE_PACK: Final = {kind: msgspec.msgpack.Decoder(kind_of) for kind, kind_of in TYPES.items()}
ENVELOPE_JSON: Final = msgspec.json.Decoder(Envelope)
ENVELOPE_MESSAGE_PACK: Final = msgspec.msgpack.Decoder(Envelope)

# What a map begins with in MessagePack; no JSON text begins with any of these.
MAPS: Final = frozenset([*range(0x80, 0x90), 0xDE, 0xDF])
# All that the two decoders raise, found by feeding them nonsense.
CANNOT: Final = (msgspec.DecodeError, ValueError, RecursionError, OverflowError, MemoryError)


def decode(kind: Kind, payload: bytes) -> Any:  # noqa: ANN401 - one of Payload, by the kind
    """Turn bytes into the type of their topic.

    Raises:
        Unintelligible: for whatever is not such a thing.
    """
    if len(payload) > SIZE_MAX:
        raise Unintelligible(Reason.TOO_LARGE, f"{len(payload)} bytes, at most {SIZE_MAX}")
    decoders = MESSAGE_PACK if payload[:1] and payload[0] in MAPS else JSON
    try:
        return decoders[kind].decode(payload)
    except msgspec.ValidationError as error:
        raise Unintelligible(Reason.WRONG_TYPE, str(error)) from None
    except CANNOT as error:
        raise Unintelligible(Reason.UNDECODABLE, str(error)[:200]) from None


def identify(payload: bytes) -> Envelope | None:
    """Say which message of which boot this was, if at all readable."""
    if len(payload) > SIZE_MAX:
        return None
    decoder = ENVELOPE_MESSAGE_PACK if payload[:1] and payload[0] in MAPS else ENVELOPE_JSON
    try:
        return decoder.decode(payload)
    except CANNOT:
        return None


def require_time(at_ms: int, received_ms: int) -> None:
    """Refuse a time that no working clock would show; guessing would put it on a bill."""
    if received_ms - PAST_MS_MAX <= at_ms <= received_ms + FUTURE_MS_MAX:
        return
    for factor, unit in ((1000, "seconds"), (1 / 1000, "microseconds"), (1e-6, "nanoseconds")):
        if received_ms - PAST_MS_MAX <= at_ms * factor <= received_ms + FUTURE_MS_MAX:
            raise Unintelligible(Reason.EPOCH_UNIT, f"{at_ms} looks like {unit}")
    raise Unintelligible(
        Reason.OUT_OF_TIME_WINDOW, f"{at_ms} is {(at_ms - received_ms) / 1000:.0f} s from now"
    )


def require_times(first_ms: int, last_ms: int, received_ms: int) -> None:
    """Refuse a message whose earliest or latest value is out of time, or that spans days."""
    require_time(first_ms, received_ms)
    if last_ms != first_ms:
        require_time(last_ms, received_ms)
        days = last_ms // DAY_MS - first_ms // DAY_MS
        if days >= DAYS_A_MESSAGE_MAX:
            raise Unintelligible(Reason.CHUNK_SCATTER, f"values {days} days apart")
