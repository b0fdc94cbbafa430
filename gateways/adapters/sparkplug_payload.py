"""The payload of Sparkplug B, described here field by field from its specification.

Only what a host application reads or writes is described; protobuf skips the rest.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError, Message

from gateways.modbus.registers import Value
from gateways.profiles.profile import WireType

FIELD: Final = descriptor_pb2.FieldDescriptorProto
PACKAGE: Final = "yixiang.sparkplug"
# (name, number, type); a type that is text names another message, `*` makes it repeated.
MESSAGES: Final[dict[str, list[tuple[str, int, int | str]]]] = {
    "PropertyValue": [
        ("type", 1, FIELD.TYPE_UINT32),
        ("is_null", 2, FIELD.TYPE_BOOL),
        ("int_value", 3, FIELD.TYPE_UINT32),
        ("long_value", 4, FIELD.TYPE_UINT64),
        ("float_value", 5, FIELD.TYPE_FLOAT),
        ("double_value", 6, FIELD.TYPE_DOUBLE),
        ("boolean_value", 7, FIELD.TYPE_BOOL),
        ("string_value", 8, FIELD.TYPE_STRING),
    ],
    "PropertySet": [("keys", 1, "*string"), ("values", 2, "*PropertyValue")],
    "Metric": [
        ("name", 1, FIELD.TYPE_STRING),
        ("alias", 2, FIELD.TYPE_UINT64),
        ("timestamp", 3, FIELD.TYPE_UINT64),
        ("datatype", 4, FIELD.TYPE_UINT32),
        ("is_historical", 5, FIELD.TYPE_BOOL),
        ("is_transient", 6, FIELD.TYPE_BOOL),
        ("is_null", 7, FIELD.TYPE_BOOL),
        ("properties", 9, "PropertySet"),
        ("int_value", 10, FIELD.TYPE_UINT32),
        ("long_value", 11, FIELD.TYPE_UINT64),
        ("float_value", 12, FIELD.TYPE_FLOAT),
        ("double_value", 13, FIELD.TYPE_DOUBLE),
        ("boolean_value", 14, FIELD.TYPE_BOOL),
        ("string_value", 15, FIELD.TYPE_STRING),
        ("bytes_value", 16, FIELD.TYPE_BYTES),
    ],
    "Payload": [
        ("timestamp", 1, FIELD.TYPE_UINT64),
        ("metrics", 2, "*Metric"),
        ("seq", 3, FIELD.TYPE_UINT64),
        ("uuid", 4, FIELD.TYPE_STRING),
        ("body", 5, FIELD.TYPE_BYTES),
    ],
}


class DataType(IntEnum):
    """The data types of the specification that carry one value."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATE_TIME = 13
    TEXT = 14
    UUID = 15


SIGNED_BITS: Final = {DataType.INT8: 8, DataType.INT16: 16, DataType.INT32: 32, DataType.INT64: 64}
TEXTS: Final = frozenset({DataType.STRING, DataType.TEXT, DataType.UUID})
WHOLES: Final = frozenset(
    {DataType.UINT8, DataType.UINT16, DataType.UINT32, DataType.UINT64, DataType.DATE_TIME}
) | frozenset(SIGNED_BITS)


class PayloadMalformed(ValueError):
    """Bytes that are no payload."""


@dataclass(frozen=True, slots=True)
class SparkplugMetric:
    """One metric of a payload, with what it leaves to the birth still empty."""

    name: str | None
    alias: int | None
    at_ms: int | None
    datatype: int | None
    is_historical: bool
    is_null: bool
    value: Value
    unit: str | None


@dataclass(frozen=True, slots=True)
class SparkplugPayload:
    at_ms: int | None
    seq: int | None
    metrics: tuple[Any, ...]  # protobuf messages; read with `read_metric` once the type is known


