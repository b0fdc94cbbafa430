"""The three ways a device can disappoint, told apart by what the caller can do."""

from typing import ClassVar, Final

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3
DEVICE_FAILURE: Final = 4
ACKNOWLEDGE: Final = 5
BUSY: Final = 6
MEMORY_PARITY: Final = 8
GATEWAY_PATH: Final = 10
GATEWAY_TARGET: Final = 11


class DeviceError(Exception):
    """A conversation with a device came to nothing."""

    code: ClassVar[str]


class DeviceUnreachable(DeviceError):
    """Nobody answered, or the line broke: try later."""

    code = "device_unreachable"


class LineDown(DeviceUnreachable):
    """The line itself could not be opened: no unit's fault."""

    code = "line_down"


class DeviceRefused(DeviceError):
    """The device answered with a Modbus exception: the same request will not do better."""

    code = "device_refused"

    def __init__(self, exception_code: int) -> None:
        self.exception_code = exception_code
        super().__init__(f"the device answered with exception {exception_code}")


class UnintelligibleReply(DeviceError):
    """An answer that is not one to this request: a bug, noise, or a wrong profile."""

    code = "unintelligible_reply"
