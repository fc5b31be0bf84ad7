"""Numbers for Prometheus. Labels are templates, states and codes: never an id or a person."""

from collections.abc import Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from api.http.shown import Shown
from api.services.measures import Measured, Measures
from api.services.replica_watch import ReplicaCount
from ledger.errors import Unavailable

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
UNCOUNTED: Final = ("/v1/mailbox/", "/v1/bids", "/v1/sign-in")
"""Routes of bidders: how often they are used would tell how many bid (招标投标法 art. 22).

Sign-ins are among them, since each sealed file comes with one.
"""
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """What this process answered, and what it finds in the database when it is asked."""

    def __init__(self, measures: Measures) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "suizheng_http_requests",
            "Requests answered, by route and status.",
            ("method", "route", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "suizheng_http_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self._registry,
        )
        self._verdicts = Counter(
            "suizheng_verdicts",
            "Verifications, by verdict and the code of the check that decided it.",
            ("verdict", "code"),
            registry=self._registry,
        )
        self._registry.register(_Stored(measures))
        self._lines: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request by its route's template, unless it is a bidder's."""
        if route.startswith(UNCOUNTED):
            return
        known = method if method in _METHODS else "other"
        line = self._lines.get((known, route, status))
        if line is None:
            counted = self._requests.labels(known, route, str(status))
            line = self._lines[known, route, status] = (counted, self._seconds.labels(known, route))
        line[0].inc()
        line[1].observe(seconds)

    def verdict(self, told: Shown) -> None:
        """Count a verification."""
        self._verdicts.labels(told.verdict, told.code).inc()

    def text(self) -> bytes:
        """Return all numbers in Prometheus' text format."""
        return generate_latest(self._registry)


class _Stored(Collector):
    """Reads the database anew for each scrape."""

    def __init__(self, measures: Measures) -> None:
        self._measures = measures

    def describe(self) -> list[Metric]:
        """Name nothing beforehand: the first scrape is soon enough to read the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the numbers of this moment; without a database that it is not up."""
        try:
            measured = self._measures.read()
        except Unavailable:
            yield _gauge("store_up", "Whether the database answers.", 0)
            return
        yield _gauge("store_up", "Whether the database answers.", 1)
        yield from _gauges(measured)


def _gauges(measured: Measured) -> Iterator[Metric]:
    yield _gauge(
        "anchoring_lag_seconds",
        "Age of the oldest record that is in no block.",
        measured.lag_seconds,
    )
    yield _gauge("records_unbatched", "Records that wait for a batch.", measured.unbatched)
    intents = GaugeMetricFamily(
        "suizheng_intents", "Transactions wanted, by state.", labels=("state",)
    )
    for state, count in measured.intents.items():
        intents.add_metric((state.value,), count)
    yield intents
    jobs = GaugeMetricFamily(
        "suizheng_jobs", "Jobs that are not over, by state.", labels=("state",)
    )
    for stage, count in measured.jobs.items():
        jobs.add_metric((stage.value,), count)
    yield jobs
    to_renew = GaugeMetricFamily(
        "suizheng_licences_to_renew",
        "Licences in force without successor, nearer to their end than renewals are due.",
        labels=("type",),
    )
    for type_id, count in measured.to_renew.items():
        to_renew.add_metric((type_id,), count)
    yield to_renew
    yield _labelled("intents_parked", "Given up, by error.", "error", measured.parked)
    yield _labelled(
        "accounts_halted", "Sending accounts that stand still.", "reason", measured.halted
    )
    yield _gauge(
        "appeals_overdue",
        "Appeals against gates whose answer was due and is not there.",
        measured.overdue_appeals,
    )
    yield _labelled(
        "tender_duties_overdue",
        "What officers of tenders owe and have not done in the law's time, by duty.",
        "duty",
        measured.overdue_duties,
    )
    if measured.replicas is not None:
        yield from _replicas(measured.replicas)
    if measured.mailbox_age_seconds is not None:
        yield _gauge(
            "mailbox_age_seconds",
            "Since a mailbox was closed; grows beyond a minute once no tender receives.",
            measured.mailbox_age_seconds,
        )
    yield from _spent(measured)
    if measured.head is not None:
        yield _gauge("head_block", "The last block that is known.", measured.head.block)
        yield _gauge("head_time_seconds", "Its time in Unix seconds.", measured.head.time)
        yield _gauge(
            "head_age_seconds", "Since a node last confirmed it.", measured.head.age_seconds
        )


def _replicas(count: ReplicaCount) -> Iterator[Metric]:
    yield _gauge(
        "replicas_wanted",
        "Stores that the policy of some tender wants whose files wait to be opened.",
        count.wanted,
    )
    yield _gauge("replicas", "Stores of sealed files that are set up.", count.given)
    yield _gauge("replicas_answering", "Those that answered the worker lately.", count.answering)


def _spent(measured: Measured) -> Iterator[Metric]:
    sums = (
        ("transactions", "Final transactions, reverted ones among them.", "transactions"),
        ("gas_used", "Gas that they used.", "gas"),
        ("fees_wei", "What was paid for it.", "fees"),
    )
    for name, help_, attribute in sums:
        family = CounterMetricFamily(f"suizheng_{name}", help_, labels=("call",))
        for kind, spent in measured.spent.items():
            family.add_metric((kind.value,), getattr(spent, attribute))
        yield family


def _labelled(name: str, help_: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"suizheng_{name}", help_, labels=(label,))
    for value, count in values.items():
        family.add_metric((value,), count)
    return family


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(f"suizheng_{name}", help_, value)
