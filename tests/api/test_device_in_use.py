"""A device's page names the reservation it is used under."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session, sessionmaker

from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

NOW = datetime.now(UTC).replace(microsecond=0)


def test_whoever_checked_in_early_is_shown_before_the_slot_begins(
    cast: Cast, session_factory: sessionmaker[Session], signed_in_as: SignedInAs
) -> None:
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        device = make.device(session, institution=cast.institution, name="early-1")
        make.link(session, instrument, device)
        early = make.reservation(
            session,
            instrument=instrument,
            holder=cast.alice,
            starts_at=NOW + timedelta(minutes=10),
            state="checked_in",
        )

    view = signed_in_as(cast.bob).get("/api/v1/devices/early-1").json()

    assert view["reservation"]["id"] == str(early.id)
    assert view["reservation"]["holder"] == cast.alice.display_name
