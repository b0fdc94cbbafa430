"""What the ingest process tells Prometheus: read from its tallies when asked, at no other time."""

from collections.abc import Callable, Iterator
from time import monotonic

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from typing_extensions import override

from gateways.mqtt.confirmer import Confirmer
from gateways.mqtt.courier import Courier
from gateways.mqtt.inbox import Inbox
from gateways.mqtt.receiver import Receiver
from gateways.mqtt.tally import LAG_EDGES_MS, Tally

PREFIX = "yixiang_ingest_"


class IngestCollector(Collector):
    def __init__(
        self,
        *,
        tally: Tally,
        inbox: Inbox,
        receiver: Receiver,
        confirmer: Confirmer,
        courier: Courier | None,
    ) -> None:
        self._tally = tally
        self._inbox = inbox
        self._receiver = receiver
        self._confirmer = confirmer
        self._courier = courier

    @override
    def collect(self) -> Iterator[Metric]:
        tally = self._tally
        yield from (
            counter("messages", "Messages taken and committed.", tally.messages),
            counter("readings", "Readings stored.", tally.readings),
            counter("duplicates", "Readings that were there already.", tally.duplicates),
            counter("events", "Events taken.", tally.events),
            counter("batches", "Commits.", tally.batches),
            counter("commit_seconds", "Time spent in those commits.", tally.commit_s),
            counter("bisected", "Batches the database refused and we halved.", tally.bisected),
            counter("retries", "Times the database was away.", tally.retries),
            counter("inbox_full", "Times the broker was held up.", self._inbox.times_full),
            counter("confirmed", "Acknowledgements to devices.", self._confirmer.published),
            counter("refused", "Messages of ours the broker refused.", self._receiver.refused),
            counter("commands", "Commands carried.", self._courier.carried if self._courier else 0),
            gauge("inbox", "Messages waiting to be written.", len(self._inbox)),
            gauge(
                "unacknowledged",
                "Messages received and not yet acknowledged to the broker.",
                max(0, self._receiver.received - tally.messages),
            ),
            gauge("gaps", "Stretches of sequence numbers that are missing.", tally.gaps),
            gauge("connected", "Whether the broker is there.", int(self._receiver.is_connected)),
            gauge(
                "last_commit_age_seconds",
                "Time since the last commit; -1 before the first.",
                monotonic() - tally.committed_at if tally.committed_at else -1,
            ),
        )
        quarantined = CounterMetricFamily(
            f"{PREFIX}quarantined", "Messages set aside, by reason.", labels=["reason"]
        )
        for reason, count in sorted(tally.reasons.items()):
            quarantined.add_metric([reason], count)
        yield quarantined
        yield lag(tally)


def counter(name: str, text: str, value: float) -> Metric:
    return CounterMetricFamily(PREFIX + name, text, value=value)


def gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, value=value)


def lag(tally: Tally) -> Metric:
    buckets: list[tuple[str, float]] = []
    total = 0
    for edge, count in zip([*LAG_EDGES_MS, None], tally.lags, strict=True):
        total += count
        buckets.append(("+Inf" if edge is None else str(edge / 1000), total))
    family = HistogramMetricFamily(
        f"{PREFIX}lag_seconds",
        "From a message's own time to its commit.",
    )
    family.add_metric([], buckets=buckets, sum_value=tally.lag_sum_ms / 1000)
    return family


def serve(collector: Collector, port: int, *, host: str = "127.0.0.1") -> Callable[[], None]:
    """Answer /metrics; return what ends it."""
    registry = CollectorRegistry()
    registry.register(collector)
    server, thread = start_http_server(port, host, registry)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join(5)

    return stop
