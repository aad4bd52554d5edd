"""Speeds, geometric means, worst cases: from raw values to a table and to JSON.

A speed of one row (a benchmark, and a pair of interpreters) has a mark: "" if it would come out again
(repeat.py), "~" if its rounds do not agree, "?" if there were too few to tell.  Only what has no mark is
named as worst or best of a suite; the geometric means are over all rows.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from Tools.bench import repeat

Pair = tuple[str, str]  # an interpreter, and the one it is compared with


@dataclass
class Series:
    """What all processes of one interpreter gave for one benchmark; times in seconds."""

    rounds: list[list[float]] = field(default_factory=list)  # the values of each process, in the order taken
    first: list[float] = field(default_factory=list)
    peak_kb: list[int] = field(default_factory=list)  # of whole processes
    digest: str = ""
    compared: str = ""

    @property
    def values(self) -> list[float]:
        return [value for values in self.rounds for value in values]

    @property
    def median(self) -> float:
        return statistics.median(self.values)


@dataclass
class Results:
    """Everything a run found.  `series[benchmark][interpreter]`."""

    interpreters: list[str]
    against: str = ""  # the one among them that is not ours, with which all are compared
    clock: str = "wall"  # or "processor"
    suite_of: dict[str, str] = field(default_factory=dict)
    series: dict[str, dict[str, Series]] = field(default_factory=dict)
    jit: dict[str, dict[str, Any]] = field(default_factory=dict)  # script -> interpreter -> sys._jit.stats()
    versions: dict[str, str] = field(default_factory=dict)  # interpreter -> sys.version
    again: dict[str, Results] = field(default_factory=dict)  # rows that were measured anew -> what was before
    failures: list[str] = field(default_factory=list)

    def complete(self) -> list[str]:
        """Benchmarks that every interpreter finished."""
        return [
            name
            for name, row in self.series.items()
            if all(row.get(interpreter) and row[interpreter].rounds for interpreter in self.interpreters)
        ]

    def pairs(self) -> list[Pair]:
        """The comparisons of a run: each with the first; of three, the last two with each other too; then
        each with what is not ours."""
        ours = self.ours()
        out = [(other, ours[0]) for other in ours[1:]]
        if len(ours) > 2:
            out.append((ours[-1], ours[-2]))
        return out + [(of, self.against) for of in ours if self.against]

    def ours(self) -> list[str]:
        return [name for name in self.interpreters if name != self.against]

    def ratios(self, name: str, of: str, against: str) -> list[float]:
        """How many times faster `of` was than `against` in each round: 2.0 is half the time."""
        row = self.series[name]
        return repeat.ratios(row[of].rounds, row[against].rounds)

    def speed(self, name: str, of: str, against: str) -> float:
        return repeat.speed(self.ratios(name, of, against))

    def mark(self, name: str, of: str, against: str) -> str:
        """Whether the speed would come out again: see the top of this file."""
        ratios = self.ratios(name, of, against)
        if len(ratios) < repeat.FEWEST:
            return "?"
        if not repeat.repeatable(ratios):
            return "~"
        if name in self.again and not self.again[name].mark(name, of, against):
            # Twice measured well, an hour apart: what changed in between is not known, if it did.
            twice = (repeat.speed(ratios), self.again[name].speed(name, of, against))
            return "~" if max(twice) / min(twice) - 1 > repeat.WITHIN else ""
        return ""

    def settled(self, name: str) -> bool:
        """Whether further rounds of a benchmark would change no mark."""
        return not any(self.mark(name, *pair) for pair in self.pairs())

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

    def below(self, limit: float) -> list[str]:
        """Benchmarks in which the last of ours is slower than that against any other."""
        last = self.ours()[-1]
        return [
            name
            for name in self.complete()
            if any(self.speed(name, *pair) < limit for pair in self.pairs() if pair[0] == last)
        ]

    def replace(self, names: Iterable[str], newer: Results) -> None:
        """Take these rows from another run; what they were is kept beside."""
        for name in names:
            before = Results(self.interpreters, self.against, series={name: self.series[name]})
            self.again[name] = before
            self.series[name] = newer.series[name]

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


def extreme(
    pick: Callable[..., str], of: dict[str, float], names: Sequence[str], what: str = "speed"
) -> dict[str, Any] | None:
    """The worst (pick is min) or best (max) of these rows, or None of none."""
    if not names:
        return None
    name = pick(names, key=of.__getitem__)
    return {"name": name, what: of[name]}


def summary(results: Results) -> list[dict[str, Any]]:
    """One entry for each pair of interpreters and each suite."""
    entries = []
    complete = results.complete()
    for of, against in results.pairs():
        for suite in sorted({results.suite_of[name] for name in complete}):
            names = [name for name in complete if results.suite_of[name] == suite]
            marks = {name: results.mark(name, of, against) for name in names}
            quoted = [name for name in names if not marks[name]]
            speeds = {name: results.speed(name, of, against) for name in names}
            firsts = {name: results.first_speed(name, of, against) for name in names}
            fastest = {name: results.fastest_speed(name, of, against) for name in names}
            peaks = {name: results.memory(name, of, against) for name in names}
            entries.append(
                {
                    "of": of,
                    "against": against,
                    "suite": suite,
                    "benchmarks": len(names),
                    "noisy": [name for name in names if marks[name] == "~"],
                    "unknown": [name for name in names if marks[name] == "?"],
                    "geomean": geomean(speeds.values()),
                    "worst": extreme(min, speeds, quoted),
                    "best": extreme(max, speeds, quoted),
                    "first": {"geomean": geomean(firsts.values()), "worst": extreme(min, firsts, quoted)},
                    "fastest": {"geomean": geomean(fastest.values()), "worst": extreme(min, fastest, quoted)},
                    "memory": {
                        "geomean": geomean(peaks.values()),
                        "worst": extreme(max, peaks, names, "ratio"),
                    },
                }
            )
    return entries


def as_json(results: Results) -> dict[str, Any]:
    benchmarks = {}
    complete = set(results.complete())
    for name, row in results.series.items():
        benchmarks[name] = {
            "suite": results.suite_of[name],
            "interpreters": {
                interpreter: {
                    "median": series.median if series.rounds else None,
                    "first": statistics.median(series.first) if series.first else None,
                    "rounds": series.rounds,
                    "peak_kb": statistics.median(series.peak_kb) if series.peak_kb else None,
                    "digest": series.digest,
                    "compared": series.compared,
                }
                for interpreter, series in row.items()
            },
            "speeds": [
                {
                    "of": of,
                    "against": against,
                    "speed": results.speed(name, of, against),
                    "mark": results.mark(name, of, against),
                    "before": results.again[name].speed(name, of, against) if name in results.again else None,
                }
                for of, against in (results.pairs() if name in complete else ())
            ],
        }
    jit = {
        script: {interpreter: {**jit_summary(stats), "stats": stats} for interpreter, stats in row.items()}
        for script, row in results.jit.items()
    }
    return {
        "interpreters": results.interpreters,
        "against": results.against,
        "versions": results.versions,
        "unit": "seconds",
        "clock": results.clock,
        "summary": summary(results),
        "benchmarks": benchmarks,
        "jit": jit,
        "failures": results.failures,
    }


def named(found: dict[str, Any] | None, word: str) -> str:
    return "" if found is None else f"{word} {found['name']} {found['speed']:.2f}"


def summary_lines(entry: dict[str, Any]) -> list[str]:
    """What a table says of one pair and one suite."""
    told = (
        f"{named(entry['worst'], 'worst')}, {named(entry['best'], 'best')}"
        if entry["worst"]
        else "no row is quoted"
    )
    lines = [
        f"{entry['suite']}: {entry['of']} against {entry['against']}: geomean {entry['geomean']:.3f} "
        f"over {entry['benchmarks']}; {told}"
    ]
    if entry["unknown"]:
        lines.append(f"    {len(entry['unknown'])} not quoted (?): fewer than {repeat.FEWEST} rounds")
    if entry["noisy"]:
        lines.append(
            f"    {len(entry['noisy'])} not quoted (~), as they do not repeat within {repeat.WITHIN:.0%}: "
            + ", ".join(entry["noisy"])
        )
    for words, which in (("first values of processes", "first"), ("fastest values", "fastest")):
        worst = named(entry[which]["worst"], "; worst")
        lines.append(f"    {words}: geomean {entry[which]['geomean']:.3f}{worst}")
    peak = entry["memory"]
    lines.append(
        f"    peak memory: {peak['geomean']:.2f} times as much; "
        f"most {peak['worst']['name']} {peak['worst']['ratio']:.2f}"
    )
    return lines


def again_lines(results: Results) -> list[str]:
    """What was measured anew, by itself, and what it had been: the last of ours against each."""
    last = results.ours()[-1]
    lines = ["run again by themselves, as they were slow (before -> now):"] if results.again else []
    for name, before in results.again.items():
        told = [
            f"{of}/{against} {before.speed(name, of, against):.2f} -> "
            f"{results.speed(name, of, against):.2f}{results.mark(name, of, against)}"
            for of, against in results.pairs()
            if of == last
        ]
        lines.append(f"    {name}: {', '.join(told)}")
    return lines


def table(results: Results) -> str:
    """Medians in milliseconds, then speeds: above 1.00 is faster; then peak memory: below 1.00 is less."""
    columns = results.pairs()
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
        for pair, head in zip(columns, heads, strict=True):
            line += f" {results.speed(name, *pair):>{max(len(head), 7)}.2f}{results.mark(name, *pair) or ' '}"
        if columns:
            line += f"  {results.memory(name, *columns[-1]):>{len(memory)}.2f}"
        lines.append(line)
    lines.append("")
    for entry in summary(results):
        lines += summary_lines(entry)
    lines += again_lines(results)
    if results.clock != "wall":
        lines.append("times are those of the processor, without waiting")
    if results.against:
        lines.append(f"{results.against}: {results.versions.get(results.against, 'version unknown')}")
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
