"""Stands in for the `pyperf` package inside a worker, so that benchmarks written for it run in our harness.

Only what the dependency-free benchmarks use is here.  The worker sets `session` before a benchmark script
runs; each Runner method hands one named benchmark to it and never measures by itself.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
import timeit
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

perf_counter = time.perf_counter  # what everything is timed with; the worker may put another clock here
VERSION = (0, 0)


class Session(Protocol):
    """What the worker offers: runs `timed` (loops -> seconds, last result) as often as it needs."""

    def run(
        self, name: str, timed: Callable[[int], tuple[float, object]], function: object, scale: float
    ) -> None: ...


session: Session | None = None


def python_implementation() -> str:
    return sys.implementation.name


class Runner:
    """The part of pyperf's Runner that benchmark scripts call."""

    def __init__(self, *, add_cmdline_args: object = None, **settings: object) -> None:
        # `settings` (values=, processes= ...) are how pyperf would measure; our worker decides that.
        del add_cmdline_args, settings
        self.metadata: dict[str, object] = {}
        self.argparser = argparse.ArgumentParser()
        self.args: argparse.Namespace | None = None

    def parse_args(self, args: list[str] | None = None) -> argparse.Namespace:
        if self.args is None:
            self.args = self.argparser.parse_args(args)
        return self.args

    def _run(
        self,
        name: str,
        timed: Callable[[int], tuple[float, object]],
        function: object,
        inner_loops: int | None,
    ) -> None:
        self.parse_args()
        if session is None:
            raise RuntimeError("this pyperf is our shim and works only inside Tools/bench/worker.py")
        session.run(name, timed, function, 1.0 / (inner_loops or 1))

    def bench_func(
        self,
        name: str,
        func: Callable[..., object],
        *args: Any,
        inner_loops: int | None = None,
        **rest: object,
    ) -> None:
        def timed(loops: int) -> tuple[float, object]:
            result: object = None
            start = perf_counter()
            for _ in range(loops):
                result = func(*args)
            return perf_counter() - start, result

        self._run(name, timed, None, inner_loops)

    def bench_time_func(
        self,
        name: str,
        time_func: Callable[..., float],
        *args: Any,
        inner_loops: int | None = None,
        **rest: object,
    ) -> None:
        def timed(loops: int) -> tuple[float, object]:
            return time_func(loops, *args), None

        self._run(name, timed, time_func, inner_loops)

    def bench_async_func(
        self,
        name: str,
        func: Callable[..., Coroutine[Any, Any, object]],
        *args: Any,
        inner_loops: int | None = None,
        loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
        **rest: object,
    ) -> None:
        async def main(loops: int) -> tuple[float, object]:
            result: object = None
            start = perf_counter()
            for _ in range(loops):
                result = await func(*args)
            return perf_counter() - start, result

        def timed(loops: int) -> tuple[float, object]:
            if loop_factory is None:
                return asyncio.run(main(loops))
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                return runner.run(main(loops))

        self._run(name, timed, None, inner_loops)

    def bench_command(self, name: str, command: list[str]) -> None:
        def timed(loops: int) -> tuple[float, object]:
            done: subprocess.CompletedProcess[bytes] | None = None
            start = perf_counter()
            for _ in range(loops):
                done = subprocess.run(command, capture_output=True, check=True, env=os.environ)
            elapsed = perf_counter() - start
            return elapsed, None if done is None else (done.stdout, done.stderr)

        self._run(name, timed, None, None)

    def timeit(
        self, name: str, stmt: str = "pass", setup: str = "pass", inner_loops: int | None = None, **rest: Any
    ) -> None:
        timer = timeit.Timer(stmt, setup, timer=perf_counter, globals=rest.get("globals"))
        self._run(name, lambda loops: (timer.timeit(loops), None), None, inner_loops)
