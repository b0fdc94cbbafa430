"""Bad input wherever booking writes: all that is wrong is named, and nothing is written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from httpx2 import Response
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session, sessionmaker

from booking.instruments.tables import Instrument
from booking.policies.tables import Policy
from booking.reservations.tables import Reservation
from cli.tables import METADATA
from foundation.clock import read_clock
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

TAGS = {"reservations", "policies", "instruments", "usage", "feeds", "kiosk", "labels"}
WRITES = {"post", "put", "patch"}
NOT_WRITTEN = {"sign_ins"}
"""Notes when somebody was last there, whatever they did."""
JUDGED_BY_RULES = {"purpose": "the rules say it together with all else that is wrong"}
"""Texts whose length is no matter of the document's."""
SPOILED: Mapping[str, Any] = {
    "integer": "many",
    "number": "many",
    "boolean": "perhaps",
    "object": "words",
    "array": "words",
}

Described = Mapping[str, Any]


@dataclass(frozen=True)
class Written:
    """An operation that writes what its body says."""

    method: str
    path: str
    fields: Mapping[str, Described]


def operations(app: FastAPI) -> Iterator[Written]:
    document = app.openapi()
    for path, verbs in document["paths"].items():
        for verb, described in verbs.items():
            body = described.get("requestBody", {}).get("content", {}).get("application/json")
            if verb in WRITES and TAGS & set(described["tags"]) and body:
                schema = resolved(body["schema"], document)
                fields = {
                    name: resolved(field, document) for name, field in schema["properties"].items()
                }
                yield Written(verb.upper(), path, fields)


def resolved(schema: Described, document: Described) -> Described:
    """Follow references, and take what a field may be besides nothing."""
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
        elif "anyOf" in schema:
            schema = schema["anyOf"][0]
        else:
            return schema


def spoil(field: Described) -> Any:
    """Return what the field cannot be; None where everything is fit."""
    if {"enum", "const", "pattern"} & field.keys() or field.get("format") in {"uuid", "date"}:
        return "no such thing"
    if "maxLength" in field:
        return "x" * (field["maxLength"] + 1)
    if field.get("format") == "date-time":
        return "2031-01-06T09:00:00"  # whose clock?
    return SPOILED.get(str(field.get("type")))


@pytest.fixture
def written(session_factory: sessionmaker[Session]) -> "Tables":
    return Tables(session_factory.kw["bind"])


class Tables:
    """Knows what every table held, and says which hold something else now."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        said = "md5(coalesce(string_agg(t::text, '' ORDER BY t::text), ''))"
        self._query = text(
            " UNION ALL ".join(
                f"SELECT '{one.name}', {said} FROM {one.name} t"
                for one in METADATA.sorted_tables
                if one.name not in NOT_WRITTEN
            )
        )
        self._before: dict[str, str] = {}

    def remember(self) -> None:
        self._before = self._read()

    def changed(self) -> list[str]:
        now = self._read()
        return sorted(name for name, digest in self._before.items() if now[name] != digest)

    def _read(self) -> dict[str, str]:
        self._connection.execute(text("SET LOCAL ROLE NONE"))
        rows = self._connection.execute(self._query)
        return {name: digest for name, digest in rows}  # noqa: C416 - rows are no pairs to mypy


def named(answer: Response) -> set[str]:
    """Return the fields a problem document names, the outermost of each."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    fields = [one["field"] or "" for one in answer.json()["problems"]]
    return {field.removeprefix("body.").split(".")[0] for field in fields}


def test_every_text_of_booking_has_a_length(bare_app: FastAPI) -> None:
    endless = {
        f"{one.method} {one.path} {name}"
        for one in operations(bare_app)
        for name, field in one.fields.items()
        if field.get("type") == "string" and spoil(field) is None and name not in JUDGED_BY_RULES
    }

    assert endless == set()


def test_whatever_is_wrong_with_a_body_is_named_and_nothing_is_written(
    app: FastAPI, signed_in_as: SignedInAs, cast: Cast, written: Tables
) -> None:
    """Each field of each body is spoiled at once; whoever may ask is told of them all."""
    askers = [signed_in_as(person) for person in (cast.mei, cast.alice)]
    written.remember()
    told = set()
    for one in operations(app):
        body = {
            name: bad for name, field in one.fields.items() if (bad := spoil(field)) is not None
        }
        path = one.path
        for parameter in ("reservation_id", "instrument_id", "penalty_id", "usage_id", "entry_id"):
            path = path.replace("{" + parameter + "}", str(uuid4()))
        answers = [asker.request(one.method, path, json=body) for asker in askers]
        assert {answer.status_code for answer in answers} <= {403, 422}, (one, answers[0].text)
        for answer in answers:
            if answer.status_code == 422:
                assert named(answer) >= body.keys(), one
                told.add((one.method, one.path))

    admins = {("PUT", "/api/v1/enterprise/endorsement")}
    assert told | admins == {(one.method, one.path) for one in operations(app)}
    assert written.changed() == []


# What only the rules can judge: each request is wrong in every way there is, and says so.


@dataclass
class Place:
    """An instrument with a question, a reservation of Alice's, and somebody else's people."""

    cast: Cast
    instrument: Instrument
    reservation: Reservation
    submitted: Reservation


@pytest.fixture
def place(session_factory: sessionmaker[Session], cast: Cast) -> Place:
    noon = read_clock().replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        session.add(
            Policy(
                institution_id=cast.institution.id,
                instrument_id=instrument.id,
                terms={
                    "questions": [
                        {
                            "key": "alloy",
                            "label_zh": "牌号",
                            "label_en": "Alloy",
                            "type": "text",
                            "required": True,
                        }
                    ]
                },
                updated_at=make.LONG_AGO,
            )
        )
        mine, asked = (
            make.reservation(
                session,
                instrument=instrument,
                holder=cast.alice,
                starts_at=noon + hours * timedelta(hours=2),
                state=state,
            )
            for hours, state in ((0, "reserved"), (1, "reserved"))
        )
        asked.state, asked.expires_at = "submitted", noon
        mine.answers = asked.answers = {"alloy": "Q235"}
        return Place(cast, instrument, mine, asked)


