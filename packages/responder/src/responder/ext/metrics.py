"""Metrics; ``responder_core.metrics`` documents them."""

from responder_core.metrics import BUCKETS, MetricsCollector

__all__ = ["BUCKETS", "MetricsCollector"]
