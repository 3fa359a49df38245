"""A worker that is killed at any moment: what was answered is in the store."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

KILLS = 200
WORKER = Path(__file__).parent / "worker.py"


class Client:
    """Asks one after another, over connections that may break."""

    def __init__(self, port):
        self.port = port
        self.cookie = None
        self.connection = None

    def get(self, path):
        """The body of an answer, or None where the connection broke."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            head = {} if self.cookie is None else {"Cookie": self.cookie}
            self.connection.request("GET", path, headers=head)
            answer = self.connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            return None
        assert answer.status == 200, (answer.status, body)
        found = answer.getheader("Set-Cookie")
        if found is not None:
            self.cookie = found.partition(";")[0]
        return body


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")
def test_two_hundred_kills_lose_nothing_that_was_answered(shared_url, free_port):
    command = [sys.executable, str(WORKER), shared_url, str(free_port)]
    chance = random.Random(200)
    client = Client(free_port)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as nursery:
        try:
            answered = {}
            number = 0
            pid = int(nursery.stdout.readline())
            while client.cookie is None:
                client.get("/set/first/0")
            answered["first"] = 0
            for _ in range(KILLS):
                wait = chance.uniform(0, 0.03)
                killer = threading.Timer(wait, os.kill, (pid, signal.SIGKILL))
                killer.start()
                while killer.is_alive():
                    number += 1
                    key = f"key{number % 40}"
                    if client.get(f"/set/{key}/{number}") is not None:
                        answered[key] = number
                    else:
                        # It may have been kept or not: nobody was told.
                        answered.pop(key, None)
                killer.join()
                pid = int(nursery.stdout.readline())
            found = None
            while found is None:
                found = client.get("/all")
        finally:
            if client.connection is not None:
                client.connection.close()
            nursery.kill()
            os.kill(pid, signal.SIGKILL)

    values = json.loads(found)
    assert len(answered) > 10
    assert number > KILLS
    assert {key: values.get(key) for key in answered} == answered
    if shared_url.startswith("sqlite:"):
        with sqlite3.connect(shared_url.removeprefix("sqlite:///")) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
