"""Findings: what a deployment with rate limits should know."""

import pytest

from responder_core.deployment import Deployment


@pytest.mark.parametrize(
    ("workers", "backend", "codes"),
    [(1, "memory", []), (2, "memory", ["ratelimit-memory"]), (2, "sqlite", [])],
)
def test_memory_is_for_one_worker(api_factory, workers, backend, codes):
    api = api_factory("5/minute", backend=backend)
    (extension,) = api.extensions
    found = extension.check(api, Deployment(workers=workers, environment={}))

    assert [finding.code for finding in found] == codes