ONCE = {"Idempotency-Key": "once and no more"}
NAIVE, MALFORMED = "2031-01-06T09:00:00", "tomorrow at nine"
TIMES = {("no_time_zone", "starts_at"), ("not_a_time", "ends_at")}
BAD_TIMES: dict[str, Any] = {"starts_at": NAIVE, "ends_at": MALFORMED}
BAD_REQUEST = BAD_TIMES | {
    "purpose": "长" * 501,
    "answers": {"alloy": "x" * 501, "colour": "red"},
    "presence": "absent",
}
NOT_FOUND = (404, "instrument_not_found")
ALL_OF_IT = TIMES | {
    ("too_long_text", "purpose"),
    ("unfit_answer", "answers.alloy"),
    ("not_asked", "answers.colour"),
    ("presence_not_asked", "presence"),
}


@dataclass(frozen=True)
class Case:
    """A request that is wrong in every way there is, and what is to be said of it."""

    who: str
    path: str
    body: Mapping[str, Any]
    code: str
    problems: set[tuple[str, str]]


CASES = (
    Case("alice", "/reservations", BAD_REQUEST, "slot_refused", ALL_OF_IT),
    Case("alice", "/reservations", BAD_REQUEST | {"is_draft": True}, "slot_refused", ALL_OF_IT),
    Case(
        "alice",
        "/reservations",
        BAD_REQUEST | {"holder_id": "carol"},
        "not_a_colleague",
        ALL_OF_IT | {("not_a_colleague", "holder_id")},
    ),
    Case(
        "alice",
        "/reservation-series",
        BAD_REQUEST | {"repeat": {"weeks": 1, "weekdays": [1], "count": 2}},
        "slot_refused",
        ALL_OF_IT,
    ),
    Case("alice", "/reservations-together", {"requests": [BAD_REQUEST]}, "slot_refused", ALL_OF_IT),
    Case("alice", "/waitlist", BAD_TIMES | {"length_minutes": 60}, "slot_refused", TIMES),
    Case("alice", "/reservations/{mine}/move", BAD_TIMES, "slot_refused", TIMES),
    Case(
        "alice",
        "/reservations/{mine}/extend",
        {"ends_at": MALFORMED},
        "slot_refused",
        {("not_a_time", "ends_at")},
    ),
    Case(
        "mei", "/reservations/{submitted}/retime", BAD_TIMES | {"reason": ""}, "slot_refused", TIMES
    ),
    Case(
        "mei",
        "/closures",
        BAD_TIMES | {"kind": "maintenance", "reason_zh": "", "reason_en": ""},
        "policy_refused",
        TIMES,
    ),
    Case(
        "alice", "/reservations/{mine}/hand-over", {"person_id": "carol"}, "not_a_colleague", set()
    ),
    Case(
        "mei",
        "/reservations/{submitted}/technician",
        {"person_id": "dan"},
        "not_a_technician",
        set(),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.path} {case.code}")
def test_rules_name_every_fault_and_nothing_is_written(
    place: Place, signed_in_as: SignedInAs, written: Tables, case: Case
) -> None:
    client = signed_in_as(getattr(place.cast, case.who))
    at = case.path.format(mine=place.reservation.id, submitted=place.submitted.id)
    body = case.body
    is_of_one = "{" in case.path  # which says the instrument itself
    of_instrument: dict[str, Any] = {} if is_of_one else {"instrument_id": str(place.instrument.id)}
    sent = of_instrument | dict(body)
    if "requests" in body:
        sent = {"requests": [of_instrument | one for one in body["requests"]]}
    for name in {"holder_id", "person_id"} & body.keys():
        sent[name] = str(getattr(place.cast, body[name]).id)
    written.remember()

    answer = client.post(f"/api/v1{at}", json=sent, headers=ONCE)

    problems = {(one["code"], one["field"]) for one in answer.json()["problems"]}
    assert (answer.status_code, answer.json()["code"]) == (422, case.code), answer.text
    assert problems == case.problems
    assert written.changed() == []


@pytest.mark.parametrize("whose", ["unknown", "not shared"])
def test_foreign_instrument_is_none(
    place: Place,
    signed_in_as: SignedInAs,
    session_factory: sessionmaker[Session],
    written: Tables,
    whose: str,
) -> None:
    with session_factory.begin() as session:
        hidden = make.instrument(session, institution=place.cast.other_institution)
        hidden.is_shared = False
        instrument_id = str(hidden.id) if whose == "not shared" else str(uuid4())
    alice = signed_in_as(place.cast.alice)
    slot = {
        "instrument_id": instrument_id,
        "starts_at": "2031-01-06T09:00:00+08:00",
        "ends_at": "2031-01-06T10:00:00+08:00",
    }
    written.remember()

    for path, body in (
        ("reservations", slot),
        ("reservations-together", {"requests": [slot]}),
        ("reservation-series", slot | {"repeat": {"weeks": 1, "weekdays": [1], "count": 2}}),
        ("waitlist", slot | {"length_minutes": 60}),
    ):
        answer = alice.post(f"/api/v1/{path}", json=body, headers=ONCE)
        expected = (422, "instrument_not_shared") if whose == "not shared" else NOT_FOUND
        assert (answer.status_code, answer.json()["code"]) == expected, (path, answer.text)
    assert written.changed() == []
