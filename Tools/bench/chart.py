"""Draws the speeds of a run as a bar chart, for the README.

    python3 Tools/bench/chart.py bench.json chart.svg [--of on --against off]

matplotlib draws it; where this Python has none, it is installed into the virtual environment under build/.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from Tools.bench import suite
from Tools.bench.report import geomean

FASTER, SLOWER, LINE = "#2b7a5d", "#b5563c", "#555555"


def speeds(data: dict[str, Any], of: str, against: str, wanted: str) -> list[tuple[str, float]]:
    """Benchmarks of one suite and how many times faster `of` ran than `against`, slowest first."""
    out = []
    for name, entry in data["benchmarks"].items():
        row = entry["interpreters"]
        if entry["suite"] == wanted and of in row and against in row and row[of]["median"]:
            out.append((name, row[against]["median"] / row[of]["median"]))
    return sorted(out, key=lambda item: item[1])


def draw(panels: list[tuple[str, list[tuple[str, float]]]], of: str, against: str, out: Path) -> None:
    """One panel for each suite.  The file has no date and no random names: same data, same bytes."""
    import matplotlib  # type: ignore[import-not-found,unused-ignore]

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "bench"
    matplotlib.rcParams["svg.fonttype"] = "none"
    matplotlib.rcParams["font.size"] = 8
    from matplotlib import pyplot  # type: ignore[import-not-found,unused-ignore]

    longest = max(len(rows) for _, rows in panels)
    figure, axes = pyplot.subplots(
        1, len(panels), figsize=(5 * len(panels), 0.8 + 0.16 * longest), squeeze=False
    )
    for axis, (title, rows) in zip(axes[0], panels, strict=True):
        values = [speed for _, speed in rows]
        axis.barh(
            [name for name, _ in rows],
            [speed - 1 for speed in values],
            left=1,
            color=[FASTER if speed >= 1 else SLOWER for speed in values],
        )
        axis.axvline(1, color=LINE, linewidth=0.8)
        axis.set_title(f"{title}: {of} against {against}, geomean {geomean(values):.2f}")
        axis.set_xlabel("times as fast (1 = the same)")
        axis.margins(x=0.1, y=0.01)
        axis.spines[["top", "right"]].set_visible(False)
        for place, speed in enumerate(values):
            side = "left" if speed >= 1 else "right"
            axis.annotate(
                f" {speed:.2f} ", (speed, place), ha=side, va="center", fontsize=6, annotation_clip=False
            )
    figure.tight_layout()
    figure.savefig(out, format="svg", metadata={"Date": None})


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--of", help="interpreter to show (default: the last of the run)")
    parser.add_argument("--against", help="what it is compared with (default: the first of the run)")
    parser.add_argument("--build", type=Path, default=suite.ROOT / "build")
    options = parser.parse_args(argv)
    data = json.loads(options.data.read_text())
    of, against = options.of or data["interpreters"][-1], options.against or data["interpreters"][0]
    for name in (of, against):
        if name not in data["interpreters"]:
            print(
                f"chart.py: the run had no interpreter {name}, only {data['interpreters']}", file=sys.stderr
            )
            return 2
    panels = [(kind, speeds(data, of, against, kind)) for kind in suite.KINDS]
    panels = [(kind, rows) for kind, rows in panels if rows]
    if not panels:
        print("chart.py: no benchmark has numbers for both", file=sys.stderr)
        return 2
    if importlib.util.find_spec("matplotlib") is None:
        python = suite.in_venv(options.build / "venv-chart", "matplotlib")
        os.execv(python, [str(python), __file__, *(argv or sys.argv[1:])])
    draw(panels, of, against, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
