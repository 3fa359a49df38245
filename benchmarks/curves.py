"""Curves: the figures of scale.py as plots, readable on light and on dark pages.

``uv run --with matplotlib python benchmarks/curves.py FILE FOLDER`` draws what ``scale.py --json
FILE`` wrote, one SVG for each kind of figures.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

# Blue, orange and grey can be told from both backgrounds, and from each other by everybody.
COLOURS = {"responder": "#3b82f6", "starlette": "#e8833a", "bare": "#8a8f98"}
STYLES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D")
# What text and axes are drawn in; it becomes the colour of the page's own text.
INK, PAPER = "#010203", "none"
STYLE = """<style>svg{color:#24292f}
@media (prefers-color-scheme:dark){svg{color:#d1d7e0}}</style>"""


@dataclass(frozen=True, slots=True)
class Plot:
    """How the figures of one title are drawn; ``symlog`` is ``log`` that has a place for 0."""

    file: str
    title: str
    across: str
    up: str
    x_scale: str = "log"
    y_scale: str = "log"


PLOTS = {
    "µs by routes": Plot("routes", "A request by the number of routes", "routes", "µs"),
    "µs by hooks": Plot("hooks", "A request by its hooks", "hooks", "µs", "linear", "linear"),
    "µs by header fields": Plot(
        "headers", "A request by its header fields", "header fields", "µs", "linear", "linear"
    ),
    "µs by bytes of the body": Plot("body", "A request by its body", "bytes", "µs", "symlog"),
    "µs by busy connections": Plot(
        "connections", "A request by busy connections", "connections", "µs", "log", "linear"
    ),
    "MB by idle connections": Plot(
        "idle", "A worker by idle connections", "connections", "MB", "linear", "linear"
    ),
    "CPU ms to start by routes": Plot(
        "start",
        "From nothing to the first answer, by routes",
        "routes",
        "CPU ms",
        "linear",
        "linear",
    ),
    "MB by routes": Plot("memory", "An application by routes", "routes", "MB", "linear", "linear"),
}


def write_number(value: float, _: int) -> str:
    """A number at an axis: ``10,000``, ``10 M``."""
    return f"{value / 1e6:g} M" if value >= 1e6 else f"{value:,.0f}"


def draw(plot: Plot, curves: dict[str, dict[str, dict[str, float]]]) -> str:
    """The SVG of a plot: a line for each curve, at the least of its repetitions."""
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.add_subplot()
    seen: dict[str, int] = {}
    for name, points in curves.items():
        who = name.partition(",")[0]
        number = seen[who] = seen.get(who, -1) + 1
        places = [int(place) for place in points]
        values = [point["minimum"] for point in points.values()]
        look = {"linestyle": STYLES[number], "marker": MARKERS[number], "color": COLOURS[who]}
        axes.plot(places, values, label=name, linewidth=1.8, markersize=4.5, **look)
    axes.set_title(plot.title)
    axes.set_xlabel(plot.across)
    axes.set_ylabel(plot.up)
    options: dict[str, Any] = {"linthresh": 100} if plot.x_scale == "symlog" else {}
    axes.set_xscale(plot.x_scale, **options)
    axes.set_yscale(plot.y_scale)
    if plot.y_scale == "linear":
        axes.set_ylim(bottom=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(write_number))
        axis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    columns = 2 if max(map(len, curves)) > 24 else 3
    figure.legend(frameon=False, fontsize="small", loc="outside lower center", ncols=columns)
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = re.sub(r"<metadata>.*?</metadata>", STYLE, out.getvalue(), flags=re.DOTALL)
    text = re.sub(r"font-family: [^;\"]*", "font-family: sans-serif", text)
    return text.replace(INK, "currentColor")


def main() -> int:
    """Draw, and give the exit status."""
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    inks = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    mpl.rcParams.update(dict.fromkeys((*inks, "grid.color"), INK))
    mpl.rcParams.update(dict.fromkeys(("figure.facecolor", "axes.facecolor"), PAPER))
    mpl.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "responder", "font.size": 11})
    mpl.rcParams["font.family"] = "sans-serif"
    results = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))["results"]
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for title, curves in results.items():
        plot = PLOTS[title]
        (folder / f"{plot.file}.svg").write_text(draw(plot, curves), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
