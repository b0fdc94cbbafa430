"""Why a message is kept aside. Pure: a list, in the words the screens use."""

from enum import StrEnum


class Reason(StrEnum):
    """What was wrong with it; one word each, so that they can be counted."""

    UNDECODABLE = "undecodable"  # neither JSON nor MessagePack
    WRONG_TYPE = "wrong_type"  # decodable, but not what the topic calls for
    WRONG_TOPIC = "wrong_topic"  # not a topic of lab/1
    NOT_FINITE = "not_finite"
    UNKNOWN_DEVICE = "unknown_device"
    UNKNOWN_BOOT = "unknown_boot"  # no birth said what its metric keys mean
    UNKNOWN_METRIC = "unknown_metric"
    UNKNOWN_COMMAND = "unknown_command"
    EPOCH_UNIT = "epoch_unit"  # seconds or microseconds where milliseconds belong
    OUT_OF_TIME_WINDOW = "out_of_time_window"
    WRONG_IDENTITY = "wrong_identity"  # a gateway speaking as if it were a device
    TOO_LARGE = "too_large"
    RATE = "rate"
    RETAINED = "retained"  # a measurement nobody took just now
    CHUNK_SCATTER = "chunk_scatter"  # one message spread over many days
    REFUSED_BY_DATABASE = "refused_by_database"


PAYLOAD_BYTES_MAX = 64 * 1024
"""How much of a message is kept."""
