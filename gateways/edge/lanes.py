"""How far each device's messages have got: sent to the broker, acknowledged by the server."""

from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

import msgspec

# How long the server must go on missing what we no longer have before it is called lost.
LOW_ACK_S: Final = 5.0


class Ack(msgspec.Struct, frozen=True):
    boot: str
    seq: int
    s: int = 1


@dataclass(slots=True)
class Lane:
    """How far one device's messages have been sent, and how far the server has them."""

    name: str
    device_id: int
    sent: tuple[int, int] = (0, 0)  # (generation, seq) of the last message handed to the broker
    acked: tuple[int, int] = (0, 0)
    in_flight: int = 0
    moved_s: float = 0.0  # when the server last acknowledged, or the first message was sent
    birth_of: int = 0  # the generation whose birth went out last
    # An acknowledgement below what is still here: (generation, seq), and since when.
    low_ack: tuple[int, int] | None = None
    low_since_s: float = 0.0
    # Whether the last look found nothing more; a commit, an ack or a rewind says look again.
    is_drained: bool = False

    def rewind(self) -> None:
        self.sent, self.in_flight, self.is_drained = self.acked, 0, False

    def loses(self, generation: int, seq: int, lowest: int) -> bool:
        """Say whether the server has long asked for what is here no more."""
        if seq >= lowest - 1:
            self.low_ack = None
        elif self.low_ack != (generation, seq):
            self.low_ack, self.low_since_s = (generation, seq), monotonic()
        elif monotonic() - self.low_since_s >= LOW_ACK_S:
            self.low_ack = None
            return True
        return False


def read_ack(payload: bytes) -> Ack | None:
    """Decode JSON or MessagePack, told apart by the first byte; None for anything else."""
    codec: Any = msgspec.json if payload[:1] == b"{" else msgspec.msgpack
    try:
        ack: Ack = codec.decode(payload, type=Ack)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    return ack
