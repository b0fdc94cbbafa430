"""Every route begins and commits its transaction in the turn of its endpoint."""

from inspect import iscoroutinefunction

from fastapi.routing import APIRoute

from api.database import open_reading, open_transaction
from api.routes import ROUTERS
from api.routing import Route


def test_every_route_is_of_the_kind_that_commits() -> None:
    routes = [route for router in ROUTERS for route in router.routes]

    assert [route for route in routes if not isinstance(route, Route)] == []


def test_no_dependency_asks_the_transaction_before_its_route_does() -> None:
    """What depends on a session and may wait for a thread would ask it before it has begun."""
    early = [
        (route.path, dependant.call)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for dependant in route.dependant.dependencies
        if {one.call for one in dependant.dependencies} & {open_transaction, open_reading}
        if not iscoroutinefunction(dependant.call)  # async: it only hands the session on
    ]

    assert early == []
