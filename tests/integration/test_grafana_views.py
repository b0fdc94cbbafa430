"""What Grafana reads fits the tables, and its dashboard asks for what there is."""

import json
import re
from pathlib import Path

import psycopg
import pytest

GRAFANA = Path(__file__).resolve().parents[2] / "ops" / "grafana"


@pytest.mark.committed
def test_views_apply_twice_and_every_panel_can_be_asked(empty_database_url: str) -> None:
    views = (GRAFANA / "views.sql").read_text(encoding="utf-8")
    dashboard = json.loads((GRAFANA / "dashboard.json").read_text(encoding="utf-8"))
    queries = [
        target["rawSql"]
        for panel in dashboard["panels"]
        for target in panel["targets"]
        if "rawSql" in target
    ]

    with psycopg.connect(empty_database_url, autocommit=True) as database:
        for _ in range(2):
            database.execute(views.encode())
        for query in queries:
            asked = re.sub(r"\$__timeFilter\((\w+)\)", r"\1 > now() - interval '1 hour'", query)
            asked = asked.replace("$metric", "power_w").replace("$device", "'hplc-01'")
            assert database.execute(asked.encode()).fetchall() == []

    assert len(queries) == 4
