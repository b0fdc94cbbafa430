"""The topics of `lab/1`: how they are built and how they are read. Pure: text in, text out."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from typing_extensions import override

PREFIX: Final = "lab/1"

# One level of a topic: what may name a device, a gateway or a client account.
NAME_PATTERN: Final = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)


class Kind(StrEnum):
    """The last level: what a message is about."""

    BIRTH = "birth"  # who I am and what I measure; retained
    STATE = "state"  # what I am doing; retained, and the will
    MEASUREMENTS = "m"
    EVENT = "evt"  # what is billed
    ALARM = "alarm"
    COMMAND = "cmd"
    RESULT = "res"
    ACK = "ack"  # committed up to this sequence number


# What the server says to a device; everything else a device says to the server.
DOWNWARD: Final = frozenset({Kind.COMMAND, Kind.ACK})
UPWARD: Final = frozenset(Kind) - DOWNWARD
RETAINED: Final = frozenset({Kind.BIRTH, Kind.STATE})


class TopicMalformed(ValueError):
    """A text that is no topic of `lab/1`, or a name that cannot be part of one."""

    code = "topic_malformed"


@dataclass(frozen=True, slots=True)
class Topic:
    device: str
    kind: Kind

    @override
    def __str__(self) -> str:
        return f"{PREFIX}/{self.device}/{self.kind}"


def is_name(text: str) -> bool:
    return NAME_PATTERN.fullmatch(text) is not None


def require_name(text: str) -> str:
    if not is_name(text):
        raise TopicMalformed(f"{text!r} is no device name: 1 to 64 of a-z, 0-9 and the hyphen")
    return text


def build(device: str, kind: Kind) -> str:
    """Name one device's topic of one kind."""
    return f"{PREFIX}/{require_name(device)}/{kind}"


def birth(device: str) -> str:
    return build(device, Kind.BIRTH)


def state(device: str) -> str:
    return build(device, Kind.STATE)


def measurements(device: str) -> str:
    return build(device, Kind.MEASUREMENTS)


def event(device: str) -> str:
    return build(device, Kind.EVENT)


def alarm(device: str) -> str:
    return build(device, Kind.ALARM)


def command(device: str) -> str:
    return build(device, Kind.COMMAND)


def result(device: str) -> str:
    return build(device, Kind.RESULT)


def ack(device: str) -> str:
    return build(device, Kind.ACK)


def of_every_device(kind: Kind) -> str:
    """The filter that matches one kind of message of all devices."""
    return f"{PREFIX}/+/{kind}"


def of_one_device(device: str) -> str:
    """The filter that matches everything of one device: what its account may touch."""
    return f"{PREFIX}/{require_name(device)}/#"


def parse(topic: str) -> Topic:
    """Read a topic back; raise `TopicMalformed` for whatever is not exactly `lab/1`'s."""
    match topic.split("/"):
        case ["lab", "1", device, kind] if is_name(device):
            try:
                return Topic(device, Kind(kind))
            except ValueError:
                raise TopicMalformed(f"{topic!r} ends in no known kind") from None
    raise TopicMalformed(f"{topic!r} is not lab/1/{{device}}/{{kind}}")
