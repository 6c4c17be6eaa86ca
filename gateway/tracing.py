"""Spans of OpenTelemetry (https://opentelemetry.io/docs/specs/otel/trace/), exported by OTLP over HTTP.

While `tracing.endpoint` is empty nothing is imported, and `span` does nothing. Attributes are kenmerken, ids of
parties, rule sets and statuses, never content, keys, names of people or texts of errors.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.trace import Span as SdkSpan

EXPORT_SECONDS_MAX = 5.0
"""How long the collector may take to accept spans, also when the gateway stops."""

Kind = Literal["INTERNAL", "SERVER", "CLIENT"]
Attributes = Mapping[str, str | int | bool | Sequence[str]]


class Span:
    """Work that belongs to a trace; this one is not recorded."""

    traceparent: str | None = None
    """Its place in the trace, for what is called meanwhile."""

    def add(self, attributes: Attributes, *, is_error: bool = False) -> None:
        """Say what is known by now; `is_error`: the work failed."""


class _RecordedSpan(Span):
    def __init__(self, span: "SdkSpan") -> None:
        at = span.get_span_context()
        self.traceparent = f"00-{at.trace_id:032x}-{at.span_id:016x}-{at.trace_flags:02x}"
        self._span = span

    def add(self, attributes: Attributes, *, is_error: bool = False) -> None:
        from opentelemetry.trace import StatusCode

        self._span.set_attributes(attributes)
        if is_error:
            self._span.set_status(StatusCode.ERROR)


_CURRENT: ContextVar[Span] = ContextVar("span", default=Span())  # noqa: B039  # it has no state
_begin: Callable[[str, str, Kind, str | None], "SdkSpan"] | None = None
"""Begins a span, as `span` does; None while tracing is off."""


def is_on() -> bool:
    """Whether spans are exported."""
    return _begin is not None


def current_span() -> Span:
    """The span that the caller's task is in."""
    return _CURRENT.get()


@contextmanager
def span(
    name: str, traceparent: str | None, attributes: Attributes, *, kind: Kind = "INTERNAL", own: str | None = None
) -> Iterator[Span]:
    """Record the block as a span under `traceparent`. `own`: the traceparent that the span itself is to have; it
    is the first of its trace where `traceparent` is of another. Of an error the span has the type alone."""
    if _begin is None or not (traceparent or own):
        yield Span()
        return
    begun = _begin(name, traceparent or "", kind, own)
    recorded = _RecordedSpan(begun)
    recorded.add(attributes)
    token = _CURRENT.set(recorded)
    try:
        yield recorded
    except BaseException as error:
        recorded.add({"error.type": type(error).__name__}, is_error=True)
        raise
    finally:
        _CURRENT.reset(token)
        begun.end()


@contextmanager
def exporting(endpoint: str, version: str) -> Iterator[None]:
    """Export spans until the block ends, then what is left of them; without an endpoint nothing is done.

    Raises OSError where OpenTelemetry is not installed.
    """
    global _begin  # one for the process, as logging is
    if not endpoint:
        yield
        return
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider, export, id_generator, sampling
    except ImportError as error:
        raise OSError("tracing.endpoint needs OpenTelemetry: pip install 'meterpoort[tracing]'") from error

    class Ids(id_generator.RandomIdGenerator):
        own: tuple[int, int] | None = None

        def generate_trace_id(self) -> int:
            return self.own[0] if self.own else super().generate_trace_id()

        def generate_span_id(self) -> int:
            return self.own[1] if self.own else super().generate_span_id()

    def context(traceparent: str) -> trace.SpanContext:
        _, trace_id, span_id, flags, *_ = traceparent.split("-")
        return trace.SpanContext(int(trace_id, 16), int(span_id, 16), True, trace.TraceFlags(int(flags, 16)))

    def begin(name: str, traceparent: str, kind: Kind, own: str | None) -> "SdkSpan":
        ids.own = (context(own).trace_id, context(own).span_id) if own else None
        under = trace.INVALID_SPAN
        if not own or traceparent.split("-")[1:2] == own.split("-")[1:2]:
            under = trace.NonRecordingSpan(context(traceparent))
        return tracer.start_span(name, trace.set_span_in_context(under), trace.SpanKind[kind])

    ids, resource = Ids(), Resource.create({"service.name": "meterpoort", "service.version": version})
    provider = TracerProvider(sampling.DEFAULT_ON, resource, shutdown_on_exit=False, id_generator=ids)
    provider.add_span_processor(export.BatchSpanProcessor(OTLPSpanExporter(endpoint, timeout=EXPORT_SECONDS_MAX)))
    tracer = provider.get_tracer("gateway")
    before, _begin = _begin, begin
    try:
        yield
    finally:
        _begin = before
        rest = threading.Thread(target=provider.shutdown, daemon=True)  # its own limit is half a minute
        rest.start()
        rest.join(EXPORT_SECONDS_MAX)
