"""The pure parts of the edge: reporting, sessions, breaker, interlock."""

import json
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from gateways.edge.interlock import (
    Command,
    CommandRefused,
    CommandUnreadable,
    Target,
    find_refusal,
    read_command,
    target_of,
)
from gateways.edge.load import LoadWatcher
from gateways.edge.reporting import Channel, Reporter, Sample, bundle
from gateways.edge.sessions import Run, RunWatcher, Tally, take_tally
from gateways.modbus.breaker import Breaker, BreakerState
from gateways.modbus.registers import Quality, Value
from gateways.profiles.profile import Counters, Phase, Threshold
from gateways.spool.commands import Wanted

NOW = 1_795_000_000_000


def sample(value: Value, at_ms: int = NOW, quality: Quality = Quality.GOOD) -> Sample:
    return Sample(value, quality, at_ms)


def reported(channel: Channel, *samples: Sample) -> list[bool]:
    reporter = Reporter([channel])
    return [bool(reporter.choose({channel.name: each})) for each in samples]


@pytest.mark.parametrize(
    ("channel", "values", "expected"),
    [
        pytest.param(Channel(1, "x", "1", "f"), [1.0, 1.0, 1.1], [1, 0, 1], id="every change"),
        pytest.param(
            Channel(1, "x", "1", "f", deadband=0.5),
            [1.0, 1.4, 1.5, 1.6, 2.0],
            [1, 0, 0, 1, 0],
            id="absolute band, from the last reported",
        ),
        pytest.param(
            Channel(1, "x", "1", "f", deadband_percent=10),
            [100.0, 109.0, 111.0, 101.0],
            [1, 0, 1, 0],
            id="per cent band",
        ),
        pytest.param(
            Channel(1, "x", "1", "b", deadband=5), [False, True, True], [1, 1, 0], id="yes or no"
        ),
        pytest.param(Channel(1, "x", "1", "f"), [0, False], [1, 1], id="0 is not no"),
        pytest.param(Channel(1, "x", "1", "s"), ["a", "b", "b"], [1, 1, 0], id="text"),
        pytest.param(Channel(1, "x", "1", "f", deadband=9), [5.0, None, 5.0], [1, 1, 1], id="null"),
    ],
)
def test_value_is_reported_when_it_moved(
    channel: Channel, values: list[Value], expected: list[int]
) -> None:
    assert reported(channel, *map(sample, values)) == [bool(each) for each in expected]


def test_value_is_reported_after_the_longest_silence_with_its_own_time() -> None:
    channel = Channel(1, "x", "1", "f", silence_s=60)
    reporter = Reporter([channel])
    reporter.choose({"x": sample(5.0)})

    assert reporter.choose({"x": sample(5.0, NOW + 59_999)}) == []
    [(_, said)] = reporter.choose({"x": sample(5.0, NOW + 60_000)})

    assert said.at_ms == NOW + 60_000


def test_old_sample_seen_again_is_not_made_fresh() -> None:
    reporter = Reporter([Channel(1, "x", "1", "f", silence_s=60)])
    old = sample(5.0)
    reporter.choose({"x": old})

    assert [reporter.choose({"x": old}) for _ in range(3)] == [[], [], []]


def test_message_holds_at_most_200_values_of_one_second() -> None:
    many = [(k, sample(1.0, NOW)) for k in range(450)]
    late = [(500, sample(1.0, NOW + 999)), (501, sample(1.0, NOW + 1000))]

    messages = bundle([*many, *late])

    sizes = [(ts - NOW, len(body["m"])) for ts, body in messages]
    assert sizes == [(0, 200), (0, 200), (0, 51), (1000, 1)]
    assert messages[2][1]["m"][-1] == {"k": 500, "v": 1.0, "dt": 999}


def test_bad_value_says_so_on_the_wire() -> None:
    [(_, body)] = bundle([(1, sample(None, quality=Quality.BAD))])

    assert body["m"] == [{"k": 1, "v": None, "q": 3}]


# Sessions.


def watcher(run: Run | None = None) -> RunWatcher:
    numbers = count(1)
    return RunWatcher(lambda: f"session-{next(numbers)}", run)


def tally(seconds: float, run_ms: int, cycles: int = 0) -> Tally:
    return Tally(NOW + int(seconds * 1000), run_ms, cycles)


