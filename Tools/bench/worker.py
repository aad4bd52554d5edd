"""Runs inside the measured interpreter: measures one benchmark script and writes what it saw as JSON.

    python worker.py JOB.json OUT.json

JOB: turns and processor (see Turns), for_pyperf (as in suite.Script), script, args, library (a folder of
packages, or ""), loops ({name: count}, empty to calibrate), min_time (seconds one value should last),
warmups and values ({name: count}), clock ("wall", or "processor": the time of this process and the
children it waited for), check (also make the extra run that observes results).  The first value of a
process is reported apart (code is cold), then warm-ups are dropped, then values are kept.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import json
import os
import random
import resource
import runpy
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import Any

# Our own modules only while they are imported: a benchmark must not find this tree on its path.
sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from Tools.bench.digest import Digester, digest  # noqa: E402
from Tools.bench.shim import pyperf  # noqa: E402

del sys.path[0]
sys.modules["pyperf"] = pyperf

SEED = 20_130_513
MAIN_THREAD = threading.get_ident()
FIRST_CALLS = 100  # of each function, all observed; later ones only every SAMPLE-th
SAMPLE = 1009
# Standard modules written in Python whose functions are observed too, where a benchmark has nothing of its
# own to observe.
OBSERVED_MODULES = ("base64", "copy", "json", "pickle", "pprint")
OBSERVED_NODES = 400
COUNTED = ("traces", "exits_taken")

Timed = Callable[[int], tuple[float, object]]


class Observer:
    """Wraps the functions and methods of a benchmark module; digests arguments and results of sampled calls.

    Most pyperformance benchmarks return nothing but a time.  What they computed passes through their own
    functions, so one extra run with wrapped functions gives a digest that two interpreters must share.
    """

    def __init__(self, names: dict[str, Any], timed_function: object) -> None:
        self.names = names
        self.timed_function = timed_function
        self.digester = Digester(max_nodes=200_000)
        self.calls = 0
        self.undo: list[Callable[[], object]] = []

    def install(self) -> None:
        for name, value in list(self.names.items()):
            if isinstance(value, types.FunctionType) and value is not self.timed_function:
                if value.__module__ in (self.names.get("__name__"), *OBSERVED_MODULES):
                    self.names[name] = self.wrap(value)
                    self.undo.append(functools.partial(self.names.__setitem__, name, value))
            elif isinstance(value, types.ModuleType) and value.__name__ in OBSERVED_MODULES:
                for attribute in getattr(value, "__all__", ()):
                    function = getattr(value, attribute)
                    if isinstance(function, (types.FunctionType, types.BuiltinFunctionType)):
                        self.replace(value, attribute, function)
            elif isinstance(value, type) and value.__module__ == self.names.get("__name__"):
                for attribute, method in list(vars(value).items()):
                    if isinstance(method, types.FunctionType) and not attribute.startswith("__"):
                        with contextlib.suppress(TypeError, AttributeError):
                            self.replace(value, attribute, method)

    def replace(self, owner: object, name: str, function: Callable[..., object]) -> None:
        setattr(owner, name, self.wrap(function))
        self.undo.append(functools.partial(setattr, owner, name, function))

    def remove(self) -> None:
        """Put the functions back: the script's next benchmark is timed, and observed, without these."""
        while self.undo:
            self.undo.pop()()

    def wrap(self, function: Callable[..., object]) -> Callable[..., object]:
        count = 0

        @functools.wraps(function)
        def observed(*args: Any, **kwargs: Any) -> object:
            nonlocal count
            if threading.get_ident() != MAIN_THREAD:
                return function(*args, **kwargs)  # the order of calls in other threads is chance
            count += 1
            self.calls += 1
            result = function(*args, **kwargs)
            if count <= FIRST_CALLS or count % SAMPLE == 0:
                self.digester.put(
                    getattr(function, "__qualname__", ""), count, digest((args, result), OBSERVED_NODES)
                )
            return result

        return observed


class Turns:
    """Lets one process of several go on at a time: the worker's side of turns.py.

    JOB: turns (two file descriptors: one to wait at, one to send on), processor (the one that all share).
    """

    def __init__(self, job: dict[str, Any]) -> None:
        self.takes, self.gives = job["turns"]
        os.sched_setaffinity(0, {job["processor"]})

    def take(self) -> None:
        """Wait until this process may go on."""
        if not os.read(self.takes, 1):
            raise SystemExit("the program that measures has ended")

    def give(self) -> None:
        """Let the others go on."""
        os.write(self.gives, b".")


