"""Counters and histograms that cost next to nothing to count with, exposed by prometheus-client.

A message is counted some fifteen times on its way. The library's own take a lock each time and look through the
bounds of a histogram one by one, which was a tenth of what accepting a message costs. These have no lock: they are
for the thread of the event loop, where everything that counts runs. A scrape may read them from any thread.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

Labels = tuple[str, ...]
S = TypeVar("S")


def _named(bound: float) -> str:
    """A bound as the exposition formats write it: with a point, `0.5` or `10.0`."""
    return repr(float(bound))


class Count:
    """One series of a counter."""

    __slots__ = ("value",)

    def __init__(self) -> None:
        self.value = 0.0

    def inc(self, amount: float = 1) -> None:
        """Count so much more. Raises ValueError for less than nothing: a counter never goes down."""
        if amount < 0:
            raise ValueError(f"a counter cannot go down by {-amount:g}")
        self.value += amount


class Distribution:
    """One series of a histogram: how many observations were at most each bound, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """How many fell below each bound and not below the one before it; the last, above them all."""
        self.total = 0.0

    def observe(self, amount: float) -> None:
        """Count one observation."""
        self.counts[bisect_left(self.bounds, amount)] += 1
        self.total += amount


class Family(Collector, ABC, Generic[S]):
    """The series of one metric by the values of their labels, each made when it is first asked for."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self._name, self._meaning, self._labels = name, meaning, tuple(labels)
        self._series: dict[Labels, S] = {}
        self._only = None if labels else self.labels()
        registry.register(self)

    def labels(self, *values: str) -> S:
        """The series with these values. Raises ValueError for more or fewer than there are labels."""
        found = self._series.get(values)
        if found is None:
            if len(values) != len(self._labels):
                raise ValueError(f"{self._name} has {len(self._labels)} labels, not {len(values)}")
            found = self._series[values] = self._made()
        return found

    def describe(self) -> list[Metric]:
        """The metric without its series: the registry holds names apart by it."""
        return [self._metric()]

    @property
    def only(self) -> S:
        """The one series of a metric without labels. Raises ValueError where there are labels."""
        if self._only is None:
            raise ValueError(f"{self._name} has labels")
        return self._only

    @abstractmethod
    def _made(self) -> S: ...

    @abstractmethod
    def _metric(self) -> Metric: ...


class Counter(Family[Count]):
    """A counter; `name` is without `_total`."""

    def inc(self, amount: float = 1) -> None:
        """Count so much more, where there are no labels."""
        self.only.inc(amount)

    def _made(self) -> Count:
        return Count()

    def _metric(self) -> CounterMetricFamily:
        return CounterMetricFamily(self._name, self._meaning, labels=self._labels)

    def collect(self) -> Iterator[Metric]:
        """What stands in each series."""
        family = self._metric()
        for values, count in tuple(self._series.items()):
            family.add_metric(values, count.value)
        yield family


class Histogram(Family[Distribution]):
    """A histogram; `bounds` rise, and a value on a bound is under it."""

    def __init__(
        self, name: str, meaning: str, labels: Sequence[str], registry: CollectorRegistry, bounds: Sequence[float]
    ) -> None:
        self._bounds = tuple(bounds)
        self._names = [*map(_named, bounds), "+Inf"]
        super().__init__(name, meaning, labels, registry)

    def observe(self, amount: float) -> None:
        """Count one observation, where there are no labels."""
        self.only.observe(amount)

    def _made(self) -> Distribution:
        return Distribution(self._bounds)

    def _metric(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._name, self._meaning, labels=self._labels)

    def collect(self) -> Iterator[Metric]:
        """What stands in each series."""
        family = self._metric()
        for values, seen in tuple(self._series.items()):
            buckets, so_far = [], 0
            for name, count in zip(self._names, seen.counts, strict=True):
                so_far += count
                buckets.append((name, float(so_far)))
            family.add_metric(values, buckets=buckets, sum_value=seen.total)
        yield family
