"""The metrics in the text format of Prometheus. Imported by the first who asks: its library is not small."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from prometheus_client import generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)

from bitpail import __version__
from bitpail.git.version import check_version
from bitpail.services import upkeep
from bitpail.services.clock import now
from bitpail.services.counts import BUCKETS, Durations, Key
from bitpail.services.metrics import FAMILIES, Counted, Family, Publisher, read_all
from bitpail.services.site import Site

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_PREFIX = "bitpail_"


async def text(site: Site, publisher: Publisher) -> bytes:
    """All of it, in Prometheus' text format."""
    publisher.write()
    counted = await asyncio.to_thread(read_all, site.settings)
    waiting = await upkeep.waiting(site)
    oldest = 0.0 if waiting.oldest_on is None else max(0.0, (now() - waiting.oldest_on) / 1e6)
    families = [
        *_added_up(counted),
        # Of the database: all processes and nodes see the same.
        _gauge("upkeep_waiting", "Git directories that were pushed to since they were put in order.", waiting.directories),
        _gauge("upkeep_waiting_seconds", "How long the oldest of them has waited.", oldest),
        InfoMetricFamily(f"{_PREFIX}build", "Versions.", {"version": __version__, "git": await check_version()}),
    ]  # fmt: skip
    return generate_latest(_Collected(families))


def _added_up(counted: Iterable[Counted]) -> Iterator[Metric]:
    numbers: defaultdict[str, defaultdict[Key, float]] = defaultdict(lambda: defaultdict(float))
    durations: defaultdict[str, defaultdict[Key, Durations]] = defaultdict(lambda: defaultdict(Durations))
    for one in counted:
        for (name, *labels), number in (*one.numbers, *one.gauges):
            numbers[name][tuple(labels)] += number
        for (name, *labels), more in one.durations:
            total = durations[name][tuple(labels)]
            total.buckets = [a + b for a, b in zip(total.buckets, more.buckets, strict=True)]
            total.seconds += more.seconds
    for family in FAMILIES:
        if family.kind == "histogram":
            yield _histogram(family, durations[family.name])
        else:
            kind = CounterMetricFamily if family.kind == "counter" else GaugeMetricFamily
            metric = kind(_PREFIX + family.name, family.help, labels=family.labels)
            for words, number in sorted(numbers[family.name].items()):
                metric.add_metric(words, number)
            yield metric


def _histogram(family: Family, durations: dict[Key, Durations]) -> Metric:
    metric = HistogramMetricFamily(_PREFIX + family.name, family.help, labels=family.labels)
    for labels, one in sorted(durations.items()):
        counted, buckets = 0, []
        for end, number in zip((*BUCKETS, "+Inf"), one.buckets, strict=True):
            counted += number
            buckets.append((str(end), counted))
        metric.add_metric(labels, buckets, one.seconds)
    return metric


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(_PREFIX + name, help_, value=value)


class _Collected:
    """What ``generate_latest`` wants of a registry."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families
