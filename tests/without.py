"""Loaded by `-p tests.without`: runs tests with a filter by tenant taken out; all must fail.

`tests.api.shown_by` says which test goes without which filter; one runs once for each.
"""

from collections.abc import Iterator

import pytest

from tests.api.filters import find_sites, taken_out
from tests.api.shown_by import SHOWN_BY


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    known = {site.label for site in find_sites()}
    node = metafunc.definition.nodeid
    if labels := [it for it, test in SHOWN_BY.items() if test == node and it in known]:
        numbers = [f"without {list(SHOWN_BY).index(it)}" for it in labels]
        metafunc.parametrize("without", labels, indirect=True, ids=numbers)


@pytest.fixture(autouse=True)
def without(request: pytest.FixtureRequest) -> Iterator[None]:
    """The filter of this label, gone."""
    [site] = [site for site in find_sites() if site.label == request.param]
    with taken_out(site):
        yield
