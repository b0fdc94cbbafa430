"""The ways a question about devices is turned down."""

from foundation.errors import Conflict, NotFound, Refused


class DeviceNotFound(NotFound):
    code = "device_not_found"
    zh = "没有这台设备。"
    en = "There is no such device."


class MetricNotFound(NotFound):
    code = "metric_not_found"
    zh = "这台设备没有这个测量量。"
    en = "This device does not measure that."


class SpanRefused(Refused):
    code = "span_refused"
    zh = "时间范围无效：起点须早于终点。"
    en = "This span of time is not valid: it must begin before it ends."


class DeviceNameTaken(Conflict):
    code = "device_name_taken"
    zh = "这个设备名已被使用。"
    en = "Another device has this name."


class ClaimNotFound(NotFound):
    code = "claim_not_found"
    zh = "认领码无效、已用过或已过期。"
    en = "This code is wrong, used or too old."
