"""The plainest request an operation takes, made from its description."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

Described = Mapping[str, Any]
Ids = Mapping[str, str]

MADE_BY_PATTERN = {"^[A-Z]": "WORDS", r"^\d": "1", "^[a-z]": "words"}
FIT = {"RuleBody": {"kind": "stale", "for_s": 60}}
"""What must fit together in a body."""
LAST = {"to": 13, "free_to": 13, "ends_at": 3, "valid_to": 3}
"""What ends something, and so is after what begins it: at which hour."""
CALLED = {
    "holder_id": "person_id",
    "technician_id": "person_id",
    "first_handler_id": "person_id",
    "actor_id": "person_id",
    "licence_file_id": "file_id",
    "other_file_id": "file_id",
}
"""Fields that name a thing by the part it plays."""
PLAINEST = {"integer": 1, "number": 1.0, "boolean": True}


def body_for(  # noqa: PLR0911 - one a kind
    schema: Described, document: Described, ids: Ids, name: str = ""
) -> Any:
    """Make the plainest value a schema takes; what names a thing that there is an id of has it."""
    if "$ref" in schema:
        called = schema["$ref"].split("/")[-1]
        made = body_for(document["components"]["schemas"][called], document, ids, name)
        return made | FIT[called] if called in FIT else made
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return body_for(schema[choice][0], document, ids, name)
    kind = str(schema.get("type"))
    if kind == "object":
        return {
            key: body_for(part, document, ids, key)
            for key, part in schema.get("properties", {}).items()
            if key in schema.get("required", ()) or thing_of(key) in ids
        }
    if kind == "array":
        is_named = thing_of(name) in ids
        return [
            body_for(schema["items"], document, ids, name)
            for _ in range(max(schema.get("minItems", 0), is_named))
        ]
    if kind == "string":
        return ids.get(thing_of(name)) or _text(schema, name)
    if kind == "integer":
        return max(schema.get("minimum", 1), 1)
    return PLAINEST.get(kind)


def thing_of(name: str) -> str:
    """Return what thing a field names, if it names one."""
    return CALLED.get(name, name.removesuffix("s") if name.endswith("_ids") else name)


def _text(schema: Described, name: str) -> str:
    formats = {
        "uuid": str(uuid4()),
        "date": "2031-01-07" if name in LAST else "2031-01-06",
        "date-time": f"2031-01-06T{LAST.get(name, 1):02}:00:00Z",
        "password": "a long enough word",
    }
    plain = formats.get(str(schema.get("format")), "words")
    for pattern, value in MADE_BY_PATTERN.items():
        if str(schema.get("pattern", "")).startswith(pattern):
            plain = value
    return plain.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 1000)]


def query_for(parameters: Iterable[Described], document: Described, ids: Ids) -> str:
    """Make the plainest query that an operation takes: what it requires, and what `ids` name."""
    asked = {
        parameter["name"]: body_for(parameter["schema"], document, ids, parameter["name"])
        for parameter in parameters
        if parameter["in"] == "query"
        and (parameter.get("required") or thing_of(parameter["name"]) in ids)
    }
    return f"?{urlencode(asked, doseq=True)}" if asked else ""
