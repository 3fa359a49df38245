"""Peers: every workload side by side with other frameworks, each on the server that it asks for.

``python benchmarks/peers.py`` measures all that is there and writes ``results/peers.json`` and
``results/peers.md``. Servers run on one core, the load on another; the loads of a group take
turns, so that a disturbance hits all alike. What does not start or answers wrongly is told and
left out, and ends nothing.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import peer_report
import serve
import sockets
import streams
from catalogue import installed_version
from environments import EnvironmentFailedError, installed_versions, make_environment
from load import CONNECTIONS, Load, generator
from peer_catalogue import BY_NAME, PEERS, Peer, obstacle
from peer_report import COMPARED
from peer_workloads import GROUPS, TASKS, Group, Task
from processes import Host, StartError, hosting
from report import Figure, surroundings
from samples import FILE_NAME, sample_directory
from workloads import WrongAnswerError

HERE = Path(__file__).parent
RESULTS = HERE / "results"
WARM_UP = 0.2
"""Seconds of each load before the measurement."""
# What can go wrong with one peer, and is told.
Failures = (
    OSError,
    RuntimeError,
    StartError,
    ValueError,
    WrongAnswerError,
    http.client.HTTPException,
    subprocess.SubprocessError,
)


@dataclass(slots=True)
class Cell:
    """One peer under one workload."""

    peer: Peer
    task: Task
    host: Host
    listeners: streams.Child | None = None
    """The client of event streams, whose streams stay open."""
    costs: list[float] = field(default_factory=list[float])
    rates: list[float] = field(default_factory=list[float])
    further: list[float] = field(default_factory=list[float])
    """Costs for the table of targets alone."""
    requests: int = 0
    errors: int = 0

    def prepare(self, stack: ExitStack) -> None:
        """See to it that the answer is right, and warm up."""
        if self.task.client == "events":
            self.listeners = stack.enter_context(streams.listening(self.host.port))
        elif self.task.client == "http":
            workload = self.task.workload
            workload = replace(
                workload,
                status=self.peer.statuses.get(workload.name, workload.status),
                path=self.peer.paths.get(workload.name, workload.path),
            )
            if workload.name in ("session", "store"):
                workload = serve.with_cookie(self.host, workload)
            self.task = replace(self.task, workload=workload)
            serve.check(self.host, workload)
        self.load(WARM_UP)
        # A server may have started more workers with its first requests.
        self.host.find_members()

    def load(self, seconds: float) -> tuple[float, Load]:
        """One load: CPU microseconds for a request, and what it did."""
        seconds *= self.task.scale
        if self.task.client == "websocket":
            return sockets.send(self.host, seconds)
        if self.listeners is not None:
            return streams.send(self.host, self.listeners, seconds)
        # On a busy machine, a short load may end before its first answer.
        for length in (seconds, seconds * 5):
            before = self.host.cpu_seconds()
            load = serve.send(self.host, self.task.workload, length)
            spent = self.host.cpu_seconds() - before
            if load.requests:
                break
        else:
            raise RuntimeError("nothing was answered")
        if self.task.workload.status >= 400:
            # To the load these are failures, and any other answer is not.
            load = replace(load, failures=abs(load.requests - load.failures))
        return spent / load.requests * 1_000_000, load

    def repeat(self, seconds: float) -> None:
        """Measure once more."""
        cost, load = self.load(seconds)
        self.costs.append(cost)
        self.rates.append(load.rate)
        self.count(load)

    def repeat_further(self, seconds: float) -> None:
        """Measure once more what a target compares."""
        cost, load = self.load(seconds)
        self.further.append(cost)
        self.count(load)

    def count(self, load: Load) -> None:
        """Count what a load did."""
        self.requests += load.requests
        self.errors += load.failures

    def as_data(self) -> dict[str, Any]:
        """The figures as JSON has them."""
        cost, rate = Figure.of(self.costs), Figure.of([-each for each in self.rates])
        return {
            "cpu_us": {
                "minimum": round(cost.minimum, 3),
                "median": round(cost.median, 3),
                "turns": [round(each, 2) for each in self.costs],
                "further": [round(each, 2) for each in self.further],
            },
            "per_second": {"maximum": round(-rate.minimum, 1), "median": round(-rate.median, 1)},
            "requests": self.requests,
            "errors": self.errors,
        }


@dataclass(slots=True)
class Run:
    """One run of the command: what was asked for, and what was found."""

    peers: list[Peer]
    tasks: list[str]
    rounds: int
    seconds: float
    further: int = 0
    """Rounds more, of what a target compares with one other."""
    core: int = -1
    pythons: dict[str, Path] = field(default_factory=dict[str, Path])
    versions: dict[str, str] = field(default_factory=dict[str, str])
    results: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    skipped: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    def skip(self, peer: Peer, what: str, reason: object) -> None:
        """Tell of something that is not measured, and why."""
        text = " ".join(str(reason).split())[:300] or type(reason).__name__
        print(f"{peer.name}, {what}: skipped: {text}", file=sys.stderr)
        self.skipped.append({"peer": peer.name, "what": what, "reason": text})

    def find_peers(self, folder: Path) -> None:
        """Find out who can be measured here; make environments for those who need their own."""
        found: list[Peer] = []
        for peer in self.peers:
            reason: object = obstacle(peer)
            try:
                if reason is None:
                    self.find_versions(peer, folder)
                    found.append(peer)
            except EnvironmentFailedError as error:
                reason = error
            if reason is not None:
                self.skip(peer, "all", reason)
        self.peers = found

    def find_versions(self, peer: Peer, folder: Path) -> None:
        """Note the versions that a peer has, in an environment that is made if it needs one."""
        if not peer.environment:
            numbers = {each: installed_version(each) for each in peer.distributions}
            self.versions |= {name: number for name, number in numbers.items() if number}
            return
        python = make_environment(folder / peer.name.replace(" ", "-"), peer.environment)
        self.pythons[peer.name] = python
        self.versions |= installed_versions(python, peer.distributions)

    def measure_group(self, group: Group) -> None:
        """Measure the workloads of a group, in turns of one load each."""
        tasks = [task for task in group.tasks if task.name in self.tasks]
        peers = [peer for peer in self.peers if group.name in peer.apps]
        if not tasks or not peers:
            return
        commands = [
            (
                peer.name,
                [
                    str(self.pythons.get(peer.name, sys.executable)),
                    str(HERE / "hosts.py"),
                    peer.host,
                    peer.apps[group.name],
                ],
            )
            for peer in peers
        ]
        began = time.monotonic()
        with ExitStack() as stack:
            hosts = stack.enter_context(hosting(commands, HERE))
            ready = self.wait(dict(zip((peer.name for peer in peers), hosts, strict=True)))
            # Servers start on all cores, and the load takes its own now.
            stack.enter_context(serve.pinned())
            cells = self.prepare(ready, tasks, stack)
            for _ in range(self.rounds):
                for cell in list(cells):
                    try:
                        cell.repeat(self.seconds)
                    except Failures as error:
                        cells.remove(cell)
                        self.skip(cell.peer, cell.task.name, error)
            self.compare(cells)
        for cell in cells:
            self.results.setdefault(cell.task.name, {})[cell.peer.name] = cell.as_data()
        taken = time.monotonic() - began
        print(f"{group.title}: {len(cells)} figures, {taken:.0f} s", file=sys.stderr)

    def compare(self, cells: list[Cell]) -> None:
        """Measure what targets compare with one other, in many short turns.

        Who else is on the machine slows it down for moments, or for seconds: of short loads that
        stand side by side, most have the same luck.
        """
        compared = [each for each in cells if (each.task.name, each.peer.name) in COMPARED]
        for _ in range(self.further):
            for cell in [each for each in compared if each in cells]:
                try:
                    cell.repeat_further(self.seconds / 2)
                except Failures as error:
                    cells.remove(cell)
                    self.skip(cell.peer, cell.task.name, error)

    def wait(self, hosts: Mapping[str, Host]) -> list[tuple[Peer, Host]]:
        """Those that listen, pinned."""
        ready: list[tuple[Peer, Host]] = []
        for name, host in hosts.items():
            try:
                host.wait()
            except StartError as error:
                self.skip(BY_NAME[name], "its server", error)
            else:
                host.pin(self.core)
                ready.append((BY_NAME[name], host))
        return ready

    def prepare(
        self, ready: Sequence[tuple[Peer, Host]], tasks: Sequence[Task], stack: ExitStack
    ) -> list[Cell]:
        """The cells whose answers are right, warm."""
        cells: list[Cell] = []
        for task in tasks:
            for peer, host in ready:
                if task.name in peer.lacks:
                    continue
                cell = Cell(peer, task, host)
                try:
                    cell.prepare(stack)
                except Failures as error:
                    self.skip(peer, task.name, error)
                else:
                    cells.append(cell)
        return cells

    def as_data(self, pinning: str) -> dict[str, Any]:
        """All of it as JSON has it."""
        machine = surroundings()
        return {
            "processor": machine["processor"],
            "python": machine["python"],
            "versions": self.versions,
            "load": f"{generator()} over {CONNECTIONS} connections; {pinning}",
            "repetitions": self.rounds,
            "further": self.further,
            "seconds": self.seconds,
            "results": self.results,
            "skipped": self.skipped,
        }


def with_file(tasks: Sequence[Task], directory: Path) -> tuple[Task, ...]:
    """The tasks, where those about the file know what is in it."""
    content = (directory / FILE_NAME).read_bytes()
    bodies = {"file": content, "range": content[1000:2000]}
    return tuple(
        replace(task, workload=replace(task.workload, body=bodies[task.name]))
        if task.name in bodies
        else task
        for task in tasks
    )


def measure(run: Run) -> dict[str, Any]:
    """Measure all groups; the document of the results."""
    with serve.pinned() as (core, pinning):
        run.core = core
    with tempfile.TemporaryDirectory() as folder, sample_directory() as directory:
        run.find_peers(Path(folder))
        for group in GROUPS:
            try:
                run.measure_group(replace(group, tasks=with_file(group.tasks, directory)))
            except Failures as error:
                # What the other groups found is worth keeping.
                print(f"{group.title}: ended: {error}", file=sys.stderr)
        return run.as_data(pinning)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Every workload, side by side with other frameworks.",
        epilog=f"Peers: {', '.join(BY_NAME)}. Workloads: {', '.join(TASKS)}.",
    )
    add = parser.add_argument
    add("--only", nargs="+", choices=BY_NAME, metavar="PEER", help="these peers alone")
    add("--workload", nargs="+", choices=TASKS, metavar="NAME", help="these workloads alone")
    add("--quick", action="store_true", help="two short repetitions, more noise")
    add("--repeat", type=int, default=10, metavar="N", help="repetitions, 10 if not told")
    add(
        "--further",
        type=int,
        default=30,
        metavar="N",
        help="repetitions of half the length of what targets compare, 30 more if not told",
    )
    add("--seconds", type=float, default=0.4, help="of each load, 0.4 if not told")
    add(
        "--output",
        type=Path,
        metavar="DIRECTORY",
        help="where peers.json and peers.md are written; a whole run writes to results/",
    )
    add("--report", action="store_true", help="write peers.md from peers.json, and measure nothing")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.repeat, arguments.further, arguments.seconds = 2, 0, 0.2
    is_whole = not (arguments.only or arguments.workload or arguments.quick)
    if arguments.output is None and (is_whole or arguments.report):
        arguments.output = RESULTS
    return arguments


def main() -> int:
    """Measure, print, write, and give the exit status."""
    arguments = parse_arguments()
    if arguments.report:
        document = json.loads((arguments.output / "peers.json").read_text(encoding="utf-8"))
    else:
        # So that the servers end with it.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        peers = [BY_NAME[name] for name in arguments.only] if arguments.only else list(PEERS)
        tasks = arguments.workload or list(TASKS)
        document = measure(
            Run(peers, tasks, arguments.repeat, arguments.seconds, arguments.further)
        )
    text = peer_report.markdown(document)
    print(text)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        data = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        # The turns of a cell on one line.
        data = re.sub(r"\[[\d.,\s]+\]", lambda found: " ".join(found[0].split()), data)
        (arguments.output / "peers.json").write_text(data, encoding="utf-8")
        (arguments.output / "peers.md").write_text(text, encoding="utf-8")
    return 0 if document["results"] else 1


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
    sys.exit(130)