def told(events: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(event["e"], event["session"], event["run_ms"]) for event in events]


def test_run_begins_at_the_idle_counter_and_ends_at_the_next_idle_one() -> None:
    runs = watcher()
    runs.observe(Phase.IDLE, tally(0, 1000), None)

    start = runs.observe(Phase.WARM_UP, tally(1, 1700), "cmd-1")
    between = runs.observe(Phase.RUN, tally(2, 2700), "cmd-1")
    cooling = runs.observe(Phase.COOL_DOWN, tally(3, 3700), None)
    stop = runs.observe(Phase.IDLE, tally(4, 4200), None)

    assert told(start) == [("start", "session-1", 1000)]
    assert (start[0]["ts"], start[0]["lease"]) == (NOW + 1000, "cmd-1")
    assert between == cooling == []
    assert told(stop) == [("stop", "session-1", 4200)]
    assert stop[0]["lease"] == "cmd-1"


def test_stale_idle_counter_is_not_where_a_run_begins() -> None:
    runs = watcher()
    runs.observe(Phase.IDLE, tally(0, 1000), None)

    assert told(runs.observe(Phase.RUN, tally(60, 9000), None)) == [("start", "session-1", 9000)]


def test_heartbeat_comes_each_minute_of_either_clock() -> None:
    runs = watcher()
    runs.observe(Phase.RUN, tally(0, 0), None)

    assert runs.observe(Phase.RUN, tally(59, 59_000), None) == []
    assert told(runs.observe(Phase.RUN, tally(60, 59_900), None)) == [("hb", "session-1", 59_900)]
    assert told(runs.observe(Phase.RUN, tally(61, 119_900), None)) == [("hb", "session-1", 119_900)]


def test_fault_ends_a_run_and_a_restart_is_another() -> None:
    runs = watcher()
    runs.observe(Phase.RUN, tally(0, 0), None)

    assert told(runs.observe(Phase.FAULT, tally(1, 500), None)) == [("stop", "session-1", 500)]
    assert told(runs.observe(Phase.RUN, tally(2, 600), None)) == [("start", "session-2", 500)]


def test_run_remembered_from_before_goes_on() -> None:
    before = watcher()
    before.observe(Phase.RUN, tally(0, 100), "cmd-1")
    assert before.run is not None
    memory = json.loads(json.dumps(before.run.to_memory()))

    after = watcher(Run.from_memory(memory))

    assert told(after.observe(Phase.IDLE, tally(30, 9000), None)) == [("stop", "session-1", 9000)]


def test_counter_that_cannot_be_read_makes_no_event() -> None:
    counters = Counters(run_ms="run_ms", cycles="cycles")

    bad = {"run_ms": sample(None, quality=Quality.BAD), "cycles": sample(3)}
    assert take_tally(counters, bad, NOW) is None
    good = {"run_ms": sample(Decimal("1.5")), "cycles": sample(3)}
    assert take_tally(counters, good, NOW) == Tally(NOW, Decimal("1.5"), 3)


# Metering by load.


def metered(*loads: tuple[float, float]) -> tuple[list[Phase], int]:
    """Feed (seconds, watts); return the phases and the milliseconds counted."""
    load = LoadWatcher(Threshold(run_above=150, idle_below=100, hold_s=10))
    phases = [load.observe(watts, NOW + int(seconds * 1000)) for seconds, watts in loads]
    return phases, load.run_ms


def test_load_above_the_threshold_for_long_enough_is_a_run() -> None:
    loads = [(s, 500.0 if 20 <= s < 80 else 20.0) for s in range(0, 120, 5)]

    phases, run_ms = metered(*loads)

    assert [s for (s, _), p in zip(loads, phases, strict=True) if p is Phase.RUN] == [
        *range(30, 90, 5)
    ]
    assert run_ms == 60_000


def test_spike_and_dip_change_nothing() -> None:
    spike = [(0, 20.0), (5, 900.0), (12, 20.0), (20, 20.0)]
    dip = [(0, 500.0), (10, 500.0), (15, 20.0), (20, 120.0), (30, 500.0)]

    assert metered(*spike) == ([Phase.IDLE] * 4, 0)
    assert metered(*dip)[0] == [Phase.IDLE, *[Phase.RUN] * 4]


