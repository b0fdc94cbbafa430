"""`yixiang seed`: put the demonstration's people, instruments and prices in the database."""

import cli.tables  # noqa: F401 - rows name rows of every area by their foreign keys


def run() -> None:
    """Plant what is not there yet; a second time changes nothing."""
    from cli.seeding.planting import plant
    from foundation.clock import read_clock
    from foundation.database import make_engine, make_session_factory
    from foundation.settings import Settings

    engine = make_engine(
        Settings.read().database_url.get_secret_value(),
        pool_size=1,
        application_name="yixiang seed",
    )
    with make_session_factory(engine).begin() as session:
        added = plant(session, now=read_clock())
    engine.dispose()
    print(f"{added} instruments were added.")
