"""The command: what the programs with several kinds of measurement have in common."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from report import surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping


def parse_arguments(told: str, kinds: Mapping[str, tuple[Any, str]]) -> argparse.Namespace:
    """The command line of a program that tells something; ``names`` are the kinds asked for."""
    listed = "; ".join(f"{name}: {text}" for name, (_, text) in kinds.items())
    parser = argparse.ArgumentParser(description=told, epilog=listed)
    parser.add_argument("command", nargs="?", default="all", choices=[*kinds, "all"])
    parser.add_argument("--quick", action="store_true", help="less of it, more noise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    arguments = parser.parse_args()
    arguments.names = list(kinds) if arguments.command == "all" else [arguments.command]
    return arguments


def as_data(figures: Any) -> Any:
    """Figures as JSON has them."""
    if isinstance(figures, dict):
        return {name: as_data(value) for name, value in figures.items()}
    return asdict(figures) if is_dataclass(figures) else figures


def write_results(file: Path | None, results: Mapping[str, Any]) -> None:
    """Write the figures of each kind as JSON, where that is asked for."""
    if file is None:
        return
    document = {**surroundings(), "results": as_data(results)}
    file.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
