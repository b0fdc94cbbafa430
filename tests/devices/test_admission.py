"""A device that claims its credentials reaches the running broker, and is kept out once revoked."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from cli.embedded.broker import NoBroker
from cli.embedded.processes import wait_until
from foundation.clock import read_clock
from foundation.database import make_engine
from telemetry.credentials.service import revoke
from telemetry.devices.claims import offer_claim, redeem_claim, register_device
from tests import make
from tests.servers import BrokerUnderTest, run_broker


@pytest.fixture(params=["mosquitto", "aedes"])
def each_broker(request: pytest.FixtureRequest) -> Iterator[BrokerUnderTest]:
    try:
        with run_broker(request.param) as broker:
            yield broker
    except NoBroker as error:
        pytest.skip(str(error))


@pytest.mark.enable_socket
@pytest.mark.committed
def test_claimed_device_is_let_in_without_a_restart(
    each_broker: BrokerUnderTest, empty_database_url: str
) -> None:
    look = each_broker.keep_to(empty_database_url)
    engine = make_engine(empty_database_url)
    now = read_clock()
    assert not look()

    with Session(engine) as session, session.begin():
        institution = make.institution(session)
        person = make.person(session)
        register_device(
            session,
            institution.id,
            name="scale-9",
            model="YX-B200",
            protocol="mqtt",
            gateway=None,
            reserved=(),
            now=now,
        )
        code = offer_claim(session, institution.id, "scale-9", by=person.id, now=now)
        told = redeem_claim(session, code.text, now=now)
        actor = person.id
    assert not each_broker.lets_in("scale-9", told.password)

    assert look()
    assert wait_until(lambda: each_broker.lets_in("scale-9", told.password), limit_s=5)
    assert not each_broker.lets_in("scale-9", "guess")
    assert not look(), "nothing is new"

    with Session(engine) as session, session.begin():
        revoke(session, username="scale-9", institution_id=None, actor_id=actor, now=now)
    assert look()
    assert wait_until(lambda: not each_broker.lets_in("scale-9", told.password), limit_s=5)
    engine.dispose()
