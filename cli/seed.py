"""`yixiang seed`: put the demonstration's people, instruments and prices in the database."""

import cli.tables  # noqa: F401 - rows name rows of every area by their foreign keys


def run() -> None:
    """Plant what is not there yet; a second time changes nothing."""
    from cli.seeding.applying import plant_applications
    from cli.seeding.planting import plant
    from foundation.clock import read_clock
    from foundation.database import make_engine, make_session_factory
    from foundation.settings import Settings

    settings, now = Settings.read(), read_clock()
    engine = make_engine(
        settings.database_url.get_secret_value(),
        pool_size=1,
        application_name="yixiang seed",
    )
    sessions = make_session_factory(engine)
    with sessions.begin() as session:
        added = plant(session, now=now)
    with sessions.begin() as session:  # it ends as the applicant's own
        plant_applications(session, settings, now=now)
    engine.dispose()
    print(f"{added} instruments were added.")
