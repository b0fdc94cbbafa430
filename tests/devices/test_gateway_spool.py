"""The spool on a real file: bounds, gaps, damage, and what must be done once."""

import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gateways.spool.database import SpoolUnusable, has_damaged_tail
from gateways.spool.spool import Draft, Spool
from gateways.spool.statements import DeviceRecord


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite")
    yield spool
    spool.close()


def fill(spool: Spool, record: DeviceRecord, count: int, *, at_ms: int = 0) -> None:
    for start in range(0, count, 20):
        times = range(at_ms + start, at_ms + min(start + 20, count))
        spool.commit(record, [Draft("m", at, {"ts": at, "pad": "x" * 100}) for at in times])


def numbers(spool: Spool, record: DeviceRecord) -> list[tuple[int, int]]:
    return [(row.generation, row.seq) for row in spool.waiting(record.id, (0, 0), 100_000)]


def test_numbers_begin_at_one_and_go_on_in_a_new_process(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    for expected in ([(1, 1), (1, 2)], [(1, 1), (1, 2), (1, 3), (1, 4)]):
        spool = Spool(path)
        fill(spool, spool.device("a"), 2)
        assert numbers(spool, spool.device("a")) == expected
        spool.close()


def test_every_commit_is_flushed_to_the_disk(spool: Spool) -> None:
    with spool._database.reading() as db:  # noqa: SLF001  # the setting itself is the promise
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_failed_commit_stores_nothing_and_gives_no_number(spool: Spool) -> None:
    record = spool.device("a")

    with pytest.raises(TypeError):
        spool.commit(record, [Draft("m", 0, {"ts": 0}), Draft("m", 0, {"bad": object()})])
    fill(spool, record, 1)

    assert numbers(spool, record) == [(1, 1)]


def test_acknowledged_messages_are_gone_and_others_stay(spool: Spool) -> None:
    first, second = spool.device("a"), spool.device("b")
    fill(spool, first, 5)
    fill(spool, second, 2)

    assert spool.acknowledge(first.id, first.boot, 3) == (1, 3)

    assert numbers(spool, first) == [(1, 4), (1, 5)]
    assert numbers(spool, second) == [(1, 1), (1, 2)]


def test_acknowledgement_of_an_unknown_boot_forgets_nothing(spool: Spool) -> None:
    record = spool.device("a")
    fill(spool, record, 2)

    assert spool.acknowledge(record.id, "another", 2) == (0, 0)

    assert spool.count() == 2


def test_full_spool_drops_the_oldest_and_declares_exactly_what_is_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite", bytes_max=200_000)
    old, young = spool.device("old"), spool.device("young")
    fill(spool, young, 10, at_ms=10_000_000)
    fill(spool, old, 3000)

    assert spool.bytes <= 200_000
    kept = [seq for _, seq in numbers(spool, old)]
    assert kept == list(range(kept[0], 3001))
    assert spool.dropped == kept[0] - 1 > 0
    assert len(numbers(spool, young)) == 10
    [alarm] = spool.declare_gaps(old.id, 123)
    body = msgspec.json.decode(alarm.payload)
    assert (body["code"], body["lost"], body["seq"]) == ("SPOOL_DROPPED", [1, kept[0] - 1], 3001)
    assert spool.declare_gaps(old.id, 124) == []
    assert numbers(spool, old)[-1] == (1, 3001)
    fill(spool, old, 1)
    assert numbers(spool, old)[-1] == (1, 3002)
    spool.close()


def test_size_is_known_again_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    spool = Spool(path)
    record = spool.device("a")
    fill(spool, record, 50)
    spool.acknowledge(record.id, record.boot, 20)
    before = spool.bytes
    spool.close()

    spool = Spool(path)

    assert spool.bytes == before > 0
    spool.close()


def test_aged_messages_are_dropped_and_declared(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.sqlite", age_ms_max=1000)
    record = spool.device("a")
    fill(spool, record, 10, at_ms=0)
    fill(spool, record, 10, at_ms=5000)

    spool.drop_aged(now_ms=2000)

    assert [seq for _, seq in numbers(spool, record)] == list(range(11, 21))
    assert msgspec.json.decode(spool.declare_gaps(record.id, 0)[0].payload)["lost"] == [1, 10]
    spool.close()


def test_metric_numbers_are_never_given_to_another_metric(spool: Spool) -> None:
    device = spool.device("a").id
    first = spool.metric_keys(device, [("power_w", "W", "f"), ("temp", "Cel", "f")])
    changed = spool.metric_keys(device, [("temp", "K", "f"), ("power_w", "W", "f")])

    assert first == [1, 2]
    assert changed == [3, 1]


def test_server_that_holds_more_than_was_numbered_shows_lost_commits(tmp_path: Path) -> None:
    """A disk that lied about flushing: messages 6 to 9 were sent, committed, and lost here."""
    path = tmp_path / "spool.sqlite"
    spool = Spool(path)
    fill(spool, spool.device("a"), 5)
    spool.close()
    spool = Spool(path)
    record = spool.device("a")
    fill(spool, record, 2, at_ms=777)
    boot = record.boot

    spool.acknowledge(record.id, boot, 9)

    assert record.boot != boot
    rows = spool.waiting(record.id, (0, 0), 10)
    assert [(row.generation, row.seq) for row in rows] == [(2, 1), (2, 2)]
    bodies = [msgspec.json.decode(row.payload) for row in rows]
    assert [(b["boot"], b["seq"], b["ts"]) for b in bodies] == [
        (record.boot, 1, 777),
        (record.boot, 2, 778),
    ]
    fill(spool, record, 1)
    assert numbers(spool, record)[-1] == (2, 3)
    spool.close()


def copy_of_a_killed_spool(tmp_path: Path) -> tuple[Path, Path]:
    """Leave a file and its log as a power cut would: copied while the spool is open."""
    spool = Spool(tmp_path / "spool.sqlite")
    for _ in range(20):
        fill(spool, spool.device("a"), 1)
    copy, log = tmp_path / "copy.sqlite", tmp_path / "copy.sqlite-wal"
    copy.write_bytes((tmp_path / "spool.sqlite").read_bytes())
    log.write_bytes((tmp_path / "spool.sqlite-wal").read_bytes())
    spool.close()
    return copy, log


def frame_starts(log: bytes) -> list[int]:
    (page_size,) = struct.unpack(">I", log[8:12])
    return list(range(32, len(log), 24 + page_size))


def test_sound_log_is_taken_as_it_is(tmp_path: Path) -> None:
    copy, _ = copy_of_a_killed_spool(tmp_path)

    assert not has_damaged_tail(copy)
    spool = Spool(copy)
    assert [seq for _, seq in numbers(spool, spool.device("a"))] == list(range(1, 21))
    assert not spool.had_damaged_tail
    spool.close()


def test_interrupted_last_write_is_no_damage(tmp_path: Path) -> None:
    copy, log = copy_of_a_killed_spool(tmp_path)
    whole = log.read_bytes()
    log.write_bytes(whole[: frame_starts(whole)[-1] + 700])

    assert not has_damaged_tail(copy)


@pytest.mark.parametrize("where", [0.3, 0.6, 0.9])
def test_damage_before_further_commits_is_noticed(where: float, tmp_path: Path) -> None:
    copy, log = copy_of_a_killed_spool(tmp_path)
    data = bytearray(log.read_bytes())
    starts = frame_starts(bytes(data))
    hit = starts[int(len(starts) * where)] + 24 + 2000
    data[hit : hit + 8] = bytes(b ^ 0xFF for b in data[hit : hit + 8])
    log.write_bytes(data)

    assert has_damaged_tail(copy)

    spool = Spool(copy)
    assert spool.had_damaged_tail
    kept = [seq for _, seq in numbers(spool, spool.device("a"))]
    assert kept == list(range(1, len(kept) + 1))
    assert len(kept) < 20
    spool.close()


def test_file_that_is_no_spool_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database at all, but long enough to be looked at" * 30)
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    for path, reason in ((text, "no spool"), (newer, "version 99"), (tmp_path, "cannot be opened")):
        with pytest.raises(SpoolUnusable, match=reason):
            Spool(path)


def test_command_is_new_once_even_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "spool.sqlite"
    for is_new in (True, False):
        spool = Spool(path)
        assert spool.commands.remember("cmd-1", "a", 1000) is is_new
        spool.close()


def test_result_is_kept_until_it_was_handed_over(spool: Spool) -> None:
    spool.commands.remember("cmd-1", "a", 1000)
    assert spool.commands.unsent() == []

    spool.commands.store_result("cmd-1", b"{}")

    assert spool.commands.unsent() == [("cmd-1", "a", b"{}")]
    spool.commands.mark_sent("cmd-1")
    assert spool.commands.unsent() == []
    assert spool.commands.result_of("cmd-1") == b"{}"
