"""Tracing: a span of OpenTelemetry for each request, with the extra ``otel``.

(Semantic conventions for HTTP spans.) OpenTelemetry's ASGI middleware makes the spans, and reads
the traces that requests belong to; what is known here alone is added: the route, and what failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from responder_core.observation import Observation
    from responder_core.types import ASGIApp, Scope


def trace_app(app: ASGIApp, provider: Any) -> ASGIApp:  # noqa: ANN401 - True, or a TracerProvider
    """An app whose requests and WebSockets are spans."""
    from opentelemetry.instrumentation import asgi

    make: Any = asgi.OpenTelemetryMiddleware
    traced: ASGIApp = make(
        app,
        default_span_details=_describe,
        tracer_provider=None if provider is True else provider,
        exclude_spans=["receive", "send"],
    )
    return traced


def _describe(scope: Scope) -> tuple[str, dict[str, Any]]:
    """The name of a span until the route is known: clients choose paths."""
    return ("GET" if scope["type"] == "websocket" else str(scope["method"])), {}


class SpanSink:
    """Tells the span of a request what became of it, and the logs its trace."""

    def begin(self, noted: Observation) -> None:
        """Take the trace of the span, which the request may have begun."""
        from opentelemetry import trace

        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            noted.trace = f"{context.trace_id:032x}", f"{context.span_id:016x}"

    def respond(self, noted: Observation) -> None:
        """Name the route, and record what failed, before the span ends with the answer."""
        from opentelemetry import trace

        span = trace.get_current_span()
        if noted.template is not None or noted.mount:
            span.update_name(f"{noted.method} {noted.route}")
            span.set_attribute("http.route", noted.route)
        span.set_attribute("responder.request_id", noted.id)
        if noted.failure is not None:
            span.record_exception(noted.failure)

    def __call__(self, noted: Observation) -> None:
        """Name the route of what was not answered, whose span goes on; others have ended."""
        from opentelemetry import trace

        if trace.get_current_span().is_recording():
            self.respond(noted)
