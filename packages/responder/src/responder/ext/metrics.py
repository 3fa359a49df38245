"""Metrics; ``responder_core.metrics`` documents them."""

from typing import TYPE_CHECKING

from responder.former import refuse_names
from responder_core.metrics import BUCKETS, MetricsCollector

__all__ = ["BUCKETS", "MetricsCollector"]

if not TYPE_CHECKING:
    __getattr__ = refuse_names(
        __name__, {"MetricsMiddleware": "API(metrics_route='/metrics') counts everything"}
    )
