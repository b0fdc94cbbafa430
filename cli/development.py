"""What `start.py dev` adds to the demo: programs restarted as their code changes, live pages."""

from collections.abc import Sequence
from pathlib import Path

from cli.embedded.broker import NoBroker, find_node
from cli.embedded.processes import Order
from cli.embedded.programs import PROJECT, Site
from cli.embedded.supervisor import Child, has_said

# The simulators keep running: a restart would be a power cut to every instrument.
AREAS = (
    "foundation", "directory", "telemetry", "metrology", "booking", "billing",
    "supervision", "gateways", "api", "jobs",
)  # fmt: skip


class Development:
    """Watches the code of one running demo."""

    def __init__(self, site: Site, url: str, children: Sequence[Child]) -> None:
        self._site = site
        self._url = url
        self._children = [child for child in children if child.name != "sims"]
        self._seen = newest_change(PROJECT)

    def pages(self) -> Child:
        """Return the web's development server, which passes requests on to the api."""
        node = find_node()
        if node is None:
            raise NoBroker("Node 20.19 is missing")
        vite = PROJECT / "web" / "node_modules" / "vite" / "bin" / "vite.js"
        order = Order(
            name="web",
            command=(str(node), str(vite), "--clearScreen=false"),
            log=self._site.log("web"),
            environment={"PATH": "/usr/bin:/bin", "YIXIANG_API": self._url, "NO_COLOR": "1"},
            folder=PROJECT / "web",
        )
        return Child(name="web", order=lambda: order, is_ready=has_said("Local:"))

    def restart_changed(self) -> None:
        """Stop the programs when a source changed; the supervisor starts them again."""
        newest = newest_change(PROJECT)
        if newest <= self._seen:
            return
        self._seen = newest
        print("  the code changed: starting again", flush=True)
        for child in self._children:
            if child.process:
                child.process.stop()
                child.process = None
                child.retry_at = 0


def newest_change(project: Path) -> float:
    return max(
        (
            path.stat().st_mtime
            for area in AREAS
            for path in (project / area).rglob("*")
            if path.suffix in {".py", ".toml"}
        ),
        default=0.0,
    )
