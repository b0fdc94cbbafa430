"""Every area's invariants: queries that return the rows which must not be."""

import importlib
import importlib.util
import pkgutil

AREAS = ("directory", "telemetry", "metrology", "booking", "billing", "supervision")


def collect() -> dict[str, str]:
    """Return name → query of all areas, from `<area>/invariants.py` and those of its nouns."""
    found: dict[str, str] = {}
    for area in AREAS:
        spec = importlib.util.find_spec(area)
        if spec is None or not spec.submodule_search_locations:
            continue
        for module in pkgutil.walk_packages(spec.submodule_search_locations, f"{area}."):
            if module.name.rpartition(".")[2] != "invariants":
                continue
            queries: dict[str, str] = importlib.import_module(module.name).INVARIANTS
            twice = sorted(found.keys() & queries.keys())
            if twice:
                raise ValueError(f"{module.name} names again: {', '.join(twice)}")
            found |= queries
    return found