def build_classes() -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(
        name="yixiang_sparkplug.proto", package=PACKAGE, syntax="proto2"
    )
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in fields:
            field = message.field.add(name=field_name, number=number, label=FIELD.LABEL_OPTIONAL)
            if isinstance(kind, int):
                field.type = kind  # type: ignore[assignment]  # one of protobuf's own constants
                continue
            if kind.startswith("*"):
                field.label = FIELD.LABEL_REPEATED
            target = kind.lstrip("*")
            if target == "string":
                field.type = FIELD.TYPE_STRING
            else:
                field.type = FIELD.TYPE_MESSAGE
                field.type_name = f".{PACKAGE}.{target}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{name}"))
        for name in MESSAGES
    }


CLASSES: Final = build_classes()


def parse(data: bytes) -> SparkplugPayload:
    message: Any = CLASSES["Payload"]()  # made at run time, so it has no static type
    try:
        message.ParseFromString(data)
    except DecodeError as error:
        raise PayloadMalformed(str(error)) from error
    return SparkplugPayload(
        at_ms=message.timestamp if message.HasField("timestamp") else None,
        seq=message.seq if message.HasField("seq") else None,
        metrics=tuple(message.metrics),
    )


def read_metric(metric: Any, known_type: int | None = None) -> SparkplugMetric:  # noqa: ANN401  # see CLASSES
    """Read one metric; its data type may have been given at birth only."""
    datatype = metric.datatype if metric.HasField("datatype") else known_type
    return SparkplugMetric(
        name=metric.name if metric.HasField("name") and metric.name else None,
        alias=metric.alias if metric.HasField("alias") else None,
        at_ms=metric.timestamp if metric.HasField("timestamp") else None,
        datatype=datatype,
        is_historical=metric.is_historical,
        is_null=metric.is_null,
        value=None if metric.is_null else read_value(metric, datatype),
        unit=read_unit(metric),
    )


def read_value(metric: Any, datatype: int | None) -> Value:  # noqa: ANN401  # see CLASSES
    """Read the value as its data type says; None where the two do not fit."""
    if datatype in WHOLES:
        bits = SIGNED_BITS.get(DataType(datatype))
        if metric.HasField("long_value"):
            whole = metric.long_value
        elif metric.HasField("int_value"):
            whole = metric.int_value
        else:
            return None
        if bits is None:
            return int(whole)
        # Two's complement, whether the sender filled the field up or only the type's bits.
        whole &= (1 << bits) - 1
        return int(whole - (1 << bits) if whole >> (bits - 1) else whole)
    field = {DataType.FLOAT: "float_value", DataType.DOUBLE: "double_value"}.get(
        DataType(datatype) if datatype in set(DataType) else None  # type: ignore[arg-type]  # None finds nothing
    )
    if datatype == DataType.BOOLEAN:
        field = "boolean_value"
    elif datatype in TEXTS:
        field = "string_value"
    if field is None or not metric.HasField(field):
        return None
    value: Value = getattr(metric, field)
    return value


def read_unit(metric: Any) -> str | None:  # noqa: ANN401  # see CLASSES
    for key, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if key.lower() in {"engunit", "unit", "units"} and value.string_value:
            return str(value.string_value)[:32]
    return None


def wire_type(datatype: int | None) -> WireType | None:
    if datatype == DataType.BOOLEAN:
        return WireType.BOOLEAN
    if datatype in TEXTS:
        return WireType.STRING
    if datatype in WHOLES:
        return WireType.INTEGER
    return WireType.FLOAT if datatype in {DataType.FLOAT, DataType.DOUBLE} else None


def rebirth_request(now_ms: int) -> bytes:
    """Write the command that asks an edge node for its births."""
    message: Any = CLASSES["Payload"]()  # made at run time, so it has no static type
    message.timestamp = now_ms
    metric = message.metrics.add()
    metric.name = "Node Control/Rebirth"
    metric.timestamp = now_ms
    metric.datatype = int(DataType.BOOLEAN)
    metric.boolean_value = True
    return bytes(message.SerializeToString())
