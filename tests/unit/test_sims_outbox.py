"""Which messages a device keeps, for how long, and in which order it sends them."""

from sims.outbox import EVENTS_MAX, MEASUREMENTS_MAX, Outbox, Outgoing
from sims.store import StoredEvent


def message(seq: int, kind: str = "m", boot: str = "01B") -> Outgoing:
    return Outgoing(kind, boot, seq, b"{}")


def send_all(outbox: Outbox) -> list[int]:
    sent = []
    for each in outbox.to_send():
        each.is_sent = True
        sent.append(each.seq)
    return sent


def test_each_message_is_sent_once() -> None:
    outbox = Outbox([])
    for seq in (1, 2, 3):
        outbox.put(message(seq))

    assert send_all(outbox) == [1, 2, 3]
    assert send_all(outbox) == []


def test_what_could_not_be_sent_is_sent_next_time_and_in_order() -> None:
    outbox = Outbox([])
    for seq in (1, 2, 3):
        outbox.put(message(seq))
    for each in outbox.to_send():
        each.is_sent = each.seq == 1

    outbox.put(message(4))

    assert send_all(outbox) == [2, 3, 4]


def test_new_connection_sends_again_what_is_not_safe() -> None:
    outbox = Outbox([StoredEvent("01A", 9, "evt", b"{}")])
    for seq, kind in ((1, "m"), (2, "evt"), (3, "m"), (4, "evt")):
        outbox.put(message(seq, kind))
    send_all(outbox)
    outbox.broker_has(("01B", 1))
    outbox.server_has("01B", 2)

    outbox.start_again()

    assert send_all(outbox) == [9, 3, 4]


def test_broker_cannot_make_an_event_safe() -> None:
    outbox = Outbox([])
    outbox.put(message(1, "evt"))

    outbox.broker_has(("01B", 1))

    assert outbox.unacknowledged == 1


def test_server_makes_safe_up_to_a_number_of_one_boot() -> None:
    outbox = Outbox([])
    for seq in (1, 2, 3):
        outbox.put(message(seq, "evt"))

    assert not outbox.server_has("01A", 3)
    assert outbox.server_has("01B", 2)

    assert [event.seq for event in outbox.events] == [3]


def test_memory_has_an_end_and_the_oldest_go() -> None:
    outbox = Outbox([])
    for seq in range(1, MEASUREMENTS_MAX + 3):
        outbox.put(message(seq))
    for seq in range(1, EVENTS_MAX + 2):
        outbox.put(message(seq, "evt", boot="01C"))

    sent = send_all(outbox)

    assert outbox.dropped == 3
    assert len(sent) == MEASUREMENTS_MAX + EVENTS_MAX
    assert sent[0] == 3


def test_power_cut_loses_measurements_and_no_event() -> None:
    outbox = Outbox([])
    outbox.put(message(1))
    outbox.put(message(2, "evt"))

    outbox.lose_power()
    outbox.start_again()

    assert send_all(outbox) == [2]
