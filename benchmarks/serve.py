"""Serve: what one load costs a server, and whether it answers rightly; the cores of both."""

from __future__ import annotations

import http.client
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from harness import Answer
from load import Load, send_load
from workloads import Workload, WrongAnswerError

if TYPE_CHECKING:
    from processes import Host
    from server import Server


def pin() -> tuple[int, str]:
    """Take one core for the load; the core of the servers, and a sentence about it."""
    if not hasattr(os, "sched_setaffinity"):
        return -1, "nothing is pinned, because this system cannot"
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) == 1:
        return cores[0], "servers and load share the only core"
    os.sched_setaffinity(0, {cores[-1]})
    return cores[0], "servers on one core, load on another"


@contextmanager
def pinned() -> Generator[tuple[int, str]]:
    """As ``pin()``, during a block."""
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
    try:
        yield pin()
    finally:
        if cores:
            os.sched_setaffinity(0, cores)


def check(server: Server | Host, workload: Workload) -> None:
    """Ask the server once, and compare.

    Raises:
        WrongAnswerError: the answer differs.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    sent = workload.sent or None
    connection.request(workload.method, workload.path, sent, workload.fields)
    response = connection.getresponse()
    headers = {name.lower(): value for name, value in response.getheaders()}
    answer = Answer(response.status, headers, response.read())
    connection.close()
    if difference := workload.difference(answer, workload.status):
        raise WrongAnswerError(f"{server.name}, {workload.path}: {difference}.")


def with_cookie(server: Server | Host, workload: Workload) -> Workload:
    """A workload of a client that has been there before, and sends the cookie that it got."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", workload.path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    cookie = (answer.getheader("set-cookie") or "").partition(";")[0]
    return replace(workload, fields={"cookie": cookie})


def send(server: Server | Host, workload: Workload, seconds: float) -> Load:
    """Send the request of a workload for a time."""
    return send_load(
        server.port,
        workload.path,
        seconds,
        method=workload.method,
        fields=workload.fields,
        body=workload.sent.decode(),
        paths=workload.paths,
    )


def repeat(server: Server, workload: Workload, seconds: float) -> tuple[float, float]:
    """One load: CPU microseconds per request, and requests per second.

    Raises:
        RuntimeError: not every request was answered well.
    """
    before = server.cpu_seconds()
    load = send(server, workload, seconds)
    spent = server.cpu_seconds() - before
    # To the load, an answer of 404 is a failure.
    expected = load.requests if workload.status >= 400 else 0
    if load.failures != expected or not load.requests:
        raise RuntimeError(f"{server.name}, {workload.name}: {load}.")
    return spent / load.requests * 1_000_000, load.rate
