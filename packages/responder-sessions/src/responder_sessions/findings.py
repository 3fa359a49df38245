"""Findings: what a deployment with sessions should know (``responder check``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responder_core.deployment import Finding
from responder_sessions.stores.memory import MemoryStore
from responder_sessions.stores.threaded import ThreadedStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from responder_core.api import API
    from responder_core.deployment import Deployment
    from responder_sessions.extension import Sessions


def find_faults(sessions: Sessions, api: API, deployment: Deployment) -> Iterator[Finding]:
    """What is not as it should be where others use it."""
    from responder_sessions.csrf import CSRF
    from responder_sessions.extension import SECRET_KEY

    if sessions.has_random_key:
        message = "sessions are signed by a key that ends with the process"
        remedy = f"Pass secret_key= to Sessions(), or set {SECRET_KEY}."
        yield Finding("error", "session-key", message, remedy)
        if deployment.workers > 1:
            message = f"{deployment.workers} workers sign sessions by different keys"
            yield Finding("error", "session-keys", message, remedy)
    if deployment.workers > 1 and _is_in_memory(sessions):
        message = f"{deployment.workers} workers have each their own sessions in memory"
        remedy = 'Choose a store that they share: store="sqlite", or redis:// or postgresql://.'
        yield Finding("error", "session-memory", message, remedy)
    if not sessions.cookie_of(api).is_secure:
        message = "the session cookie travels without HTTPS, too"
        remedy = "Leave https_only= out, or set it True."
        yield Finding("warning", "session-clear", message, remedy)
    if not any(isinstance(each, CSRF) for each in api.extensions):
        message = "nothing refuses what pages of other sites post with the session of a visitor"
        yield Finding("note", "no-csrf", message, "Add CSRF() to extensions=.")


def _is_in_memory(sessions: Sessions) -> bool:
    if sessions.stored is None:
        return False
    store = sessions.stored.store.inner
    return isinstance(store, ThreadedStore) and isinstance(store.inner, MemoryStore)
