"""Metrics of several processes of one machine, answered by any of them.

Counters and histograms are added up: each process keeps its own in files (prometheus-client's multiprocess mode)
that outlive it, and the process that takes its place goes on from there. Gauges say the same in every process,
because they are of the database or the machine, but for those that only the process that last ran a job knows.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from prometheus_client import CollectorRegistry, ProcessCollector, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

ADDED_UP = frozenset({"counter", "histogram"})
LAST_KNOWN: Literal["mostrecent"] = "mostrecent"
"""The multiprocess mode of a gauge that only one process sets at a time."""


def keep_metrics(directory: Path, process: int) -> None:
    """Keep every metric that this process makes from now on in files of the directory, by the process's number."""
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    values.ValueClass = values.MultiProcessValue(lambda: process)  # type: ignore[no-untyped-call]
    (directory / f"{process}.pid").write_text(str(os.getpid()))


class SharedMetrics:
    """Collects what all processes kept in a directory, and from this process's registry the rest."""

    def __init__(self, own: CollectorRegistry, directory: Path) -> None:
        self._own = own
        self._directory = directory

    def collect(self) -> Iterator[Metric]:
        """Yield every metric, as a registry does."""
        together = self._together()
        for metric in self._own.collect():
            if not metric.name.startswith("process_"):
                yield together.get(metric.name, metric)
        yield from self._processes()

    def _together(self) -> Mapping[str, Metric]:
        merged = MultiProcessCollector.merge(map(str, self._directory.glob("*.db")))  # type: ignore[no-untyped-call]
        return {
            metric.name: metric
            for metric in merged
            if metric.type in ADDED_UP or metric._multiprocess_mode == LAST_KNOWN
        }

    def _processes(self) -> Iterator[Metric]:
        """Memory, processor time and so on of each process, by its number."""
        found: dict[str, Metric] = {}
        for file in sorted(self._directory.glob("*.pid")):
            for metric in ProcessCollector(pid=file.read_text, registry=None).collect():
                whole = found.setdefault(metric.name, Metric(metric.name, metric.documentation, metric.type))
                for sample in metric.samples:
                    whole.add_sample(sample.name, {"process": file.stem}, sample.value)
        yield from found.values()