def test_time_that_nobody_saw_is_not_counted() -> None:
    _, run_ms = metered((0, 500.0), (10, 500.0), (20, 500.0), (320, 500.0), (330, 500.0))

    assert run_ms == 20_000


# Breaker.


def test_breaker_opens_after_three_failures_and_probes_once_in_a_while() -> None:
    breaker = Breaker()

    for now_s in (0.0, 1.0):
        breaker.fail(now_s, 1.0)
        assert breaker.allows(now_s)
    breaker.fail(2.0, 1.0)

    assert breaker.state is BreakerState.OPEN
    assert not breaker.allows(20.9)
    assert breaker.allows(21.1)
    breaker.fail(22.1, 1.0)
    assert not breaker.allows(41.0)
    assert breaker.allows(41.2)
    breaker.succeed()
    assert breaker.failures == 0


@pytest.mark.parametrize("silent_units", [1, 4])
def test_probes_of_all_silent_units_cost_the_line_a_twentieth(silent_units: int) -> None:
    breakers = [Breaker(pause_max_s=10_000) for _ in range(silent_units)]
    now_s = spent_s = 0.0
    while now_s < 20_000:
        for breaker in breakers:
            if breaker.allows(now_s):
                now_s += 1.0
                spent_s += 1.0
                breaker.fail(now_s, 1.0, silent_units=silent_units)
        now_s += 0.5

    assert spent_s / now_s < 0.06


# Interlock.


def command(**changes: object) -> Command:
    known: dict[str, object] = {
        "id": "c",
        "exp": NOW + 1000,
        "do": "set",
        "target": "interlock",
        "value": "unlocked",
        "lease_until": NOW + 5000,
    }
    return Command(**(known | changes))  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({}, None, id="sound"),
        pytest.param({"value": "locked", "lease_until": None}, None, id="a lock needs no lease"),
        pytest.param({"exp": NOW}, CommandRefused.EXPIRED, id="expired at its instant"),
        pytest.param({"lease_until": NOW}, CommandRefused.LEASE_OVER, id="lease over"),
        pytest.param({"lease_until": None}, CommandRefused.MALFORMED, id="no lease"),
        pytest.param({"do": "toggle"}, CommandRefused.UNSUPPORTED, id="toggle"),
        pytest.param({"value": "open"}, CommandRefused.UNSUPPORTED, id="unknown value"),
    ],
)
def test_command_is_judged(changes: dict[str, object], expected: CommandRefused | None) -> None:
    assert find_refusal(command(**changes), has_interlock=True, now_ms=NOW) is expected


def test_device_without_a_relay_supports_no_command() -> None:
    refusal = find_refusal(command(), has_interlock=False, now_ms=NOW)

    assert refusal is CommandRefused.UNSUPPORTED


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(None, None, id="nobody ever said"),
        pytest.param(Wanted("locked", None, "c"), Target(False, 0, None), id="locked"),  # noqa: FBT003  # as it reads
        pytest.param(
            Wanted("unlocked", NOW + 1, "c"),
            Target(True, 1, "c"),  # noqa: FBT003  # as it reads
            id="a millisecond left is a second for the watchdog",
        ),
        pytest.param(Wanted("unlocked", NOW, "c"), Target(False, 0, None), id="lease over"),  # noqa: FBT003  # as it reads
    ],
)
def test_relay_should_be_what_the_lease_says(
    wanted: Wanted | None, expected: Target | None
) -> None:
    assert target_of(wanted, NOW) == expected


@pytest.mark.parametrize(
    ("payload", "known_id"),
    [
        pytest.param(b"", None, id="empty"),
        pytest.param(b"\xc1", None, id="no MessagePack"),
        pytest.param(b'{"id": "c"', None, id="no JSON"),
        pytest.param(b'{"id": "c"}', "c", id="an id and nothing else"),
        pytest.param(b'{"id": 5}', None, id="a number for an id"),
        pytest.param(b'{"id": "' + b"x" * 65 + b'"}', None, id="an id too long"),
        pytest.param(b"[" * 100_000, None, id="nested beyond reason"),
        pytest.param(b'{"id": "\xff"}', None, id="not UTF-8"),
    ],
)
def test_unreadable_command_tells_its_id_where_it_has_one(
    payload: bytes, known_id: str | None
) -> None:
    with pytest.raises(CommandUnreadable) as unreadable:
        read_command(payload)

    assert unreadable.value.command_id == known_id
