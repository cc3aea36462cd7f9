"""Counters and gauges of the server for Prometheus, served at ``/metrics``."""

from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from emostream.events import Error, Estimate, Event, Gap, Hello, ModelBrief, Utterance
from emostream.server.live_source import LiveSource

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_LATENCY_BUCKETS_S = (0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)


class _Totals(Collector):
    """Totals that are kept elsewhere, by the value of one label, or one without any."""

    def __init__(self, name: str, text: str, label: str | None) -> None:
        self._name, self._text, self._label = name, text, label
        self.read: dict[str, Callable[[], float]] = {}

    def collect(self) -> Iterable[Metric]:
        total = CounterMetricFamily(self._name, self._text, labels=[self._label] if self._label else [])
        for value, read in list(self.read.items()):
            total.add_metric([value] if self._label else [], read())
        return [total]


class Metrics:
    """The server's own registry; thread-safe. A stream's ``kind`` is ``live`` (the server's own) or ``audio``."""

    def __init__(self, models: Sequence[ModelBrief]) -> None:
        self._registry = registry = CollectorRegistry()
        kinds = ["kind"]
        self._estimates = Counter("emostream_estimates", "Estimates made.", kinds, registry=registry)
        self._utterances = Counter("emostream_utterances", "Utterances that ended.", kinds, registry=registry)
        self._lost_s = Counter("emostream_lost_audio_seconds", "Audio that never arrived.", kinds, registry=registry)
        self._latency_s = Histogram(
            "emostream_latency_seconds",
            "From the end of a window (its arrival, for clients' audio) to its estimate.",
            kinds,
            registry=registry,
            buckets=_LATENCY_BUCKETS_S,
        )
        self.refused = Counter(
            "emostream_refused", "Requests and clients turned away or ended, by cause.", ["cause"], registry=registry
        )
        self.cuts = 0
        self._cut = Counter(
            "emostream_clients_cut",
            "Clients cut off: they took nothing or sent too many control frames, by cause.",
            ["cause"],
            registry=registry,
        )
        self._sinks = _Totals("emostream_sink_dropped_events", "Events that another sink could not deliver.", "sink")
        registry.register(self._sinks)
        self._info = Gauge("emostream_model_info", "The networks.", ["name", "variant", "version"], registry=registry)
        self._set_models(models)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A value that ``read`` returns when the metrics are requested."""
        Gauge(name, text, registry=self._registry).set_function(read)

    def counter(self, name: str, text: str, cause: str | None, read: Callable[[], float]) -> None:
        """A total that is kept elsewhere: ``read`` returns it when the metrics are requested."""
        totals = _Totals(name, text, "cause" if cause else None)
        totals.read[cause or ""] = read
        self._registry.register(totals)

    def count_sink(self, name: str, read: Callable[[], float]) -> None:
        """What a sink beside the server could not deliver, by its name, numbered where several have one."""
        same = sum(known.partition(" #")[0] == name for known in self._sinks.read)
        self._sinks.read[f"{name} #{same + 1}" if same else name] = read

    def count_cut(self, cause: str) -> None:
        """A client was cut off. Called from the event loop's thread alone."""
        self.cuts += 1
        self._cut.labels(cause).inc()

    def note(self, event: Event, kind: str) -> None:
        """Count an event of a stream."""
        match event:
            case Hello() if kind == "live":
                self._set_models(event.models)
            case Estimate():
                self._estimates.labels(kind).inc()
                if event.latency_ms is not None:
                    self._latency_s.labels(kind).observe(event.latency_ms / 1000)
            case Utterance():
                self._utterances.labels(kind).inc()
            case Gap():
                self._lost_s.labels(kind).inc(event.lost_ms / 1000)
            case Error():
                self.refused.labels(event.code).inc()

    def _set_models(self, models: Sequence[ModelBrief]) -> None:
        self._info.clear()
        for model in models:
            self._info.labels(model.name, model.variant, model.version).set(1)

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)


def measure_source(metrics: Metrics, source: LiveSource) -> None:
    """The gauges and counters of the server's own microphone."""
    up, paused = "Whether the microphone is read: 1, or 0.", "Whether the microphone is paused: 1, or 0."
    metrics.gauge("emostream_source_up", up, lambda: source.is_up)
    metrics.gauge("emostream_source_paused", paused, lambda: source.is_paused)
    lag = "From the capture of the latest samples to their events."
    metrics.gauge("emostream_source_lag_seconds", lag, lambda: source.lag_s)
    estimated, heard = "When the latest estimate was made.", "When the microphone last heard more than -60 dBFS."
    metrics.gauge("emostream_source_last_estimate_timestamp_seconds", estimated, lambda: source.estimated_at)
    metrics.gauge("emostream_source_last_sound_timestamp_seconds", heard, lambda: source.heard_at)
    lost = "Audio of the microphone that never arrived, as it is lost."
    metrics.counter("emostream_source_lost_seconds", lost, None, lambda: source.lost_s)
    restarts = "How often the microphone came back."
    metrics.counter("emostream_source_restarts", restarts, None, lambda: source.restarts)
