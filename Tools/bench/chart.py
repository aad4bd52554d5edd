"""Draws the speeds of a run as a bar chart, for the README.

    python3 Tools/bench/chart.py bench.json chart.svg [--of on --against off]

What is shown is the last interpreter of ours against the one of --against, or without such a column against
the first.  Speeds that would not come out again are pale and have no number.  matplotlib draws it; where this
Python has none, it is installed into the virtual environment under build/.
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
PALE = "66"  # opacity, behind a colour

Bar = tuple[str, float, bool]  # benchmark, speed, whether that would come out again


def speeds(data: dict[str, Any], of: str, against: str, wanted: str) -> list[Bar]:
    """Benchmarks of one suite and how many times faster `of` ran than `against`, slowest first."""
    out = [
        (name, entry["speed"], not entry["mark"])
        for name, row in data["benchmarks"].items()
        for entry in row["speeds"]
        if row["suite"] == wanted and (entry["of"], entry["against"]) == (of, against)
    ]
    return sorted(out, key=lambda item: item[1])


def draw(panels: list[tuple[str, list[Bar]]], of: str, against: str, out: Path) -> None:
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
        values = [speed for _, speed, _ in rows]
        axis.barh(
            [name for name, _, _ in rows],
            [speed - 1 for speed in values],
            left=1,
            color=[(FASTER if speed >= 1 else SLOWER) + ("" if known else PALE) for _, speed, known in rows],
        )
        axis.axvline(1, color=LINE, linewidth=0.8)
        axis.set_title(f"{title}: {of} against {against}, geomean {geomean(values):.2f}")
        axis.set_xlabel("times as fast (1 = the same)")
        axis.margins(x=0.1, y=0.01)
        axis.spines[["top", "right"]].set_visible(False)
        for place, (_, speed, known) in enumerate(rows):
            if not known:
                continue
            side = "left" if speed >= 1 else "right"
            axis.annotate(
                f" {speed:.2f} ", (speed, place), ha=side, va="center", fontsize=6, annotation_clip=False
            )
    figure.tight_layout()
    figure.savefig(out, format="svg", metadata={"Date": None})


def shown(data: dict[str, Any], of: str | None, against: str | None) -> tuple[str, str]:
    """Which two are drawn, if nothing else is asked for."""
    ours = [name for name in data["interpreters"] if name != data["against"]]
    return of or ours[-1], against or data["against"] or ours[0]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--of", help="interpreter to show (default: the last of ours)")
    parser.add_argument("--against", help="what it is compared with (default: see above)")
    parser.add_argument("--build", type=Path, default=suite.ROOT / "build")
    options = parser.parse_args(argv)
    data = json.loads(options.data.read_text())
    of, against = shown(data, options.of, options.against)
    panels = [(kind, speeds(data, of, against, kind)) for kind in suite.KINDS]
    panels = [(kind, rows) for kind, rows in panels if rows]
    if not panels:
        print(f"chart.py: the run compared no {of} with {against}", file=sys.stderr)
        return 2
    if importlib.util.find_spec("matplotlib") is None:
        python = suite.in_venv(options.build / "venv-chart", "matplotlib")
        os.execv(python, [str(python), __file__, *(argv or sys.argv[1:])])
    draw(panels, of, against, options.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
