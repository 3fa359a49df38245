"""Reloading: how soon ``responder dev`` answers as a file that was changed."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from report import markdown_table
from stopping import Goals, Stops, free_port, running, wait_for
from targets import row

CHANGES = 5
RELOADED = 1.0
"""Seconds until a change is to be seen."""

PROGRAM = """\
from responder_core import API

api = API()


@api.get("/")
async def home(req, resp):
    resp.text = "change {number}"
"""


def measure_reload(*, quick: bool) -> tuple[Stops, Goals]:
    """Measure how soon ``responder dev`` answers as a file that was saved, and print a table."""
    port, seconds = free_port(), list[float]()
    command = [sys.executable, "-m", "responder_core", "dev", "app.py", "--port", str(port)]
    with tempfile.TemporaryDirectory() as name:
        program = Path(name, "app.py")
        program.write_text(PROGRAM.format(number=0), encoding="utf-8")
        with running(command, Path(name), quiet=True) as process:
            wait_for(port, "/", b"change 0", process)
            for number in range(1, CHANGES + 1):
                time.sleep(0.2 if quick else 1.0)
                begin = time.monotonic()
                program.write_text(PROGRAM.format(number=number), encoding="utf-8")
                wait_for(port, "/", f"change {number}".encode(), process)
                seconds.append(time.monotonic() - begin)
    seconds.sort()
    found = {"minimum": seconds[0], "median": seconds[CHANGES // 2], "maximum": seconds[-1]}
    columns = [f"{each:.2f}" for each in found.values()]
    print(markdown_table([f"seconds, {CHANGES} times", *found], [["saved to answered", *columns]]))
    return {"responder dev": found}, [row("seconds to a change, at most", seconds[-1], RELOADED)]