class Session:
    """Measures each benchmark that a script names."""

    def __init__(self, job: dict[str, Any], turns: Turns) -> None:
        self.job = job
        self.turns = turns
        self.results: dict[str, dict[str, Any]] = {}
        self.counted = dict.fromkeys(COUNTED, 0)  # of the JIT's statistics, what came while benchmarks ran

    def run(self, name: str, timed: Timed, function: object, scale: float) -> None:
        if self.job["loops"]:
            self.results[name] = self.measure(name, timed, function, scale)
        else:
            self.results[name] = self.calibrate(timed)

    def calibrate(self, timed: Timed) -> dict[str, Any]:
        random.seed(SEED)
        cold, _ = timed(1)
        loops = 1
        elapsed = cold if cold > 1.0 else min(cold, timed(1)[0])
        while elapsed < self.job["min_time"] and loops < 1 << 24:
            loops = max(loops * 2, int(loops * min(self.job["min_time"] / max(elapsed, 1e-7), 64)))
            elapsed, _ = timed(loops)
        return {"loops": loops, "value_time": max(elapsed, 1e-6)}

    def measure(self, name: str, timed: Timed, function: object, scale: float) -> dict[str, Any]:
        loops, warmups, values = (self.job[key][name] for key in ("loops", "warmups", "values"))
        times: list[float] = []
        digests: list[str] = []
        for n in range(1 + warmups + values):
            self.turns.give()
            self.turns.take()
            random.seed(SEED)
            before = jit_stats() or self.counted
            elapsed, result = timed(loops)
            after = jit_stats() or before
            for key in COUNTED:
                self.counted[key] += after[key] - before[key]
            times.append(elapsed / loops * scale)
            if n in (0, warmups + values):
                digests.append(digest(result))
        compared = "returned value" if function is None else "nothing"
        if self.job["check"] and self.job["for_pyperf"]:
            observed, calls = self.observe(timed, function)
            digests.append(observed)
            if calls:
                compared = "observed calls" if function is not None else "returned value, observed calls"
        return {
            "loops": loops,
            "first": times[0],
            "warmups": times[1 : 1 + warmups],
            "values": times[1 + warmups :],
            "digest": "-".join(digests),
            "compared": compared,
        }

    def observe(self, timed: Timed, function: object) -> tuple[str, int]:
        names = getattr(function, "__globals__", None) or sys.modules["__main__"].__dict__
        observer = Observer(names, function)
        observer.install()
        random.seed(SEED)
        clock = pyperf.perf_counter
        pyperf.perf_counter = lambda: 0.0
        try:
            _, result = timed(1)
        finally:
            pyperf.perf_counter = clock
            observer.remove()
        observer.digester.add(result)
        return observer.digester.hash.hexdigest()[:16], observer.calls


def run_own(script: str, session: Session) -> None:
    name = os.path.splitext(os.path.basename(script))[0]
    spec = importlib.util.spec_from_file_location("program_" + name, script)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    pyperf.session = session
    sys.argv = [script]
    pyperf.Runner().bench_func(name, module.run)


def run_pyperformance(script: str, args: list[str], session: Session) -> None:
    pyperf.session = session
    sys.argv = [script, *args]
    sys.path.insert(0, os.path.dirname(script))
    runpy.run_path(script, run_name="__main__")


def processor_time() -> float:
    """Seconds of processor this process had, and the children it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def jit_stats() -> Any:
    stats = getattr(getattr(sys, "_jit", None), "stats", None)
    return None if stats is None else stats()


def peak_kb() -> int:
    """The most memory this process had at a time; getrusage() counts what started it, too."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def main() -> None:
    job_path, out_path = sys.argv[1:]
    with open(job_path, encoding="utf-8") as source:
        job: dict[str, Any] = json.load(source)
    if job["library"]:
        sys.path.append(job["library"])
    turns = Turns(job)
    turns.take()
    session = Session(job, turns)
    if job["clock"] == "processor":
        pyperf.perf_counter = processor_time
    start = time.perf_counter()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if job["for_pyperf"]:
            run_pyperformance(job["script"], job["args"], session)
        else:
            run_own(job["script"], session)
    stats = jit_stats()
    report = {
        "benchmarks": session.results,
        "wall": time.perf_counter() - start,
        "peak_kb": peak_kb(),
        "printed": digest(printed.getvalue()),
        "jit": None if stats is None else {**stats, "timed": session.counted},
        "version": sys.version,
    }
    with open(out_path, "w", encoding="utf-8") as out:
        json.dump(report, out, default=str)


if __name__ == "__main__":
    main()
