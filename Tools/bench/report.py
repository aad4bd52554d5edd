"""Medians, ratios, geometric means, worst cases: from raw values to a table and to JSON."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Series:
    """What all processes of one interpreter gave for one benchmark; times in seconds."""

    values: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    peak_kb: list[int] = field(default_factory=list)  # of whole processes
    digest: str = ""
    compared: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass
class Results:
    """Everything a run found.  `series[benchmark][interpreter]`."""

    interpreters: list[str]
    suite_of: dict[str, str] = field(default_factory=dict)
    series: dict[str, dict[str, Series]] = field(default_factory=dict)
    jit: dict[str, dict[str, Any]] = field(default_factory=dict)  # script -> interpreter -> sys._jit.stats()
    failures: list[str] = field(default_factory=list)

    def complete(self) -> list[str]:
        """Benchmarks that every interpreter finished."""
        return [
            name
            for name, row in self.series.items()
            if all(row.get(interpreter) and row[interpreter].values for interpreter in self.interpreters)
        ]

    def speed(self, name: str, of: str, against: str) -> float:
        """How many times faster `of` is than `against`: 2.0 is half the time."""
        row = self.series[name]
        return row[against].median / row[of].median

    def first_speed(self, name: str, of: str, against: str) -> float:
        """The same of the first value of a process, when nothing is warm yet."""
        row = self.series[name]
        return statistics.median(row[against].first) / statistics.median(row[of].first)

    def fastest_speed(self, name: str, of: str, against: str) -> float:
        """The same of the fastest values: what a busy machine disturbs least."""
        row = self.series[name]
        return min(row[against].values) / min(row[of].values)

    def memory(self, name: str, of: str, against: str) -> float:
        """How many times as much memory `of` took at its peak as `against`."""
        row = self.series[name]
        return statistics.median(row[of].peak_kb) / statistics.median(row[against].peak_kb)

    def compare_digests(self) -> None:
        """A result that differs from the first interpreter's is a failure."""
        base = self.interpreters[0]
        for name in self.complete():
            row = self.series[name]
            for other in self.interpreters[1:]:
                if row[other].digest != row[base].digest:
                    self.failures.append(
                        f"{name}: {other} computed another result than {base} "
                        f"({row[base].compared}: {row[base].digest} / {row[other].digest})"
                    )


def geomean(values: Iterable[float]) -> float:
    logs = [math.log(value) for value in values]
    return math.exp(statistics.fmean(logs)) if logs else math.nan


def pairs(interpreters: Sequence[str]) -> list[tuple[str, str]]:
    """The comparisons of a run: each with the first; of three, the last two with each other too."""
    out = [(other, interpreters[0]) for other in interpreters[1:]]
    if len(interpreters) > 2:
        out.append((interpreters[-1], interpreters[-2]))
    return out


def jit_summary(stats: Any) -> dict[str, Any]:
    """Whether a process ran machine code, and what making it cost, from its sys._jit.stats().

    The names are those of that dict; compile_us_per_100 is for 100 recorded instructions, or None.
    """
    if not isinstance(stats, dict):
        stats = {}
    traces = int(stats.get("traces", 0))
    code = int(stats.get("code_bytes", 0))
    return {
        "traces": traces,
        "code_bytes": code,
        "machine_code": traces > 0 and code > 0,
        "compile_us_per_100": compile_cost([stats]),
        "compile_us_per_100_uops": compile_cost([stats], "uops"),
    }


def compile_cost(processes: Iterable[Any], unit: str = "instructions") -> float | None:
    """Microseconds of compilation for 100 recorded units, from the sys._jit.stats() of processes."""
    counted = [stats for stats in processes if isinstance(stats, dict)]
    recorded = sum(int(stats.get(unit, 0)) for stats in counted)
    nanoseconds = sum(int(stats.get("compile_time", 0)) for stats in counted)
    return nanoseconds / recorded / 10 if recorded else None


def as_json(results: Results) -> dict[str, Any]:
    complete = results.complete()
    summary = []
    for of, against in pairs(results.interpreters):
        for suite in sorted({results.suite_of[name] for name in complete}):
            names = [name for name in complete if results.suite_of[name] == suite]
            speeds = {name: results.speed(name, of, against) for name in names}
            worst = min(speeds, key=speeds.__getitem__)
            best = max(speeds, key=speeds.__getitem__)
            firsts = {name: results.first_speed(name, of, against) for name in names}
            slowest = min(firsts, key=firsts.__getitem__)
            fastest = {name: results.fastest_speed(name, of, against) for name in names}
            least = min(fastest, key=fastest.__getitem__)
            peaks = {name: results.memory(name, of, against) for name in names}
            largest = max(peaks, key=peaks.__getitem__)
            summary.append(
                {
                    "of": of,
                    "against": against,
                    "suite": suite,
                    "benchmarks": len(names),
                    "geomean": geomean(speeds.values()),
                    "worst": {"name": worst, "speed": speeds[worst]},
                    "best": {"name": best, "speed": speeds[best]},
                    "first": {
                        "geomean": geomean(firsts.values()),
                        "worst": {"name": slowest, "speed": firsts[slowest]},
                    },
                    "fastest": {
                        "geomean": geomean(fastest.values()),
                        "worst": {"name": least, "speed": fastest[least]},
                    },
                    "memory": {
                        "geomean": geomean(peaks.values()),
                        "worst": {"name": largest, "ratio": peaks[largest]},
                    },
                }
            )
    benchmarks = {}
    for name, row in results.series.items():
        benchmarks[name] = {
            "suite": results.suite_of[name],
            "interpreters": {
                interpreter: {
                    "median": series.median if series.values else None,
                    "first": statistics.median(series.first) if series.first else None,
                    "values": series.values,
                    "peak_kb": statistics.median(series.peak_kb) if series.peak_kb else None,
                    "digest": series.digest,
                    "compared": series.compared,
                }
                for interpreter, series in row.items()
            },
        }
    jit = {
        script: {interpreter: {**jit_summary(stats), "stats": stats} for interpreter, stats in row.items()}
        for script, row in results.jit.items()
    }
    return {
        "interpreters": results.interpreters,
        "unit": "seconds",
        "summary": summary,
        "benchmarks": benchmarks,
        "jit": jit,
        "failures": results.failures,
    }


def table(results: Results) -> str:
    """Medians in milliseconds, then speeds: above 1.00 is faster; then peak memory: below 1.00 is less."""
    columns = pairs(results.interpreters)
    memory = f"memory {columns[-1][0]}/{columns[-1][1]}" if columns else ""
    heads = [f"{of}/{against}" for of, against in columns]
    names = results.complete()
    width = max([len(name) for name in names] + [9])
    lines = [
        f"{'benchmark':<{width}}"
        + "".join(f"  {name + ' ms':>12}" for name in results.interpreters)
        + "".join(f"  {head:>{max(len(head), 7)}}" for head in heads)
        + f"  {memory}".rstrip()
    ]
    for name in names:
        line = f"{name:<{width}}"
        for interpreter in results.interpreters:
            line += f"  {results.series[name][interpreter].median * 1000:>12.3f}"
        for (of, against), head in zip(columns, heads, strict=True):
            line += f"  {results.speed(name, of, against):>{max(len(head), 7)}.2f}"
        if columns:
            line += f"  {results.memory(name, *columns[-1]):>{len(memory)}.2f}"
        lines.append(line)
    lines.append("")
    for entry in as_json(results)["summary"]:
        lines.append(
            f"{entry['suite']}: {entry['of']} against {entry['against']}: geomean {entry['geomean']:.3f} "
            f"over {entry['benchmarks']}; worst {entry['worst']['name']} {entry['worst']['speed']:.2f}, "
            f"best {entry['best']['name']} {entry['best']['speed']:.2f}"
        )
        for words, which in (("first values of processes", "first"), ("fastest values", "fastest")):
            found = entry[which]
            worst = found["worst"]
            lines.append(
                f"    {words}: geomean {found['geomean']:.3f}; worst {worst['name']} {worst['speed']:.2f}"
            )
        peak = entry["memory"]
        lines.append(
            f"    peak memory: {peak['geomean']:.2f} times as much; "
            f"most {peak['worst']['name']} {peak['worst']['ratio']:.2f}"
        )
    for interpreter in results.interpreters:
        rows = [jit_summary(row.get(interpreter)) for row in results.jit.values()]
        ran = sum(row["machine_code"] for row in rows)
        if any(row["traces"] for row in rows):
            traces = sum(row["traces"] for row in rows)
            lines.append(f"{interpreter}: {traces} traces; machine code ran in {ran} of {len(rows)} scripts")
        processes = [row.get(interpreter) for row in results.jit.values()]
        cost = compile_cost(processes)
        if cost is not None:
            finer = compile_cost(processes, "uops")
            uops = "" if finer is None else f", {finer:.1f} us for 100 uops"
            lines.append(f"{interpreter}: {cost:.1f} us to compile 100 recorded instructions{uops}")
    return "\n".join(lines)
